//! Structured bodies (`XSM/1.0`): content in segments, each followed by its CRC-64, and the CRC-64 of all content at
//! the end (<https://learn.microsoft.com/rest/api/storageservices/structured-body-format>). Integers have their lowest
//! byte first.

use http::HeaderMap;

use super::{
    crc64::Crc64,
    error::BlobError,
    request_headers::{number, text},
};

/// The header with the format of a body, and its only supported value.
pub(super) const HEADER: &str = "x-ms-structured-body";
pub(super) const VALUE: &str = "XSM/1.0; properties=crc64";
/// Bytes of the plain content.
pub(super) const CONTENT_LENGTH: &str = "x-ms-structured-content-length";

const HEAD: usize = 13;
const SEGMENT_HEAD: usize = 10;
const SUM: usize = 8;
/// The content length of the segments that local-azure writes; client libraries write the same length.
const SEGMENT: u64 = 4 * 1024 * 1024;

/// Reports whether a request has a structured body or asks for one.
pub(super) fn is_asked(headers: &HeaderMap) -> Result<bool, BlobError> {
    match text(headers, HEADER)? {
        None => Ok(false),
        Some(value) if value.replace(' ', "").eq_ignore_ascii_case("XSM/1.0;properties=crc64") => Ok(true),
        Some(other) => Err(BlobError::header_value(HEADER, other)),
    }
}

/// Returns the length of the plain content that a framed request announces.
pub(super) fn content_length(headers: &HeaderMap) -> Result<u64, BlobError> {
    number(headers, CONTENT_LENGTH)?.ok_or(BlobError::MissingRequiredHeader(CONTENT_LENGTH))
}

/// Returns the length of a frame around content of this length.
pub(super) const fn framed_length(content: u64) -> u64 {
    let segments = if content == 0 { 1 } else { content.div_ceil(SEGMENT) };
    HEAD as u64 + segments * (SEGMENT_HEAD + SUM) as u64 + content + SUM as u64
}

/// Unpacks a frame while it arrives.
pub(super) struct Unframe {
    state: StructuredPart,
    /// Bytes of an incomplete header or checksum.
    pending: Vec<u8>,
    announced: u64,
    content: u64,
    segments: u16,
    segment: u16,
    seen: u64,
    of_segment: Crc64,
    of_all: Crc64,
}

enum StructuredPart {
    Head,
    SegmentHead,
    Data { left: u64 },
    SegmentSum,
    Sum,
    End,
}

impl Unframe {
    /// Expects a frame of `length` bytes around `content` bytes.
    pub(super) fn new(length: u64, content: u64) -> Self {
        Self {
            state: StructuredPart::Head,
            pending: Vec::new(),
            announced: length,
            content,
            segments: 0,
            segment: 0,
            seen: 0,
            of_segment: Crc64::new(),
            of_all: Crc64::new(),
        }
    }

