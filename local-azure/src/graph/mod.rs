//! A small part of Microsoft Graph: service principals, applications, and app-role assignments.
//!
//! Reference: <https://learn.microsoft.com/graph/api/resources/approleassignment>. A new assignment affects every token
//! that the tenant issues afterwards. Any other path, property or query option is refused by name.

mod assignment;
mod authorization;
mod error;
mod find;
mod path;
mod query;
mod representation;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use self::{
    authorization::{READ, WRITE, authorize},
    error::GraphError,
    find::find,
    path::{Collection, Path, ROOT, Target},
    query::Query,
};
use crate::{issuer::Entra, journal::Decision};

/// The most bytes of a body: more than any assignment needs.
const BODY_LIMIT: usize = 64 * 1024;

/// Returns the routes of the service at `graph.microsoft.com`.
pub(crate) fn routes(entra: Arc<Entra>) -> Router {
    Router::new().fallback(answer).with_state(entra)
}

async fn answer(State(entra): State<Arc<Entra>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut decision = Decision::default();
    let outcome = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => {
            let query = parts.uri.query().unwrap_or_default();
            serve(&entra, &parts.method, parts.uri.path(), query, &parts.headers, &body, &mut decision)
        }
        Err(_) => Err(GraphError::bad_request("the request body is too long")),
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(error) => {
            decision.reason = Some(error.to_string());
            error.respond(&parts.headers)
        }
    };
    response.extensions_mut().insert(decision);
    response
}

fn serve(
    entra: &Entra,
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    decision: &mut Decision,
) -> Result<Response, GraphError> {
    let is_read = method == Method::GET;
    authorize(entra, headers, if is_read { READ } else { WRITE }, decision)?;
    let path = Path::parse(path)?;
    let query = Query::parse(query)?;
    match (method.as_str(), &path.target) {
        ("GET", Target::Collection) => collection(entra, path.collection, &query),
        ("GET", Target::Object(key)) => {
            query.refuse_filter()?;
            object(entra, path.collection, key, &query)
        }
        ("GET", Target::Assignments(key, direction)) => assignment::list(entra, key, *direction, &query),
        ("POST", Target::Assignments(key, direction)) => {
            query.refuse_all()?;
            let created = assignment::create(entra, key, *direction, body)?;
            decision.wrote = Some(created.url);
            Ok((StatusCode::CREATED, Json(created.body)).into_response())
        }
        ("DELETE", Target::Assignment(key, direction, id)) => {
            query.refuse_all()?;
            assignment::delete(entra, key, *direction, id)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(GraphError::bad_request(format!(
            "local-azure does not serve {method} {} of Microsoft Graph",
            path.text
        ))),
    }
}

fn collection(entra: &Entra, collection: Collection, query: &Query) -> Result<Response, GraphError> {
    let mut value = Vec::new();
    for principal in entra.directory.principals().iter().filter(|one| collection.has(one)) {
        let whole = representation::of(entra, collection, principal);
        if query.admits(&whole, collection)? {
            value.push(query.select(whole, collection)?);
        }
    }
    let context = format!("{ROOT}/$metadata#{}{}", collection.name(), query.context());
    Ok(Json(json!({ "@odata.context": context, "value": value })).into_response())
}

fn object(entra: &Entra, collection: Collection, key: &path::Key, query: &Query) -> Result<Response, GraphError> {
    let principal = find(entra, collection, key)?;
    let mut object = query.select(representation::of(entra, collection, principal), collection)?;
    let context = format!("{ROOT}/$metadata#{}{}/$entity", collection.name(), query.context());
    if let Value::Object(members) = &mut object {
        members.insert("@odata.context".to_owned(), json!(context));
    }
    Ok(Json(object).into_response())
}

#[cfg(test)]
mod tests;
