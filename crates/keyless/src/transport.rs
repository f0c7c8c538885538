//! The HTTP client below all other clients, and its use by the SDK's clients.

use std::{
    error::Error as StdError,
    fs, io,
    iter::successors,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        AsyncRawResponse, ClientOptions, Context, ExponentialRetryOptions, HttpClient, Request, RetryOptions,
        Transport,
        headers::{HeaderName, Headers, USER_AGENT},
        policies::{Policy, PolicyResult, RetryPolicyCount},
    },
};
use futures_util::{StreamExt as _, stream};
use reqwest::{Certificate, Client, redirect};
use tokio::time::timeout;

use crate::{
    context::{TRACEPARENT, TRACESTATE},
    error::{Cause, Error, Service},
    in_flight::InFlight,
    signals::{Attempt, Signals},
    time_limits::{CONNECT, TimeLimits},
};

/// The files in which Linux distributions keep all their certificate authorities: Debian and Ubuntu, Fedora and Red
/// Hat, openSUSE, Alpine. The folder beside such a file has each authority again, in a separate file. Reading both,
/// like OpenSSL's search, takes 20 ms instead of 2.
const SYSTEM_BUNDLES: &[&str] = if cfg!(target_os = "linux") {
    &[
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]
} else {
    &[]
};

/// The HTTP client of this process, made on first use. Loading the system's certificate authorities takes time, and
/// must not delay the answer to the host's first probe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Http(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    user_agent: OnceLock<String>,
    extra_roots: OnceLock<Vec<Certificate>>,
    /// Set if the environment names no certificate authorities other than the system's.
    trusts_system_alone: OnceLock<()>,
    client: OnceLock<Result<Client, String>>,
    signals: OnceLock<Signals>,
}

impl Http {
    /// Sets the `name/version` of the app. Only the first call has an effect.
    pub(crate) fn set_user_agent(&self, name: String) {
        let _ = self.0.user_agent.set(name);
    }

    /// Sets the certificate authorities beside the system's. Only the first call has an effect.
    pub(crate) fn set_extra_roots(&self, roots: Vec<Certificate>) {
        let _ = self.0.extra_roots.set(roots);
    }

    /// Sets the recorder of calls. Only the first call has an effect.
    #[cfg(feature = "telemetry")]
    pub(crate) fn set_signals(&self, signals: Signals) {
        let _ = self.0.signals.set(signals);
    }

    pub(crate) fn signals(&self) -> Option<&Signals> {
        self.0.signals.get()
    }

    #[cfg(feature = "telemetry")]
    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.get().map(String::as_str)
    }

    /// Records that `SSL_CERT_FILE` and `SSL_CERT_DIR` are not set. Only the first call has an effect.
    pub(crate) fn trust_system_alone(&self) {
        let _ = self.0.trusts_system_alone.set(());
    }

    pub(crate) fn client(&self) -> Result<&Client, Error> {
        let made = self.0.client.get_or_init(|| self.make().map_err(|error| error.to_string()));
        made.as_ref().map_err(|error| Error::internal_by(Cause::NoClient(error.clone())))
    }

    /// Makes the client. Without a shared transport, each SDK client would load the system's certificate authorities
    /// again and keep its own connections. This client must have the settings of the SDK's transport: no redirects, no
    /// decompression (a blob's bytes must not change), and time limits. The limits are in [`ServiceTransport`], because
    /// the client's read timeout would end a request with a longer body. Proxies come from `HTTPS_PROXY` and
    /// `NO_PROXY`.
    fn make(&self) -> reqwest::Result<Client> {
        let name = self.0.user_agent.get_or_init(|| concat!("keyless/", env!("CARGO_PKG_VERSION")).to_owned());
        let extra_roots = self.0.extra_roots.get().cloned().unwrap_or_default();
        let builder = || {
            Client::builder()
                .user_agent(name)
                .connect_timeout(CONNECT)
                .redirect(redirect::Policy::none())
                .no_gzip()
                .no_deflate()
        };
        let bundles = if self.0.trusts_system_alone.get().is_some() { SYSTEM_BUNDLES } else { &[] };
        if let Some(bundle) = bundles.iter().find_map(|file| read_certificates(Path::new(file)).ok()) {
            // If rustls cannot use one certificate, it refuses the whole bundle. The search below leaves out that
            // certificate.
            if let Ok(client) = builder().tls_certs_only(bundle.into_iter().chain(extra_roots.clone())).build() {
                return Ok(client);
            }
        }
        builder().tls_certs_merge(extra_roots).build()
    }

    /// Returns the options for an SDK client of `service`.
    ///
    /// Three retries, about 0.5, 1 and 2 seconds apart. The SDK's default of eight would hold an invocation for 82
    /// seconds when the identity endpoint is down. A refusal (4xx) is never retried.
    pub(crate) fn options(&self, service: Service) -> ClientOptions {
        self.options_among(service, InFlight::default())
    }

    /// Like [`Self::options`], for a client whose calls take their places in `in_flight`.
    pub(crate) fn options_among(&self, service: Service, in_flight: InFlight) -> ClientOptions {
        let transport = ServiceTransport { http: self.clone(), service, in_flight };
        ClientOptions {
            transport: Some(Transport::new(Arc::new(transport))),
            retry: RetryOptions::exponential(ExponentialRetryOptions { max_retries: 3, ..Default::default() }),
            per_try_policies: vec![Arc::new(CarryHeaders(self.clone()))],
            ..Default::default()
        }
    }
}

