//! Certificates on both sides of the gateway: those of clients, through the edge, and the gateway's own for a backend
//! with TLS.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use http::Request;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{Rig, seed};
use crate::{azure::LocalAzure, seed::ApimCertificate};

/// An authority with its certificate in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "clients of orders");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn sign(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params(name).signed_by(&key, &self.issuer).unwrap();
        Identity { certificate: certificate.der().clone(), key: key.serialize_der().into() }
    }

    fn seed_certificate(&self) -> ApimCertificate {
        given("ca", self.folder.path().join("ca.pem"), true)
    }

    /// Returns a file with the certificate and key of an identity.
    fn file(&self, identity: &Identity) -> PathBuf {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let block = |name: &str, der: &[u8]| {
            format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", STANDARD.encode(der))
        };
        let file = self.folder.path().join("own.pem");
        let text = block("CERTIFICATE", &identity.certificate) + &block("PRIVATE KEY", identity.key.secret_pkcs8_der());
        std::fs::write(&file, text).unwrap();
        file
    }
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn stranger() -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params("stranger").self_signed(&key).unwrap();
    Identity { certificate: certificate.der().clone(), key: key.serialize_der().into() }
}

fn given(id: &str, file: PathBuf, authority: bool) -> ApimCertificate {
    let key = (!authority).then(|| file.clone());
    ApimCertificate { id: id.to_owned(), certificate: Some(file), key, authority, ..ApimCertificate::default() }
}

fn policies(inbound: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("apis")).unwrap();
    let document = format!(
        "<policies><inbound>\n{inbound}</inbound><backend><base /></backend><outbound /><on-error /></policies>"
    );
    std::fs::write(folder.path().join("apis/orders.xml"), document).unwrap();
    folder
}

