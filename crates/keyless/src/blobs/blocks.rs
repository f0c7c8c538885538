//! Cuts a body of unknown length into blocks, and computes its digest.

use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};

use crate::{body::Body, error::Error};

/// An MD5. Storage checks a block by it. It finds damage; it proves nothing.
pub(super) type Checksum = [u8; 16];

/// A part of a body.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Bytes,
    pub(super) md5: Checksum,
}

/// The rest of a body. It ends well, or with the error of `source`.
pub(super) struct Blocks {
    source: Body,
    /// The bytes that arrived with the end of the last block and belong to the next.
    rest: Bytes,
    ended: bool,
    size: u64,
    md5: Md5,
}

impl Blocks {
    pub(super) fn new(source: Body) -> Self {
        Self { source, rest: Bytes::new(), ended: false, size: 0, md5: Md5::new() }
    }

    /// Reads the next `length` bytes into `buffer`, fewer at the end.
    pub(super) async fn next(&mut self, mut buffer: BytesMut, length: usize) -> Result<Block, Error> {
        // Most bodies have one block. For these, the digest of the block is that of the body.
        let is_first = self.size == 0;
        let mut md5 = Md5::new();
        while buffer.len() < length {
            if self.rest.is_empty() {
                match self.source.next().await {
                    Some(piece) => self.rest = piece?,
                    None => {
                        self.ended = true;
                        break;
                    }
                }
            }
            let piece = self.rest.split_to(self.rest.len().min(length - buffer.len()));
            md5.update(&piece);
            if !is_first {
                self.md5.update(&piece);
            }
            self.size += piece.len() as u64;
            buffer.extend_from_slice(&piece);
        }
        if is_first {
            self.md5 = md5.clone();
        }
        Ok(Block { bytes: buffer.freeze(), md5: md5.finalize().into() })
    }

    /// Reports whether the body is exhausted.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns the number of bytes, and the MD5 of all of them.
    pub(super) fn digest(self) -> (u64, Checksum) {
        (self.size, self.md5.finalize().into())
    }
}
