//! Tests the place of the token, and the accepted algorithms and keys.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Request;
use serde_json::json;

use super::{Bytes, CLIENT_ID, IN_AUTHORIZATION, Signer, bearer, check, children, policy, request, signed, v2};
use crate::{rig::hmac_token, token::encrypt};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// Sends a token that the signer's key for the algorithm signed under a key ID.
fn by(signer: &Signer, algorithm: &str, key: &str) -> Request<Bytes> {
    bearer(&signer.token(&json!({ "alg": algorithm, "kid": key }), &v2(json!({}))))
}

fn shared(secret: &[u8], key: &str) -> Request<Bytes> {
    bearer(&hmac_token(secret, &json!({ "alg": "HS256", "kid": key }), &v2(json!({}))))
}

fn get(uri: &str) -> Request<Bytes> {
    Request::builder().uri(uri).body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn the_token_is_where_the_policy_says() {
    let document = |attributes: &str| policy(attributes, &children("", CLIENT_ID, ""));
    let token = signed(&v2(json!({})));
    let mut twice = bearer(&token);
    twice.headers_mut().append("Authorization", format!("Bearer {token}").parse().unwrap());
    check(
        &document(IN_AUTHORIZATION),
        [
            ("no header", get("/"), "TokenNotPresent"),
            ("empty header", request("Authorization", ""), "TokenNotPresent"),
            ("scheme alone", request("Authorization", "Bearer "), "TokenNotPresent"),
            ("scheme missing", request("Authorization", &token), "TokenNotPresent"),
            ("another scheme", request("Authorization", "Basic YTpi"), "TokenNotPresent"),
            ("not a token", bearer("random"), "JwtInvalid"),
            ("two headers", twice, "JwtInvalid"),
        ],
    )
    .await;
    check(
        &document("header-name=\"Authorization\""),
        [
            ("no scheme", request("Authorization", &token), "pass"),
            ("Bearer", bearer(&token), "pass"),
            ("another scheme", request("Authorization", "Basic YTpi"), "JwtInvalid"),
        ],
    )
    .await;
    check(
        &document("header-name=\"x-token\" require-scheme=\"Bearer\""),
        [
            ("scheme ignored", request("x-token", &token), "pass"),
            ("scheme not taken off", request("x-token", &format!("Bearer {token}")), "JwtInvalid"),
        ],
    )
    .await;
    check(
        &document("query-parameter-name=\"t k\""),
        [
            ("in the query", get(&format!("/?a=b&t%20k={token}")), "pass"),
            ("twice in the query", get(&format!("/?t%20k={token}&t%20k={token}")), "JwtInvalid"),
            ("elsewhere", bearer(&token), "TokenNotPresent"),
        ],
    )
    .await;
    check(&document(&format!("token-value=\"{token}\"")), [("in the policy", get("/"), "pass")]).await;
}

#[tokio::test]
async fn algorithms() {
    let issuer = Signer::published();
    check(
        &policy(IN_AUTHORIZATION, &children("", CLIENT_ID, "")),
        [
            ("RS256", by(issuer, "RS256", "rsa-1"), "pass"),
            ("RS512", by(issuer, "RS512", "rsa-1"), "pass"),
            ("PS256", by(issuer, "PS256", "rsa-1"), "pass"),
            ("ES256", by(issuer, "ES256", "ec-1"), "pass"),
            ("RS384 is not listed", by(issuer, "RS384", "rsa-1"), "TokenInvalidSignature"),
            ("the kid of another kind of key", by(issuer, "RS256", "ec-1"), "TokenInvalidSignature"),
            ("none", by(issuer, "none", "rsa-1"), "TokenInvalidSignature"),
            ("an algorithm that there is not", by(issuer, "XY1", "rsa-1"), "TokenInvalidSignature"),
            ("the public key as a secret", shared(&issuer.rsa_public_der(), "rsa-1"), "TokenInvalidSignature"),
            ("a published symmetric key", shared(b"secret-secret-secret", "oct-1"), "TokenSignatureKeyNotFound"),
        ],
    )
    .await;
    let unsigned = issuer.token(&json!({ "alg": "none" }), &v2(json!({})));
    let attributes = format!("{IN_AUTHORIZATION} require-signed-tokens=\"false\"");
    check(
        &policy(&attributes, &children("", CLIENT_ID, "")),
        [
            ("unsigned", bearer(&unsigned), "pass"),
            ("unsigned, of any algorithm", by(issuer, "HS256", "rsa-1"), "pass"),
            ("unsigned with a signature", bearer(&format!("{unsigned}x")), "TokenSignatureKeyNotFound"),
            ("badly signed", by(Signer::unpublished(), "RS256", "rsa-1"), "TokenInvalidSignature"),
        ],
    )
    .await;
}

#[tokio::test]
async fn published_keys() {
    let (issuer, stranger) = (Signer::published(), Signer::unpublished());
    let nameless = |signer: &Signer| bearer(&signer.token(&json!({ "alg": "RS256" }), &v2(json!({}))));
    let whole = signed(&v2(json!({})));
    let (body, signature) = whole.rsplit_once('.').unwrap();
    let promoted = signed(&v2(json!({ "roles": ["Admin"] })));
    let (promoted, _) = promoted.rsplit_once('.').unwrap();
    check(
        &policy(IN_AUTHORIZATION, &children("", CLIENT_ID, "")),
        [
            ("no kid", nameless(issuer), "pass"),
            ("no kid, a stranger's key", nameless(stranger), "TokenSignatureKeyNotFound"),
            ("a known kid, a stranger's key", by(stranger, "RS256", "rsa-1"), "TokenInvalidSignature"),
            ("a key that is not for signing", by(stranger, "RS256", "enc-1"), "TokenSignatureKeyNotFound"),
            ("an unknown kid", by(stranger, "RS256", "x"), "TokenSignatureKeyNotFound"),
            ("other claims", bearer(&format!("{promoted}.{signature}")), "TokenInvalidSignature"),
            ("no signature", bearer(&format!("{body}.")), "TokenInvalidSignature"),
        ],
    )
    .await;
}

#[tokio::test]
async fn configured_keys() {
    let (issuer, own) = (Signer::published(), Signer::unpublished());
    let (n, e) = own.rsa_components();
    let secret = STANDARD.encode(SECRET);
    let keys = format!(
        "<issuer-signing-keys><key id=\"s\">{secret}</key><key id=\"own\" n=\"{n}\" e=\"{e}\" /></issuer-signing-keys>"
    );
    check(
        &policy(IN_AUTHORIZATION, &keys),
        [
            ("secret", shared(SECRET, "s"), "pass"),
            ("another secret", shared(b"0123456789abcdef0123456789abcdeX", "s"), "TokenInvalidSignature"),
            ("secret, unknown kid", shared(SECRET, "?"), "pass"),
            ("n and e", by(own, "RS256", "own"), "pass"),
            ("n and e, unknown kid", by(own, "RS256", "?"), "pass"),
            ("another key", by(issuer, "RS256", "own"), "TokenInvalidSignature"),
            ("another key, unknown kid", by(issuer, "RS256", "?"), "TokenSignatureKeyNotFound"),
        ],
    )
    .await;
    check(&policy(IN_AUTHORIZATION, ""), [("no keys", by(issuer, "RS256", "x"), "TokenSignatureKeyNotFound")]).await;
}

#[tokio::test]
async fn an_encrypted_token_is_opened_with_any_key_and_then_checked() {
    let keys: String = [32, 48, 64].map(|length| format!("<key>{}</key>", STANDARD.encode(vec![7; length]))).concat();
    let children = format!(
        "<openid-config url=\"{}\" /><decryption-keys>{keys}</decryption-keys><audiences><audience>{CLIENT_ID}</audience></audiences>",
        crate::rig::DISCOVERY_V2
    );
    let document = policy(IN_AUTHORIZATION, &children);
    let sealed = |claims, method: &str, key: &[u8]| bearer(&encrypt(&signed(&v2(claims)), method, key));
    let forged = Signer::unpublished().token(&json!({ "alg": "RS256", "kid": "rsa-1" }), &v2(json!({})));
    check(
        &document,
        [
            ("A128CBC-HS256", sealed(json!({}), "A128CBC-HS256", &[7; 32]), "pass"),
            ("A192CBC-HS384", sealed(json!({}), "A192CBC-HS384", &[7; 48]), "pass"),
            ("A256CBC-HS512", sealed(json!({}), "A256CBC-HS512", &[7; 64]), "pass"),
            ("not encrypted", bearer(&signed(&v2(json!({})))), "pass"),
            ("another key", sealed(json!({}), "A128CBC-HS256", &[8; 32]), "JwtInvalid"),
            ("another audience", sealed(json!({ "aud": "x" }), "A128CBC-HS256", &[7; 32]), "TokenAudienceNotAllowed"),
            ("forged", bearer(&encrypt(&forged, "A128CBC-HS256", &[7; 32])), "TokenInvalidSignature"),
            (
                "encrypted twice",
                bearer(&encrypt(&encrypt("a.b.c", "A128CBC-HS256", &[7; 32]), "A128CBC-HS256", &[7; 32])),
                "JwtInvalid",
            ),
        ],
    )
    .await;
    let without =
        policy(IN_AUTHORIZATION, &children.replace(&format!("<decryption-keys>{keys}</decryption-keys>"), ""));
    check(&without, [("no keys", sealed(json!({}), "A128CBC-HS256", &[7; 32]), "JwtInvalid")]).await;
}

#[test]
fn decryption_keys_are_checked() {
    let policy = "<validate-jwt header-name=\"a\"><decryption-keys><key>c2hvcnQ=</key>\n<key certificate-id=\"c\" />\n</decryption-keys></validate-jwt>";
    assert_eq!(
        crate::rig::problems_in("inbound", policy),
        [
            "2:48: the text of <key> is not Base64 of 32, 48 or 64 bytes",
            "3:6: the attribute \"certificate-id\" of <key> must be a certificate of the service",
        ]
    );
}
