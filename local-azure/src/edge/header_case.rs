//! Preserves the letter case of metadata headers through a tunnel.
//!
//! The HTTP library keeps header names in lower case only. So this module reads the names from the bytes of each
//! request's head before the library does. After the library, it writes them into the bytes of each answer's head.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use http::Request;
use loopback_server::{HeadReader, Heads};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::header_names::HeaderNames;

/// The prefix of names that keep their letter case.
const KEPT: &[u8] = b"x-ms-meta-";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The names of a connection's requests and of its next answer, shared by the connection and its service.
#[derive(Clone, Default)]
pub(super) struct Names {
    requests: Heads,
    answer: Arc<Mutex<Option<HeaderNames>>>,
}

impl Names {
    /// Returns the names of a request.
    pub(super) fn of_request<B>(&self, request: &Request<B>) -> HeaderNames {
        let head = self.requests.take(request);
        let is_kept = |name: &&str| {
            name.as_bytes().get(..KEPT.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(KEPT))
        };
        head.names().filter(is_kept).map(str::to_owned).collect()
    }

    /// Sets the names of the answer that is sent next.
    pub(super) fn set_answer(&self, names: Option<HeaderNames>) {
        *self.answer() = names;
    }

    fn answer(&self) -> MutexGuard<'_, Option<HeaderNames>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that reads and writes heads as described above.
pub(super) struct HeaderCase<S> {
    stream: S,
    reader: HeadReader,
    names: Names,
}

impl<S> HeaderCase<S> {
    pub(super) fn new(stream: S) -> (Self, Names) {
        let (reader, requests) = HeadReader::new();
        let names = Names { requests, answer: Arc::default() };
        (Self { stream, reader, names: names.clone() }, names)
    }
}

/// Returns the head of an answer with the names as they were written. The rest stays unchanged.
fn with_names(bytes: &[u8], names: &HeaderNames) -> Vec<u8> {
    let mut written = bytes.to_vec();
    for line in written.split_mut(|byte| *byte == b'\n') {
        if line == b"\r" {
            break;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (place, _) = line.split_at_mut(colon);
        let Ok(name) = std::str::from_utf8(place).map(str::to_owned) else { continue };
        // The length is the same, because only the letters' cases differ.
        if let Some(written) = Some(names.written(&name)).filter(|written| written.len() == place.len()) {
            place.copy_from_slice(written.as_bytes());
        }
    }
    written
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

impl<S: AsyncRead + Unpin> AsyncRead for HeaderCase<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let known = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buf))?;
        let new = buf.filled().get(known..).unwrap_or_default();
        self.reader.read(new);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeaderCase<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(names) = self.names.answer().clone() else {
            return Pin::new(&mut self.stream).poll_write(context, buf);
        };
        let end = find(buf, HEAD_END).map_or(buf.len(), |start| start + HEAD_END.len());
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
    fn names_of_metadata_are_kept() {
        let (mut connection, names) = HeaderCase::new(());
        connection
            .reader
            .read(b"PUT /c/b HTTP/1.1\r\nX-MS-Meta-Capital: a\r\nx-ms-meta-small: b\r\nX-Other: c\r\n\r\n");
        let request = Request::put("/c/b").header("x-ms-meta-capital", "a").header("x-ms-meta-small", "b");
        let kept = names.of_request(&request.header("x-other", "c").body(()).unwrap());
        assert_eq!(kept, ["X-MS-Meta-Capital".to_owned()].into_iter().collect());
        assert_eq!(kept.written("x-ms-meta-capital"), "X-MS-Meta-Capital");
        assert_eq!(kept.written("x-ms-meta-small"), "x-ms-meta-small");
    }

    #[test]
    fn names_are_written_into_the_head_alone() {
        let names: HeaderNames = ["x-ms-meta-Capital".to_owned()].into_iter().collect();
        let answer = b"HTTP/1.1 200 OK\r\nx-ms-meta-capital: a\r\n\r\nx\r\nx-ms-meta-capital: in a body";
        let expected = "HTTP/1.1 200 OK\r\nx-ms-meta-Capital: a\r\n\r\nx\r\nx-ms-meta-capital: in a body";
        assert_eq!(String::from_utf8(with_names(answer, &names)).unwrap(), expected);
    }
}
