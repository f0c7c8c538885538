//! The head of a request as the client wrote it, and a status as the handler wants it. The HTTP library hands on names in
//! lower case and targets without their fragment, and writes statuses from 100 to 999; the host's web server keeps all.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use http::{HeaderName, Request};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much of what was read as a head, and what was read with it, may take.
const KEPT: usize = 256 * 1024;

/// What was read from a connection last.
#[derive(Clone, Default)]
pub(super) struct Recent(Arc<Mutex<Vec<u8>>>);

/// A connection whose input is noted, and whose next answer may get a status that the HTTP library does not write.
pub(super) struct Noted<T> {
    inner: T,
    recent: Recent,
    next_status: NextStatus,
    /// Read, and not handed on yet.
    unread: Vec<u8>,
    /// Not written yet.
    unwritten: Vec<u8>,
}

/// The status of an answer that HTTP does not know; in the extensions of a response.
#[derive(Clone, Copy)]
pub(super) struct OddStatus(pub(super) i32);

/// The status of a connection's next answer, where it is odd.
#[derive(Clone, Default)]
pub(super) struct NextStatus(Arc<Mutex<Option<OddStatus>>>);

/// A request's head.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    /// Absent where it was not found.
    pub(super) target: Option<String>,
    names: Arc<Vec<String>>,
}

impl<T> Noted<T> {
    pub(super) fn new(inner: T) -> (Self, Recent, NextStatus) {
        let (recent, next_status) = (Recent::default(), NextStatus::default());
        let noted = Self {
            inner,
            recent: recent.clone(),
            next_status: next_status.clone(),
            unread: Vec::new(),
            unwritten: Vec::new(),
        };
        (noted, recent, next_status)
    }
}

impl<T: AsyncWrite + Unpin> Noted<T> {
    /// Writes what an odd status has changed.
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

    /// Takes the beginning of an answer that gets another status.
    fn take_odd(&mut self, pieces: &[io::IoSlice<'_>]) -> Option<usize> {
        let OddStatus(status) = self.next_status.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let line = bytes.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        self.unwritten = [format!("HTTP/1.1 {status} ").as_bytes(), &bytes[line..]].concat();
        Some(bytes.len())
    }
}

impl NextStatus {
    /// For the answer that is about to be written.
    pub(super) fn set(&self, status: OddStatus) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }
}

impl Recent {
    fn note(&self, bytes: &[u8]) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.extend_from_slice(bytes);
        // Not with each piece of a large body.
        if recent.len() > 2 * KEPT {
            let excess = recent.len() - KEPT;
            recent.drain(..excess);
        }
    }

    /// Takes the head of a request that has just been read. What was read before it, such as the body of an earlier request,
    /// is forgotten.
    pub(super) fn take_head<B>(&self, request: &Request<B>) -> Head {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let method = request.method().as_str().as_bytes();
        let beginning = [method, b" "].concat();
        let starts = recent.windows(beginning.len()).enumerate().filter(|(_, bytes)| *bytes == beginning);
        let found = starts.map(|(at, _)| at).find_map(|at| {
            let length = recent[at..].windows(4).position(|end| end == b"\r\n\r\n")? + 4;
            let head = Head::parse(&recent[at..at + length])?;
            head.is_of(request).then_some((head, at + length))
        });
        let (head, end) = found.unwrap_or_default();
        recent.drain(..end);
        head
    }
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let target = lines.next()?.split(' ').nth(1)?.to_owned();
        let names = lines.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
        Some(Self { target: Some(target), names: Arc::new(names) })
    }

    /// Whether it has the request's target and names.
    fn is_of<B>(&self, request: &Request<B>) -> bool {
        let target = request.uri().to_string();
        let same = self.target.as_deref().is_some_and(|written| {
            let written = written.split('#').next().unwrap_or_default();
            written == target || written == request.uri().path()
        });
        same && request.headers().keys().all(|name| self.spelt(name).is_some())
    }

    /// How many lines it has of a header.
    pub(super) fn count(&self, name: &HeaderName) -> usize {
        self.names.iter().filter(|written| written.eq_ignore_ascii_case(name.as_str())).count()
    }

    /// A header's name as the client wrote it first.
    pub(super) fn spelt(&self, name: &HeaderName) -> Option<&str> {
        self.names.iter().find(|written| written.eq_ignore_ascii_case(name.as_str())).map(String::as_str)
    }
}

/// Bytes that begin with a request line, with those characters of its target escaped that the HTTP library does not read
/// and the host's web server does.
fn with_escaped_target(bytes: &[u8]) -> Option<Vec<u8>> {
    const UNREADABLE: &[u8] = b"\"<>`";
    let line = bytes.get(..bytes.windows(2).position(|end| end == b"\r\n")?)?;
    let method = line.iter().position(|byte| *byte == b' ').filter(|length| *length > 0)?;
    let is_request = line[..method].iter().all(u8::is_ascii_alphabetic)
        && line[method..].starts_with(b" /")
        && (line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0"));
    if !is_request || !line.iter().any(|byte| UNREADABLE.contains(byte)) {
        return None;
    }
    let escaped = line.iter().flat_map(|byte| match UNREADABLE.contains(byte) {
        true => format!("%{byte:02X}").into_bytes(),
        false => vec![*byte],
    });
    Some(escaped.chain(bytes[line.len()..].iter().copied()).collect())
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
            if let Some(escaped) = with_escaped_target(&buffer.filled()[before..]) {
                buffer.set_filled(before);
                self.unread = escaped;
            }
        }
        let taken = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread[..taken]);
        self.unread.drain(..taken);
        self.recent.note(&buffer.filled()[before..]);
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
    use http::{HeaderName, Request};

    use super::Recent;

    #[test]
    fn section_3_3_names_and_target_are_found_as_written_after_an_earlier_body() {
        let recent = Recent::default();
        recent.note(b"POST /a HTTP/1.1\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabc");
        let first = Request::post("/a").header("x-a", "1").header("content-length", "3").body(()).unwrap();
        let name = HeaderName::from_static("x-a");
        assert_eq!(recent.take_head(&first).spelt(&name), Some("X-A"));
        recent.note(b"GET /b?x=1#y HTTP/1.1\r\nx-A: 2\r\n\r\n");
        let second = Request::get("/b?x=1").header("x-a", "2").body(()).unwrap();
        let head = recent.take_head(&second);
        assert_eq!((head.spelt(&name), head.target.as_deref()), (Some("x-A"), Some("/b?x=1#y")));
        assert_eq!(recent.take_head(&second).target, None);
    }
}
