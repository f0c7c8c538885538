//! The head of a request as the client wrote it, and a status as the handler sent it. The HTTP library does not read
//! some characters of a target, and writes only statuses from 100 to 999. The real host's web server accepts all.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use loopback_server::{HeadReader, Heads};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection whose heads are noted. Its next answer may get a status that the HTTP library does not write.
pub(super) struct Noted<T> {
    inner: T,
    reader: HeadReader,
    next_status: NextStatus,
    /// Bytes that have been read and not passed on yet.
    unread: Vec<u8>,
    /// Bytes that have not been written yet.
    unwritten: Vec<u8>,
}

/// A status that HTTP does not know. It is kept in the extensions of a response.
#[derive(Clone, Copy)]
pub(super) struct OddStatus(pub(super) i32);

/// The status of a connection's next answer, if HTTP does not know it.
#[derive(Clone, Default)]
pub(super) struct NextStatus(Arc<Mutex<Option<OddStatus>>>);

impl<T> Noted<T> {
    pub(super) fn new(inner: T) -> (Self, Heads, NextStatus) {
        let ((reader, heads), next_status) = (HeadReader::new(), NextStatus::default());
        let noted = Self { inner, reader, next_status: next_status.clone(), unread: Vec::new(), unwritten: Vec::new() };
        (noted, heads, next_status)
    }
}

impl<T: AsyncWrite + Unpin> Noted<T> {
    /// Writes the bytes that an odd status has changed.
    fn poll_unwritten(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unwritten.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &self.unwritten))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unwritten.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Takes the beginning of an answer and gives it its odd status.
    fn take_odd(&mut self, pieces: &[io::IoSlice<'_>]) -> Option<usize> {
        let OddStatus(status) = self.next_status.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let line = bytes.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        self.unwritten = [format!("HTTP/1.1 {status} ").as_bytes(), &bytes[line..]].concat();
        Some(bytes.len())
    }
}

impl NextStatus {
    /// Sets the status of the answer that is written next.
    pub(super) fn set(&self, status: OddStatus) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }
}

impl<T> Noted<T> {
    /// Reads the next bytes. Returns other bytes for the HTTP library if a path has characters that the library does
    /// not read. The host's web server reads these characters.
    fn escaped(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let paths = self.reader.read(bytes);
        if !paths.iter().any(|path| bytes[path.clone()].iter().any(is_unreadable)) {
            return None;
        }
        let (mut escaped, mut end) = (Vec::with_capacity(2 * bytes.len()), 0);
        for path in paths {
            escaped.extend_from_slice(&bytes[end..path.start]);
            end = path.end;
            escaped.extend(bytes[path].iter().copied().flat_map(escape));
        }
        escaped.extend_from_slice(&bytes[end..]);
        Some(escaped)
    }
}

/// Returns a target as the HTTP library gets it.
pub(super) fn readable(target: &str) -> String {
    String::from_utf8_lossy(&target.bytes().flat_map(escape).collect::<Vec<_>>()).into_owned()
}

/// Reports whether the HTTP library refuses a target with this character.
fn is_unreadable(byte: &u8) -> bool {
    b"\"<>`".contains(byte)
}

fn escape(byte: u8) -> Vec<u8> {
    if is_unreadable(&byte) { format!("%{byte:02X}").into_bytes() } else { vec![byte] }
}

impl<T: AsyncRead + Unpin> AsyncRead for Noted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.unread.is_empty() {
            ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
            if let Some(escaped) = self.escaped(&buffer.filled()[before..]) {
                buffer.set_filled(before);
                self.unread = escaped;
            }
        }
        let taken = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread[..taken]);
        self.unread.drain(..taken);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Noted<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_unwritten(context))?;
        if let Some(taken) = self.take_odd(&[io::IoSlice::new(bytes)]) {
            return Poll::Ready(Ok(taken));
        }
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_unwritten(context))?;
        if let Some(taken) = self.take_odd(pieces) {
            return Poll::Ready(Ok(taken));
        }
        Pin::new(&mut self.inner).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unwritten(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unwritten(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::Noted;

    /// Returns the bytes that the HTTP library reads if `bytes` come in pieces of `size`.
    async fn read(bytes: &[u8], size: usize) -> String {
        let (mut client, server) = duplex(1024);
        let (mut noted, _heads, _status) = Noted::new(server);
        let mut seen = Vec::new();
        for piece in bytes.chunks(size) {
            client.write_all(piece).await.unwrap();
            noted.read_buf(&mut seen).await.unwrap();
        }
        drop(client);
        noted.read_to_end(&mut seen).await.unwrap();
        String::from_utf8(seen).unwrap()
    }

    #[tokio::test]
    async fn section_3_3_a_target_is_escaped_wherever_it_is_split_and_a_body_is_not() {
        let request = |target: &str| {
            let body = "GET /\"<a>`\" HTTP/1.1\r\n\r\n";
            format!("POST {target} HTTP/1.1\r\nX-A: \"\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        };
        let (sent, expected) = (request("/a\"<b>`?c=\""), request("/a%22%3Cb%3E%60?c=%22"));
        let (sent, expected) = (sent.repeat(2), expected.repeat(2));
        for size in [1, 2, 7, 1000] {
            assert_eq!(read(sent.as_bytes(), size).await, expected, "in pieces of {size}");
        }
    }
}