/// The HTTP client with the time limits of one service. It accepts only answers of that service.
#[derive(Debug)]
struct ServiceTransport {
    http: Http,
    service: Service,
    in_flight: InFlight,
}

#[async_trait]
impl HttpClient for ServiceTransport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let client = self.http.client().map_err(|error| azure_core::Error::new(ErrorKind::Other, error))?;
        let limits = TimeLimits::new(self.service);
        // The SDK does not retry errors of this kind. A retry is useless here, because the call's time is over.
        let no_place = |cause| azure_core::Error::new(ErrorKind::Other, cause);
        let _place = self.in_flight.place(limits.whole).await.map_err(no_place)?;
        limited(self.service, limits, client.execute_request(request)).await
    }
}

/// Returns the answer, if it arrives within the limits and comes from the service itself.
pub(crate) async fn limited(
    service: Service,
    limits: TimeLimits,
    answer: impl Future<Output = azure_core::Result<AsyncRawResponse>>,
) -> azure_core::Result<AsyncRawResponse> {
    let within = async {
        let (status, headers, body) = answer.await?.deconstruct();
        if u16::from(status) < 300 {
            is_of(service, &headers)?;
        }
        let Some(pause) = limits.pause else {
            return Ok(AsyncRawResponse::from_bytes(status, headers, body.collect().await?));
        };
        let pieces = stream::unfold(Some(body), move |body| async move {
            let mut body = body?;
            match timeout(pause, body.next()).await {
                Ok(None) => None,
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
                Ok(Some(Err(error))) => Some((Err(error), None)),
                Err(_) => Some((Err(too_slow(pause)), None)),
            }
        });
        Ok(AsyncRawResponse::new(status, headers, Box::pin(pieces)))
    };
    timeout(limits.answer, within).await.unwrap_or_else(|_| Err(too_slow(limits.answer)))
}

fn too_slow(limit: Duration) -> azure_core::Error {
    azure_core::Error::new(ErrorKind::Io, io::Error::new(io::ErrorKind::TimedOut, Cause::TooSlow(limit)))
}

/// Recognises a portal or proxy, which answers 200 with an HTML page. The vault and the identity endpoint answer JSON,
/// and Storage names the version of its protocol.
fn is_of(service: Service, headers: &Headers) -> azure_core::Result<()> {
    let header = |name: &'static str| headers.get_optional_string(&name.into());
    let content_type = || header("content-type").unwrap_or_else(|| "without a type".to_owned());
    let mismatch = match service {
        Service::Identity | Service::KeyVault => {
            let found = content_type();
            (!is_json(&found)).then_some(("JSON", found))
        }
        Service::Storage => header("x-ms-version").is_none().then(|| ("one with x-ms-version", content_type())),
        Service::ApiManagement | Service::OpenAi | Service::Api => None,
    };
    match mismatch {
        None => Ok(()),
        Some((expected, found)) => {
            Err(azure_core::Error::new(ErrorKind::DataConversion, Cause::NotTheService { expected, found }))
        }
    }
}

/// Reports whether a content type is `application/json` or `…+json`, with any parameters.
pub(crate) fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// A policy for `per_try_policies`. Each request then carries the trace context of its invocation, and the app's name
/// before the SDK's.
#[derive(Debug)]
struct CarryHeaders(Http);

#[async_trait]
#[expect(elided_lifetimes_in_paths, reason = "spelt out, it is another signature than the trait's to async-trait")]
impl Policy for CarryHeaders {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let resends = ctx.value::<RetryPolicyCount>().map_or(0, |count| **count);
        let method = http::Method::from_bytes(request.method().as_ref().as_bytes()).unwrap_or_default();
        let attempt = Attempt::start(self.0.signals(), &method, request.url(), resends);
        if let Some(context) = attempt.context() {
            let carried = [(TRACEPARENT, Some(&context.parent)), (TRACESTATE, context.state.as_ref())];
            for (name, value) in carried {
                if let Some(value) = value.and_then(|value| value.to_str().ok()) {
                    request.insert_header(name, value.to_owned());
                }
            }
        }
        if let Some(app) = self.0.0.user_agent.get() {
            let sdk = request.headers().get_optional_str(&USER_AGENT).unwrap_or_default();
            // A retry has the name already.
            if !sdk.starts_with(app.as_str()) {
                let both = format!("{app} {sdk}");
                request.insert_header(USER_AGENT, both.trim_end().to_owned());
            }
        }
        let sent = next[0].send(ctx, request, &next[1..]).await;
        match &sent {
            Ok(response) => {
                let status = http::StatusCode::from_u16(response.status().into()).unwrap_or_default();
                attempt.answered(status, response.headers().get_optional_str(&REQUEST_ID));
            }
            Err(error) => attempt.failed(if is_timeout(error) { "timeout" } else { "connection" }),
        }
        sent
    }
}

/// The header with the ID that Azure's services give a request, for their support.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");

fn is_timeout(error: &azure_core::Error) -> bool {
    successors(Some(error as &(dyn StdError + 'static)), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// Reads the certificates of a PEM file.
pub(crate) fn read_certificates(path: &Path) -> io::Result<Vec<Certificate>> {
    let certificates = Certificate::from_pem_bundle(&fs::read(path)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    if certificates.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no certificate"));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests;
