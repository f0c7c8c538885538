//! What every service was asked, what it decided and why: the evidence that the demo prints and tests read.
//!
//! A service states its decision by putting a [`Decision`] into its response's extensions;
//! [`observe`] wraps the service and records it. No token, key or body enters the journal.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use jiff::Timestamp;
use serde::Serialize;

/// Entries kept; older ones are dropped so that a long run stays small.
const CAPACITY: usize = 10_000;

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// App Service's managed-identity endpoint.
    IdentityEndpoint,
    /// Entra ID: discovery, keys, tokens.
    Entra,
    /// Microsoft Graph.
    MicrosoftGraph,
    /// Key Vault.
    KeyVault,
    /// Blob Storage.
    BlobStorage,
    /// The API Management gateway.
    ApiManagement,
    /// The API behind the gateway.
    Backend,
    /// The Functions host.
    FunctionsHost,
    /// The handler, as the host sees it.
    Handler,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::IdentityEndpoint => "identity endpoint",
            Self::Entra => "Entra ID",
            Self::MicrosoftGraph => "Microsoft Graph",
            Self::KeyVault => "Key Vault",
            Self::BlobStorage => "Blob Storage",
            Self::ApiManagement => "API Management",
            Self::Backend => "backend",
            Self::FunctionsHost => "Functions host",
            Self::Handler => "handler",
        })
    }
}

/// Who asked: a request extension. Absent for a process outside, which local-azure cannot name.
#[derive(Clone, Copy, Debug)]
pub struct Asker(pub Service);

/// A service's decision about one request: a response extension.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// Name of the identity that the verified token (or the identity endpoint's answer) speaks for.
    pub identity: Option<String>,
    /// Audience asked for, or found in the verified token.
    pub audience: Option<String>,
    /// The role, app role or subscription that let the request pass.
    pub allowed_by: Option<String>,
    /// Why it was refused, in the service's own words.
    pub reason: Option<String>,
    /// URL of what was written.
    pub wrote: Option<String>,
}

/// One request and its answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When the answer was ready.
    pub at: Timestamp,
    /// Who asked; absent for a process outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Service>,
    /// Who answered.
    pub service: Service,
    /// HTTP method.
    pub method: String,
    /// Path without the query, which may hold keys.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// See [`Decision::identity`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// See [`Decision::audience`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// See [`Decision::allowed_by`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<String>,
    /// See [`Decision::reason`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// See [`Decision::wrote`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrote: Option<String>,
}

/// The shared record; clones see the same entries.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<VecDeque<Entry>>>);

impl Journal {
    /// Adds an entry.
    pub fn record(&self, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// Everything recorded so far, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Wraps a service so that each of its answers is recorded.
pub fn observe(routes: Router, journal: &Journal, service: Service) -> Router {
    routes.layer(from_fn_with_state((journal.clone(), service), record))
}

async fn record(State((journal, service)): State<(Journal, Service)>, request: Request<Body>, next: Next) -> Response {
    let from = request.extensions().get::<Asker>().map(|asker| asker.0);
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let decision = response.extensions_mut().remove::<Decision>().unwrap_or_default();
    journal.record(Entry {
        at: Timestamp::now(),
        from,
        service,
        method,
        path,
        status: response.status().as_u16(),
        identity: decision.identity,
        audience: decision.audience,
        allowed_by: decision.allowed_by,
        reason: decision.reason,
        wrote: decision.wrote,
    });
    response
}
