//! Tests each attribute, child and failure.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::{
    Certificate, State,
    rig::{NOW, Signer, TENANT, World, document, issuer_v1, issuer_v2, problems_in},
    token::encrypt_to,
};

const CLIENT: &str = "b1a7c0de-0003-4a6b-8c1d-5f2e3d4c5b6a";
const API: &str = "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c";
const DISCOVERY: &str = "https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration";

fn clients(ids: &[&str]) -> String {
    let ids: String = ids.iter().map(|id| format!("<application-id>{id}</application-id>")).collect();
    format!("<client-application-ids>{ids}</client-application-ids>")
}

fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": issuer_v2(), "aud": API, "ver": "2.0", "tid": TENANT, "azp": CLIENT, "roles": ["Read"],
        "nbf": NOW - 600, "exp": NOW + 600,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn signed(changes: Value) -> String {
    Signer::published().token(&json!({ "alg": "RS256", "kid": "rsa-1" }), &claims(changes))
}

fn version_1(changes: Value) -> String {
    let mut all =
        json!({ "iss": issuer_v1(), "aud": format!("api://{API}"), "ver": "1.0", "azp": null, "appid": CLIENT });
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    signed(all)
}

fn world() -> World {
    let world = World::new();
    for tenant in [TENANT, "contoso.com"] {
        world.announce(
            &format!("https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"),
            &issuer_v2(),
        );
        world.announce(
            &format!("https://login.example.us/{tenant}/v2.0/.well-known/openid-configuration"),
            &issuer_v2(),
        );
    }
    for tenant in ["common", "organizations"] {
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        world.announce(
            &format!("https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"),
            template,
        );
    }
    world
}

fn request(token: &str) -> Request<Bytes> {
    Request::builder().uri("/orders").header("authorization", format!("Bearer {token}")).body(Bytes::new()).unwrap()
}

/// Returns the reason for the refusal, or `pass`. The caller's message never gives more details.
async fn verdict(attributes: &str, children: &str, request: Request<Bytes>) -> &'static str {
    let policy = format!("<validate-azure-ad-token {attributes}>{children}</validate-azure-ad-token>");
    let world = world();
    let outcome = world.run(&document(&policy, "<base />", "", ""), request, &State::default()).await;
    assert_eq!(world.forwarded.lock().unwrap().len(), usize::from(outcome.last_error.is_none()));
    let Some(error) = outcome.last_error else { return "pass" };
    assert_eq!((outcome.response.status().as_u16(), error.source), (401, "validate-azure-ad-token"));
    let told = if error.reason == "TokenNotPresent" { "Azure AD JWT not present" } else { "Invalid Azure AD JWT" };
    assert_eq!(outcome.response.body(), &format!("{{ \"statusCode\": 401, \"message\": \"{told}\" }}"));
    assert_eq!(outcome.response.headers().len(), 1);
    error.reason
}

async fn check<const N: usize>(attributes: &str, children: &str, rows: [(&str, String, &str); N]) {
    for (name, token, expected) in rows {
        assert_eq!(verdict(attributes, children, request(&token)).await, expected, "{name}");
    }
}

const CONTOSO: &str = "tenant-id=\"contoso.com\"";

