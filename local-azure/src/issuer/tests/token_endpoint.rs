//! The token endpoint with a secret or a certificate, and each of its refusals.

use std::sync::{Arc, LazyLock};

use http::header;
use jsonwebtoken::dangerous::insecure_decode;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::{client_key::CLIENT_KEY, *};
use crate::{
    journal::Decision,
    seed::{AppRegistration, ClientSecret, TokenVersion},
};

pub(super) const CLIENT: &str = "d3c9e2f0-0009-4c8d-ae3f-7b4a5f6e7d8c";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) struct TokenAnswer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) decision: Decision,
    headers: http::HeaderMap,
}

/// Returns a world with an app registration that is a client.
pub(super) fn client_world(change: impl FnOnce(&mut crate::seed::Seed)) -> Arc<World> {
    world_where(|seed| {
        let secret = |name: &str, value: Option<&str>, expires| ClientSecret {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            generated: value.is_none(),
            expires,
        };
        seed.app_registrations.push(AppRegistration {
            name: "ci".to_owned(),
            app_id_uri: "api://ci".to_owned(),
            client_id: CLIENT.parse().unwrap(),
            token_version: TokenVersion::V2,
            assignment_required: false,
            app_roles: Vec::new(),
            optional_claims: Vec::new(),
            principal_id: None,
            secrets: vec![
                secret("made here", None, None),
                secret("over", Some("an old secret"), Some(Timestamp::UNIX_EPOCH)),
            ],
            certificates: vec![CLIENT_KEY.pem()],
            federated_credentials: Vec::new(),
        });
        change(seed);
    })
}

pub(super) fn default_client_world() -> Arc<World> {
    static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| client_world(|_| {}));
    WORLD.clone()
}

pub(super) async fn post(world: &Arc<World>, path: &str, fields: &[(&str, &str)]) -> TokenAnswer {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=utf-8")
        .header("client-request-id", "11111111-2222-4333-8444-555555555555");
    send(world, request.body(Body::from(form)).unwrap()).await
}

async fn send(world: &Arc<World>, request: Request<Body>) -> TokenAnswer {
    let (parts, body) = routes(world.entra.clone()).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    TokenAnswer {
        status: parts.status.as_u16(),
        body: serde_json::from_slice(&body).unwrap(),
        decision: parts.extensions.get().cloned().unwrap(),
        headers: parts.headers,
    }
}

pub(super) fn v2() -> String {
    format!("/{TENANT}/oauth2/v2.0/token")
}

pub(super) fn secret_of(world: &World) -> String {
    world.entra.directory.client_secret("ci", "made here").unwrap().to_owned()
}

pub(super) fn with_secret<'a>(secret: &'a str, scope: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("client_id", CLIENT), ("client_secret", secret), ("grant_type", "client_credentials"), ("scope", scope)]
}

pub(super) fn with_assertion<'a>(client: &'a str, assertion: &'a str, scope: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("client_id", client),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("grant_type", "client_credentials"),
        ("scope", scope),
    ]
}

pub(super) fn own_assertion() -> Value {
    let now = Timestamp::now().as_second();
    json!({
        "aud": format!("{AUTHORITY}{}", v2()), "iss": CLIENT, "sub": CLIENT, "jti": Uuid::new_v4(),
        "nbf": now, "iat": now, "exp": now + 300,
    })
}

pub(super) fn claims_in(answer: &TokenAnswer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    insecure_decode::<Value>(answer.body["access_token"].as_str().unwrap()).unwrap().claims
}

