//! The heads of requests as clients wrote them. The HTTP library passes on names in lower case and targets without
//! their fragment. This module reads the same bytes beside the library and keeps the original letters.
//!
//! It reads each byte once, however the bytes are split. It keeps at most the size of one head for each connection.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderName, Request};

/// The longest head that the library accepts.
const LONGEST_HEAD: usize = 512 * 1024;
/// More lines than the library accepts in a head: it refuses heads long before they have so many.
const MOST_LINES: usize = 1024;

/// A request's head.
#[derive(Clone, Debug, Default)]
pub struct WrittenHead {
    target: Option<String>,
    names: Arc<HashMap<String, Spelt>>,
}

/// A header's name as its first line spells it, and the number of its lines.
#[derive(Debug)]
struct Spelt {
    name: String,
    lines: usize,
}

impl WrittenHead {
    /// The target of the request line, with its fragment. It is absent if the head is not known.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Returns the number of lines of a header.
    #[must_use]
    pub fn count(&self, name: &HeaderName) -> usize {
        self.names.get(name.as_str()).map_or(0, |spelt| spelt.lines)
    }

    /// Returns a header's name as its first line spells it.
    #[must_use]
    pub fn spelt(&self, name: &HeaderName) -> Option<&str> {
        self.names.get(name.as_str()).map(|spelt| spelt.name.as_str())
    }

    /// Returns every name as its first line spells it, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(|spelt| spelt.name.as_str())
    }

    fn is_of<B>(&self, request: &Request<B>) -> bool {
        request.headers().keys().all(|name| self.names.contains_key(name.as_str()))
    }
}

/// The heads of a connection that the service has not taken yet.
#[derive(Clone, Debug, Default)]
pub struct Heads(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    heads: VecDeque<WrittenHead>,
    is_over: bool,
}

impl Heads {
    /// Takes the head of a request. Heads are taken in the order in which they came. If a head does not fit its
    /// request, the head of this request and of all later requests is unknown.
    #[must_use]
    pub fn take<B>(&self, request: &Request<B>) -> WrittenHead {
        let mut queue = self.lock();
        match queue.heads.pop_front() {
            Some(head) if head.is_of(request) => head,
            Some(_) | None => {
                queue.is_over = true;
                queue.heads.clear();
                WrittenHead::default()
            }
        }
    }

    /// Ends the search for heads: the connection has been upgraded, so the following bytes are not HTTP.
    pub fn end(&self) {
        self.lock().is_over = true;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds the heads in the bytes that a connection reads.
#[derive(Debug, Default)]
pub struct HeadReader {
    next: Next,
    /// The received part of the current line.
    line: Vec<u8>,
    /// The number of bytes so far in the head, or in the lines around a chunk.
    length: usize,
    in_target: InTarget,
    head: Unfinished,
    heads: Heads,
}

/// The meaning of the next bytes.
#[derive(Debug, Default)]
enum Next {
    #[default]
    RequestLine,
    HeaderLine,
    /// A body with a length: this many bytes are left.
    Body(u64),
    ChunkSize,
    /// A chunk: this many bytes are left.
    Chunk(u64),
    ChunkEnd,
    TrailerLine,
    /// Bytes that are not HTTP, or that the library refuses.
    Unknown,
}

/// Whether the target of the request line has begun.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum InTarget {
    #[default]
    NotYet,
    /// The space before the target has been read.
    Begins,
    Yes,
    /// The line is not a request for a path.
    No,
}

#[derive(Debug, Default)]
struct Unfinished {
    target: Option<String>,
    names: HashMap<String, Spelt>,
    lines: usize,
    length: Option<u64>,
    is_chunked: bool,
}

impl HeadReader {
    /// Returns a reader, and the heads that it finds.
    #[must_use]
    pub fn new() -> (Self, Heads) {
        let reader = Self::default();
        let heads = reader.heads.clone();
        (reader, heads)
    }

