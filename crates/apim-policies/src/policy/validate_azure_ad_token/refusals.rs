//! Tests each attribute's default and value, and each refusal of a token, for the caller and for `on-error`.
//!
//! The two bodies were captured from live gateways.

use bytes::Bytes;
use http::{Request, request::Builder};
use serde_json::{Value, json};

use crate::{
    Outcome, State,
    predefined_errors::{JSON, check, told},
    rig::{NOW, Signer, TENANT, World, document, issuer_v1, issuer_v2},
};

const CLIENT: &str = "b1a7c0de-0003-4a6b-8c1d-5f2e3d4c5b6a";
const AUDIENCE: &str = "api://x";
const NOT_PRESENT: &str = "Azure AD JWT not present";
const INVALID: &str = "Invalid Azure AD JWT";

/// Returns a token of the tenant for the client, with changes. A null removes a claim.
fn token(header: &Value, signer: &Signer, changes: Value) -> String {
    let mut claims = json!({
        "iss": issuer_v2(), "aud": AUDIENCE, "ver": "2.0", "tid": TENANT, "azp": CLIENT, "exp": NOW + 600,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    signer.token(header, &claims)
}

fn signed(changes: Value) -> String {
    token(&json!({ "alg": "RS256", "kid": "rsa-1" }), Signer::published(), changes)
}

/// Runs the policy with these attributes for a request.
async fn run(attributes: &str, request: Builder) -> Outcome<Bytes> {
    let world = World::new();
    for host in ["login.microsoftonline.com", "login.microsoftonline.us"] {
        let discovery = format!("https://{host}/{TENANT}/v2.0/.well-known/openid-configuration");
        world.announce(&discovery, &issuer_v2());
    }
    let policy = format!(
        "<validate-azure-ad-token {attributes}>\
         <client-application-ids><application-id>{CLIENT}</application-id></client-application-ids>\
         <audiences><audience>{AUDIENCE}</audience></audiences>\
         <required-claims><claim name=\"aud\"><value>{AUDIENCE}</value></claim></required-claims>\
         </validate-azure-ad-token>"
    );
    let request = request.uri("/orders?t=from-the-query").body(Bytes::new()).unwrap();
    let outcome = world.run(&document(&policy, "<base />", "", ""), request, &State::default()).await;
    assert_eq!(world.forwarded.lock().unwrap().len(), usize::from(outcome.last_error.is_none()));
    outcome
}

fn bearer(token: &str) -> Builder {
    Request::builder().header("authorization", format!("Bearer {token}"))
}

fn with_tenant(attributes: &str) -> String {
    format!("tenant-id=\"{TENANT}\" {attributes}")
}

/// Returns the error in `on-error` of a request that gets a 401 with this message: `reason message`.
async fn refused(request: Builder, body: &str) -> String {
    let seen = check(run(&with_tenant(""), request).await, 401, &[JSON], &told(401, body));
    seen.strip_prefix("validate-azure-ad-token ").unwrap().to_owned()
}

async fn passes(attributes: &str, request: Builder) {
    let outcome = run(attributes, request).await;
    assert_eq!((outcome.last_error, outcome.response.status().as_u16()), (None, 200), "{attributes}");
}

#[tokio::test]
async fn token_not_present() {
    let bare = signed(json!({}));
    for authorization in [None, Some(""), Some(bare.as_str()), Some("Basic YTpi")] {
        let request = Request::builder();
        let request = authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        assert_eq!(refused(request, NOT_PRESENT).await, "TokenNotPresent Azure AD JWT not present");
    }
}

#[tokio::test]
async fn any_other_failure() {
    let (known, other) = (json!({ "alg": "RS256", "kid": "rsa-1" }), json!({ "alg": "RS256", "kid": "rsa-2" }));
    let audiences = "Did not match: validationParameters.ValidAudience: '' or validationParameters.ValidAudiences";
    let issuers = "Did not match: validationParameters.ValidIssuer: '' or validationParameters.ValidIssuers";
    for (token, seen) in [
        ("x".to_owned(), "JwtInvalid JWT is not well formed".to_owned()),
        (
            token(&known, Signer::unpublished(), json!({})),
            "TokenInvalidSignature IDX10511: Signature validation failed. kid: 'rsa-1'. Access denied.".to_owned(),
        ),
        (
            token(&other, Signer::unpublished(), json!({})),
            "TokenSignatureKeyNotFound IDX10503: Signature validation failed. The token's kid is: 'rsa-2', but did not \
             match any keys in TokenValidationParameters or Configuration. Access denied."
                .to_owned(),
        ),
        (
            signed(json!({ "exp": NOW - 1 })),
            "TokenExpired IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): \
             '02/25/2026 06:13:19', Current time (UTC): '02/25/2026 06:13:20'. Access denied."
                .to_owned(),
        ),
        (
            signed(json!({ "aud": "api://y" })),
            format!(
                "TokenAudienceNotAllowed IDX10214: Audience validation failed. Audiences: 'api://y'. {audiences}: \
                 '{AUDIENCE}'. Access denied."
            ),
        ),
        (
            signed(json!({ "iss": issuer_v1() })),
            format!(
                "TokenIssuerNotAllowed IDX10205: Issuer validation failed. Issuer: '{}'. {issuers}: '{}'. Access denied.",
                issuer_v1(),
                issuer_v2()
            ),
        ),
        (
            signed(json!({ "azp": "another" })),
            format!("TokenClaimValueMismatch Claim value mismatch: azp={CLIENT}."),
        ),
    ] {
        assert_eq!(refused(bearer(&token), INVALID).await, seen);
    }
}

#[tokio::test]
async fn tenant_id() {
    passes(&with_tenant(""), bearer(&signed(json!({})))).await;
    passes(&format!("tenant-id=\"@(\"{TENANT}\")\""), bearer(&signed(json!({})))).await;
    passes(&format!("tenant-id=\"https://login.microsoftonline.com/{TENANT}\""), bearer(&signed(json!({})))).await;
    // A tenant without a discovery document is not the caller's fault.
    let outcome = run("tenant-id=\"contoso.com\"", bearer(&signed(json!({})))).await;
    assert_eq!(outcome.response.status(), 500);
}

#[tokio::test]
async fn header_name_query_parameter_name_and_token_value() {
    let (token, attributes) = (signed(json!({})), with_tenant(""));
    // The Authorization header is the default.
    passes(&attributes, bearer(&token)).await;
    passes(&with_tenant("header-name=\"@(\"x-\" + \"t\")\""), Request::builder().header("x-t", &token)).await;
    passes(&with_tenant(&format!("token-value=\"@(\"{token}\")\"")), Request::builder()).await;
    let in_query = run(&with_tenant("query-parameter-name=\"@(\"t\")\""), bearer(&token)).await;
    assert_eq!(in_query.last_error.unwrap().message, "JWT is not well formed");
}

#[tokio::test]
async fn authentication_endpoint() {
    for endpoint in ["https://login.microsoftonline.us", "login.microsoftonline.us"] {
        let attributes = with_tenant(&format!("authentication-endpoint=\"{endpoint}\""));
        passes(&attributes, bearer(&signed(json!({})))).await;
    }
    let outcome = run(&with_tenant("authentication-endpoint=\"login.example\""), bearer(&signed(json!({})))).await;
    let message = outcome.last_error.unwrap().message;
    assert!(message.contains(&format!("'https://login.example/{TENANT}/v2.0/.well-known/")), "{message}");
}

#[tokio::test]
async fn failed_validation_httpcode_and_error_message() {
    for (attributes, status, message) in [
        ("failed-validation-httpcode=\"403\"", 403, INVALID),
        ("failed-validation-httpcode=\"@(400 + 7)\"", 407, INVALID),
        ("failed-validation-error-message=\"No.\"", 401, "No."),
        ("failed-validation-error-message=\"@(context.LastError.Message)\"", 401, "JWT is not well formed"),
    ] {
        let outcome = run(&with_tenant(attributes), bearer("x")).await;
        assert_eq!(
            check(outcome, status, &[JSON], &told(status, message)),
            "validate-azure-ad-token JwtInvalid JWT is not well formed"
        );
    }
}

#[tokio::test]
async fn output_token_variable_name() {
    let kept = run(&with_tenant("output-token-variable-name=\"jwt\""), bearer(&signed(json!({})))).await;
    assert!(matches!(kept.variables["jwt"], crate::expression::Value::Jwt(_)));
    let not_kept = run(&with_tenant(""), bearer(&signed(json!({})))).await;
    assert!(not_kept.variables.is_empty());
    let refused = run(&with_tenant("output-token-variable-name=\"jwt\""), bearer("x")).await;
    assert!(refused.variables.is_empty());
}
