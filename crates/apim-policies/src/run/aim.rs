//! Changes of the request's target by policies.

use std::sync::Arc;

use http::HeaderValue;

use super::{
    Run,
    target::{BackendByName, first_url},
};
use crate::{
    expression::{self, Url},
    failure::Failure,
    outside::Outside,
    scope::Scope,
    service::{Backend, Backends, ManagedIdentityCredentials},
};

impl<O: Outside> Run<'_, O> {
    /// Directs the request to another base URL.
    pub(crate) fn set_base(&mut self, base: Url) {
        self.target.backend = None;
        self.target.base = Some(base);
        self.aim();
    }

    /// Directs the request to a backend of the service, or to a member of a pool.
    pub(crate) fn set_backend(&mut self, id: String, all: Arc<Backends>) {
        let scope = self.step.map_or(Scope::Global, |running| running.location.scope);
        if let Some(base) = first_url(&all, &id) {
            self.target.base = Some(base);
        }
        self.target.backend = Some(BackendByName { id, scope, all });
        self.aim();
    }

    /// Reports whether a document of a broader scope than the running policy's named a backend.
    pub(crate) fn has_backend_of_broader_scope(&self) -> bool {
        let scope = self.step.map(|running| running.location.scope);
        self.target.backend.as_ref().is_some_and(|named| Some(named.scope) < scope)
    }

    /// Takes the next backend, and returns its identifier, if a policy named a backend. `Err` is the status text of the
    /// gateway's own 503: circuit breakers stop all sending.
    pub(crate) fn next_backend(&mut self) -> Result<Option<String>, String> {
        let Some(BackendByName { id, all, .. }) = self.target.backend.clone() else { return Ok(None) };
        let now = self.outside.now();
        let taken = match all.get(&id) {
            Some(Backend::Pool(members)) => self.state.backends.next_of(&id, members, now),
            Some(Backend::Single { .. }) | None => self.state.backends.is_open(&id, now).then(|| id.clone()),
        };
        let Some(taken) = taken else {
            let what = if matches!(all.get(&id), Some(Backend::Pool(_))) { "Backend pool" } else { "Backend" };
            return Err(format!("{what} '{id}' is temporarily unavailable."));
        };
        self.target.base = first_url(&all, &taken);
        self.backend_used = Some(taken.clone());
        self.aim();
        Ok(Some(taken))
    }

    /// Returns the gateway's Authorization header for a backend, if the backend needs one.
    pub(crate) async fn authorization_for(&mut self, backend: &str) -> Result<Option<HeaderValue>, Failure> {
        let Some(named) = &self.target.backend else { return Ok(None) };
        let Some(Backend::Single { credentials: Some(credentials), .. }) = named.all.get(backend) else {
            return Ok(None);
        };
        let ManagedIdentityCredentials { resource, client_id } = credentials.clone();
        let token = self.outside.managed_identity_token(&resource, client_id.as_deref()).await;
        let token = token.map_err(|error| Failure::internal("", "", error.to_string()))?;
        self.hide(&token);
        self.trace(|| format!("a token for {resource}, as the backend {backend} wants"));
        let header = HeaderValue::try_from(format!("Bearer {token}"));
        header.map(Some).map_err(|error| Failure::internal("", "", format!("the token for {resource}: {error}")))
    }

    /// Reports the result of a request to the backend's circuit breaker; `None` is no response.
    pub(crate) fn report(&mut self, backend: &str, response: Option<&expression::Response>) {
        let Some(named) = &self.target.backend else { return };
        if let Some(Backend::Single { breaker: Some(breaker), .. }) = named.all.get(backend)
            && let Some(until) = self.state.backends.report(backend, breaker, response, self.outside.now())
        {
            self.trace(|| format!("the circuit breaker of {backend} is open until {until}"));
        }
    }

    /// Directs the request to another path below the base.
    pub(crate) fn set_path(&mut self, path: String) {
        self.target.path = path;
        self.aim();
    }

    pub(super) fn aim(&mut self) {
        let Some(base) = &self.target.base else { return };
        let path = if self.target.path.is_empty() { "/" } else { &self.target.path };
        let query = std::mem::take(&mut self.context.request.url.query);
        let path = format!("{}{path}", base.path.trim_end_matches('/'));
        self.context.request.url = Url { path, query, ..base.clone() };
    }
}