    /// Reads the next bytes. Returns the ranges of these bytes that hold paths of request lines. Each range includes
    /// the rest of the request line after the path.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut targets = Vec::new();
        let mut at = 0;
        if self.heads.lock().is_over {
            self.give_up();
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = match &mut self.next {
                Next::Unknown => break,
                Next::Body(left) | Next::Chunk(left) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        let is_chunk = matches!(self.next, Next::Chunk(_));
                        self.next = if is_chunk { Next::ChunkEnd } else { Next::RequestLine };
                    }
                    taken
                }
                Next::RequestLine => {
                    let (known, taken) = (self.line.len(), self.take_line(rest));
                    if let Some(start) = self.target_since(known, rest.get(..taken).unwrap_or_default()) {
                        targets.push(at + start..at + taken);
                    }
                    taken
                }
                Next::HeaderLine | Next::ChunkSize | Next::ChunkEnd | Next::TrailerLine => self.take_line(rest),
            };
            at += taken;
            if self.line.ends_with(b"\n") {
                self.end_line();
            }
        }
        targets
    }

    /// Takes bytes up to the end of the line and returns their number.
    fn take_line(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
        self.length += taken;
        if self.length > LONGEST_HEAD {
            self.give_up();
            return taken;
        }
        self.line.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        taken
    }

    /// Returns where the path begins or continues in `piece`. `piece` follows `known` bytes of the request line.
    fn target_since(&mut self, known: usize, piece: &[u8]) -> Option<usize> {
        let mut start = 0;
        if self.in_target == InTarget::NotYet {
            let method = piece.iter().position(|byte| !byte.is_ascii_alphabetic())?;
            let is_method = piece.get(method) == Some(&b' ') && known + method > 0;
            self.in_target = if is_method { InTarget::Begins } else { InTarget::No };
            start = method + 1;
        }
        if self.in_target == InTarget::Begins {
            let is_path = *piece.get(start)? == b'/';
            self.in_target = if is_path { InTarget::Yes } else { InTarget::No };
        }
        (self.in_target == InTarget::Yes && start < piece.len()).then_some(start)
    }

    fn end_line(&mut self) {
        self.in_target = InTarget::default();
        let line = mem::take(&mut self.line);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.next {
            // Empty lines before a request have no meaning.
            Next::RequestLine if line.is_empty() => self.length = 0,
            Next::RequestLine => {
                let target = line.split(|byte| *byte == b' ').nth(1).map(|bytes| String::from_utf8_lossy(bytes).into());
                self.head = Unfinished { target, ..Unfinished::default() };
                self.next = Next::HeaderLine;
            }
            Next::HeaderLine if line.is_empty() => self.end_head(),
            Next::HeaderLine => {
                if self.head.read(line).is_none() {
                    self.give_up();
                }
            }
            Next::ChunkSize => {
                self.length = 0;
                match chunk_size(line) {
                    Some(0) => self.next = Next::TrailerLine,
                    Some(size) => self.next = Next::Chunk(size),
                    None => self.give_up(),
                }
            }
            Next::ChunkEnd if line.is_empty() => self.next = Next::ChunkSize,
            Next::ChunkEnd => self.give_up(),
            Next::TrailerLine if line.is_empty() => {
                self.length = 0;
                self.next = Next::RequestLine;
            }
            Next::TrailerLine | Next::Body(_) | Next::Chunk(_) | Next::Unknown => {}
        }
    }

    fn end_head(&mut self) {
        let head = mem::take(&mut self.head);
        self.length = 0;
        self.next = match (head.is_chunked, head.length) {
            (true, _) => Next::ChunkSize,
            (false, None | Some(0)) => Next::RequestLine,
            (false, Some(length)) => Next::Body(length),
        };
        let head = WrittenHead { target: head.target, names: Arc::new(head.names) };
        self.heads.lock().heads.push_back(head);
    }

    fn give_up(&mut self) {
        self.next = Next::Unknown;
        self.line = Vec::new();
        self.head = Unfinished::default();
    }
}

impl Unfinished {
    /// Reads a header line. Returns nothing for a line that the library refuses.
    fn read(&mut self, line: &[u8]) -> Option<()> {
        self.lines += 1;
        let colon = line.iter().position(|byte| *byte == b':').filter(|_| self.lines <= MOST_LINES)?;
        let (name, value) = line.split_at(colon);
        let (name, value) = (String::from_utf8_lossy(name), value.get(1..)?.trim_ascii());
        let lower_case = name.to_ascii_lowercase();
        match lower_case.as_str() {
            "content-length" => self.length = Some(number(value, 10)?),
            "transfer-encoding" => {
                let last = value.rsplit(|byte| *byte == b',').next()?.trim_ascii();
                self.is_chunked = last.eq_ignore_ascii_case(b"chunked").then_some(true)?;
            }
            _ => {}
        }
        self.names.entry(lower_case).or_insert_with(|| Spelt { name: name.into_owned(), lines: 0 }).lines += 1;
        Some(())
    }
}

/// Returns the size in the line before a chunk. The line's extensions have no meaning.
fn chunk_size(line: &[u8]) -> Option<u64> {
    number(line.split(|byte| *byte == b';').next()?.trim_ascii_end(), 16)
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let is_number = digits.iter().all(|digit| char::from(*digit).is_digit(radix));
    u64::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| is_number)?, radix).ok()
}

#[cfg(test)]
mod tests;
