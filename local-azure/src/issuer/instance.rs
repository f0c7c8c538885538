//! The clouds and their host names. Client libraries ask for them before they trust an authority.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, Uri};
use serde_json::json;
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::{AUTHORITY, refusal::EntraRefusal};
use crate::journal::Decision;

/// Host names of the public cloud's authority.
const ALIASES: [&str; 4] = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"];

/// `GET /common/discovery/instance?api-version=1.1&authorization_endpoint=…`.
pub(super) async fn instance(uri: Uri) -> Response {
    match answer(uri.query().unwrap_or_default()) {
        Ok(response) => response,
        Err(refusal) => refusal.respond(Uuid::new_v4(), Decision::default()),
    }
}

fn answer(query: &str) -> Result<Response, EntraRefusal> {
    let (mut version, mut endpoint) = (None, None);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "api-version" => version = Some(value),
            "authorization_endpoint" => endpoint = Some(value),
            // Other parameters name the library or its request. Entra ignores unknown parameters.
            _ => {}
        }
    }
    if !matches!(version.as_deref(), Some("1.0" | "1.1")) {
        return Err(EntraRefusal::not_understood("api-version of instance discovery is 1.0 or 1.1"));
    }
    let endpoint = endpoint.ok_or_else(|| missing("authorization_endpoint"))?;
    let unknown =
        || EntraRefusal::new(StatusCode::BAD_REQUEST, "invalid_instance", 50_049, "Unknown or invalid instance.");
    let url = Url::parse(&endpoint).map_err(|_| unknown())?;
    if url.scheme() != "https" || !url.host_str().is_some_and(|host| ALIASES.contains(&host)) {
        return Err(unknown());
    }
    let tenant = url.path_segments().and_then(|mut parts| parts.next()).filter(|part| !part.is_empty());
    let tenant = tenant.unwrap_or("common");
    let mut document = json!({
        "tenant_discovery_endpoint": format!("{AUTHORITY}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": version,
    });
    if version.as_deref() == Some("1.1") {
        document["metadata"] = json!([{
            "preferred_network": "login.microsoftonline.com",
            "preferred_cache": "login.windows.net",
            "aliases": ALIASES,
        }]);
    }
    Ok(Json(document).into_response())
}

fn missing(name: &str) -> EntraRefusal {
    EntraRefusal::invalid_request(900_144, format!("The request must contain the following parameter: '{name}'."))
}
