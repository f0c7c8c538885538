//! A custom handler that answers each invocation with given bytes and records each request to the byte. The tests play
//! the table of rows with it.
//!
//! The folder `CONTROL` holds `answer.json`: `{"parts": [{"text"}], "close", "rst"}`, with texts in Latin-1. Each
//! request becomes a line of `requests.jsonl`: `{"head", "body", "framing"}`.

use std::{env, io, path::PathBuf, sync::Arc};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

struct Control {
    folder: PathBuf,
    /// The lock under which one line is written at a time.
    writing: Mutex<()>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let control = Arc::new(Control { folder: variable("CONTROL").into(), writing: Mutex::new(()) });
    let arguments: Vec<String> = env::args().skip(1).collect();
    let start = json!({ "arguments": arguments, "folder": env::current_dir()? });
    std::fs::write(control.folder.join("start.json"), start.to_string())?;
    let listener = TcpListener::bind(format!("127.0.0.1:{}", variable("FUNCTIONS_CUSTOMHANDLER_PORT"))).await?;
    loop {
        let (connection, _) = listener.accept().await?;
        let control = Arc::clone(&control);
        tokio::spawn(async move {
            // A host that hangs up ends the connection.
            let _ = serve(connection, &control).await;
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "the protocol of a handler is environment variables")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

async fn serve(connection: TcpStream, control: &Control) -> io::Result<()> {
    let mut connection = BufReader::new(connection);
    while let Some(head) = read_head(&mut connection).await? {
        let (body, framing) = read_body(&mut connection, &head).await?;
        if !head.to_ascii_lowercase().contains("x-azure-functions-invocationid") {
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        }
        write_down(control, &json!({ "head": head, "body": latin_1(&body), "framing": framing })).await?;
        let answer: Value = serde_json::from_slice(&std::fs::read(control.folder.join("answer.json"))?)?;
        for part in answer["parts"].as_array().into_iter().flatten() {
            let text = part["text"].as_str().unwrap_or_default();
            let bytes: Vec<u8> = text.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect();
            connection.write_all(&bytes).await?;
        }
        if answer["rst"] == true {
            connection.into_inner().set_zero_linger()?;
            return Ok(());
        }
        if answer["close"] == true {
            return connection.shutdown().await;
        }
    }
    Ok(())
}

async fn write_down(control: &Control, request: &Value) -> io::Result<()> {
    let _one = control.writing.lock().await;
    let path = control.folder.join("requests.jsonl");
    let mut lines = std::fs::read_to_string(&path).unwrap_or_default();
    lines.push_str(&format!("{request}\n"));
    std::fs::write(path, lines)
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

async fn read_head(connection: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if connection.read_until(b'\n', &mut head).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(latin_1(&head)))
}

async fn read_body(connection: &mut BufReader<TcpStream>, head: &str) -> io::Result<(Vec<u8>, &'static str)> {
    let lower = head.to_ascii_lowercase();
    if lower.contains("\r\ntransfer-encoding: chunked") {
        return Ok((read_chunks(connection).await?, "chunked"));
    }
    match lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()) {
        Some(length) => {
            let mut body = vec![0; length];
            connection.read_exact(&mut body).await?;
            Ok((body, "length"))
        }
        None => Ok((Vec::new(), "none")),
    }
}

async fn read_chunks(connection: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; length + 2];
        connection.read_exact(&mut chunk).await?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}
