//! Each link of the chain, broken separately: status, headers, bytes, and the reason in the journal.

use serde_json::{Value, json};

use super::{GatewayAnswer, Request, Rig, Tenant, Timestamp};
use crate::{
    journal::{Demand, DemandKind},
    seed::{ApimSubscription, SubscriptionScope, SubscriptionState},
};

const MISSING_KEY: &str = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.";
const INVALID_KEY: &str =
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.";

fn body(status: u16, message: &str) -> String {
    format!("{{ \"statusCode\": {status}, \"message\": \"{message}\" }}")
}

fn with_header(mut request: Request<String>, name: &'static str, value: Option<&str>) -> Request<String> {
    request.headers_mut().remove(name);
    if let Some(value) = value {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

async fn with_key(rig: &Rig, key: Option<&str>) -> GatewayAnswer {
    rig.send(with_header(rig.request("/orders"), "Ocp-Apim-Subscription-Key", key)).await
}

async fn with_token(rig: &Rig, token: Option<&str>) -> GatewayAnswer {
    let header = token.map(|token| format!("Bearer {token}"));
    rig.send(with_header(rig.request("/orders"), "Authorization", header.as_deref())).await
}

/// Returns a subscription besides the seed's.
fn subscription(name: &str, api: Option<&str>, state: SubscriptionState) -> ApimSubscription {
    let scope = SubscriptionScope { product: None, api: api.map(str::to_owned) };
    ApimSubscription { name: name.to_owned(), scope, state }
}

#[tokio::test]
async fn a_request_without_a_working_key_is_refused_before_any_policy() {
    let rig = Rig::start(|seed| {
        let mut other = seed.apim.apis[0].clone();
        (other.id, other.path) = ("billing".to_owned(), "billing".to_owned());
        seed.apim.apis.push(other);
        seed.apim.subscriptions.push(subscription("elsewhere", Some("billing"), SubscriptionState::Active));
        for (name, state) in [
            ("suspended", SubscriptionState::Suspended),
            ("submitted", SubscriptionState::Submitted),
            ("rejected", SubscriptionState::Rejected),
            ("cancelled", SubscriptionState::Cancelled),
            ("expired", SubscriptionState::Expired),
        ] {
            seed.apim.subscriptions.push(subscription(name, None, state));
        }
    })
    .await;
    let unworkable = ["elsewhere", "suspended", "submitted", "rejected", "cancelled", "expired"];
    let mut rows =
        vec![(None, MISSING_KEY, 152), (Some(""), MISSING_KEY, 152), (Some("no-such-key"), INVALID_KEY, 143)];
    rows.extend(unworkable.map(|name| (Some(rig.key_of(name)), INVALID_KEY, 143)));
    for (key, message, length) in rows {
        let answer = with_key(&rig, key).await;
        assert_eq!((answer.status, answer.body.len()), (401, length));
        assert_eq!(answer.body, body(401, message));
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(
            answer.headers["www-authenticate"],
            "AzureApiManagementKey realm=\"https://apim-keyless.azure-api.net/orders\",\
             name=\"Ocp-Apim-Subscription-Key\",type=\"header\""
        );
        assert_eq!(answer.decision.reason.as_deref(), Some(message));
        assert_eq!((answer.decision.identity, answer.decision.allowed_by), (None, None));
    }
    assert!(rig.received().is_empty());
    assert_eq!(with_key(&rig, Some(rig.key())).await.status, 200);
}

#[tokio::test]
async fn a_request_without_a_working_token_is_refused() {
    let rig = Rig::start(|_| {}).await;
    let tenant = rig.world.seed.tenant.id;
    let v1 = json!({ "iss": format!("https://sts.windows.net/{tenant}/"), "ver": "1.0", "aud": "api://orders" });
    let stranger = Tenant::stranger();
    let seconds_ago = Timestamp::now().as_second() - 2;
    let published = |changes: Value| rig.token(&changes);
    let rows = [
        ("not a token", "x.y.z".to_owned(), "JwtInvalid: JWT is not well formed"),
        (
            "token for another API",
            published(json!({ "aud": "d3c9e2f0-0002-4c8d-ae3f-7b4a5f6e7d8c" })),
            "TokenAudienceNotAllowed: IDX10214: Audience validation failed. Audiences: \
             'd3c9e2f0-0002-4c8d-ae3f-7b4a5f6e7d8c'. Did not match: validationParameters.ValidAudience: '' or \
             validationParameters.ValidAudiences: 'd3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c, api://orders'. Access denied.",
        ),
        (
            "token of version 1.0",
            published(v1),
            "TokenIssuerNotAllowed: IDX10205: Issuer validation failed. Issuer: 'https://sts.windows.net/",
        ),
        (
            "over",
            published(json!({ "exp": seconds_ago })),
            "TokenExpired: IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '",
        ),
        (
            "a stranger's signature under the tenant's key ID",
            stranger.sign("key-1", &rig.claims(&json!({}))),
            "TokenInvalidSignature: IDX10511: Signature validation failed. kid: 'key-1'. Access denied.",
        ),
        (
            "a stranger's key ID",
            stranger.sign("key-2", &rig.claims(&json!({}))),
            "TokenSignatureKeyNotFound: IDX10503: Signature validation failed. The token's kid is: 'key-2', but did \
             not match any keys in TokenValidationParameters or Configuration. Access denied.",
        ),
        (
            "no role",
            published(json!({ "roles": null })),
            "TokenClaimNotFound: JWT is missing the following claims: roles. Access denied.",
        ),
        (
            "another role",
            published(json!({ "roles": ["Orders.Write"] })),
            "TokenClaimValueMismatch: Claim value mismatch: roles=Orders.Read.",
        ),
    ];
    for (name, token, reason) in rows {
        let answer = with_token(&rig, Some(&token)).await;
        assert_eq!((answer.status, answer.body), (401, body(401, "Invalid JWT.")), "{name}");
        assert_eq!(answer.headers["content-type"], "application/json", "{name}");
        assert!(!answer.headers.contains_key("www-authenticate"), "{name}");
        if name.ends_with("role") {
            let told = |demand: &Demand| (demand.accepted.clone(), demand.found.clone(), demand.met);
            let met = |kind: DemandKind| answer.decision.demanded.iter().find(|one| one.what == kind).map(told);
            for (kind, claim) in [(DemandKind::Audience, "aud"), (DemandKind::Issuer, "iss")] {
                let value = rig.claims(&json!({}))[claim].as_str().unwrap().to_owned();
                let (accepted, found, met) = met(kind).unwrap();
                assert!(accepted.contains(&value), "{accepted:?}");
                assert_eq!((found, met), (Some(value), Some(true)));
            }
            let unmet = answer.decision.demanded.last().unwrap();
            assert_eq!((unmet.claim.as_deref(), unmet.met), (Some("roles"), Some(false)), "{name}");
            assert_eq!(unmet.accepted, ["Orders.Read"], "{name}");
        }
        let said = answer.decision.reason.unwrap();
        assert!(said.starts_with(reason), "{name}: {said}");
        assert!(!said.contains(&token), "{name}");
        assert_eq!((answer.decision.identity, answer.decision.audience), (None, None), "{name}");
    }
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn a_request_without_a_token_is_refused() {
    let rig = Rig::start(|_| {}).await;
    let bare = rig.token(&json!({}));
    for header in [None, Some(""), Some(bare.as_str()), Some("Basic YTpi")] {
        let answer = rig.send(with_header(rig.request("/orders"), "Authorization", header)).await;
        assert_eq!((answer.status, answer.body), (401, body(401, "JWT not present.")));
        assert_eq!(answer.decision.reason.unwrap(), "TokenNotPresent: JWT not present.");
    }
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn what_matches_no_operation_is_not_found_whoever_asks() {
    let rig = Rig::start(|_| {}).await;
    let mut posted = rig.request("/orders");
    *posted.method_mut() = http::Method::POST;
    let nobody = Request::get("/orders/1/lines").body(String::new()).unwrap();
    let mut requests = vec![posted, nobody];
    for path in ["/", "/order", "/orders2", "/Orders", "/orders/1/", "/orders/../orders", "/orders/%2e%2E"] {
        requests.push(rig.request(path));
    }
    for request in requests {
        let path = request.uri().path().to_owned();
        let answer = rig.send(request).await;
        assert_eq!((answer.status, answer.body), (404, body(404, "Resource not found")), "{path}");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(
            answer.decision.reason.unwrap(),
            "OperationNotFound: Unable to match incoming request to an operation."
        );
    }
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn without_the_tenants_keys_nothing_passes() {
    let rig = Rig::start(|_| {}).await;
    // The same gateway, on a network without the tenant.
    let rig = Rig::with_hosts(rig.world.seed().clone(), rig.received, std::collections::BTreeMap::new());
    let answer = rig.send(rig.request("/orders")).await;
    assert_eq!(answer.status, 500);
    let start = "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"";
    assert!(answer.body.starts_with(start), "{}", answer.body);
    let reason = answer.decision.reason.unwrap();
    assert!(reason.starts_with("IDX20803: Unable to obtain configuration from: 'https://login.microsoft"), "{reason}");
    assert!(reason.ends_with("is not a loopback address; local-azure never connects to it'."), "{reason}");
    assert!(rig.received().is_empty());
}
