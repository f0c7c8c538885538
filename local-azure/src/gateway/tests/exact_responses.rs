//! The gateway's answers before and around policies, byte for byte as a caller reads them from a connection. There is
//! one test for each answer that was captured from live gateways, with its length.

use std::path::Path;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::Rig;
use crate::seed::{ApimSubscription, SubscriptionScope, SubscriptionState};

/// A response as received: the status line, the other lines of its head in order, and its body.
struct Wire {
    status: String,
    headers: Vec<String>,
    body: String,
}

impl Wire {
    /// Returns the value of a header that must occur exactly once.
    fn header(&self, name: &str) -> &str {
        let name = format!("{name}: ");
        let values: Vec<_> = self.headers.iter().filter_map(|line| line.strip_prefix(&name)).collect();
        assert_eq!(values.len(), 1, "{:?}", self.headers);
        values[0]
    }

    /// Compares everything except the date.
    fn check(&self, status: &str, headers: &[&str], body: &str) {
        assert_eq!((self.status.as_str(), self.body.as_str()), (status, body));
        let length = format!("content-length: {}", body.len());
        let mut expected = vec!["content-type: application/json", &length];
        expected.extend(headers);
        expected.sort_unstable();
        let found: Vec<_> = self.headers.iter().filter(|line| !line.starts_with("date: ")).collect();
        assert_eq!(found, expected);
    }
}

/// Requests a path on a new connection.
async fn get(rig: &Rig, path: &str, key: Option<&str>) -> Wire {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = rig.gateway.clone();
    tokio::spawn(async move { axum::serve(listener, gateway).await });
    let key = key.map(|key| format!("Ocp-Apim-Subscription-Key: {key}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: apim-keyless.azure-api.net\r\n{key}Connection: close\r\n\r\n");
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines().map(str::to_owned);
    let status = lines.next().unwrap();
    let mut headers: Vec<_> = lines.filter(|line| line != "connection: close").collect();
    headers.sort_unstable();
    Wire { status, headers, body: body.to_owned() }
}

/// Starts a gateway whose product `internal` has this inbound policy. It has no other document.
async fn with_product_policy(policy: &str) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("products/internal.xml"),
        &format!(
            "<policies><inbound><base />{policy}</inbound><backend><base /></backend><outbound /><on-error />\
             </policies>"
        ),
    );
    Rig::start(|seed| seed.apim.policies = folder.path().to_owned()).await
}

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

const CHALLENGE: &str = "www-authenticate: AzureApiManagementKey \
    realm=\"https://apim-keyless.azure-api.net/orders\",name=\"Ocp-Apim-Subscription-Key\",type=\"header\"";

#[tokio::test]
async fn missing_key() {
    let body = "{ \"statusCode\": 401, \"message\": \"Access denied due to missing subscription key. Make sure to \
                include subscription key when making requests to an API.\" }";
    assert_eq!(body.len(), 152);
    let rig = Rig::start(|_| {}).await;
    get(&rig, "/orders", None).await.check("HTTP/1.1 401 Unauthorized", &[CHALLENGE], body);
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn invalid_inactive_or_out_of_scope_key() {
    let rig = Rig::start(|seed| {
        let mut other = seed.apim.apis[0].clone();
        (other.id, other.path) = ("billing".to_owned(), "billing".to_owned());
        seed.apim.apis.push(other);
        let mut subscribe = |name: &str, api: Option<&str>, state| {
            let scope = SubscriptionScope { product: None, api: api.map(str::to_owned) };
            seed.apim.subscriptions.push(ApimSubscription { name: name.to_owned(), scope, state });
        };
        subscribe("for-another-api", Some("billing"), SubscriptionState::Active);
        subscribe("suspended", None, SubscriptionState::Suspended);
    })
    .await;
    let body = "{ \"statusCode\": 401, \"message\": \"Access denied due to invalid subscription key. Make sure to \
                provide a valid key for an active subscription.\" }";
    assert_eq!(body.len(), 143);
    for key in ["no-such-key", rig.key_of("for-another-api"), rig.key_of("suspended")] {
        let answer = get(&rig, "/orders", Some(key)).await;
        answer.check("HTTP/1.1 401 Unauthorized", &[CHALLENGE], body);
    }
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn the_challenge_names_the_apis_own_path_and_header() {
    let rig = Rig::start(|seed| {
        seed.apim.apis[0].path = "v2/orders".to_owned();
        seed.apim.apis[0].subscription_key_header = "api-key".to_owned();
    })
    .await;
    assert_eq!(
        get(&rig, "/v2/orders", None).await.header("www-authenticate"),
        "AzureApiManagementKey realm=\"https://apim-keyless.azure-api.net/v2/orders\",name=\"api-key\",type=\"header\""
    );
}

#[tokio::test]
async fn no_such_api_or_operation() {
    let body = "{ \"statusCode\": 404, \"message\": \"Resource not found\" }";
    assert_eq!(body.len(), 54);
    let rig = Rig::start(|_| {}).await;
    for path in ["/no-such-api", "/orders/1/no-such-operation"] {
        get(&rig, path, Some(rig.key())).await.check("HTTP/1.1 404 Not Found", &[], body);
    }
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn rate_limit() {
    let rig = with_product_policy("<rate-limit calls=\"1\" renewal-period=\"60\" />").await;
    assert_eq!(get(&rig, "/orders", Some(rig.key())).await.status, "HTTP/1.1 200 OK");
    let answer = get(&rig, "/orders", Some(rig.key())).await;
    // The clock is the real one, so the message must repeat the header's seconds.
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    let body =
        format!("{{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in {seconds} seconds.\" }}");
    answer.check("HTTP/1.1 429 Too Many Requests", &[&format!("retry-after: {seconds}")], &body);
    assert!((1..=60).contains(&seconds));
    assert_eq!(rig.received().len(), 1);
}

#[tokio::test]
async fn quota() {
    let rig = with_product_policy("<quota calls=\"1\" renewal-period=\"86400\" />").await;
    assert_eq!(get(&rig, "/orders", Some(rig.key())).await.status, "HTTP/1.1 200 OK");
    let answer = get(&rig, "/orders", Some(rig.key())).await;
    let seconds: u32 = answer.header("retry-after").parse().unwrap();
    let body = format!(
        "{{ \"statusCode\": 403, \"message\": \"Out of call volume quota. Quota will be replenished in {}.\" }}",
        time_span(seconds)
    );
    answer.check("HTTP/1.1 403 Forbidden", &[&format!("retry-after: {seconds}")], &body);
    assert_eq!(rig.received().len(), 1);
}

/// A long request uses up the quota, although it is not read into memory; so does a long response.
#[tokio::test]
async fn quota_of_bandwidth() {
    let long = "x".repeat(1024);
    let answers = format!("<return-response><set-body>{long}</set-body></return-response>");
    for (more, body) in [("", long.as_str()), (answers.as_str(), "")] {
        let rig = with_product_policy(&format!("<quota bandwidth=\"1\" renewal-period=\"86400\" />{more}")).await;
        assert_eq!(rig.send(rig.request("/orders").map(|_| body.to_owned())).await.status, 200);
        let answer = get(&rig, "/orders", Some(rig.key())).await;
        let seconds: u32 = answer.header("retry-after").parse().unwrap();
        let body = format!(
            "{{ \"statusCode\": 403, \"message\": \"Out of bandwidth quota. Quota will be replenished in {}.\" }}",
            time_span(seconds)
        );
        answer.check("HTTP/1.1 403 Forbidden", &[&format!("retry-after: {seconds}")], &body);
    }
}

fn time_span(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
