//! An identity endpoint that keeps its caller waiting, and with it the invocation. It then refuses, with a word for
//! which the host would take an error for a warning.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

pub(crate) struct SlowIdentity {
    url: String,
    asked: Receiver<()>,
    answer: Sender<()>,
}

impl SlowIdentity {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/msi/token", listener.local_addr().unwrap());
        let (now_asked, asked) = channel();
        let (answer, may_answer) = channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let _ = connection.read(&mut [0; 4096]);
                if now_asked.send(()).is_err() || may_answer.recv().is_err() {
                    return;
                }
                let body = r#"{"statusCode":400,"message":"Warning: no such identity."}"#;
                let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close";
                let _ = write!(connection, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            }
        });
        Self { url, asked, answer }
    }

    /// Returns the settings with which a handler finds it.
    pub(crate) fn settings(&self) -> [(&'static str, &str); 2] {
        [("IDENTITY_ENDPOINT", &self.url), ("IDENTITY_HEADER", "x")]
    }

    /// Waits for the handler to ask.
    pub(crate) fn wait_until_asked(&self) {
        self.asked.recv().unwrap();
    }

    /// Answers the request.
    pub(crate) fn answer(&self) {
        self.answer.send(()).unwrap();
    }
}
