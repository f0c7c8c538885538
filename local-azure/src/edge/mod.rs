//! The entry for a process under test: an HTTPS proxy (CONNECT) that ends TLS for the hosts of the seed.
//!
//! A client uses the real host names and needs only `HTTPS_PROXY` and the CA file. The edge refuses a host that the
//! seed does not name, inside its tunnel. No request is passed on to the internet.

mod ca;
mod client_certificate;
mod header_case;
mod refused;

use std::{
    collections::BTreeSet,
    convert::Infallible,
    future::ready,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Body, response::IntoResponse};
use futures_util::future::Either;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{CONNECTION, HOST},
    uri::Authority,
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use loopback_server::{Connection, HEAD_LIMIT, Listener, Room};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use self::header_case::HeaderCase;
pub(crate) use self::{ca::CertificateError, client_certificate::ShownCertificates};
use crate::{fault::uncut, header_names::HeaderNames, network::Network};

/// The number of descriptors for each connection: its own, a blob's file, and those that the gateway opens. The
/// Functions host needs some too.
const DESCRIPTORS: usize = 6;

/// The address from which virtual machines get tokens. Clients that send such a request through a proxy reach it here.
const IMDS_HOST: &str = "169.254.169.254";

/// The listening proxy. It ends when it is dropped.
pub(crate) struct Edge {
    address: SocketAddr,
    ca_pem: String,
    task: tokio::task::JoinHandle<()>,
}

/// Why the edge cannot run.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// No loopback port is free.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[from] io::Error),
    /// No certificate could be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A loopback port that is not served yet.
pub(crate) struct EdgeListener {
    listener: Listener,
    address: SocketAddr,
}

impl EdgeListener {
    /// The address at which the edge will answer.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the hosts that `network` has now. `own` gets the requests that name no host. `imds` gets plain requests
    /// for the address of the virtual machines' endpoint. Clients of the hosts in `asking` are asked for a certificate,
    /// which is optional.
    pub(crate) fn serve(
        self,
        network: Network,
        own: Router,
        imds: Router,
        asking: BTreeSet<String>,
    ) -> Result<Edge, EdgeError> {
        let tls = ca::Tls::new(network.hosts().map(ToOwned::to_owned).collect())?;
        let acceptors = Acceptors { plain: tls.config.into(), asking: tls.asking.into(), hosts: Arc::new(asking) };
        let plain = Plain { own, imds };
        let task = tokio::spawn(accept(self.listener, network, plain, acceptors));
        Ok(Edge { address: self.address, ca_pem: tls.ca_pem, task })
    }
}

impl Edge {
    /// Takes a free loopback port.
    pub(crate) async fn listen() -> Result<EdgeListener, EdgeError> {
        let listener = Listener::new(TcpListener::bind("127.0.0.1:0").await?, Room::one_in(DESCRIPTORS));
        let address = listener.local_addr()?;
        Ok(EdgeListener { listener, address })
    }

    /// The value of `HTTPS_PROXY`.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The CA certificate that clients must trust.
    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The services of requests that come without a tunnel.
#[derive(Clone)]
struct Plain {
    own: Router,
    imds: Router,
}

/// TLS for hosts that ask for no certificate, and for hosts that ask for one.
#[derive(Clone)]
struct Acceptors {
    plain: TlsAcceptor,
    asking: TlsAcceptor,
    hosts: Arc<BTreeSet<String>>,
}

impl Acceptors {
    fn of(&self, host: &str) -> &TlsAcceptor {
        if self.hosts.contains(host) { &self.asking } else { &self.plain }
    }
}

async fn accept(listener: Listener, network: Network, plain: Plain, acceptor: Acceptors) {
    // The set aborts every connection when the accepting task ends.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _, connection) = listener.accept().await;
        while connections.try_join_next().is_some() {}
        connections.spawn(proxy(stream, connection, network.clone(), plain.clone(), acceptor.clone()));
    }
}

/// Serves one proxy connection, then the tunnel that it became.
async fn proxy(stream: TcpStream, connection: Connection, network: Network, plain: Plain, acceptors: Acceptors) {
    let tunnel = Mutex::new(None);
    let answer = |request: Request<Body>| {
        if request.method() != Method::CONNECT {
            let service = match request.uri().host() {
                None => Some(&plain.own),
                Some(IMDS_HOST) => Some(&plain.imds),
                Some(_) => None,
            };
            if let Some(service) = service {
                return Either::Left(service.clone().oneshot(request));
            }
        }
        let answer = match connect(&network, request) {
            Ok(opened) => {
                *tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
                Response::new(Body::empty())
            }
            Err(refusal) => *refusal,
        };
        Either::Right(ready(Ok::<_, Infallible>(answer)))
    };
    connection.serve(stream, answer).await;
    let tunnel = tunnel.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((host, service, upgrade)) = tunnel
        && let Ok(upgraded) = upgrade.await
    {
        let acceptor = acceptors.of(&host).clone();
        serve_tls(upgraded, host, service, &network, &connection, acceptor).await;
    }
}

