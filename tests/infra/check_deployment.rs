//! Runs `check-deployment.sh` with test scripts for `az` and `curl`, and breaks one link at a time.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// Answers from a file of the folder if there is one, otherwise like a sound deployment.
const AZ: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
answer() { if [ -e "$here/$1" ]; then cat "$here/$1"; else echo "$2"; fi; }
case "$*" in
    "functionapp list"*) answer app func-keyless-abc ;;
    "functionapp show"*) answer carried "11111111-0000	22222222-0000	33333333-0000" ;;
    "identity list"*) echo aaaaaaaa-0000 ;;
    "keyvault show"*) echo /subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-keyless-abc ;;
    "storage account show"*) echo /subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stkeyless ;;
    "role assignment list"*vaults*) answer vault-role 1 ;;
    "role assignment list"*containers*) answer blob-role 1 ;;
    "role assignment list"*CognitiveServices*dddddddd-0000*) answer model-role 1 ;;
    "keyvault secret show"*chat-subscription-key*) answer chat-enabled true ;;
    "keyvault secret show"*)
        if [ -e "$here/refusal" ]; then cat "$here/refusal" >&2; exit 1; fi
        answer enabled true
        ;;
    "ad sp list"*tenant/chat*) answer chat-api cccccccc-0000 ;;
    "ad sp list"*) answer api bbbbbbbb-0000 ;;
    "ad sp show --id cccccccc-0000"*) echo e4c9e2f0-0001 ;;
    "ad sp show"*) echo d3c9e2f0-0001 ;;
    *appRoleAssignments*cccccccc-0000*) answer chat-role 1 ;;
    *appRoleAssignments*) answer app-role 1 ;;
    *namedValues/chat-app-id-uri*) answer chat-audience api://tenant/chat ;;
    *namedValues/chat-client-id*) answer chat-client e4c9e2f0-0001 ;;
    "apim show"*) echo dddddddd-0000 ;;
    "cognitiveservices account list"*)
        answer models /subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/oai-keyless-1
        ;;
    "cognitiveservices account show"*) answer model-keyless true ;;
    *namedValues/orders-app-id-uri*) answer audience api://tenant/orders ;;
    *namedValues/tenant-id*) answer tenant 6f1c0a52-0000 ;;
    *namedValues/orders-client-id*) answer client d3c9e2f0-0001 ;;
    "account show"*) echo 6f1c0a52-0000 ;;
    *) exit 64 ;;
esac
"#;

const CURL: &str = r#"#!/bin/sh
here=$(dirname "$0")
answer() { if [ -e "$here/$1" ]; then cat "$here/$1"; else printf %s "$2"; fi; }
case "$*" in
    *azure-api.net/orders*) answer gateway 401 ;;
    *"--request POST"*azure-api.net/openai/v1/chat/completions*) answer chat-gateway 401 ;;
    *azurewebsites.net/api/health*) answer health 200 ;;
    *) exit 64 ;;
esac
"#;

/// The settings that only a deployment with a model has.
const CHAT: [(&str, &str); 4] = [
    ("OPENAI__baseUrl", "https://apim-keyless-abc.azure-api.net/openai/v1"),
    ("OPENAI__clientId", "33333333-0000"),
    ("OPENAI__audience", "api://tenant/chat"),
    ("OPENAI__subscriptionKeySecret", "chat-subscription-key"),
];

/// Runs the script with one wrong answer.
fn run(answer: Option<(&str, &str)>) -> (Output, String) {
    run_with(answer, &[])
}

fn run_with(answer: Option<(&str, &str)>, more: &[(&str, &str)]) -> (Output, String) {
    let folder = TempDir::new().expect("a folder can be made");
    for (name, text) in [("az", AZ), ("curl", CURL)] {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a program can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program can be made executable");
    }
    if let Some((file, text)) = answer {
        fs::write(folder.path().join(file), text).expect("an answer can be written");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/scripts/check-deployment.sh");
    let output = Command::new("/bin/sh")
        .arg(script)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .env("AZURE_SUBSCRIPTION_ID", "0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34")
        .env("AZURE_RESOURCE_GROUP", "rg-keyless-test")
        .env("KEYVAULT__vaultUri", "https://kv-keyless-abc.vault.azure.net")
        .env("KEYVAULT__clientId", "11111111-0000")
        .env("STORAGE__blobServiceUri", "https://stkeyless.blob.core.windows.net")
        .env("STORAGE__clientId", "22222222-0000")
        .env("SNAPSHOT_CONTAINER", "snapshots")
        .env("APIM__baseUrl", "https://apim-keyless-abc.azure-api.net")
        .env("APIM__clientId", "33333333-0000")
        .env("APIM__audience", "api://tenant/orders")
        .env("APIM__subscriptionKeySecret", "orders-subscription-key")
        .envs(more.iter().copied())
        .output()
        .expect("the script can be run");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, said)
}

