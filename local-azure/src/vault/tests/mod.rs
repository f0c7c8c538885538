mod backups;
mod behind_the_back;
mod deleting;
mod lists;
mod reading;
mod requests;
mod roles;
mod throttling;
mod tokens;
mod writing;

use crate::world::World;
use std::collections::BTreeMap;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::{
    default_world::{bearer, world, world_where},
    seed::{RoleAssignment, Scope, Secret, Seed},
};

const SECRET: &str = "/secrets/orders-subscription-key/?api-version=2025-07-01";
const ORIGIN: &str = "https://kv-keyless.vault.azure.net";
/// This identity has no role on the vault in the default seed.
const OFFICER: &str = "id-keyless-caller";

struct VaultAnswer {
    status: StatusCode,
    headers: HeaderMap,
    /// The JSON body; `null` without a body.
    body: Value,
    decision: Decision,
}

impl VaultAnswer {
    /// Returns the code, and the inner code if there is one.
    fn codes(&self) -> (&str, Option<&str>) {
        let error = &self.body["error"];
        (error["code"].as_str().unwrap(), error["innererror"]["code"].as_str())
    }

    fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap()
    }
}

async fn send(world: Arc<World>, request: Request<Body>) -> VaultAnswer {
    let vault = world.key_vault.vaults.all().next().unwrap().clone();
    let response = routes(world.key_vault.clone(), vault).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    VaultAnswer {
        status: parts.status,
        headers: parts.headers,
        body: if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() },
        decision: parts.extensions.get().cloned().unwrap(),
    }
}

/// Sends a request as an identity, with a token for Key Vault.
async fn get_as(world: Arc<World>, identity: &str, path: &str) -> VaultAnswer {
    let token = bearer(&world, identity, "https://vault.azure.net");
    get_with(world, &token, path).await
}

async fn get_with(world: Arc<World>, authorization: &str, path: &str) -> VaultAnswer {
    let request = Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap();
    send(world, request).await
}

/// Returns the default world with an officer of the whole vault, after a change to its seed.
fn officers_world(change: impl FnOnce(&mut Seed)) -> Arc<World> {
    world_where(|seed| {
        seed.role_assignments.push(role(OFFICER, "Key Vault Secrets Officer", None));
        change(seed);
    })
}

fn role(identity: &str, role: &str, secret: Option<&str>) -> RoleAssignment {
    let scope = Scope { vault: Some("kv-keyless".to_owned()), secret: secret.map(str::to_owned), ..Scope::default() };
    RoleAssignment { identity: identity.to_owned(), role: role.to_owned(), scope }
}

/// Sends a request as the officer; a path without a query gets an API version.
async fn call(world: &Arc<World>, method: &str, path: &str, body: Value) -> VaultAnswer {
    call_as(world, OFFICER, method, path, body).await
}

async fn call_as(world: &Arc<World>, identity: &str, method: &str, path: &str, body: Value) -> VaultAnswer {
    let token = bearer(world, identity, "https://vault.azure.net");
    let uri = if path.contains('?') { path.to_owned() } else { format!("{path}?api-version=7.4") };
    let request = Request::builder().method(method).uri(uri).header("authorization", token);
    let request = match body {
        Value::Null => request.body(Body::empty()),
        body => request.header("content-type", "application/json").body(Body::from(body.to_string())),
    };
    send(world.clone(), request.unwrap()).await
}

/// Writes a version and returns its ID, the last part of the secret's identifier.
async fn set(world: &Arc<World>, name: &str, value: &str) -> String {
    let answer = call(world, "PUT", &format!("/secrets/{name}"), json!({ "value": value })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn vault(world: &World) -> &Vault {
    world.key_vault.vaults.get("kv-keyless").unwrap()
}

fn secret(name: &str, value: Option<&str>, enabled: bool) -> Secret {
    Secret {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        generated: value.is_none(),
        subscription_key: None,
        enabled,
        content_type: None,
        tags: BTreeMap::new(),
        not_before: None,
        expires: None,
    }
}
