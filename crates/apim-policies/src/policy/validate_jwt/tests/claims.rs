//! Tests issuer, audience, lifetime and required claims of tokens with a valid signature.

use http::Request;
use serde_json::{Value, json};

use super::{
    API, Bytes, CLIENT_ID, IN_AUTHORIZATION, NOW, Signer, bearer, check, children, issuer_v1, policy, roles, signed,
    v1, v2, verdict,
};
use crate::{
    State,
    rig::{DISCOVERY_COMMON, DISCOVERY_V1, DISCOVERY_V2, TENANT, World},
};

fn token(changes: Value) -> Request<Bytes> {
    bearer(&signed(&v2(changes)))
}

fn token_v1(changes: Value) -> Request<Bytes> {
    bearer(&signed(&v1(changes)))
}

#[tokio::test]
async fn the_issuer_is_that_of_a_discovery_document_or_a_listed_one() {
    let discovery = |url: &str| format!("<openid-config url=\"{url}\" />");
    let with = |children: &str| policy(IN_AUTHORIZATION, children);
    let v1_listed = format!("<issuers><issuer>{}</issuer></issuers>", issuer_v1());

    let of_v1 = with(&discovery(DISCOVERY_V1));
    check(&of_v1, [("v2 token", token(json!({})), "TokenIssuerNotAllowed"), ("v1", token_v1(json!({})), "pass")]).await;

    let of_v2 = with(&children("", API, ""));
    check(&of_v2, [("v1 token", token_v1(json!({})), "TokenIssuerNotAllowed")]).await;

    // A listed issuer is accepted in addition to the published one.
    let both = with(&format!("{}{v1_listed}", discovery(DISCOVERY_V2)));
    check(
        &both,
        [
            ("v1 token, listed", token_v1(json!({})), "pass"),
            ("v2 token, published", token(json!({})), "pass"),
            (
                "neither",
                token(json!({ "iss": "https://login.microsoftonline.com/other/v2.0" })),
                "TokenIssuerNotAllowed",
            ),
            ("no issuer", token(json!({ "iss": null })), "TokenIssuerNotAllowed"),
            ("a blank issuer", token(json!({ "iss": " " })), "TokenIssuerNotAllowed"),
        ],
    )
    .await;

    let two = with(&format!("{}{}", discovery(DISCOVERY_V1), discovery(DISCOVERY_V2)));
    check(&two, [("v1 token", token_v1(json!({})), "pass"), ("v2 token", token(json!({})), "pass")]).await;

    let common = with(&discovery(DISCOVERY_COMMON));
    check(
        &common,
        [
            ("its own tenant in the template", token(json!({})), "pass"),
            ("another tid", token(json!({ "tid": "t" })), "TokenIssuerNotAllowed"),
            ("no tid", token(json!({ "tid": null })), "TokenIssuerNotAllowed"),
        ],
    )
    .await;
}

#[tokio::test]
async fn some_audience_must_be_listed_to_the_letter() {
    let for_uri = policy(IN_AUTHORIZATION, &children("", API, ""));
    let for_other = |audience: Value| token(json!({ "aud": audience }));
    check(
        &for_uri,
        [
            ("listed", for_other(json!(API)), "pass"),
            ("the client ID", for_other(json!(CLIENT_ID)), "TokenAudienceNotAllowed"),
            ("another resource", for_other(json!("https://cognitiveservices.azure.com")), "TokenAudienceNotAllowed"),
            ("a slash more", for_other(json!("api://x/")), "pass"),
            ("a slash more, in a list", for_other(json!(["other", "api://x/"])), "pass"),
            ("two slashes more", for_other(json!("api://x//")), "TokenAudienceNotAllowed"),
            ("blank", for_other(json!(" ")), "TokenAudienceNotAllowed"),
            ("another letter case", for_other(json!("API://X")), "TokenAudienceNotAllowed"),
            ("one of several", for_other(json!(["other", API])), "pass"),
            ("none", for_other(json!(null)), "TokenAudienceNotAllowed"),
        ],
    )
    .await;
    let with_slash = policy(IN_AUTHORIZATION, &children("", "api://x/", ""));
    check(
        &with_slash,
        [
            ("a slash less", for_other(json!(API)), "pass"),
            ("the same", for_other(json!("api://x/")), "pass"),
            ("another letter", for_other(json!("api://y")), "TokenAudienceNotAllowed"),
        ],
    )
    .await;
    let for_client_id = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
    check(&for_client_id, [("App ID URI", token_v1(json!({})), "TokenAudienceNotAllowed")]).await;
    let for_any = policy(IN_AUTHORIZATION, &format!("<openid-config url=\"{DISCOVERY_V2}\" />"));
    check(&for_any, [("no list", for_other(json!("anything")), "pass")]).await;
}

#[tokio::test]
async fn required_roles() {
    let with =
        |matching: &str, values: &[&str]| policy(IN_AUTHORIZATION, &children("", CLIENT_ID, &roles(matching, values)));
    let of = |roles: Value| token(json!({ "roles": roles }));
    check(
        &with("any", &["Read", "Write"]),
        [
            ("none", of(json!(null)), "TokenClaimNotFound"),
            ("an empty list", of(json!([])), "TokenClaimNotFound"),
            ("another", of(json!(["Other"])), "TokenClaimValueMismatch"),
            ("another letter case", of(json!(["read"])), "TokenClaimValueMismatch"),
            ("one of the two", of(json!(["X", "Write"])), "pass"),
        ],
    )
    .await;
    check(
        &with("all", &["Read", "Write"]),
        [
            ("another", of(json!(["Other"])), "TokenClaimValueMismatch"),
            ("one of the two", of(json!(["Read", "X"])), "TokenClaimValueMismatch"),
            ("both", of(json!(["X", "Write", "Read"])), "pass"),
        ],
    )
    .await;
    let list_in_text = with("any", &["Read,Write"]);
    check(&list_in_text, [("a list in the policy's text", of(json!(["Read"])), "TokenClaimValueMismatch")]).await;
}