#[track_caller]
fn assert_broken(file: &str, text: &str, words: &str) {
    assert_broken_with(&[], (file, text), words);
}

#[track_caller]
fn assert_broken_with(more: &[(&str, &str)], answer: (&str, &str), words: &str) {
    let (output, said) = run_with(Some(answer), more);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(said.contains("links are broken"), "{said}");
}

#[test]
fn a_sound_deployment_passes_link_by_link() {
    let (output, said) = run(None);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("all 12 links hold"), "{said}");
    let links = ["Key Vault", "Blob Storage", "Entra ID", "API Management", "function app"];
    assert!(links.iter().all(|link| said.contains(link)), "{said}");
}

#[test]
fn a_sound_deployment_with_a_model_passes_link_by_link() {
    let (output, said) = run_with(None, &CHAT);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("all 19 links hold"), "{said}");
    assert!(said.contains("apim-keyless-abc is Cognitive Services OpenAI User on oai-keyless-1"), "{said}");
}

#[test]
fn a_broken_link_to_the_model_is_named() {
    for (file, text, words) in [
        ("chat-enabled", "false", "the secret chat-subscription-key is disabled"),
        ("chat-role", "0", "33333333-0000 holds no app role of api://tenant/chat"),
        ("chat-api", "", "Compare OPENAI__audience with the App ID URI"),
        ("chat-audience", "api://other", "the named value chat-app-id-uri is api://other, not api://tenant/chat"),
        ("chat-client", "", "the named value chat-client-id is missing, not e4c9e2f0-0001"),
        ("models", "", "there is no account in rg-keyless-test"),
        ("model-role", "0", "apim-keyless-abc is not Cognitive Services OpenAI User on oai-keyless-1"),
        ("model-keyless", "false", "oai-keyless-1 takes keys"),
        ("chat-gateway", "404", "POST /openai/v1/chat/completions is unknown (404)"),
        ("chat-gateway", "200", "POST /openai/v1/chat/completions without a key is served (200)"),
    ] {
        assert_broken_with(&CHAT, (file, text), words);
    }
    assert!(run(Some(("model-role", "0"))).0.status.success(), "without a model there is no such link");
}

#[test]
fn an_identity_that_the_app_does_not_carry_is_named() {
    assert_broken("carried", "11111111-0000", "func-keyless-abc does not carry the identity 33333333-0000");
}

#[test]
fn a_missing_role_is_named_with_its_scope() {
    assert_broken("vault-role", "0", "11111111-0000 is not Key Vault Secrets User on kv-keyless-abc");
    assert_broken("blob-role", "0", "22222222-0000 is not Storage Blob Data Contributor on snapshots");
}

#[test]
fn a_secret_that_cannot_be_read_is_named_with_the_reason() {
    assert_broken("refusal", "(SecretNotFound) A secret was not found", "orders-subscription-key is missing");
    assert_broken("refusal", "ForbiddenByConnection", "accepts no request from this network");
    assert_broken("refusal", "ForbiddenByRbac", "you may not look at the secret");
    assert_broken("enabled", "false", "orders-subscription-key is disabled");
}

#[test]
fn a_missing_app_role_or_api_is_named() {
    assert_broken("app-role", "0", "33333333-0000 holds no app role of api://tenant/orders");
    assert_broken("api", "", "no API answers to api://tenant/orders");
}

#[test]
fn a_named_value_that_refuses_every_token_is_named() {
    assert_broken(
        "audience",
        "api://other",
        "the named value orders-app-id-uri is api://other, not api://tenant/orders",
    );
    assert_broken("client", "", "the named value orders-client-id is missing, not d3c9e2f0-0001");
    assert_broken("tenant", "other", "the named value tenant-id is other");
}

#[test]
fn a_gateway_that_is_open_or_does_not_know_the_api_is_named() {
    assert_broken("gateway", "200", "GET /orders without a key is served (200)");
    assert_broken("gateway", "404", "GET /orders is unknown (404)");
    assert_broken("health", "503", "GET /api/health is answered 503");
}

#[test]
fn a_deployment_that_may_not_be_seen_is_no_broken_link() {
    let (output, said) = run(Some(("app", "")));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("There is no function app in rg-keyless-test, or you may not see it"), "{said}");
}

#[test]
fn no_value_of_a_secret_is_asked_for() {
    let script = include_str!("../../infra/scripts/check-deployment.sh");
    let show = script.split("keyvault secret show").nth(1).expect("the secret is looked at");
    assert!(show.lines().nth(1).is_some_and(|line| line.contains("--query attributes.enabled")), "{show}");
}