#[tokio::test]
async fn a_client_that_is_listed_passes_with_a_token_of_either_version() {
    let two = clients(&["a0000000-0000-4000-8000-000000000000", CLIENT]);
    check(
        CONTOSO,
        &two,
        [
            ("version 2.0", signed(json!({})), "pass"),
            ("version 1.0", version_1(json!({})), "pass"),
            ("another client", signed(json!({ "azp": API })), "TokenClaimValueMismatch"),
            ("another letter case", signed(json!({ "azp": CLIENT.to_uppercase() })), "TokenClaimValueMismatch"),
            ("no client", signed(json!({ "azp": null })), "TokenClaimValueMismatch"),
            (
                "the client in the other version's claim",
                signed(json!({ "azp": null, "appid": CLIENT })),
                "TokenClaimValueMismatch",
            ),
            ("another client, version 1.0", version_1(json!({ "appid": API })), "TokenClaimValueMismatch"),
            ("version 1.0 from the other issuer", version_1(json!({ "iss": issuer_v2() })), "TokenIssuerNotAllowed"),
            ("version 2.0 from the other issuer", signed(json!({ "iss": issuer_v1() })), "TokenIssuerNotAllowed"),
            ("no version", signed(json!({ "ver": null })), "TokenIssuerNotAllowed"),
            (
                "another tenant",
                signed(json!({ "iss": "https://login.microsoftonline.com/x/v2.0" })),
                "TokenIssuerNotAllowed",
            ),
            ("expired", signed(json!({ "exp": NOW - 1 })), "TokenExpired"),
            ("no end", signed(json!({ "exp": null })), "JwtInvalid"),
            ("not yet", signed(json!({ "nbf": NOW + 1 })), "JwtInvalid"),
            ("not a token", "x".to_owned(), "JwtInvalid"),
        ],
    )
    .await;
    let forged = Signer::unpublished().token(&json!({ "alg": "RS256", "kid": "rsa-1" }), &claims(json!({})));
    let unsigned = Signer::published().token(&json!({ "alg": "none" }), &claims(json!({})));
    let unknown = Signer::unpublished().token(&json!({ "alg": "RS256", "kid": "rsa-2" }), &claims(json!({})));
    check(
        CONTOSO,
        &two,
        [
            ("forged", forged, "TokenInvalidSignature"),
            ("unsigned", unsigned, "TokenInvalidSignature"),
            ("an unknown key", unknown, "TokenSignatureKeyNotFound"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_tenant_has_many_spellings() {
    let listed = clients(&[CLIENT]);
    for tenant in [
        TENANT,
        "contoso.com",
        "https://login.microsoftonline.com/contoso.com",
        "https://login.microsoftonline.com/contoso.com/",
        "@(\"contoso\" + \".com\")",
        "common",
        "organizations",
        "https://login.microsoftonline.com/common",
    ] {
        let attributes = format!("tenant-id=\"{tenant}\"");
        assert_eq!(verdict(&attributes, &listed, request(&signed(json!({})))).await, "pass", "{tenant}");
        assert_eq!(verdict(&attributes, &listed, request(&version_1(json!({})))).await, "pass", "{tenant}");
    }
    check(
        "tenant-id=\"common\"",
        &listed,
        [
            (
                "another tenant in the claim than in the issuer",
                signed(json!({ "tid": "other" })),
                "TokenIssuerNotAllowed",
            ),
            ("no tenant", version_1(json!({ "tid": null })), "TokenIssuerNotAllowed"),
        ],
    )
    .await;
    for endpoint in ["login.example.us", "https://login.example.us", "https://login.example.us/"] {
        let attributes = format!("{CONTOSO} authentication-endpoint=\"{endpoint}\"");
        assert_eq!(verdict(&attributes, &listed, request(&signed(json!({})))).await, "pass", "{endpoint}");
    }
}

#[tokio::test]
async fn a_tenant_that_does_not_answer_is_not_the_callers_fault() {
    for tenant in ["fabrikam.com", "@(\"../x\")"] {
        let policy =
            format!("<validate-azure-ad-token tenant-id=\"{tenant}\">{}</validate-azure-ad-token>", clients(&[CLIENT]));
        let outcome = world().run(&document(&policy, "", "", ""), request(&signed(json!({}))), &State::default()).await;
        assert_eq!(outcome.response.status(), 500, "{tenant}");
    }
}

#[tokio::test]
async fn the_token_is_where_the_policy_says() {
    let listed = clients(&[CLIENT]);
    let with =
        |name: &str, value: String| Request::builder().uri("/orders").header(name, value).body(Bytes::new()).unwrap();
    let in_query = || Request::builder().uri(format!("/orders?t={}", signed(json!({})))).body(Bytes::new()).unwrap();
    let nothing = || Request::builder().uri("/orders").body(Bytes::new()).unwrap();
    let value = format!("{CONTOSO} token-value=\"@(\"{}\")\"", signed(json!({})));
    for (name, attributes, request, expected) in [
        ("no header", CONTOSO, nothing(), "TokenNotPresent"),
        ("an empty header", CONTOSO, with("authorization", String::new()), "TokenNotPresent"),
        ("no scheme", CONTOSO, with("authorization", signed(json!({}))), "TokenNotPresent"),
        ("a header", "tenant-id=\"contoso.com\" header-name=\"x-t\"", with("x-t", signed(json!({}))), "pass"),
        ("a query parameter", "tenant-id=\"contoso.com\" query-parameter-name=\"t\"", in_query(), "pass"),
        ("not in the query", "tenant-id=\"contoso.com\" query-parameter-name=\"t\"", nothing(), "TokenNotPresent"),
        ("the policy", value.as_str(), nothing(), "pass"),
    ] {
        assert_eq!(verdict(attributes, &listed, request).await, expected, "{name}");
    }
}

#[tokio::test]
async fn audiences_backends_and_claims_count_besides_the_client() {
    let audiences =
        "<audiences><audience>@(context.Request.OriginalUrl.Host)</audience><audience>api://x</audience></audiences>";
    check(
        CONTOSO,
        audiences,
        [
            ("an expression's", signed(json!({ "aud": "gateway.test" })), "pass"),
            ("a literal", signed(json!({ "aud": "api://x" })), "pass"),
            ("another", signed(json!({})), "TokenAudienceNotAllowed"),
        ],
    )
    .await;
    let backends = format!(
        "<backend-application-ids><application-id>{API}</application-id></backend-application-ids>{}",
        clients(&[CLIENT])
    );
    check(
        CONTOSO,
        &backends,
        [
            ("client ID", signed(json!({})), "pass"),
            ("App ID URI with the client ID", version_1(json!({})), "pass"),
            ("another", signed(json!({ "aud": "api://x" })), "TokenAudienceNotAllowed"),
            ("the client too", signed(json!({ "azp": API })), "TokenClaimValueMismatch"),
        ],
    )
    .await;
    let required = format!(
        "{}<required-claims><claim name=\"@(\"ro\" + \"les\")\" match=\"@(\"any\")\"><value>@(\"Re\" + \"ad\")</value>\
         <value>Write</value></claim><claim name=\"scp\" separator=\" \"><value>a</value><value>b</value></claim></required-claims>",
        clients(&[CLIENT])
    );
    check(
        CONTOSO,
        &required,
        [
            ("both", signed(json!({ "scp": "b a" })), "pass"),
            ("one scope", signed(json!({ "scp": "a" })), "TokenClaimValueMismatch"),
            ("no scope", signed(json!({})), "TokenClaimNotFound"),
            ("another role", signed(json!({ "scp": "a b", "roles": ["X"] })), "TokenClaimValueMismatch"),
        ],
    )
    .await;
}

#[tokio::test]
async fn status_message_and_variable_are_those_of_the_policy() {
    let attributes = "tenant-id=\"contoso.com\" failed-validation-httpcode=\"@(400 + 3)\" \
        failed-validation-error-message=\"@(context.LastError.Reason + \"!\")\" output-token-variable-name=\"jwt\"";
    let policy = format!("<validate-azure-ad-token {attributes}>{}</validate-azure-ad-token>", clients(&[CLIENT]));
    let run = async |token: String| {
        world().run(&document(&policy, "<base />", "", ""), request(&token), &State::default()).await
    };
    let refused = run("x".to_owned()).await;
    assert_eq!(refused.response.status(), 403);
    assert_eq!(refused.response.body(), "{ \"statusCode\": 403, \"message\": \"JwtInvalid!\" }");
    assert!(refused.variables.is_empty());
    let passed = run(signed(json!({}))).await;
    assert!(matches!(passed.variables["jwt"], crate::expression::Value::Jwt(_)));
    assert_eq!(passed.tokens[0].jwt.text("azp"), Some(CLIENT));
}

#[tokio::test]
async fn keys_are_shared_with_validate_jwt() {
    let policy = format!(
        "<validate-azure-ad-token {CONTOSO}>{}</validate-azure-ad-token><validate-jwt header-name=\"Authorization\">\
         <openid-config url=\"{DISCOVERY}\" /></validate-jwt>",
        clients(&[CLIENT])
    );
    let world = world();
    let outcome = world.run(&document(&policy, "", "", ""), request(&signed(json!({}))), &State::default()).await;
    assert_eq!((outcome.last_error, outcome.tokens.len(), world.fetches()), (None, 2, 2));
}

#[tokio::test]
async fn an_encrypted_token_is_opened_with_a_certificate() {
    let signer = Signer::published();
    let certificate = Certificate::new(&signer.rsa_certificate(), Some(&signer.rsa_private())).unwrap();
    let stranger = Signer::unpublished().rsa_public_der();
    let to = |token: &str, key: &[u8]| request(&encrypt_to(token, "A256CBC-HS512", key, &json!({})));
    let keys = "<decryption-keys><key certificate-id=\"mine\" /></decryption-keys>";
    let own = signer.rsa_public_der();
    for (name, keys, request, expected) in [
        ("to its key", keys, to(&signed(json!({})), &own), "pass"),
        ("not encrypted", keys, request(&signed(json!({}))), "pass"),
        ("to another key", keys, to(&signed(json!({})), &stranger), "JwtInvalid"),
        ("without keys", "", to(&signed(json!({})), &own), "JwtInvalid"),
        ("another client", keys, to(&signed(json!({ "azp": API })), &own), "TokenClaimValueMismatch"),
    ] {
        let mut world = world();
        world.service.certificates.insert("mine".to_owned(), certificate.clone());
        let policy =
            format!("<validate-azure-ad-token {CONTOSO}>{}{keys}</validate-azure-ad-token>", clients(&[CLIENT]));
        let outcome = world.run(&document(&policy, "<base />", "", ""), request, &State::default()).await;
        assert_eq!(outcome.last_error.map_or("pass", |error| error.reason), expected, "{name}");
        assert_eq!(world.forwarded.lock().unwrap().len(), usize::from(expected == "pass"), "{name}");
    }
}

#[test]
fn only_certificates_decrypt() {
    assert_eq!(
        problems_in(
            "inbound",
            "<validate-azure-ad-token tenant-id=\"a\"><audiences><audience>a</audience></audiences><decryption-keys>\n\
             <key />\n<key certificate-id=\"none\" id=\"a\" />\n<key>c2VjcmV0</key></decryption-keys></validate-azure-ad-token>"
        ),
        [
            "3:1: <key> needs the attribute \"certificate-id\"",
            "4:6: the attribute \"certificate-id\" of <key> must be a certificate of the service",
            "4:28: the attribute \"id\" of <key> is not declared",
            "5:1: <key> holds text; a certificate of the service is named with certificate-id",
            "5:1: <key> needs the attribute \"certificate-id\"",
        ]
    );
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    assert_eq!(
        problems_in(
            "inbound",
            "<validate-azure-ad-token tenant-id=\"a/b\" require-scheme=\"Bearer\" authentication-endpoint=\"a/b\">\n\
             <client-application-ids /><audiences><audience /></audiences>\n\
             <decryption-keys /><issuers /><audiences><audience>a</audience></audiences>\n\
             <client-application-ids><application-id>@(\"a\")</application-id></client-application-ids>\n\
             <required-claims><claim match=\"some\"><value /></claim></required-claims></validate-azure-ad-token>\n\
             <validate-azure-ad-token header-name=\"a\" token-value=\"b\" />"
        ),
        [
            "2:26: the attribute \"tenant-id\" of <validate-azure-ad-token> must be the identifier, domain or URL of a tenant, common or organizations",
            "2:42: the attribute \"require-scheme\" of <validate-azure-ad-token> is not declared",
            "2:66: the attribute \"authentication-endpoint\" of <validate-azure-ad-token> must be a host, with or without https://",
            "3:1: <client-application-ids> needs at least one <application-id>",
            "3:38: <audience> is empty",
            "4:1: <decryption-keys> needs at least one <key>",
            "4:20: <issuers> is not declared in <validate-azure-ad-token>",
            "4:31: <audiences> appears twice in <validate-azure-ad-token>",
            "5:1: <client-application-ids> appears twice in <validate-azure-ad-token>",
            "5:41: the text of <application-id> does not take a policy expression",
            "6:18: <claim> needs the attribute \"name\"",
            "6:25: the attribute \"match\" of <claim> must be all or any",
            "6:38: <value> is empty",
            "7:1: <validate-azure-ad-token> needs exactly one of the attributes header-name, query-parameter-name and token-value",
            "7:1: <validate-azure-ad-token> needs the attribute \"tenant-id\"",
            "7:1: <validate-azure-ad-token> without <client-application-ids> and <audiences> would take any token of the tenant",
        ]
    );
}
