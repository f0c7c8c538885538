//! A browser as the dashboard sees it: requests over a socket, byte for byte.

use std::path::Path;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::{LocalAzure, seed::Seed};

pub(super) struct Browser {
    pub(super) azure: LocalAzure,
    /// `127.0.0.1:PORT`.
    pub(super) authority: String,
    pub(super) cookie: String,
}

/// The head of an answer, and the connection that its body comes from.
pub(super) struct PageAnswer {
    pub(super) status: u16,
    pub(super) head: String,
    body: BufReader<TcpStream>,
}

impl Browser {
    /// Starts a run of the default seed, with a browser that is signed in to its dashboard.
    pub(super) async fn open() -> Self {
        let seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
        let azure = LocalAzure::start(seed).await.unwrap();
        let url = azure.dashboard().url();
        let (authority, token) = url.strip_prefix("http://").unwrap().split_once("/#t=").unwrap();
        let mut browser = Self { authority: authority.to_owned(), cookie: String::new(), azure };
        let answer = browser.sign_in(token).await;
        assert_eq!(answer.status, 204, "{}", answer.head);
        browser.cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        browser
    }

    pub(super) async fn sign_in(&self, token: &str) -> PageAnswer {
        let body = format!("{{\"token\":\"{token}\"}}");
        let length = body.len();
        self.ask(
            "POST",
            "/dashboard/session",
            &format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
            &body,
        )
        .await
    }

    /// Sends these headers and no others, except for `Host` if they lack it.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> PageAnswer {
        let own = format!("host: {}\r\n", self.authority);
        let host = if headers.contains("host:") { "" } else { &own };
        let mut stream = TcpStream::connect(&self.authority).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\n{host}{headers}connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut body = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(body.read_line(&mut head).await.unwrap(), 0, "{head}");
        }
        PageAnswer { status: head[9..12].parse().unwrap(), head, body }
    }

    /// Sends GET with the cookie.
    pub(super) async fn get(&self, path: &str) -> PageAnswer {
        self.ask("GET", path, &format!("cookie: {}\r\n", self.cookie), "").await
    }

    pub(super) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        serde_json::from_str(&answer.text().await).unwrap()
    }
}

impl PageAnswer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) async fn text(mut self) -> String {
        let mut text = String::new();
        self.body.read_to_string(&mut text).await.unwrap();
        text
    }

    /// Returns the next event of a stream, as `kind`, `id` and data; `None` when the stream has ended.
    pub(super) async fn event(&mut self) -> Option<(String, u64, Value)> {
        let (mut kind, mut id, mut data) = (String::new(), 0, Value::Null);
        loop {
            let mut line = String::new();
            // A stream that is cut off ends without its last chunk.
            if self.body.read_line(&mut line).await.unwrap_or_default() == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", value)) => kind = value.to_owned(),
                Some(("id", value)) => id = value.parse().unwrap(),
                Some(("data", value)) => data = serde_json::from_str(value).unwrap(),
                // An empty line ends an event. Chunk sizes and comments are not events.
                None if line.trim().is_empty() && !kind.is_empty() => return Some((kind, id, data)),
                _ => {}
            }
        }
    }
}