type Tunnel = (String, Router, hyper::upgrade::OnUpgrade);

/// Accepts `CONNECT host:443` for a known host. Every other request is refused with a text that says why.
fn connect(network: &Network, request: Request<Body>) -> Result<Tunnel, Box<Response<Body>>> {
    if request.method() != Method::CONNECT {
        let host = request.uri().host().unwrap_or_default();
        if host.ends_with(".blob.core.windows.net") && network.service(host).is_some() {
            return Err(Box::new(refused::requires_https()));
        }
        return Err(refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("this is an HTTPS proxy: it takes CONNECT, not {} {}\n", request.method(), request.uri()),
        ));
    }
    let authority = request.uri().authority().map(Authority::as_str).unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    match network.service(host) {
        Some(_) if network.is_cut_off(host) => Err(refuse(StatusCode::BAD_GATEWAY, format!("{host} is cut off\n"))),
        Some(service) if port == "443" => Ok((host.to_ascii_lowercase(), service, hyper::upgrade::on(request))),
        Some(_) => Err(refuse(StatusCode::FORBIDDEN, format!("{host} answers on port 443 only, not {port}\n"))),
        None => {
            network.report_unknown(host);
            let reason = format!(
                "{host} is not in the seed, and local-azure never connects to the internet. It serves: {}",
                network.hosts().collect::<Vec<_>>().join(", ")
            );
            if port != "443" {
                return Err(refuse(StatusCode::FORBIDDEN, format!("{reason}\n")));
            }
            let host = host.to_ascii_lowercase();
            let service = refused::routes(host.clone(), reason);
            Ok((host, service, hyper::upgrade::on(request)))
        }
    }
}

fn refuse(status: StatusCode, message: String) -> Box<Response<Body>> {
    let mut response = (status, message.clone()).into_response();
    // Most clients show the headers of a refused CONNECT but not its body.
    if let Ok(reason) = HeaderValue::from_str(message.trim_end()) {
        response.headers_mut().insert(refused::HEADER, reason);
    }
    Box::new(response)
}

async fn serve_tls(
    upgraded: Upgraded,
    host: String,
    service: Router,
    network: &Network,
    connection: &Connection,
    acceptor: TlsAcceptor,
) {
    // A client that does not trust the CA ends the handshake, and reports the problem on its own side.
    let handshake = timeout(HEAD_LIMIT, acceptor.accept(TokioIo::new(upgraded)));
    let Ok(Ok(stream)) = handshake.await else { return };
    let shown = ShownCertificates::from_connection(stream.get_ref().1);
    let (stream, names) = HeaderCase::new(stream);
    let answer = |mut request: Request<Body>| {
        let (host, service, names) = (host.clone(), service.clone(), names.clone());
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        let of_request = names.of_request(&request);
        if !of_request.is_empty() {
            request.extensions_mut().insert(of_request);
        }
        async move {
            if network.is_cut_off(&host) {
                // An error ends the connection without an answer.
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
            if let Some(refusal) = misdirected(&host, &request) {
                return Ok(refusal);
            }
            let mut response = uncut(service.oneshot(request).await)?;
            names.set_answer(response.extensions_mut().remove::<HeaderNames>());
            Ok(response)
        }
    };
    connection.serve(stream, answer).await;
}

/// Refuses a request that does not fit its tunnel. A tunnel serves the one host that it was opened for, and each
/// request names the host once.
fn misdirected(host: &str, request: &Request<Body>) -> Option<Response<Body>> {
    if request.method() == Method::CONNECT {
        let message = format!("this is {host} itself, which is no proxy\n");
        return Some((StatusCode::METHOD_NOT_ALLOWED, message).into_response());
    }
    let mut lines = request.headers().get_all(HOST).iter();
    let named = lines.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    if lines.next().is_some() {
        // Two readers could take it for requests to two hosts, and also the bytes after it.
        return Some((StatusCode::BAD_REQUEST, [(CONNECTION, "close")], "two Host headers\n").into_response());
    }
    let in_target = request.uri().authority().map(Authority::as_str);
    let is_other = |named: &&str| !named.strip_suffix(":443").unwrap_or(named).eq_ignore_ascii_case(host);
    in_target.into_iter().chain([named]).find(is_other).map(|named| {
        let message = format!("this tunnel leads to {host}, not to {named}\n");
        (StatusCode::MISDIRECTED_REQUEST, message).into_response()
    })
}

#[cfg(test)]
mod tests;