pub(super) fn assert_refused(answer: &TokenAnswer, status: u16, error: &str, code: u32, text: &str) {
    assert_eq!((answer.status, &answer.body["error"]), (status, &json!(error)), "{}", answer.body);
    assert_eq!(answer.body["error_codes"], json!([code]));
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: ")) && description.contains(text), "{description}");
    let of = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    let end = format!(
        " Trace ID: {} Correlation ID: {} Timestamp: {}",
        of("trace_id"),
        of("correlation_id"),
        of("timestamp")
    );
    assert!(description.ends_with(&end), "{description}");
    assert!(jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%SZ", of("timestamp")).is_ok());
    assert_eq!(of("correlation_id"), "11111111-2222-4333-8444-555555555555");
    assert!(Uuid::parse_str(&of("trace_id")).is_ok());
    assert_eq!(of("error_uri"), format!("https://login.microsoftonline.com/error?code={code}"));
    assert_eq!(answer.body.as_object().unwrap().len(), 7);
    assert_eq!(serde_json::to_string(description).unwrap(), format!("\"{description}\""), "no JSON escapes");
    assert!(description.starts_with(answer.decision.reason.as_deref().unwrap()));
}

#[tokio::test]
async fn a_client_with_a_secret_gets_a_token() {
    let world = default_client_world();
    let answer = post(&world, &v2(), &with_secret(&secret_of(&world), "api://orders/.default")).await;
    let claims = claims_in(&answer);
    assert_eq!((&claims["azp"], &claims["azpacr"]), (&json!(CLIENT), &json!("1")));
    assert_eq!(claims["oid"], claims["sub"]);
    assert_eq!(claims["oid"], json!(world.seed.app_registrations[3].principal_id()));
    assert!(claims.get("xms_mirid").is_none() && claims.get("roles").is_none());
    let lives = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((3_600..=5_400).contains(&lives), "{lives}");
    let body = answer.body.as_object().unwrap();
    assert_eq!(body.keys().collect::<Vec<_>>(), ["access_token", "expires_in", "ext_expires_in", "token_type"]);
    assert!(body["expires_in"].as_i64().is_some_and(|seconds| (3_590..5_400).contains(&seconds)));
    assert_eq!((&body["token_type"], &body["ext_expires_in"]), (&json!("Bearer"), &body["expires_in"]));
    assert_eq!(answer.headers["cache-control"], "no-store, no-cache");
    assert_eq!(answer.decision.identity.as_deref(), Some("ci"));
}

#[tokio::test]
async fn the_version_1_endpoint_takes_a_resource_and_counts_in_text() {
    let world = default_client_world();
    let secret = secret_of(&world);
    let fields = [
        ("client_id", CLIENT),
        ("client_secret", &secret),
        ("grant_type", "client_credentials"),
        ("resource", "https://vault.azure.net"),
    ];
    let answer = post(&world, &format!("/{TENANT}/oauth2/token"), &fields).await;
    let claims = claims_in(&answer);
    assert_eq!((&claims["aud"], &claims["appidacr"]), (&json!("https://vault.azure.net"), &json!("1")));
    assert_eq!(answer.body["resource"], "https://vault.azure.net");
    assert_eq!(answer.body["expires_on"], claims["exp"].to_string());
    assert!(answer.body["expires_in"].is_string() && answer.body["not_before"].is_string());
}

#[tokio::test]
async fn credentials_may_come_in_the_authorization_header() {
    let world = client_world(|seed| {
        let secret = &mut seed.app_registrations[3].secrets[0];
        (secret.value, secret.generated) = (Some("a+b=c:d %".to_owned()), false);
    });
    let joined = format!("{CLIENT}:a%2Bb%3Dc%3Ad+%25");
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined));
    let request = Request::post(v2())
        .header("authorization", basic)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("grant_type=client_credentials&scope=api://orders/.default"))
        .unwrap();
    claims_in(&send(&world, request).await);
}

#[tokio::test]
async fn a_certificate_proves_the_client_in_both_algorithms() {
    let world = default_client_world();
    let mut with_fractions = own_assertion();
    with_fractions["exp"] = json!(with_fractions["exp"].as_f64().unwrap() + 0.25);
    with_fractions["nbf"] = json!(with_fractions["nbf"].as_f64().unwrap() - 0.25);
    for assertion in [CLIENT_KEY.rs256(&own_assertion()), CLIENT_KEY.ps256(&with_fractions)] {
        let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, "api://orders/.default")).await;
        assert_eq!(claims_in(&answer)["azpacr"], "2");
    }
}

#[tokio::test]
async fn a_client_gets_its_app_roles() {
    let world = client_world(|seed| seed.app_role_assignments[0].identity = "ci".to_owned());
    let answer = post(&world, &v2(), &with_secret(&secret_of(&world), "api://orders/.default")).await;
    assert_eq!(claims_in(&answer)["roles"], json!(["Orders.Read"]));
}

