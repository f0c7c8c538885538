//! The first token is missing. Each cause has its own message, which says what to correct.

use std::net::TcpListener;

use local_azure::LocalAzure;

use crate::{handler::Handler, rig::seed};

/// Returns the answer of `ready` about the API, and the log, with this change of the environment.
async fn without_token(change: impl FnOnce(&mut Vec<(String, String)>)) -> (u16, String, Vec<String>) {
    let azure = LocalAzure::start(seed()).await.unwrap();
    let mut environment = azure.app_environment();
    change(&mut environment);
    let handler = Handler::start(&environment);
    let (status, body) = handler.ready().await;
    (status, body["checks"][2]["problem"].as_str().unwrap_or_default().to_owned(), handler.end())
}

fn set(environment: &mut Vec<(String, String)>, name: &str, value: &str) {
    environment.retain(|(known, _)| known != name);
    environment.push((name.to_owned(), value.to_owned()));
}

#[tokio::test]
async fn a_client_id_that_the_app_does_not_carry() {
    let unknown = "11111111-0001-4a6b-8c1d-5f2e3d4c5b6a";
    let (status, problem, _) = without_token(|environment| set(environment, "APIM__clientId", unknown)).await;
    assert_eq!(status, 502);
    assert!(problem.contains("the app has no identity with this client ID"), "{problem}");
}

#[tokio::test]
async fn no_identity_on_the_app() {
    let (status, problem, _) =
        without_token(|environment| environment.retain(|(name, _)| !name.ends_with("__clientId"))).await;
    assert_eq!(status, 502);
    assert!(problem.contains("the app has no system-assigned identity"), "{problem}");
}

#[tokio::test]
async fn a_resource_that_the_tenant_does_not_know() {
    let (status, problem, _) = without_token(|environment| set(environment, "APIM__audience", "api://nobody")).await;
    assert_eq!(status, 502);
    assert!(problem.contains("the identity endpoint gets no token for this audience"), "{problem}");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_fails_every_service_and_the_log_has_each() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/msi/token", listener.local_addr().unwrap());
    drop(listener);
    let (status, problem, log) = without_token(|environment| set(environment, "IDENTITY_ENDPOINT", &url)).await;
    assert_eq!(status, 503);
    assert!(problem.contains("the identity endpoint is not reached"), "{problem}");
    let failures = log.iter().map(|line| line.matches("the identity endpoint is unavailable").count()).sum::<usize>();
    assert_eq!(failures, 3, "{log:#?}");
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer() {
    // The system accepts connections, but no process reads from them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/msi/token", listener.local_addr().unwrap());
    let (status, problem, _) = without_token(|environment| set(environment, "IDENTITY_ENDPOINT", &url)).await;
    assert_eq!(status, 503);
    assert!(problem.contains("the identity endpoint does not answer in time"), "{problem}");
}

#[tokio::test]
async fn no_endpoint_at_all() {
    let (status, _, log) =
        without_token(|environment| environment.retain(|(name, _)| name != "IDENTITY_ENDPOINT")).await;
    assert_eq!(status, 502);
    assert!(log.iter().any(|line| line.contains("IDENTITY_ENDPOINT is not set")), "{log:#?}");
}

#[tokio::test]
async fn no_tool_of_a_developers() {
    let (status, problem, _) = without_token(|environment| {
        environment.retain(|(name, _)| !name.ends_with("__clientId") && !name.ends_with("__credential"));
        for name in ["KEYVAULT__credential", "STORAGE__credential", "APIM__credential"] {
            set(environment, name, "developer");
        }
        set(environment, "PATH", "/nowhere");
    })
    .await;
    assert_eq!(status, 502);
    assert!(problem.contains("no developer tool that could give it is on PATH"), "{problem}");
}
