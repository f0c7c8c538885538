//! The dashboard in headless Chromium. `tests/page/check_views.mjs` acts like a person. `check_links.mjs` reads which
//! service refused, for each link, broken in its own world.

use std::process::Stdio;

use local_azure::{
    broken_link::Link,
    journal::{Entry, Service},
};
use serde_json::json;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    browser,
    rig::{Rig, plain_client},
};

/// Runs a script to its end, with `input` on its standard input.
async fn must_be_good(mut script: Command, input: &str) {
    let mut child = script.stderr(Stdio::inherit()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "the dashboard does not work as it should");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "all good");
}

/// Makes an unsigned JWT with markup in one of its claims.
fn marked_token() -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "aud": "api://orders", "name": "<b onclick=complain(3)>somebody</b>" });
    format!("{}.{}.x", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims))
}

#[tokio::test]
async fn every_view_works_with_the_keyboard_alone() {
    let Some(mut script) = browser::script("check_views.mjs") else { return };
    let rig = Rig::start().await;
    let client = plain_client();
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    let upload = rig.url("/api/uploads/%3Cimg%20src%3Dx%20onerror%3Dcomplain(1)%3E.html");
    assert_eq!(client.put(upload).body("<h1>no page</h1>").send().await.unwrap().status(), 201);
    let marked = http::Request::get("https://apim-keyless.azure-api.net/%3Cscript%3Ecomplain(2)%3C/script%3E")
        .header("authorization", format!("Bearer {}", marked_token()))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(rig.azure.world().network().send(marked).await.unwrap().status(), 404);
    script.arg(rig.azure.dashboard().url()).arg(browser::screenshots());
    must_be_good(script, "").await;
}

/// A broken link, with the service that refuses, its status and its reason.
type BrokenLink = (Link, Service, u16, &'static str);

const MAIN: &[BrokenLink] = &[
    (Link::AppRole, Service::ApiManagement, 401, "JWT is missing the following claims: roles"),
    (Link::Audience, Service::ApiManagement, 401, "TokenAudienceNotAllowed"),
    (Link::Issuer, Service::ApiManagement, 401, "https://sts.windows.net/"),
    (Link::Expired, Service::ApiManagement, 401, "TokenExpired"),
    (Link::Signature, Service::ApiManagement, 401, "TokenInvalidSignature"),
    (Link::SubscriptionKey, Service::ApiManagement, 401, "Access denied due to invalid subscription key"),
    (Link::VaultRole, Service::KeyVault, 403, "Microsoft.KeyVault/vaults/secrets/getSecret/action"),
    (Link::BlobRole, Service::BlobStorage, 403, "AuthorizationPermissionMismatch"),
    (Link::Identity, Service::IdentityEndpoint, 400, "No User Assigned or Delegated Managed Identity found"),
];

const CHAT: &[BrokenLink] = &[
    (Link::AppRole, Service::ApiManagement, 401, "JWT is missing the following claims: roles"),
    (Link::SubscriptionKey, Service::ApiManagement, 401, "Access denied due to invalid subscription key"),
    (Link::VaultRole, Service::KeyVault, 403, "Microsoft.KeyVault/vaults/secrets/getSecret/action"),
    (Link::Identity, Service::IdentityEndpoint, 400, "No User Assigned or Delegated Managed Identity found"),
    (Link::ModelRole, Service::ModelAccount, 401, "lacks the required data action"),
    (Link::ModelKey, Service::ModelAccount, 403, ""),
    (Link::CallerTokenToModel, Service::ModelAccount, 401, ""),
    (Link::ModelTokenToApi, Service::ApiManagement, 401, ""),
    (Link::ModelDown, Service::ApiManagement, 500, ""),
    (Link::TokenLimit, Service::ApiManagement, 429, "Token limit is exceeded"),
];

/// Breaks a link in its own world, runs the job, and finds the entry that names the refusing service.
async fn refused(&(link, service, status, reason): &BrokenLink, function: &str) -> (Rig, serde_json::Value) {
    let rig = Rig::with(|seed| link.spoil(seed)).await;
    link.spoil_running(rig.azure.world());
    if function == "chat" {
        let prompt = json!({ "prompt": "Who may call this model?" });
        plain_client().post(rig.url("/api/chat")).json(&prompt).send().await.unwrap();
    } else {
        rig.host.invoke(function, None).await.unwrap();
    }
    if let Some(request) = link.attack(rig.azure.world()) {
        rig.azure.world().network().send(request.unwrap()).await.unwrap();
    }
    let entries = rig.azure.journal().entries();
    let is_it = |entry: &&Entry| {
        (entry.service, entry.status) == (service, status)
            && entry.decision.reason.as_deref().is_some_and(|given| given.contains(reason))
    };
    let found = entries.iter().rfind(is_it).unwrap_or_else(|| panic!("{link}: {entries:#?}"));
    let told = json!({
        "link": link,
        "url": rig.azure.dashboard().url(),
        "entry": found.id,
        "service": service.to_string(),
        "status": status,
        "reason": found.decision.reason,
    });
    (rig, told)
}

#[tokio::test]
async fn for_each_broken_link_the_page_names_who_refused_and_why() {
    let Some(script) = browser::script("check_links.mjs") else { return };
    let (mut rigs, mut told) = (Vec::new(), Vec::new());
    for (refusals, function) in [(MAIN, "snapshot"), (CHAT, "chat")] {
        for refusal in refusals {
            let (rig, json) = refused(refusal, function).await;
            rigs.push(rig);
            told.push(json);
        }
    }
    must_be_good(script, &json!(told).to_string()).await;
}
