//! The JSON of the views of a world without a browser or a host. The guard in front of the views has its own tests.

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{super::Dashboard, routes};
use crate::{
    blob,
    default_world::{bearer, world_where},
    seed::Seed,
    world::World,
};
use std::sync::Arc;

/// The views of a world, without the guard.
struct Rig {
    views: Router,
    world: Arc<World>,
    blobs: Router,
    _data: tempfile::TempDir,
}

impl Rig {
    fn new(world: Arc<World>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut blobs = Router::new();
        let mut accounts = Vec::new();
        for account in &world.seed.storage_accounts {
            let open = blob::open(world.entra.clone(), account, &data.path().join(&account.name)).unwrap();
            accounts.push(open.clone());
            blobs = blob::routes(open);
        }
        assert!(world.accounts.set(blob::Accounts::new(accounts)).is_ok());
        let dashboard = Dashboard::new(world.clone(), ([127, 0, 0, 1], 1).into()).unwrap();
        let views = routes().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answer));
        Self { views: views.with_state(dashboard), world, blobs, _data: data }
    }

    fn default_world() -> Self {
        Self::new(world_where(|seed| {
            let account = &mut seed.storage_accounts[0];
            (account.versioning, account.delete_retention_days) = (false, Some(7));
        }))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Request::get(format!("/dashboard/api/{path}")).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/dashboard/api/{path}")).header("content-type", "application/json");
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.views.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Sends a request of the writing identity to the storage account.
    async fn write(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &'static str) {
        let token = bearer(&self.world, "id-keyless-writer", "https://storage.azure.com/");
        let mut request = Request::builder().method(method).uri(path).header("authorization", token);
        for (name, value) in [("x-ms-version", "2025-05-05"), ("content-length", &body.len().to_string())] {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.blobs.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert!(response.status().is_success(), "{method} {path}: {response:?}");
    }
}

#[tokio::test]
async fn no_view_has_a_key_or_a_value() {
    let rig = Rig::default_world();
    let mut keys = rig.world.subscription_keys().all();
    keys.extend(rig.world.seed.function_app.settings.values().filter(|value| value.len() > 12).cloned());
    for view in ["secrets", "identities", "settings", "functions", "faults", "links", "timers", "blobs", "broken"] {
        let (status, json) = rig.get(view).await;
        assert_eq!(status, StatusCode::OK, "{view}");
        let text = json.to_string();
        for key in &keys {
            // Client IDs are settings, not secrets.
            let is_public =
                uuid::Uuid::parse_str(key).is_ok() || key.starts_with("https://") || key.starts_with("api://");
            let is_name = rig.world.seed.vaults[0].secrets.iter().any(|secret| secret.name == *key);
            assert!(is_public || is_name || !text.contains(key.as_str()), "{view} has \"{key}\"");
        }
    }
}

#[tokio::test]
async fn every_view_of_an_empty_world_says_that_there_is_nothing() {
    let rig = Rig::new(Arc::new(World::new(Seed::default()).unwrap()));
    for (view, nothing) in [
        ("secrets", json!([])),
        ("blobs", json!([])),
        ("timers", json!({ "host": false, "timers": [] })),
        ("settings", json!({ "host": false, "settings": [] })),
        ("links", json!({ "links": [], "jobs": [] })),
        ("broken", json!({ "links": [], "faults": 0 })),
    ] {
        assert_eq!(rig.get(view).await, (StatusCode::OK, nothing), "{view}");
    }
    let (_, faults) = rig.get("faults").await;
    assert_eq!(faults["services"].as_array().unwrap().len(), 2, "the identity endpoint and Entra are always there");
}

#[tokio::test]
async fn a_secret_shows_its_versions_the_latest_first_and_its_deletion() {
    let rig = Rig::default_world();
    let vault = rig.world.vaults().get("kv-keyless").unwrap();
    let version = vault.rotate("orders-subscription-key", "another").unwrap();
    vault.delete("chat-subscription-key").unwrap();
    let (_, vaults) = rig.get("secrets").await;
    let secrets = &vaults[0]["secrets"];
    assert!(secrets[0]["name"] == "chat-subscription-key" && secrets[0]["deleted"].is_string());
    assert_eq!(secrets[1]["versions"].as_array().unwrap().len(), 2);
    assert_eq!(secrets[1]["versions"][0]["id"], *version);
}

#[tokio::test]
async fn blobs_are_listed_by_folder_with_what_is_uncommitted_or_deleted_and_come_as_files() {
    let rig = Rig::default_world();
    let block = [("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-made", "by hand"), ("content-type", "text/html")];
    for name in ["a/b/one.html", "a/two.html", "gone"] {
        rig.write("PUT", &format!("/snapshots/{name}"), &block, "<h1>page</h1>").await;
    }
    rig.write("DELETE", "/snapshots/gone", &[], "").await;
    rig.write("PUT", "/snapshots/waiting?comp=block&blockid=MQ%3D%3D", &[], "part").await;
    let list = async |query: &str| rig.get(&format!("blobs/list?account=stkeyless&container=snapshots{query}")).await.1;
    let root = list("").await;
    assert_eq!(root["folders"], json!(["a/"]));
    let states: Vec<_> = root["blobs"].as_array().unwrap().iter().map(|blob| (&blob["name"], &blob["state"])).collect();
    assert_eq!(states, [(&json!("gone"), &json!("deleted")), (&json!("waiting"), &json!("uncommitted"))]);
    assert!(root["blobs"].as_array().unwrap().iter().all(|blob| blob["readable"] == false));
    let folder = list("&prefix=a/").await;
    assert_eq!(folder["folders"], json!(["a/b/"]));
    let blob = &folder["blobs"][0];
    assert_eq!((&blob["metadata"], &blob["bytes"]), (&json!({ "made": "by hand" }), &json!(13)));

    let etag =
        percent_encoding::utf8_percent_encode(blob["etag"].as_str().unwrap(), percent_encoding::NON_ALPHANUMERIC);
    let content =
        format!("/dashboard/api/blobs/content?account=stkeyless&container=snapshots&name=a/two.html&etag={etag}");
    let request = Request::get(content).body(Body::empty()).unwrap();
    let file = rig.views.clone().oneshot(request).await.unwrap();
    assert_eq!(file.headers()["content-disposition"], "attachment; filename*=UTF-8''two.html");
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert_eq!(file.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(to_bytes(file.into_body(), 99).await.unwrap(), "<h1>page</h1>");

    for (query, why) in [
        ("account=x&container=snapshots", "there is no storage account \"x\""),
        ("account=stkeyless&container=x", "there is no container \"x\""),
        ("account=stkeyless", "missing field `container`"),
        ("account=stkeyless&container=snapshots&depth=1", "unknown field `depth`"),
    ] {
        let (status, refused) = rig.get(&format!("blobs/list?{query}")).await;
        assert!(status.is_client_error(), "{query}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(why), "{refused}");
    }
}

#[tokio::test]
async fn a_long_list_comes_in_pages_without_a_gap() {
    let rig = Rig::default_world();
    for number in 0..201 {
        let path = format!("/uploads/f{number:03}/x");
        rig.write("PUT", &path, &[("x-ms-blob-type", "BlockBlob")], "").await;
    }
    let first = rig.get("blobs/list?account=stkeyless&container=uploads").await.1;
    assert_eq!(first["folders"].as_array().unwrap().len(), 200);
    let after = first["after"].as_str().unwrap();
    let second = rig.get(&format!("blobs/list?account=stkeyless&container=uploads&after={after}")).await.1;
    assert_eq!((&second["folders"], &second["after"]), (&json!(["f200/"]), &Value::Null));
}

#[tokio::test]
async fn links_and_faults_are_broken_and_mended_and_what_cannot_be_is_refused_by_name() {
    let rig = Rig::default_world();
    assert_eq!(rig.post("links/break", json!({ "name": "vault-role" })).await.0, StatusCode::OK);
    let fault = json!({ "service": "key-vault", "kind": "throttled", "retry_after": 2, "count": 3 });
    let (_, set) = rig.post("faults/set", fault).await;
    assert_eq!(rig.get("broken").await.1, json!({ "links": ["vault-role"], "faults": 2 }));
    for (path, body, why) in [
        ("links/break", json!({ "name": "vault-role" }), "broken already"),
        ("links/break", json!({ "name": "issuer" }), "cannot be broken while local-azure runs"),
        ("links/break", json!({ "name": "moon" }), "unknown variant `moon`"),
        ("links/break", json!({ "name": "vault-role", "hard": true }), "unknown field `hard`"),
        ("links/mend", json!({ "name": "app-role" }), "app-role is not broken"),
        ("links/attack", json!({ "name": "vault-role" }), "nothing that vault-role could break"),
        ("faults/set", json!({ "service": "key-vault", "kind": "secret-disabled" }), "secret-disabled needs secret"),
        ("faults/set", json!({ "service": "key-vault", "kind": "error", "rate": 2 }), "a share from 0 to 1"),
        ("faults/end", json!({ "id": 99 }), "no fault 99 is set"),
        ("timers/run", json!({ "name": "snapshot" }), "no Functions host runs here"),
        ("jobs/run", json!({ "name": "main" }), "no Functions host runs here"),
        ("jobs/run", json!({ "name": "moon" }), "the seed has no job \"moon\""),
        ("broken/mend", json!({ "all": true }), "unknown field `all`"),
    ] {
        let (status, refused) = rig.post(path, body).await;
        assert!(status.is_client_error(), "{path}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(why), "{path}: {refused}");
    }
    assert_eq!(rig.post("faults/end", json!({ "id": set["id"] })).await.0, StatusCode::OK);
    assert_eq!(rig.post("broken/mend", json!({})).await.0, StatusCode::OK);
    assert_eq!(rig.get("broken").await.1, json!({ "links": [], "faults": 0 }));
}

#[tokio::test]
async fn an_attack_is_answered_and_the_refusal_is_named() {
    let rig = Rig::default_world();
    let (_, links) = rig.get("links").await;
    assert_eq!(links["links"].as_array().unwrap().len(), 15, "every link of the two jobs, once");
    // No service has a host name in this world, so the attack finds no service.
    let (status, answer) = rig.post("links/attack", json!({ "name": "model-key" })).await;
    assert_eq!((status, &answer["status"]), (StatusCode::OK, &json!(502)));
}

#[tokio::test]
async fn identities_show_who_carries_them_and_what_they_may() {
    let rig = Rig::default_world();
    let (_, found) = rig.get("identities").await;
    assert_eq!(found["identities"][0]["carriedBy"], json!(["func-keyless"]));
    assert_eq!(found["roleAssignments"][1]["scope"], "storage account stkeyless, container snapshots");
    assert_eq!(found["appRoleAssignments"].as_array().unwrap().len(), 2);
    let secrets = found["subscriptions"].as_array().unwrap().iter().flat_map(|one| one["secrets"].as_array().unwrap());
    assert!(secrets.map(|name| name.as_str().unwrap()).any(|name| name == "kv-keyless/orders-subscription-key"));
    rig.post("links/break", json!({ "name": "app-role" })).await;
    assert_eq!(rig.get("identities").await.1["appRoleAssignments"], json!([]));
}
