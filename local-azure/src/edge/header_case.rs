//! The letter case of metadata headers, on their way through a tunnel.
//!
//! The HTTP library knows header names in lower case alone. So the names are read from the bytes of each request's head,
//! before the library, and written into the bytes of each answer's head, after it.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::header_names::HeaderNames;

/// Names that keep their letter case start so.
const KEPT: &[u8] = b"x-ms-meta-";
/// No client sends a longer head; the library refuses it.
const HEAD_LIMIT: usize = 512 * 1024;
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The names of a connection's requests and of its next answer, shared by the connection and its service.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    requests: VecDeque<HeaderNames>,
    answer: Option<HeaderNames>,
}

impl Names {
    /// The names of the next request, in the order in which requests came.
    pub(super) fn of_request(&self) -> HeaderNames {
        self.lock().requests.pop_front().unwrap_or_default()
    }

    /// Sets the names of the answer that is sent next.
    pub(super) fn set_answer(&self, names: Option<HeaderNames>) {
        self.lock().answer = names;
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose heads are read and written as above.
pub(super) struct HeaderCase<S> {
    stream: S,
    reading: Reading,
    names: Names,
}

/// What the next bytes of a connection are.
enum Reading {
    /// The head of a request, as far as it has come.
    Head(Vec<u8>),
    /// So many bytes of a body.
    Body(u64),
    /// A body without a length, after which no head is found any more. Blob Storage takes none.
    Lost,
}

impl<S> HeaderCase<S> {
    pub(super) fn new(stream: S, names: Names) -> Self {
        Self { stream, reading: Reading::Head(Vec::new()), names }
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match &mut self.reading {
                Reading::Lost => return,
                Reading::Body(left) => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= length as u64;
                    bytes = bytes.get(length..).unwrap_or_default();
                    if *left == 0 {
                        self.reading = Reading::Head(Vec::new());
                    }
                }
                Reading::Head(head) => {
                    let known = head.len();
                    head.extend_from_slice(bytes);
                    let from = known.saturating_sub(HEAD_END.len());
                    let Some(end) = find(head, HEAD_END, from).map(|start| start + HEAD_END.len()) else {
                        if head.len() > HEAD_LIMIT {
                            self.reading = Reading::Lost;
                        }
                        return;
                    };
                    bytes = bytes.get(end - known..).unwrap_or_default();
                    head.truncate(end);
                    let (names, next) = understand(head);
                    self.names.lock().requests.push_back(names);
                    self.reading = next;
                }
            }
        }
    }
}

/// The names of a head, and what comes after it.
fn understand(head: &[u8]) -> (HeaderNames, Reading) {
    let mut length = 0;
    let mut is_chunked = false;
    let mut names = Vec::new();
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"content-length") {
            let value = String::from_utf8_lossy(value.get(1..).unwrap_or_default());
            length = value.trim().parse().unwrap_or(0);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            is_chunked = true;
        } else if name.get(..KEPT.len()).is_some_and(|start| start.eq_ignore_ascii_case(KEPT)) {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    let next = match (is_chunked, length) {
        (true, _) => Reading::Lost,
        (false, 0) => Reading::Head(Vec::new()),
        (false, length) => Reading::Body(length),
    };
    (names.into_iter().collect(), next)
}

/// The head of an answer with names as they were written; the rest stays as it is.
fn with_names(bytes: &[u8], names: &HeaderNames) -> Vec<u8> {
    let mut written = bytes.to_vec();
    let end = find(&written, HEAD_END, 0).map_or(written.len(), |start| start + 2);
    for (lower_case, name) in names.iter() {
        let line = format!("\r\n{lower_case}:");
        let place = find(written.get(..end).unwrap_or_default(), line.as_bytes(), 0).map(|start| start + 2);
        if let Some(place) = place.and_then(|start| written.get_mut(start..start + name.len())) {
            place.copy_from_slice(name.as_bytes());
        }
    }
    written
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|place| from + place)
}

impl<S: AsyncRead + Unpin> AsyncRead for HeaderCase<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let known = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buf))?;
        let new = buf.filled().get(known..).unwrap_or_default();
        self.read(new);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeaderCase<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(names) = self.names.lock().answer.clone() else {
            return Pin::new(&mut self.stream).poll_write(context, buf);
        };
        let end = find(buf, HEAD_END, 0).map_or(buf.len(), |start| start + HEAD_END.len());
        let written = with_names(buf, &names);
        let count = ready!(Pin::new(&mut self.stream).poll_write(context, &written))?;
        if count >= end {
            self.names.set_answer(None);
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_heads_alone() {
        let names = Names::default();
        let mut connection = HeaderCase::new((), names.clone());
        let bytes = b"PUT /c/b HTTP/1.1\r\nContent-Length: 35\r\nX-MS-Meta-Capital: a\r\nx-ms-meta-small: b\r\n\r\n\
            x\r\n\r\nx-ms-meta-CAPITAL: in a body\r\nGET /c/b HTTP/1.1\r\nx-ms-meta-UPPER: c\r\n\r\n";
        // Whatever the pieces are in which they come.
        for size in [1, 7, 1000] {
            connection.reading = Reading::Head(Vec::new());
            bytes.chunks(size).for_each(|piece| connection.read(piece));
            let first = names.of_request();
            assert_eq!(first.written("x-ms-meta-capital"), "X-MS-Meta-Capital");
            assert_eq!(first.written("x-ms-meta-small"), "x-ms-meta-small");
            assert_eq!(first.iter().count(), 1, "in pieces of {size}: {first:?}");
            assert_eq!(names.of_request().written("x-ms-meta-upper"), "x-ms-meta-UPPER");
            assert!(names.of_request().is_empty());
        }
    }

    #[test]
    fn names_are_written_into_the_head_alone() {
        let names: HeaderNames = ["x-ms-meta-Capital".to_owned()].into_iter().collect();
        let answer = b"HTTP/1.1 200 OK\r\nx-ms-meta-capital: a\r\n\r\nx\r\nx-ms-meta-capital: in a body";
        let expected = "HTTP/1.1 200 OK\r\nx-ms-meta-Capital: a\r\n\r\nx\r\nx-ms-meta-capital: in a body";
        assert_eq!(String::from_utf8(with_names(answer, &names)).unwrap(), expected);
    }
}
