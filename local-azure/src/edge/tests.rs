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

/// The proxy's answer to CONNECT, and the connection.
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

/// What comes back until the connection ends.
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