#[tokio::test]
async fn other_required_claims() {
    let with = |claims: &str| {
        policy(IN_AUTHORIZATION, &children("", CLIENT_ID, &format!("<required-claims>{claims}</required-claims>")))
    };
    let scp =
        |attributes: &str| with(&format!("<claim name=\"scp\"{attributes}><value>a</value><value>b</value></claim>"));
    check(&scp(""), [("unsplit", token(json!({ "scp": "a b" })), "TokenClaimValueMismatch")]).await;
    check(&scp(" separator=\" \""), [("split", token(json!({ "scp": "b a" })), "pass")]).await;
    check(
        &with("<claim name=\"oid\" />"),
        [("presence", token(json!({})), "pass"), ("absence", token(json!({ "oid": null })), "TokenClaimNotFound")],
    )
    .await;
    check(
        &with("<claim name=\"oid\" /><claim name=\"roles\"><value>Read</value></claim>"),
        [
            ("each claim counts", token(json!({ "roles": ["X"] })), "TokenClaimValueMismatch"),
            ("absence comes first", token(json!({ "oid": null, "roles": ["X"] })), "TokenClaimNotFound"),
        ],
    )
    .await;
}

#[tokio::test]
async fn lifetime() {
    let with = |attributes: &str| policy(&format!("{IN_AUTHORIZATION}{attributes}"), &children("", CLIENT_ID, ""));
    check(
        &with(""),
        [
            ("ends now", token(json!({ "exp": NOW })), "pass"),
            ("ended a second ago", token(json!({ "exp": NOW - 1 })), "TokenExpired"),
            ("no exp", token(json!({ "exp": null })), "JwtInvalid"),
            ("begins in a second", token(json!({ "nbf": NOW + 1 })), "JwtInvalid"),
            ("begins after its end", token(json!({ "nbf": NOW, "exp": NOW - 1 })), "JwtInvalid"),
            ("exp as text", token(json!({ "exp": "9999999999" })), "pass"),
            ("exp out of range", token(json!({ "exp": 1e300 })), "JwtInvalid"),
            ("exp as a fraction", token(json!({ "exp": 9_999_999_999.5 })), "pass"),
        ],
    )
    .await;
    check(
        &with(" clock-skew=\"60\""),
        [
            ("ended, within skew", token(json!({ "exp": NOW - 60 })), "pass"),
            ("ended, beyond skew", token(json!({ "exp": NOW - 61 })), "TokenExpired"),
            ("begins within skew", token(json!({ "nbf": NOW + 60 })), "pass"),
            ("begins beyond skew", token(json!({ "nbf": NOW + 61 })), "JwtInvalid"),
        ],
    )
    .await;
    check(
        &with(" require-expiration-time=\"False\""),
        [
            ("no exp", token(json!({ "exp": null })), "pass"),
            ("no exp, begins in a second", token(json!({ "exp": null, "nbf": NOW + 1 })), "JwtInvalid"),
            ("ended", token(json!({ "exp": NOW - 1 })), "TokenExpired"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_first_failed_check_decides() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, &roles("any", &["Read"])));
    let mut claims = json!({ "exp": NOW - 1, "aud": "x", "iss": "x", "roles": null });
    let forged = Signer::unpublished().token(&json!({ "alg": "RS256", "kid": "rsa-1" }), &v2(claims.clone()));
    assert_eq!(verdict(&document, bearer(&forged)).await, "TokenInvalidSignature");
    let order = [
        ("TokenExpired", "exp"),
        ("TokenAudienceNotAllowed", "aud"),
        ("TokenIssuerNotAllowed", "iss"),
        ("TokenClaimNotFound", "roles"),
    ];
    for (reason, cause) in order {
        assert_eq!(verdict(&document, token(claims.clone())).await, reason);
        claims.as_object_mut().unwrap().remove(cause);
    }
    assert_eq!(verdict(&document, token(claims)).await, "pass");
}

#[tokio::test]
async fn issuers_and_claims_may_be_expressions() {
    let issuer =
        "<issuers><issuer>@(\"https://sts.windows.net/\" + context.Variables[\"tenant\"] + \"/\")</issuer></issuers>";
    let claims = "<required-claims><claim name=\"@(\"roles\")\" match=\"@(\"any\")\" separator=\"@(\"\")\">\
                  <value>@(context.Request.Method == \"GET\" ? \"Read\" : \"Write\")</value></claim></required-claims>";
    let jwt = policy(IN_AUTHORIZATION, &children(issuer, API, claims));
    let tenant = |tenant: &str| {
        let set = format!("<base /><set-variable name=\"tenant\" value=\"{tenant}\" />");
        jwt.replacen("<base />", &set, 1)
    };
    let own = tenant(TENANT);
    check(
        &own,
        [
            ("both fit", token_v1(json!({})), "pass"),
            ("another role", token_v1(json!({ "roles": ["Write"] })), "TokenClaimValueMismatch"),
        ],
    )
    .await;
    check(&tenant("other"), [("another issuer", token_v1(json!({})), "TokenIssuerNotAllowed")]).await;

    let wrong = jwt.replace("@(\"any\")", "@(\"some\")");
    let wrong = wrong.replace("context.Variables[\"tenant\"]", &format!("\"{TENANT}\""));
    let outcome = World::new().run(&wrong, token_v1(json!({})), &State::default()).await;
    let error = outcome.last_error.unwrap();
    assert_eq!((outcome.response.status().as_u16(), error.reason), (500, "ExpressionValueEvaluationFailure"));
}