#[tokio::test]
async fn what_libraries_say_of_themselves_is_tolerated() {
    let world = default_client_world();
    let secret = secret_of(&world);
    let mut fields = with_secret(&secret, "https://vault.azure.net/.default");
    fields.extend([("client_info", "1"), ("x-client-SKU", "msal.js.node"), ("x-ms-lib-capability", "retry-after")]);
    // Entra ignores unknown fields and query parameters.
    fields.push(("colour", "red"));
    let path = format!("{}?client-request-id=11111111-2222-4333-8444-555555555555&slice=testslice", v2());
    claims_in(&post(&world, &path, &fields).await);
}

#[tokio::test]
async fn a_wrong_secret_is_7000215() {
    for secret in ["wrong", "made here"] {
        let answer = post(&default_client_world(), &v2(), &with_secret(secret, "api://orders/.default")).await;
        assert_refused(&answer, 401, "invalid_client", 7_000_215, &format!("to app '{CLIENT}'"));
    }
}

#[tokio::test]
async fn an_expired_secret_is_7000222() {
    let answer = post(&default_client_world(), &v2(), &with_secret("an old secret", "api://orders/.default")).await;
    assert_refused(&answer, 401, "invalid_client", 7_000_222, "expired");
}

#[tokio::test]
async fn no_credential_at_all_is_7000218() {
    let fields = [("client_id", CLIENT), ("grant_type", "client_credentials"), ("scope", "api://orders/.default")];
    let answer = post(&default_client_world(), &v2(), &fields).await;
    assert_refused(&answer, 401, "invalid_client", 7_000_218, "'client_assertion' or 'client_secret'");
}

#[tokio::test]
async fn a_client_of_another_tenant_is_700016() {
    for client in ["d3c9e2f0-9999-4c8d-ae3f-7b4a5f6e7d8c", "no \"ID\"\n\\ at all"] {
        let mut fields = with_secret("x", "api://orders/.default");
        fields[0].1 = client;
        let answer = post(&default_client_world(), &v2(), &fields).await;
        assert_refused(&answer, 400, "unauthorized_client", 700_016, "was not found in the directory");
    }
}

#[tokio::test]
async fn a_client_that_no_application_can_be_is_700038() {
    let mut fields = with_secret("x", "api://orders/.default");
    fields[0].1 = "00000000-0000-0000-0000-000000000000";
    let answer = post(&default_client_world(), &v2(), &fields).await;
    assert_refused(&answer, 400, "unauthorized_client", 700_038, "is not a valid application identifier.");
}

#[tokio::test]
async fn another_tenant_is_90002_and_a_tenant_that_cannot_be_is_900023() {
    let world = default_client_world();
    for (tenant, code) in
        [("11111111-8f0e-4c33-9d0b-2c9a4b1f7e10", 90_002), ("contoso.onmicrosoft.com", 90_002), ("contoso", 900_023)]
    {
        let path = format!("/{tenant}/oauth2/v2.0/token");
        let answer = post(&world, &path, &with_secret("x", "api://orders/.default")).await;
        assert_refused(&answer, 400, "invalid_request", code, tenant);
    }
}

#[tokio::test]
async fn a_tenant_must_be_named_for_a_client_alone() {
    let path = "/common/oauth2/v2.0/token";
    let answer = post(&default_client_world(), path, &with_secret("x", "api://orders/.default")).await;
    assert_refused(&answer, 400, "invalid_request", 50_059, "No tenant-identifying information");
}

#[tokio::test]
async fn an_unknown_resource_is_500011() {
    let world = default_client_world();
    for scope in ["api://nobody/.default", "api://orders/Orders.Read/.default"] {
        let answer = post(&world, &v2(), &with_secret(&secret_of(&world), scope)).await;
        assert_refused(&answer, 400, "invalid_resource", 500_011, "was not found in the tenant");
    }
}

#[tokio::test]
async fn a_demanded_assignment_that_is_missing_is_501051() {
    let world = client_world(|seed| seed.app_registrations[0].assignment_required = true);
    let answer = post(&world, &v2(), &with_secret(&secret_of(&world), "api://orders/.default")).await;
    assert_refused(&answer, 400, "invalid_grant", 501_051, "is not assigned to a role for the application");
}

#[tokio::test]
async fn a_scope_without_default_is_1002012_and_several_are_70011() {
    let world = default_client_world();
    let secret = secret_of(&world);
    for (scope, code) in [
        ("api://orders", 1_002_012),
        ("api://orders/Orders.Read", 1_002_012),
        ("/.default", 1_002_012),
        ("api://orders/.default api://billing/.default", 70_011),
        ("openid offline_access profile", 70_011),
        (" ", 70_011),
    ] {
        let answer = post(&world, &v2(), &with_secret(&secret, scope)).await;
        assert_refused(&answer, 400, "invalid_scope", code, "is not valid");
    }
}

