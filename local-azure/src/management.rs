//! The part of Azure Resource Manager that a login needs: the list of the caller's subscriptions.
//!
//! <https://learn.microsoft.com/rest/api/resources/subscriptions/list>: the list holds the subscriptions in which the
//! caller has a role. Everything else is refused by name.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    access_token::{self, Caller},
    issuer::Entra,
    journal::Decision,
};

const AUDIENCES: [&str; 4] = [
    "https://management.azure.com",
    "https://management.azure.com/",
    "https://management.core.windows.net",
    "https://management.core.windows.net/",
];
/// The API version of the Azure CLI 2.x, and the newest one.
const API_VERSIONS: [&str; 2] = ["2022-12-01", "2022-09-01"];

pub(crate) fn routes(entra: Arc<Entra>) -> Router {
    Router::new().route("/subscriptions", get(subscriptions)).fallback(unknown).with_state(entra)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

async fn subscriptions(
    State(entra): State<Arc<Entra>>,
    query: Result<Query<Options>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let now = Timestamp::now();
    let verified = access_token::verify(&entra, &headers, &AUDIENCES, now);
    let demanded = access_token::demands(&entra, &headers, &AUDIENCES, now, verified.as_ref());
    let caller = match verified {
        Ok(caller) => caller,
        Err(refusal) => {
            let decision = Decision {
                audience: refusal.audience().map(str::to_owned),
                reason: Some(refusal.to_string()),
                demanded,
                ..Decision::default()
            };
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            let body = error("InvalidAuthenticationToken", &refusal.to_string());
            return (StatusCode::UNAUTHORIZED, challenge, Extension(decision), body).into_response();
        }
    };
    match query.ok().and_then(|Query(options)| options.api_version) {
        Some(version) if API_VERSIONS.contains(&version.as_str()) => {}
        Some(version) => {
            return refused("InvalidApiVersionParameter", &format!("the api-version '{version}' is not played"));
        }
        None => {
            return refused(
                "MissingApiVersionParameter",
                "the request needs the query parameter api-version, and no other",
            );
        }
    }
    let list: Vec<Value> = if sees_subscription(&entra, &caller) { vec![subscription(&entra)] } else { Vec::new() };
    let count = list.len();
    let (identity, audience) = (caller.identity, Some(caller.audience));
    let decision = Decision { identity, audience, demanded, ..Decision::default() };
    let body = json!({ "value": list, "count": { "type": "Total", "value": count } });
    (Extension(decision), Json(body)).into_response()
}

/// Reports whether the caller sees the subscription. A role on anything in it is enough.
fn sees_subscription(entra: &Entra, caller: &Caller) -> bool {
    let name = caller.identity.as_deref();
    entra.seed.role_assignments.iter().any(|assignment| Some(assignment.identity.as_str()) == name)
}

fn subscription(entra: &Entra) -> Value {
    let (id, tenant) = (entra.seed.subscription.id, entra.seed.tenant.id);
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": tenant,
        "displayName": "local-azure",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    })
}

async fn unknown(method: Method, uri: Uri) -> Response {
    let text =
        format!("local-azure plays of Azure Resource Manager GET /subscriptions alone, not {method} {}", uri.path());
    (StatusCode::NOT_IMPLEMENTED, error("NotPlayed", &text)).into_response()
}

fn refused(code: &str, message: &str) -> Response {
    let decision = Decision { reason: Some(message.to_owned()), ..Decision::default() };
    (StatusCode::BAD_REQUEST, Extension(decision), error(code, message)).into_response()
}

fn error(code: &str, message: &str) -> Json<Value> {
    Json(json!({ "error": { "code": code, "message": message } }))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::{
        default_world::{bearer, world, world_where},
        journal::DemandKind,
    };

    async fn answer(world: &crate::world::World, path: &str, authorization: &str) -> (StatusCode, Value) {
        let request = Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap();
        let (parts, body) = routes(world.entra.clone()).oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, serde_json::from_slice(&body).unwrap())
    }

    const LIST: &str = "/subscriptions?api-version=2022-12-01";

    #[tokio::test]
    async fn a_caller_with_a_role_sees_the_subscription_and_one_without_sees_none() {
        for resource in ["https://management.azure.com/", "https://management.core.windows.net/"] {
            let world = world();
            let (status, list) = answer(&world, LIST, &bearer(&world, "id-keyless-reader", resource)).await;
            assert_eq!((status, list["value"].as_array().unwrap().len()), (StatusCode::OK, 1));
            assert_eq!(list["value"][0]["tenantId"], world.seed.tenant.id.to_string());
            let world = world_where(|seed| seed.role_assignments.clear());
            let (_, list) = answer(&world, LIST, &bearer(&world, "id-keyless-reader", resource)).await;
            assert_eq!(list["value"], json!([]));
        }
    }

    #[tokio::test]
    async fn what_was_demanded_of_the_token_is_kept() {
        let world = world();
        let of_vault = bearer(&world, "id-keyless-reader", "https://vault.azure.net");
        let right = bearer(&world, "id-keyless-reader", AUDIENCES[1]);
        for (authorization, met) in [(of_vault, false), (right, true)] {
            let request = Request::get(LIST).header("authorization", authorization).body(Body::empty()).unwrap();
            let response = routes(world.entra.clone()).oneshot(request).await.unwrap();
            let demanded = &response.extensions().get::<Decision>().unwrap().demanded;
            let audience = demanded.iter().find(|demand| demand.what == DemandKind::Audience).unwrap();
            assert_eq!((&audience.accepted[..], audience.met), (&AUDIENCES.map(str::to_owned)[..], Some(met)));
        }
    }

    #[tokio::test]
    async fn another_audience_another_version_and_another_path_are_refused() {
        let world = world();
        let of_vault = bearer(&world, "id-keyless-reader", "https://vault.azure.net");
        assert_eq!(answer(&world, LIST, &of_vault).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(answer(&world, LIST, "Bearer x").await.0, StatusCode::UNAUTHORIZED);
        let right = bearer(&world, "id-keyless-reader", "https://management.azure.com/");
        for path in ["/subscriptions", "/subscriptions?api-version=1999-01-01", &format!("{LIST}&other=1")] {
            assert_eq!(answer(&world, path, &right).await.0, StatusCode::BAD_REQUEST, "{path}");
        }
        let (status, body) = answer(&world, "/tenants?api-version=2022-12-01", &right).await;
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
        assert!(body["error"]["message"].as_str().unwrap().ends_with("not GET /tenants"), "{body}");
    }
}
