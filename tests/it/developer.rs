//! A developer's login: the tool that is asked, the order of the tools, and the tenant. The tools are scripts of this
//! test.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use local_azure::LocalAzure;
use serde_json::json;
use tempfile::TempDir;

use crate::{handler::Handler, rig::seed};

/// Makes a folder with only these tools. Each tool writes its arguments to a file of its name with `.asked`.
fn machine(tools: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, script) in tools {
        let path = folder.path().join(name);
        let script = format!("#!/bin/sh\necho \"$*\" >> {}.asked\n{script}\n", path.display());
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Makes a token that names its tool.
fn token_of(tool: &str) -> String {
    let claims = json!({ "aud": tool, "iss": "i", "ver": "2.0" }).to_string();
    format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
}

fn az() -> String {
    let answer = json!({ "accessToken": token_of("az"), "expires_on": 4_000_000_000_u64, "tokenType": "Bearer" });
    format!("echo '{answer}'")
}

fn azd() -> String {
    format!("echo '{}'", json!({ "token": token_of("azd"), "expiresOn": "2090-01-01T00:00:00Z" }))
}

/// Returns the answer of `ready` about the API: the tool whose token was used, and the problem.
async fn ready(machine: &Path, settings: &[(&str, &str)]) -> (String, String) {
    let azure = LocalAzure::start(seed()).await.unwrap();
    let mut environment = azure.app_environment();
    environment.retain(|(name, _)| name != "APIM__clientId" && name != "APIM__credential");
    environment.push(("PATH".to_owned(), machine.display().to_string()));
    environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let (_, body) = Handler::start(&environment).ready().await;
    let check = &body["checks"][2];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&check["identity"]["audience"]), text(&check["problem"]))
}

const DEVELOPER: [(&str, &str); 1] = [("APIM__credential", "developer")];

#[tokio::test]
async fn az_comes_before_azd() {
    let both = machine(&[("az", &az()), ("azd", &azd())]);
    assert_eq!(ready(both.path(), &DEVELOPER).await.0, "az");
    let asked = fs::read_to_string(both.path().join("az.asked")).unwrap();
    assert!(asked.contains("get-access-token") && asked.contains("--scope api://orders/.default"), "{asked}");
    assert!(!both.path().join("azd.asked").exists());
}

#[tokio::test]
async fn azd_comes_where_az_is_not_there_or_not_logged_in() {
    let alone = machine(&[("azd", &azd())]);
    assert_eq!(ready(alone.path(), &DEVELOPER).await.0, "azd");
    let logged_out = machine(&[("az", "echo 'Please run az login' >&2; exit 1"), ("azd", &azd())]);
    assert_eq!(ready(logged_out.path(), &DEVELOPER).await.0, "azd");
}

#[tokio::test]
async fn without_a_login_it_says_which_command_to_run() {
    let logged_out = machine(&[("az", "echo \"Please run 'az login' to setup account.\" >&2; exit 1")]);
    let (_, problem) = ready(logged_out.path(), &DEVELOPER).await;
    assert!(problem.contains("there is no login: run `az login`"), "{problem}");
}

#[tokio::test]
async fn a_tool_of_choice_is_the_only_one_asked_and_is_told_the_tenant() {
    let both = machine(&[("az", &az()), ("azd", &azd())]);
    let identity = "RunAs=Developer; DeveloperTool=AzureCli; TenantId=contoso.com";
    assert_eq!(ready(both.path(), &[("APIM__identity", identity)]).await.0, "az");
    assert!(fs::read_to_string(both.path().join("az.asked")).unwrap().contains("--tenant contoso.com"));
    let identity = "RunAs=Developer;DeveloperTool=AzureDeveloperCli";
    assert_eq!(ready(both.path(), &[("APIM__identity", identity)]).await.0, "azd");
    let az_alone = machine(&[("az", &az())]);
    let (_, problem) = ready(az_alone.path(), &[("APIM__identity", identity)]).await;
    assert!(problem.contains("is on PATH"), "{problem}");
}
