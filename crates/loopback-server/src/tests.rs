use std::{convert::Infallible, future::ready};

use axum::body::Body;
use http::{Request, Response};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";

/// Answers with the length of the request's body, or with 503 if the body cannot be read.
async fn answer(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await;
    let mut response = Response::new(Body::from(body.as_ref().map_or(0, |bytes| bytes.len()).to_string()));
    if body.is_err() {
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}

fn served() -> DuplexStream {
    let (client, server) = duplex(1 << 16);
    tokio::spawn(async move { Connection::new(None, Default::default()).serve(server, answer).await });
    client
}

async fn read_to_end(client: &mut DuplexStream) -> String {
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_not_finished_ends_the_connection() {
    let (began, mut client) = (Instant::now(), served());
    client.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    assert_eq!(read_to_end(&mut client).await, "");
    assert_eq!(began.elapsed().as_secs(), HEAD_LIMIT.as_secs());
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_later_request_has_the_same_limit() {
    let mut client = served();
    client.write_all(GET).await.unwrap();
    while client.read_u8().await.unwrap() != b'\n' {}
    while client.read_u8().await.unwrap() != b'\n' {}
    client.write_all(b"GET").await.unwrap();
    let began = Instant::now();
    let _ = read_to_end(&mut client).await;
    assert_eq!(began.elapsed().as_secs(), HEAD_LIMIT.as_secs());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_after_its_limit() {
    for first in [&b""[..], GET] {
        let (began, mut client) = (Instant::now(), served());
        client.write_all(first).await.unwrap();
        let _ = read_to_end(&mut client).await;
        assert_eq!(began.elapsed().as_secs(), IDLE_LIMIT.as_secs());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_take_its_time() {
    let (mut client, server) = duplex(1 << 16);
    let slow = |_| async {
        tokio::time::sleep(IDLE_LIMIT * 3).await;
        Ok::<_, Infallible>(Response::new(Body::from("late")))
    };
    tokio::spawn(async move { Connection::new(None, Default::default()).serve(server, slow).await });
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    assert!(read_to_end(&mut client).await.ends_with("late"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_answered_408() {
    let (began, mut client) = (Instant::now(), served());
    client.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nabc").await.unwrap();
    let answer = read_to_end(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(began.elapsed().as_secs(), BODY_LIMIT.as_secs());
}

#[tokio::test]
async fn chunks_that_are_malformed_are_answered_400() {
    for body in [
        "x\r\n",
        "-1\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n",
        "3\nabc\n",
        "\r\n",
        "1;a\nb\r\n",
        "0\r\n: a\r\n\r\n",
    ] {
        let mut client = served();
        client.write_all(format!("{CHUNKED}{body}").as_bytes()).await.unwrap();
        let answer = read_to_end(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{body:?}: {answer}");
    }
    let mut client = served();
    let whole = CHUNKED.replace("host", "connection: close\r\nhost");
    client.write_all(format!("{whole}3\r\nabc\r\n0\r\n\r\n").as_bytes()).await.unwrap();
    assert!(read_to_end(&mut client).await.ends_with("\r\n\r\n3"));
}

#[tokio::test]
async fn who_finds_all_places_taken_gets_that_of_an_idle_one() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listener = Listener::new(socket, Room::new(2));
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _, connection) = listener.accept().await;
            tokio::spawn(async move {
                connection.serve(stream, |_| ready(Ok::<_, Infallible>(Response::new(Body::from("here"))))).await;
            });
        }
    });
    let mut idle = Vec::new();
    for _ in 0..6 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(GET).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"here") {
            answer.push(client.read_u8().await.unwrap());
        }
        // The client keeps its connection open, so only the server can end it.
        idle.push(client);
    }
}