/// Returns the answer at `/orders`, through the edge, to a client with this certificate.
async fn answer(azure: &LocalAzure, shown: Option<Identity>) -> String {
    let host = format!("{}.azure-api.net", azure.world().seed.apim.name);
    let environment = azure.environment();
    let variable = |name: &str| environment.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let proxy = variable("HTTPS_PROXY");
    let mut stream = TcpStream::connect(proxy.trim_start_matches("http://")).await.unwrap();
    stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n").as_bytes()).await.unwrap();
    let mut opened = Vec::new();
    while !opened.ends_with(b"\r\n\r\n") {
        opened.push(stream.read_u8().await.unwrap());
    }
    let mut roots = RootCertStore::empty();
    let ca = std::fs::read(variable("SSL_CERT_FILE")).unwrap();
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match shown {
        Some(Identity { certificate, key }) => {
            builder.with_client_auth_cert(vec![certificate], PrivateKeyDer::from(key)).unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    let name = ServerName::try_from(host.clone()).unwrap();
    let mut tunnel = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let request = format!("GET /orders HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    tunnel.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A dropped connection ends without TLS's closing message, which is an error after the last byte.
    let _ = tunnel.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn azure(authority: &Authority, policies: &Path, negotiates: bool) -> LocalAzure {
    let mut seed = seed();
    seed.apim.policies = policies.to_owned();
    seed.apim.certificates = vec![authority.seed_certificate()];
    seed.apim.negotiate_client_certificate = negotiates;
    for api in &mut seed.apim.apis {
        api.subscription_required = false;
    }
    LocalAzure::start(seed).await.unwrap()
}

#[tokio::test]
async fn a_clients_certificate_must_chain_to_an_authority_of_the_service() {
    let authority = Authority::new();
    let folder = policies(
        "<validate-client-certificate><identities><identity common-name=\"client\" issuer-certificate-id=\"ca\" />\
         </identities></validate-client-certificate><return-response><set-status code=\"200\" />\
         <set-body>@(context.Request.Certificate.Subject + context.Request.Certificate.Verify())</set-body>\
         </return-response>",
    );
    let running = azure(&authority, folder.path(), true).await;
    let served = answer(&running, Some(authority.sign("client"))).await;
    assert!(served.starts_with("HTTP/1.1 200 ") && served.contains("CN=clientTrue"), "{served}");
    let other = answer(&running, Some(authority.sign("another"))).await;
    assert!(other.starts_with("HTTP/1.1 403 ") && other.contains("none of the allowed identities"), "{other}");
    let unknown = answer(&running, Some(stranger())).await;
    assert!(unknown.starts_with("HTTP/1.1 403 ") && unknown.contains("not trusted"), "{unknown}");
    let without = answer(&running, None).await;
    assert!(without.starts_with("HTTP/1.1 403 ") && without.contains("not present"), "{without}");
}

/// A host name in Azure does this too, unless `negotiateClientCertificate` is set.
#[tokio::test]
async fn a_host_that_does_not_ask_sees_no_certificate() {
    let authority = Authority::new();
    let folder = policies(
        "<choose><when condition=\"@(context.Request.Certificate == null || !context.Request.Certificate.Verify())\">\
         <return-response><set-status code=\"403\" reason=\"Invalid client certificate\" /></return-response></when>\
         </choose><return-response><set-status code=\"200\" /></return-response>",
    );
    let silent = azure(&authority, folder.path(), false).await;
    let answered = answer(&silent, Some(authority.sign("client"))).await;
    assert!(answered.starts_with("HTTP/1.1 403 Invalid client certificate"), "{answered}");
    let asking = azure(&authority, folder.path(), true).await;
    assert!(answer(&asking, Some(authority.sign("client"))).await.starts_with("HTTP/1.1 200 "));
    assert!(answer(&asking, None).await.starts_with("HTTP/1.1 403 Invalid client certificate"));
}

/// Starts a backend with TLS that requires a client certificate of the authority. Returns its URL.
async fn backend(authority: &Authority) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(authority.issuer.der().clone()).unwrap();
    let Identity { certificate, key } = authority.sign("backend");
    let config = ServerConfig::builder()
        .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
        .with_single_cert(vec![certificate], PrivateKeyDer::from(key))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|request: Request<hyper::body::Incoming>| async move {
                    let answer = format!("{} knows the gateway", request.uri());
                    Ok::<_, std::convert::Infallible>(http::Response::new(axum::body::Body::from(answer)))
                });
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    url
}

#[tokio::test]
async fn a_backend_that_asks_sees_the_certificate_that_a_policy_names() {
    let authority = Authority::new();
    let url = backend(&authority).await;
    let own = authority.file(&authority.sign("gateway"));
    let rig = async |inbound: &str, trusts: bool| {
        let folder = policies(inbound);
        Rig::start(|seed| {
            seed.apim.policies = folder.path().to_owned();
            seed.apim.certificates = vec![given("own", own.clone(), false)];
            if trusts {
                seed.apim.certificates.push(authority.seed_certificate());
            }
            for api in &mut seed.apim.apis {
                api.backend.url = Some(url.parse().unwrap());
            }
        })
        .await
    };
    let show = "<authentication-certificate certificate-id=\"OWN\" />";
    let shown = rig(show, true).await;
    let answer = shown.send(shown.request("/orders/7?q=1")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "/7?q=1 knows the gateway"));
    let silent = rig("", true).await;
    assert_eq!(silent.send(silent.request("/orders/7")).await.status, 500, "the backend wants a certificate");
    let distrusting = rig(show, false).await;
    assert_eq!(
        distrusting.send(distrusting.request("/orders/7")).await.status,
        500,
        "no authority vouches for the backend"
    );
    let sent = rig(
        &format!(
            "<send-request mode=\"new\" response-variable-name=\"r\"><set-url>{url}x</set-url>\
             <set-method>GET</set-method><authentication-certificate certificate-id=\"own\" /></send-request>\
             <return-response><set-body>@(((IResponse)context.Variables[\"r\"]).Body.As<string>())</set-body>\
             </return-response>"
        ),
        true,
    )
    .await;
    assert_eq!(sent.send(sent.request("/orders/7")).await.body, "/x knows the gateway");
}