    /// Appends the content in the next bytes of the frame to `content`.
    pub(super) fn push(&mut self, mut data: &[u8], content: &mut Vec<u8>) -> Result<(), BlobError> {
        while !data.is_empty() {
            match self.state {
                StructuredPart::Data { left } => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                    let (part, rest) = data.split_at(length);
                    self.of_segment.update(part);
                    self.of_all.update(part);
                    content.extend_from_slice(part);
                    self.seen += part.len() as u64;
                    data = rest;
                    let left = left - part.len() as u64;
                    self.state = if left == 0 { StructuredPart::SegmentSum } else { StructuredPart::Data { left } };
                }
                StructuredPart::End => return Err(invalid("bytes after the end of the structured body")),
                StructuredPart::Head => data = self.fill(data, HEAD, Self::head)?,
                StructuredPart::SegmentHead => data = self.fill(data, SEGMENT_HEAD, Self::segment_head)?,
                StructuredPart::SegmentSum => data = self.fill(data, SUM, Self::segment_sum)?,
                StructuredPart::Sum => data = self.fill(data, SUM, Self::sum)?,
            }
        }
        Ok(())
    }

    /// Checks that the frame is whole, and returns the checksum of the content in base64.
    pub(super) fn finish(self) -> Result<String, BlobError> {
        if !matches!(self.state, StructuredPart::End) {
            return Err(invalid("the structured body ends too early"));
        }
        Ok(self.of_all.finish())
    }

    fn fill<'d>(
        &mut self,
        data: &'d [u8],
        length: usize,
        then: fn(&mut Self, &[u8]) -> Result<(), BlobError>,
    ) -> Result<&'d [u8], BlobError> {
        let (part, rest) = data.split_at((length - self.pending.len()).min(data.len()));
        self.pending.extend_from_slice(part);
        if self.pending.len() == length {
            let whole = std::mem::take(&mut self.pending);
            then(self, &whole)?;
        }
        Ok(rest)
    }

    fn head(&mut self, head: &[u8]) -> Result<(), BlobError> {
        let (version, length, flags, segments) =
            (head.first().copied(), integer(head, 1, 8), integer(head, 9, 2), integer(head, 11, 2));
        if version != Some(1) || flags != 1 {
            return Err(invalid("the structured body has an unknown version or properties"));
        }
        if length != self.announced {
            return Err(invalid("the structured body says another length than Content-Length"));
        }
        self.segments = u16::try_from(segments).unwrap_or_default();
        if self.segments == 0 {
            return Err(invalid("the structured body has no segment"));
        }
        self.state = StructuredPart::SegmentHead;
        Ok(())
    }

    fn segment_head(&mut self, head: &[u8]) -> Result<(), BlobError> {
        self.segment += 1;
        let (number, left) = (integer(head, 0, 2), integer(head, 2, 8));
        if number != u64::from(self.segment) {
            return Err(invalid("the segments of the structured body are not numbered from 1"));
        }
        if self.seen.saturating_add(left) > self.content {
            return Err(invalid("the structured body has more content than x-ms-structured-content-length"));
        }
        self.of_segment = Crc64::new();
        self.state = if left == 0 { StructuredPart::SegmentSum } else { StructuredPart::Data { left } };
        Ok(())
    }

    fn segment_sum(&mut self, sum: &[u8]) -> Result<(), BlobError> {
        check_sum(sum, self.of_segment.clone())?;
        self.state = if self.segment == self.segments { StructuredPart::Sum } else { StructuredPart::SegmentHead };
        Ok(())
    }

    fn sum(&mut self, sum: &[u8]) -> Result<(), BlobError> {
        check_sum(sum, self.of_all.clone())?;
        if self.seen != self.content {
            return Err(invalid("the structured body has less content than x-ms-structured-content-length"));
        }
        self.state = StructuredPart::End;
        Ok(())
    }
}

fn check_sum(shown: &[u8], calculated: Crc64) -> Result<(), BlobError> {
    if shown == calculated.bytes() { Ok(()) } else { Err(BlobError::Crc64Mismatch(None)) }
}

