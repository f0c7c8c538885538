//! The target of the request. A base URL and a path make up `context.Request.Url`.

use std::sync::Arc;

use crate::{
    expression::Url,
    scope::Scope,
    service::{Backend, Backends},
};

#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub(super) backend: Option<BackendByName>,
    pub(super) base: Option<Url>,
    /// The path below the base: empty, or beginning with `/`.
    pub(super) path: String,
}

/// A backend that a policy named.
#[derive(Clone, Debug)]
pub(super) struct BackendByName {
    pub(super) id: String,
    /// The scope of the policy's document.
    pub(super) scope: Scope,
    /// The backends of the service.
    pub(super) all: Arc<Backends>,
}

impl Target {
    pub(super) fn new(base: Option<Url>, path: String) -> Self {
        Self { backend: None, base, path }
    }
}

/// Returns the URL of a backend, or that of a pool's first member.
pub(super) fn first_url(all: &Backends, id: &str) -> Option<Url> {
    let url = match all.get(id)? {
        Backend::Single { url, .. } => url,
        Backend::Pool(members) => match all.get(&members.first()?.backend)? {
            Backend::Single { url, .. } => url,
            Backend::Pool(_) => return None,
        },
    };
    Url::parse(url.as_str())
}
