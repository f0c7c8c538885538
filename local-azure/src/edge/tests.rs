use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::*;

const HOST: &str = "kv-one.vault.azure.net";

async fn edge() -> (Edge, Network) {
    let network = Network::new();
    let routes = Router::new().fallback(|| ready("hello"));
    network.open([HOST, "kv-two.vault.azure.net"].map(|host| (host.to_owned(), routes.clone())).into());
    let listener = Edge::listen().await.unwrap();
    (listener.serve(network.clone(), Router::new(), Router::new(), BTreeSet::new()).unwrap(), network)
}

/// Returns the proxy's answer to CONNECT, and the connection.
async fn connect_to(edge: &Edge, host: &str) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    (String::from_utf8(answer).unwrap(), stream)
}

async fn tunnel(edge: &Edge) -> TlsStream<TcpStream> {
    let (answer, stream) = connect_to(edge, HOST).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(edge.ca_pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST).unwrap(), stream).await.unwrap()
}

/// Sends a request, and returns all bytes until the connection ends.
async fn ask(tunnel: &mut TlsStream<TcpStream>, headers: &str) -> String {
    tunnel.write_all(format!("GET / HTTP/1.1\r\nhost: {HOST}\r\n{headers}\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is dropped ends without TLS's farewell, which is an error after the last byte.
    let _ = tunnel.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_host_that_is_cut_off_gets_no_tunnel_until_it_is_back() {
    let (edge, network) = edge().await;
    network.cut_off("KV-one.vault.azure.net");
    let (answer, _) = connect_to(&edge, HOST).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(connect_to(&edge, "kv-two.vault.azure.net").await.0.starts_with("HTTP/1.1 200 "), "the other one is there");
    network.reconnect(HOST);
    let answer = ask(&mut tunnel(&edge).await, "connection: close\r\n").await;
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn an_open_tunnel_to_a_host_that_is_cut_off_ends_without_an_answer() {
    let (edge, network) = edge().await;
    let mut open = tunnel(&edge).await;
    network.cut_off(HOST);
    assert_eq!(ask(&mut open, "").await, "");
}

#[tokio::test]
async fn a_body_whose_chunks_are_malformed_is_answered_400_in_a_tunnel_and_outside() {
    let network = Network::new();
    let reads = |body: axum::body::Bytes| ready(body.len().to_string());
    network.open([(HOST.to_owned(), Router::new().fallback(reads))].into());
    let listener = Edge::listen().await.unwrap();
    let edge = listener.serve(network, Router::new().fallback(reads), Router::new(), BTreeSet::new()).unwrap();
    for chunks in ["x\r\n", "-1\r\n", "1;a\nb\r\n", "3\r\nabcd\r\n0\r\n\r\n", "fffffffffffffffff\r\n"] {
        let request = format!("POST / HTTP/1.1\r\nhost: {HOST}\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
        let mut tunnel = tunnel(&edge).await;
        tunnel.write_all(request.as_bytes()).await.unwrap();
        let mut outside = TcpStream::connect(edge.address).await.unwrap();
        outside.write_all(request.as_bytes()).await.unwrap();
        let mut answers = [Vec::new(), Vec::new()];
        let _ = tunnel.read_to_end(&mut answers[0]).await;
        let _ = outside.read_to_end(&mut answers[1]).await;
        for answer in answers.map(|answer| String::from_utf8(answer).unwrap()) {
            assert!(answer.starts_with("HTTP/1.1 400 "), "{chunks:?}: {answer}");
        }
    }
}

/// Requests that two readers would understand differently. The edge serves nothing after such a request.
const AMBIGUOUS: [(&str, &str); 14] = [
    ("two lengths", "POST / HTTP/1.1\r\nHOST\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n"),
    ("two lengths in one line", "POST / HTTP/1.1\r\nHOST\r\ncontent-length: 0, 5\r\n\r\n"),
    ("a length with a sign", "POST / HTTP/1.1\r\nHOST\r\ncontent-length: +5\r\n\r\n"),
    ("a length beyond 64 bits", "POST / HTTP/1.1\r\nHOST\r\ncontent-length: 18446744073709551616\r\n\r\n"),
    ("an unknown coding", "POST / HTTP/1.1\r\nHOST\r\ntransfer-encoding: xchunked\r\n\r\n"),
    ("chunked is not the last coding", "POST / HTTP/1.1\r\nHOST\r\ntransfer-encoding: chunked, identity\r\n\r\n"),
    ("a space before the colon", "POST / HTTP/1.1\r\nHOST\r\ntransfer-encoding : chunked\r\n\r\n"),
    ("a line that goes on", "POST / HTTP/1.1\r\nHOST\r\nx-a: b\r\n transfer-encoding: chunked\r\n\r\n"),
    ("a return within a value", "POST / HTTP/1.1\r\nHOST\r\nx-a: b\rtransfer-encoding: chunked\r\n\r\n"),
    ("a NUL within a value", "POST / HTTP/1.1\r\nHOST\r\nx-a: b\0c\r\n\r\n"),
    ("an old version with chunks", "POST / HTTP/1.0\r\nHOST\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two versions", "GET / HTTP/1.1 HTTP/1.1\r\nHOST\r\n\r\n"),
    ("a second handshake", "\x16\x03\x01\x02\0\x01\0\x01\x7c\x03\x03\r\n\r\n"),
    ("two hosts", "GET / HTTP/1.1\r\nHOST\r\nhost: kv-two.vault.azure.net\r\n\r\n"),
];

/// Requests to other hosts than the tunnel's, with their answers. The next request is the client's own.
const MISDIRECTED: [(&str, &str); 7] = [
    ("421", "GET / HTTP/1.1\r\nhost: kv-two.vault.azure.net\r\n\r\n"),
    ("421", "GET / HTTP/1.1\r\nhost: example.com\r\n\r\n"),
    ("421", "GET / HTTP/1.1\r\n\r\n"),
    ("421", "GET https://kv-two.vault.azure.net/ HTTP/1.1\r\nHOST\r\n\r\n"),
    ("421", "GET http://169.254.169.254/metadata/identity/oauth2/token HTTP/1.1\r\nHOST\r\n\r\n"),
    ("405", "CONNECT kv-two.vault.azure.net:443 HTTP/1.1\r\nhost: kv-two.vault.azure.net:443\r\n\r\n"),
    ("405", "CONNECT kv-one.vault.azure.net:443 HTTP/1.1\r\nHOST\r\n\r\n"),
];

/// Sends bytes in a new tunnel. Returns the answers, and the paths that the service was asked for.
async fn send(bytes: &str) -> (Vec<String>, Vec<String>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = asked.clone();
    let routes = Router::new().fallback(move |request: Request<Body>| {
        record.lock().unwrap().push(request.uri().path().to_owned());
        ready("hello")
    });
    let network = Network::new();
    network.open([(HOST.to_owned(), routes)].into());
    let edge = Edge::listen().await.unwrap().serve(network, Router::new(), Router::new(), BTreeSet::new()).unwrap();
    let mut tunnel = tunnel(&edge).await;
    let next = format!("GET /next HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n");
    let bytes = bytes.replace("HOST\r\n", &format!("host: {HOST}\r\n")) + &next;
    tunnel.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tunnel.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let statuses = answer.split("HTTP/1.").skip(1).map(|answer| answer[2..5].to_owned()).collect();
    let asked = asked.lock().unwrap().clone();
    (statuses, asked)
}

#[tokio::test]
async fn a_head_in_a_tunnel_that_can_be_read_in_two_ways_is_refused_and_nothing_after_it_is_served() {
    for (what, request) in AMBIGUOUS {
        let (statuses, asked) = send(request).await;
        assert!(statuses.is_empty() || statuses == ["400"], "{what}: {statuses:?}");
        assert_eq!(asked, Vec::<String>::new(), "{what}");
    }
}

#[tokio::test]
async fn a_request_in_a_tunnel_for_another_host_reaches_no_service() {
    for (status, request) in MISDIRECTED {
        let (statuses, asked) = send(request).await;
        assert_eq!(
            (statuses, asked),
            (vec![status.to_owned(), "200".to_owned()], vec!["/next".to_owned()]),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_length_beside_chunks_in_a_tunnel_means_nothing() {
    let request = "POST / HTTP/1.1\r\nHOST\r\ncontent-length: 5000\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let (statuses, asked) = send(request).await;
    // The bytes after the chunks are the client's next request, or are not served.
    assert!(
        asked == ["/", "/next"] || asked.len() < 2 && !asked.contains(&"/next".to_owned()),
        "{statuses:?} {asked:?}"
    );
}
