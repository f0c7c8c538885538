//! Calls of policies to services beside the model: Content Safety, embeddings.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use serde_json::Value as Json;

use super::prelude::*;
use crate::service::{Backend, Backends, ManagedIdentityCredentials};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The identity that calls the service.
pub(super) enum Asker {
    /// The identity of the backend's credentials. Without credentials, the call has the request's own Authorization
    /// header.
    Backend,
    /// The system-assigned identity, for this resource.
    System(&'static str),
}

/// Posts a JSON document to a path below a backend's URL. `Err` describes the error in our own words, without any text
/// of the caller.
pub(super) async fn post<O: Outside>(
    run: &mut Run<'_, O>,
    all: &Backends,
    id: &str,
    path: &str,
    asker: Asker,
    body: &Json,
) -> Result<Json, String> {
    let Some(Backend::Single { url, credentials, .. }) = all.get(id) else {
        return Err(format!("{id} is no backend with a URL"));
    };
    let (mut target, version) = (url.clone(), path.split_once('?').map(|(_, query)| query.to_owned()));
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    target.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    if target.query().is_none() {
        target.set_query(version.as_deref());
    }
    let identity = match (asker, credentials) {
        (Asker::System(resource), _) => Some((resource.to_owned(), None)),
        (Asker::Backend, Some(ManagedIdentityCredentials { resource, client_id })) => {
            Some((resource.clone(), client_id.clone()))
        }
        (Asker::Backend, None) => None,
    };
    let mut request = Request::post(target.as_str()).header(header::CONTENT_TYPE, "application/json");
    match identity {
        Some((resource, client_id)) => {
            let token = run.outside.managed_identity_token(&resource, client_id.as_deref()).await;
            let token = token.map_err(|error| error.to_string())?;
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        None => {
            if let Some(own) = run.context.request.headers.get(header::AUTHORIZATION) {
                request = request.header(header::AUTHORIZATION, own.clone());
            }
        }
    }
    let request = request.body(Bytes::from(body.to_string())).map_err(|error| error.to_string())?;
    let reply = run.outside.send(request, TIMEOUT).await.map_err(|error| error.to_string())?;
    if !reply.status().is_success() {
        return Err(format!("{id} answered {}", reply.status().as_u16()));
    }
    serde_json::from_slice(reply.body()).map_err(|error| format!("{id} answered no JSON: {error}"))
}
