//! Microsoft Graph, narrow: service principals, applications, and the app roles that principals are given.
//!
//! Reference: <https://learn.microsoft.com/graph/api/resources/approleassignment>. What is written here shows in the
//! tokens that the tenant issues from then on. Any other path, property or query option is refused by name.

mod assignment;
mod authorization;
mod error;
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
    path::{Collection, Path, Target},
    query::Query,
};
use crate::{issuer::ServicePrincipal, journal::Decision, world::World};

/// Root of every URL.
const ROOT: &str = "https://graph.microsoft.com/v1.0";
/// More than any assignment.
const BODY_LIMIT: usize = 64 * 1024;

/// The service at `graph.microsoft.com`.
pub fn routes(world: Arc<World>) -> Router {
    Router::new().fallback(answer).with_state(world)
}

async fn answer(State(world): State<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut decision = Decision::default();
    let outcome = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => {
            let query = parts.uri.query().unwrap_or_default();
            serve(&world, &parts.method, parts.uri.path(), query, &parts.headers, &body, &mut decision)
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
    world: &World,
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    decision: &mut Decision,
) -> Result<Response, GraphError> {
    let is_read = method == Method::GET;
    authorize(world, headers, if is_read { READ } else { WRITE }, decision)?;
    let path = Path::parse(path)?;
    let query = Query::parse(query)?;
    match (method.as_str(), &path.target) {
        ("GET", Target::Collection) => collection(world, path.collection, &query),
        ("GET", Target::Object(key)) => {
            query.refuse_filter()?;
            object(world, path.collection, key, &query)
        }
        ("GET", Target::Assignments(key, direction)) => assignment::list(world, key, *direction, &query),
        ("POST", Target::Assignments(key, direction)) => {
            query.refuse_all()?;
            let created = assignment::create(world, key, *direction, body)?;
            decision.wrote = Some(created.url);
            Ok((StatusCode::CREATED, Json(created.body)).into_response())
        }
        ("DELETE", Target::Assignment(key, direction, id)) => {
            query.refuse_all()?;
            assignment::delete(world, key, *direction, id)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(GraphError::bad_request(format!(
            "local-azure does not serve {method} {} of Microsoft Graph",
            path.text
        ))),
    }
}

fn collection(world: &World, collection: Collection, query: &Query) -> Result<Response, GraphError> {
    let mut value = Vec::new();
    for principal in world.directory.principals().iter().filter(|one| collection.has(one)) {
        let whole = representation::of(world, collection, principal);
        if query.admits(&whole, collection)? {
            value.push(query.select(whole, collection)?);
        }
    }
    let context = format!("{ROOT}/$metadata#{}{}", collection.name(), query.context());
    Ok(Json(json!({ "@odata.context": context, "value": value })).into_response())
}

fn object(world: &World, collection: Collection, key: &path::Key, query: &Query) -> Result<Response, GraphError> {
    let principal = find(world, collection, key)?;
    let mut object = query.select(representation::of(world, collection, principal), collection)?;
    let context = format!("{ROOT}/$metadata#{}{}/$entity", collection.name(), query.context());
    if let Value::Object(members) = &mut object {
        members.insert("@odata.context".to_owned(), json!(context));
    }
    Ok(Json(object).into_response())
}

fn find<'w>(world: &'w World, collection: Collection, key: &path::Key) -> Result<&'w ServicePrincipal, GraphError> {
    let is_it = |one: &&ServicePrincipal| match key {
        path::Key::AppId(id) => one.app_id == *id,
        path::Key::ObjectId(id) => representation::object_id(world, collection, one) == *id,
    };
    let mut objects = world.directory.principals().iter().filter(|one| collection.has(one));
    objects.find(is_it).ok_or_else(|| GraphError::NotFound(key.to_string()))
}

#[cfg(test)]
mod tests;
