//! TLS backends on this machine: they need a certificate of one of the service's authorities, and may ask for the
//! gateway's certificate.

use std::sync::Arc;

use apim_policies::{Certificate, ClientCertificate};
use axum::body::Body;
use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The gateway's trust in TLS backends.
pub(super) struct TlsBackends {
    roots: Arc<RootCertStore>,
}

impl TlsBackends {
    pub(super) fn new(authorities: &[Arc<Certificate>]) -> Self {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be an authority is skipped.
        roots.add_parsable_certificates(
            authorities.iter().map(|authority| CertificateDer::from(authority.der().to_vec())),
        );
        Self { roots: Arc::new(roots) }
    }

    /// Reports whether a URL leads to a TLS backend.
    pub(super) fn is_for(uri: &Uri) -> bool {
        uri.scheme_str() == Some("https") && matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"))
    }

    /// Sends a request with an absolute URL over its own connection.
    pub(super) async fn send(
        &self,
        request: Request<Body>,
        shown: Option<&ClientCertificate>,
    ) -> Result<Response<Body>, String> {
        let (mut parts, body) = request.into_parts();
        let host = parts.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = parts.uri.port_u16().unwrap_or(443);
        let failed = |error: &dyn std::fmt::Display| format!("no answer from {host}:{port}: {error}");
        let config = self.config(shown).map_err(|error| failed(&error))?;
        let name = ServerName::try_from(host.clone()).map_err(|error| failed(&error))?;
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| failed(&error))?;
        stream.set_nodelay(true).map_err(|error| failed(&error))?;
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let stream = connected.map_err(|error| failed(&error))?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| failed(&error))?;
        // The connection ends with the response's body, or when the request is dropped.
        tokio::spawn(connection);
        if let Some(authority) = parts.uri.authority()
            && let Ok(value) = HeaderValue::from_str(authority.as_str())
        {
            parts.headers.entry(header::HOST).or_insert(value);
        }
        let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        parts.uri = Uri::from(path);
        let response = sender.send_request(Request::from_parts(parts, body)).await;
        response.map(|response| response.map(Body::new)).map_err(|error| failed(&error))
    }

    fn config(&self, shown: Option<&ClientCertificate>) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&self.roots));
        match shown.and_then(|ClientCertificate(one)| Some((one, one.private_key_der()?))) {
            Some((certificate, key)) => builder.with_client_auth_cert(
                vec![CertificateDer::from(certificate.der().to_vec())],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec())),
            ),
            None => Ok(builder.with_no_client_auth()),
        }
    }
}
