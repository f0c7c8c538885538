//! A connection: the address of a service and the identity that calls it.

use std::{fmt, sync::Arc};

use azure_core::{credentials::TokenCredential, http::ClientOptions};
use url::Url;

use crate::{
    error::Service,
    identity::{Credential, ForgetRefused, TokenCache},
    transport::Http,
};

/// The address of a service and the identity that calls it.
///
/// Give [`Connection::credential`] and [`Connection::client_options`] to any client of the Azure SDK for Rust. The
/// client then shares this app's token cache and connection pool:
///
/// ```no_run
/// # fn client(endpoint: &str, credential: std::sync::Arc<dyn azure_core::credentials::TokenCredential>,
/// #     options: azure_core::http::ClientOptions) {}
/// # fn read(env: &mut keyless::settings::Reader) -> Option<()> {
/// let tables = env.connection("TABLES", "tableServiceUri")?; // TABLES__tableServiceUri, TABLES__clientId, …
/// client(tables.endpoint().as_str(), tables.credential(), tables.client_options());
/// # Some(()) }
/// ```
#[derive(Clone)]
pub struct Connection {
    endpoint: Url,
    credential: Credential,
    tokens: Arc<TokenCache>,
    http: Http,
}

impl Connection {
    pub(crate) fn new(endpoint: Url, credential: Credential, tokens: Arc<TokenCache>, http: Http) -> Self {
        Self { endpoint, credential, tokens, http }
    }

    /// The address of the service.
    #[must_use]
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// The identity that calls the service.
    #[must_use]
    pub fn identity(&self) -> &Credential {
        &self.credential
    }

    /// Returns a credential that gives tokens of the identity for any scope, from the cache if possible.
    #[must_use]
    pub fn credential(&self) -> Arc<dyn TokenCredential> {
        self.tokens.clone()
    }

    /// Returns options for an SDK client: the HTTP client of this process, the app's user agent, three retries, and the
    /// trace context of the invocation on each request. A token that the service refuses is dropped from the cache.
    ///
    /// At most 512 calls of all clients with these options wait for their answers at a time. A request that waits for a
    /// place longer than 100 s fails. Each try also has a limit. Any other limit of a call is the app's decision.
    #[must_use]
    pub fn client_options(&self) -> ClientOptions {
        self.options_for(Service::Api)
    }

    /// Loads certificate authorities and prepares TLS, for all connections, without calling a service. Run it in the
    /// background; otherwise the first call does this work. It reports no failure; the first call does.
    pub async fn prepare(&self) {
        let http = self.http.clone();
        // Loading reads a file, and must not block a thread that answers requests.
        let _ = tokio::task::spawn_blocking(move || http.client().is_ok()).await;
    }

    pub(crate) fn options_for(&self, service: Service) -> ClientOptions {
        let mut options = self.http.options(service);
        options.per_try_policies.push(Arc::new(ForgetRefused(self.tokens.clone())));
        options
    }

    pub(crate) fn tokens(&self) -> &Arc<TokenCache> {
        &self.tokens
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, credential, .. } = self;
        f.debug_struct("Connection").field("endpoint", &endpoint.as_str()).field("credential", credential).finish()
    }
}