#[tokio::test]
async fn a_missing_field_is_900144() {
    let world = default_client_world();
    let secret = secret_of(&world);
    let all = with_secret(&secret, "api://orders/.default");
    for missing in ["grant_type", "client_id", "scope"] {
        let fields: Vec<_> = all.iter().copied().filter(|(name, _)| *name != missing).collect();
        let answer = post(&world, &v2(), &fields).await;
        assert_refused(&answer, 400, "invalid_request", 900_144, &format!("'{missing}'"));
    }
}

#[tokio::test]
async fn another_grant_is_70003() {
    let mut fields = with_secret("x", "api://orders/.default");
    fields[2].1 = "password";
    let answer = post(&default_client_world(), &v2(), &fields).await;
    assert_refused(&answer, 400, "unsupported_grant_type", 70_003, "'password'");
}

#[tokio::test]
async fn an_assertion_of_another_key_is_700027() {
    let world = default_client_world();
    let stranger = client_key::ClientKey::generate();
    let unknown = stranger.rs256(&own_assertion());
    let ours = CLIENT_KEY.rs256(&own_assertion());
    let header = ours.split('.').next().unwrap();
    let forged = format!("{header}.{}", unknown.split_once('.').unwrap().1);
    for assertion in [unknown, forged] {
        let answer = post(&world, &v2(), &with_assertion(CLIENT, &assertion, "api://orders/.default")).await;
        assert_refused(&answer, 401, "invalid_client", 700_027, "failed signature validation");
    }
}

#[tokio::test]
async fn an_assertion_outside_its_time_is_700024() {
    let now = Timestamp::now().as_second();
    for (from, to) in [(now - 900, now - 600), (now + 600, now + 900)] {
        let mut claims = own_assertion();
        (claims["nbf"], claims["exp"]) = (json!(from), json!(to));
        let assertion = CLIENT_KEY.ps256(&claims);
        let answer =
            post(&default_client_world(), &v2(), &with_assertion(CLIENT, &assertion, "api://orders/.default")).await;
        assert_refused(&answer, 401, "invalid_client", 700_024, "is not within its valid time range");
    }
}

#[tokio::test]
async fn an_assertion_for_someone_else_or_of_someone_else_is_refused() {
    for (claim, value, code) in [
        ("aud", "https://login.microsoftonline.com/another/oauth2/v2.0/token", 700_023),
        ("iss", "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c", 700_021),
        ("sub", "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c", 700_021),
    ] {
        let mut claims = own_assertion();
        claims[claim] = json!(value);
        let assertion = CLIENT_KEY.ps256(&claims);
        let answer =
            post(&default_client_world(), &v2(), &with_assertion(CLIENT, &assertion, "api://orders/.default")).await;
        assert_refused(&answer, 401, "invalid_client", code, "Client assertion");
    }
}

#[tokio::test]
async fn an_assertion_that_is_no_token_is_50027() {
    for assertion in ["x", "a.b.c", "e30.e30.e30"] {
        let answer =
            post(&default_client_world(), &v2(), &with_assertion(CLIENT, assertion, "api://orders/.default")).await;
        assert_refused(&answer, 401, "invalid_client", 50_027, "is not a JWT");
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_name() {
    let world = default_client_world();
    for (extra, part) in [
        (("claims", "{\"userinfo\":{}}"), "the form field claims has the unknown part userinfo"),
        (("claims", "no JSON"), "the form field claims is not a JSON object"),
        (("req_cnf", "x"), "the form field req_cnf is not known"),
        (("token_type", "pop"), "the form field token_type is not known"),
        (("fmi_path", "x"), "the form field fmi_path is not known"),
        (("scope", "b"), "scope is given twice"),
        (("client_assertion", "x"), "the request has a client_secret and a client_assertion"),
    ] {
        let mut fields = with_secret("x", "api://orders/.default");
        fields.push(extra);
        let answer = post(&world, &v2(), &fields).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_request")));
        assert!(answer.body["error_description"].as_str().unwrap().starts_with(part), "{}", answer.body);
    }
}
