//! A minimal HTTP/1.1 client. It does so little that the measured time is the handler's and not the client's.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The largest number of headers in an answer.
const MAX_HEADERS: usize = 64;
/// A piece of a large body: the bytes of one write.
static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The status of a whole response, and its length in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Whole {
    status: u16,
    length: usize,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a whole request, reads the whole answer and returns its status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    /// Sends the head of a request and a body of `bytes` bytes, reads the answer and returns its status.
    pub(crate) async fn send(&mut self, head: &[u8], mut bytes: u64) -> io::Result<u16> {
        self.stream.write_all(head).await?;
        while bytes > 0 {
            let piece = usize::try_from(bytes).unwrap_or(usize::MAX).min(PIECE.len());
            self.stream.write_all(&PIECE[..piece]).await?;
            bytes -= piece as u64;
        }
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<u16> {
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(whole) = whole(&self.buffer)? {
                return Ok(whole.status);
            }
        }
    }
}

/// Returns a request without a body, or with a short one.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut request = head(method, path, body.len() as u64);
    request.extend_from_slice(body.as_bytes());
    request
}

/// Returns the head of a request with a body of `length` bytes.
pub(crate) fn head(method: &str, path: &str, length: u64) -> Vec<u8> {
    let body = match method {
        "GET" => String::new(),
        _ => format!("content-type: text/plain\r\ncontent-length: {length}\r\n"),
    };
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{body}\r\n").into_bytes()
}

/// Returns the response at the beginning of the bytes, or `None` while it is incomplete.
fn whole(bytes: &[u8]) -> io::Result<Option<Whole>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).map_err(|error| refused(&error.to_string()))?;
    let httparse::Status::Complete(head) = parsed else { return Ok(None) };
    let status = response.code.unwrap_or_default();
    let header = |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    if let Some(length) = header("content-length") {
        let length: usize = std::str::from_utf8(length.value)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| refused("a content-length that is no number"))?;
        return Ok((bytes.len() >= head + length).then_some(Whole { status, length: head + length }));
    }
    if header("transfer-encoding").is_none() {
        return Err(refused("a body whose end is that of the connection"));
    }
    let mut at = head;
    loop {
        let chunk = httparse::parse_chunk_size(&bytes[at..]).map_err(|_| refused("a chunk without a size"))?;
        let httparse::Status::Complete((line, size)) = chunk else { return Ok(None) };
        let size = usize::try_from(size).map_err(|_| refused("a chunk that is too long"))?;
        at += line + size + 2;
        if at > bytes.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(Whole { status, length: at }));
        }
    }
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer is not HTTP as this client knows it: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> Option<usize> {
        whole(text.as_bytes()).unwrap().map(|whole| whole.length)
    }

    #[test]
    fn a_response_ends_where_its_length_or_its_last_chunk_says() {
        for response in [
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ] {
            assert_eq!(length(response), Some(response.len()));
            for end in 0..response.len() {
                assert_eq!(length(&response[..end]), None, "{end} bytes of {response:?}");
            }
        }
    }

    #[test]
    fn a_response_without_a_length_is_refused() {
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
    }
}
