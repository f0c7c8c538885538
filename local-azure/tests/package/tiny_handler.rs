//! The smallest custom handler. It uses the standard library alone, so one call of rustc links it statically.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

fn main() {
    let port = env::var("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap();
    let needed = env::var("NEEDED").is_ok();
    if !needed {
        eprintln!("NEEDED is missing");
        std::process::exit(1);
    }
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut lines = BufReader::new(&stream).lines();
        let Some(Ok(request)) = lines.next() else { continue };
        lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
        let (status, body) = answer(&request);
        let length = body.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
    }
}

fn answer(request: &str) -> (&'static str, String) {
    match request.split(' ').nth(1) {
        Some("/api/where") => ("200 OK", fs::canonicalize("host.json").unwrap().display().to_string()),
        Some("/api/ready") => ("503 Service Unavailable", "the vault refused".to_owned()),
        Some("/tick") => ("200 OK", r#"{"Outputs":{},"Logs":["ticked"],"ReturnValue":null}"#.to_owned()),
        _ => ("404 Not Found", String::new()),
    }
}
