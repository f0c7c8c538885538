//! A file with a blob's content, or with a part of it.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::step::step;
use crate::private_files;

/// A file that is written once. It is deleted with its last user unless a record on disk names it: a download that is
/// in progress when its blob is replaced still gets the whole old content.
#[derive(Debug)]
pub(in crate::blob) struct BlobPart {
    pub(super) path: PathBuf,
    /// The number of bytes.
    pub(in crate::blob) length: u64,
    /// The ID of the block from which the part comes, in base64 as the client gave it.
    pub(in crate::blob) block_id: Option<String>,
    kept: AtomicBool,
}

/// Consecutive bytes: a section of a file, or zeros that no file holds.
#[derive(Clone, Debug)]
pub(in crate::blob) struct Piece {
    pub(in crate::blob) part: Option<Arc<BlobPart>>,
    /// The offset of the bytes in the file.
    pub(in crate::blob) offset: u64,
    /// The number of bytes.
    pub(in crate::blob) length: u64,
}

impl BlobPart {
    pub(super) fn new(path: PathBuf, length: u64, block_id: Option<String>, kept: bool) -> Self {
        Self { path, length, block_id, kept: AtomicBool::new(kept) }
    }

    pub(in crate::blob) fn path(&self) -> &Path {
        &self.path
    }

    /// Sets whether a record names the file.
    pub(super) fn keep(&self, kept: bool) {
        self.kept.store(kept, Ordering::Release);
    }

    /// Gives this new, empty part the content of another. Files never change, so a hard link is equivalent to a copy.
    pub(in crate::blob) fn fill_from(&mut self, other: &Self) -> io::Result<()> {
        step()?;
        self.length = other.length;
        self.block_id.clone_from(&other.block_id);
        fs::hard_link(&other.path, &self.path).or_else(|_| fs::copy(&other.path, &self.path).map(|_| ()))
    }

    /// Gives this new, empty part the bytes of other parts' pieces.
    pub(in crate::blob) fn fill_from_pieces(&mut self, pieces: &[Piece]) -> io::Result<()> {
        step()?;
        let mut file = private_files::create(&self.path)?;
        for piece in pieces {
            match &piece.part {
                Some(part) => {
                    let mut source = File::open(&part.path)?;
                    source.seek(SeekFrom::Start(piece.offset))?;
                    io::copy(&mut source.take(piece.length), &mut file)?;
                }
                None => {
                    io::copy(&mut io::repeat(0).take(piece.length), &mut file)?;
                }
            }
            self.length += piece.length;
        }
        Ok(())
    }
}

impl Drop for BlobPart {
    fn drop(&mut self) {
        if !*self.kept.get_mut() {
            // If the file stays, the next start removes it.
            let _ = step().and_then(|()| fs::remove_file(&self.path));
        }
    }
}

impl Piece {
    /// Returns the piece that is a whole file.
    pub(in crate::blob) fn whole(part: Arc<BlobPart>) -> Self {
        Self { offset: 0, length: part.length, part: Some(part) }
    }

    /// Returns a piece of bytes that were never written.
    pub(in crate::blob) fn zeros(length: u64) -> Self {
        Self { part: None, offset: 0, length }
    }
}