fn integer(bytes: &[u8], from: usize, length: usize) -> u64 {
    let bytes = bytes.iter().skip(from).take(length).rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn invalid(problem: &str) -> BlobError {
    BlobError::InvalidInput(problem.to_owned())
}

/// Puts a frame around content that arrives in pieces of any size.
pub(super) struct Frame {
    left: u64,
    in_segment: u64,
    segment: u16,
    of_segment: Crc64,
    of_all: Crc64,
    begun: bool,
    length: u64,
}

impl Frame {
    /// Prepares a frame around content of this length.
    pub(super) fn new(length: u64) -> Self {
        Self {
            left: length,
            in_segment: 0,
            segment: 0,
            of_segment: Crc64::new(),
            of_all: Crc64::new(),
            begun: false,
            length,
        }
    }

    /// Returns the frame's bytes for the next piece of content.
    pub(super) fn push(&mut self, mut data: &[u8]) -> Vec<u8> {
        let mut framed = Vec::with_capacity(data.len() + 64);
        self.begin(&mut framed);
        while !data.is_empty() {
            if self.in_segment == 0 {
                self.begin_segment(&mut framed);
            }
            let length = usize::try_from(self.in_segment).unwrap_or(usize::MAX).min(data.len());
            let (part, rest) = data.split_at(length);
            framed.extend_from_slice(part);
            self.of_segment.update(part);
            self.of_all.update(part);
            self.in_segment -= part.len() as u64;
            self.left -= part.len() as u64;
            if self.in_segment == 0 {
                framed.extend_from_slice(&self.of_segment.bytes());
            }
            data = rest;
        }
        framed
    }

    /// Returns the end of the frame.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let mut framed = Vec::new();
        self.begin(&mut framed);
        if self.length == 0 {
            self.begin_segment(&mut framed);
            framed.extend_from_slice(&self.of_segment.bytes());
        }
        framed.extend_from_slice(&self.of_all.bytes());
        framed
    }

    fn begin(&mut self, framed: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let segments = self.length.div_ceil(SEGMENT).max(1);
        framed.push(1);
        framed.extend_from_slice(&framed_length(self.length).to_le_bytes());
        framed.extend_from_slice(&1_u16.to_le_bytes());
        framed.extend_from_slice(&u16::try_from(segments).unwrap_or(u16::MAX).to_le_bytes());
    }

    fn begin_segment(&mut self, framed: &mut Vec<u8>) {
        self.segment = self.segment.saturating_add(1);
        self.in_segment = self.left.min(SEGMENT);
        self.of_segment = Crc64::new();
        framed.extend_from_slice(&self.segment.to_le_bytes());
        framed.extend_from_slice(&self.in_segment.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unframe(framed: &[u8], length: usize, pieces: usize) -> Result<(Vec<u8>, String), BlobError> {
        let (mut reader, mut content) = (Unframe::new(framed.len() as u64, length as u64), Vec::new());
        for piece in framed.chunks(pieces) {
            reader.push(piece, &mut content)?;
        }
        reader.finish().map(|sum| (content, sum))
    }

    fn frame(content: &[u8], pieces: usize) -> Vec<u8> {
        let mut writer = Frame::new(content.len() as u64);
        let mut framed: Vec<u8> = content.chunks(pieces).flat_map(|piece| writer.push(piece)).collect();
        framed.extend(writer.finish());
        framed
    }

    #[test]
    fn hello_is_44_bytes() {
        let hex = "012c000000000000000100010001000500000000000000\
                   68656c6c6f57425206708577335742520670857733";
        let expected: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        assert_eq!(frame(b"hello", 2), expected);
        assert_eq!(unframe(&expected, 5, 3).unwrap().0, b"hello");
        assert_eq!(framed_length(5_000_000), 5_000_057);
    }

    #[test]
    fn a_frame_that_is_wrong_is_refused() {
        let sound = frame(b"hello", 9);
        for (at, code) in [
            (0, "InvalidInput"),
            (1, "InvalidInput"),
            (9, "InvalidInput"),
            (13, "InvalidInput"),
            (25, "Crc64Mismatch"),
            (30, "Crc64Mismatch"),
            (40, "Crc64Mismatch"),
        ] {
            let mut broken = sound.clone();
            broken[at] ^= 4;
            let refusal = unframe(&broken, 5, 7).unwrap_err();
            assert_eq!(refusal.status_and_code().1, code, "byte {at}: {refusal:?}");
        }
        for length in [4, 6] {
            assert!(unframe(&sound, length, 7).is_err(), "another content length");
        }
        assert!(unframe(&sound[..43], 5, 7).is_err(), "too short");
    }

    proptest! {
        #[test]
        fn what_is_framed_comes_back(content in prop::collection::vec(any::<u8>(), 0..300), pieces in 1_usize..50) {
            let framed = frame(&content, pieces);
            prop_assert_eq!(framed.len() as u64, framed_length(content.len() as u64));
            prop_assert_eq!(unframe(&framed, content.len(), pieces).unwrap().0, content);
        }
    }
}
