//! The one HTTP client below all others, and how the SDK's clients use it.

use std::{fs, io, path::Path, sync::Arc, time::Duration};

use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use reqwest::{Certificate, Client, redirect::Policy};

/// Without its own transport, each SDK client would load the system's certificate authorities again and keep its own
/// connections. A transport of ours must set what theirs does: time limits, no redirects, no decompression (a blob's
/// bytes are its own). Proxies come from `HTTPS_PROXY` and `NO_PROXY`.
pub(super) fn http_client(extra_roots: Vec<Certificate>) -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(60))
        .redirect(Policy::none())
        .no_gzip()
        .no_deflate()
        .tls_certs_merge(extra_roots)
        .build()
}

/// Three retries, about 0.5, 1 and 2 seconds apart; the SDK's eight would hold an invocation for 82 seconds when the
/// identity endpoint is down. A refusal (4xx) is never retried.
pub(super) fn client_options(http: &Client) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(Arc::new(http.clone()))),
        retry: RetryOptions::exponential(ExponentialRetryOptions { max_retries: 3, ..Default::default() }),
        ..Default::default()
    }
}

/// The certificates of a PEM file.
pub(crate) fn read_certificates(path: &Path) -> io::Result<Vec<Certificate>> {
    let certificates = Certificate::from_pem_bundle(&fs::read(path)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    if certificates.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no certificate"));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "not PEM").unwrap();
        assert_eq!(read_certificates(file.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read_certificates(Path::new("/nowhere.pem")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
