//! Tests the keys that verify, the key that decides, and the types and times of registered claims. Each rule of the
//! library has an example that it refuses and a similar one that it lets pass.

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::Request;
use serde_json::{Value, json};

use super::{
    Bytes, CLIENT_ID, DISCOVERY_V2, IN_AUTHORIZATION, NOW, Signer, State, World, bearer, check, children, issuer_v1,
    policy, signed, v2, verdict_in,
};
use crate::rig::hmac_token;

fn keys(keys: &str) -> String {
    policy(IN_AUTHORIZATION, &format!("<issuer-signing-keys>{keys}</issuer-signing-keys>"))
}

fn key(id: &str, signer: &Signer) -> String {
    let (n, e) = signer.rsa_components();
    format!("<key id=\"{id}\" n=\"{n}\" e=\"{e}\" />")
}

fn by(signer: &Signer, header: &Value) -> Request<Bytes> {
    let mut whole = json!({ "alg": "RS256" });
    whole.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    bearer(&signer.token(&whole, &v2(json!({}))))
}

fn token(changes: Value) -> Request<Bytes> {
    bearer(&signed(&v2(changes)))
}

/// Sends a token with this payload text.
fn of_payload(payload: &str) -> Request<Bytes> {
    bearer(&Signer::published().token_of_text(&json!({ "alg": "RS256", "kid": "rsa-1" }), payload))
}

#[tokio::test]
async fn a_secret_shorter_than_the_hash_verifies_nothing() {
    let of = |length: usize| {
        let secret = vec![7; length];
        let document = keys(&format!("<key id=\"s\">{}</key>", STANDARD.encode(&secret)));
        let request = |header: Value| bearer(&hmac_token(&secret, &header, &v2(json!({}))));
        (document, request(json!({ "alg": "HS256", "kid": "s" })), request(json!({ "alg": "HS256" })))
    };
    for (length, named, nameless) in [
        (16, "TokenInvalidSignature", "TokenSignatureKeyNotFound"),
        (31, "TokenInvalidSignature", "TokenSignatureKeyNotFound"),
        (32, "pass", "pass"),
        (64, "pass", "pass"),
    ] {
        let (document, with_id, without) = of(length);
        check(&document, [("named", with_id, named), ("nameless", without, nameless)]).await;
    }
    let (document, request, _) = of(24);
    let error = World::new().run(&document, request, &State::default()).await.last_error.unwrap();
    assert_eq!(
        error.message,
        "IDX10511: Signature validation failed. kid: 's'. IDX10720: the key has 192 bits and HS256 needs 256; Azure's \
         library refuses every token of it since version 7. Access denied."
    );
}

#[tokio::test]
async fn the_first_key_that_the_token_names_decides_alone() {
    let (one, other) = (Signer::published(), Signer::unpublished());
    let refused = "TokenInvalidSignature";
    check(
        &keys(&format!("{}{}", key("a", one), key("a", other))),
        [
            ("the first of one id", by(one, &json!({ "kid": "a" })), "pass"),
            ("the second of one id", by(other, &json!({ "kid": "a" })), refused),
            ("the second, not named", by(other, &json!({})), "pass"),
            ("the second, another named", by(other, &json!({ "kid": "x" })), "pass"),
        ],
    )
    .await;
    let secret = vec![7; 32];
    let as_secret = format!("<key id=\"a\">{}</key>", STANDARD.encode(&secret));
    let by_secret = bearer(&hmac_token(&secret, &json!({ "alg": "HS256", "kid": "a" }), &v2(json!({}))));
    check(&keys(&format!("{}{as_secret}", key("a", one))), [("a secret after RSA", by_secret, refused)]).await;
    check(
        &keys(&format!("{as_secret}{}", key("a", one))),
        [("RSA after a secret", by(one, &json!({ "kid": "a" })), refused)],
    )
    .await;
    check(
        &keys(&format!("{}{}", key("a", one), key("b", other))),
        [
            ("kid a, x5t b, signed by a", by(one, &json!({ "kid": "a", "x5t": "b" })), "pass"),
            ("kid a, x5t b, signed by b", by(other, &json!({ "kid": "a", "x5t": "b" })), refused),
            ("kid b, x5t a, signed by a", by(one, &json!({ "kid": "b", "x5t": "a" })), "pass"),
            ("kid b, x5t a, signed by b", by(other, &json!({ "kid": "b", "x5t": "a" })), refused),
            ("x5t alone", by(other, &json!({ "x5t": "a" })), refused),
        ],
    )
    .await;
    // Published keys come before those of the policy.
    let children = format!(
        "<openid-config url=\"{DISCOVERY_V2}\" /><issuer-signing-keys>{}</issuer-signing-keys>",
        key("rsa-1", other)
    );
    check(
        &policy(IN_AUTHORIZATION, &children),
        [
            ("published", by(one, &json!({ "kid": "rsa-1" })), "pass"),
            ("of the policy", by(other, &json!({ "kid": "rsa-1" })), refused),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_modulus_may_have_zeros_before_it_and_padding_after_it() {
    let signer = Signer::published();
    let (n, e) = signer.rsa_components();
    let bytes = URL_SAFE_NO_PAD.decode(&n).unwrap();
    let with_zero = [vec![0], bytes.clone()].concat();
    for (n, e) in [
        (URL_SAFE_NO_PAD.encode(&with_zero), "AAEAAQ".to_owned()),
        (STANDARD.encode(&bytes), e.clone()),
        (format!("{n}=="), e.clone()),
    ] {
        let document = keys(&format!("<key id=\"k\" n=\"{n}\" e=\"{e}\" />"));
        check(&document, [("the key", by(signer, &json!({ "kid": "k" })), "pass")]).await;
        let mut set = signer.key_set("rsa-1");
        set["keys"][2]["n"] = json!(n);
        set["keys"][2]["e"] = json!(e);
        let world = World::new();
        world.publish(Some(set));
        let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
        assert_eq!(verdict_in(&world, &document, token(json!({}))).await, "pass");
    }
}

#[test]
fn an_rsa_key_that_would_verify_nothing_is_refused_where_it_stands() {
    let of_bits = |bits: usize| {
        let mut n = vec![0xFF; bits.div_ceil(8)];
        n[0] >>= bits.div_ceil(8) * 8 - bits;
        URL_SAFE_NO_PAD.encode(n)
    };
    let problems = |n: &str, e: &str| {
        let text = format!(
            "<policies><inbound><validate-jwt header-name=\"a\"><issuer-signing-keys><key n=\"{n}\" e=\"{e}\" />\
             </issuer-signing-keys></validate-jwt></inbound></policies>"
        );
        let loaded = crate::Document::load(crate::Scope::Api, &text, &crate::Service::default());
        loaded.err().unwrap_or_default().iter().fold(String::new(), |mut all, problem| {
            write!(all, "{}", problem.message).unwrap();
            all
        })
    };
    assert_eq!(problems(&of_bits(1023), "AQAB"), "");
    assert_eq!(problems(&of_bits(8192), "Aw"), "");
    for (n, e, message) in [
        (of_bits(1022), "AQAB", "the RSA key in <key> has 1022 bits, and keys of less than 1023 verify nothing here"),
        (of_bits(512), "AQAB", "the RSA key in <key> has 512 bits, and keys of less than 1023 verify nothing here"),
        (of_bits(8193), "AQAB", "the RSA key in <key> has 8193 bits, and keys of more than 8192 verify nothing here"),
        (of_bits(2048), "AQ", "n and e of <key> are not the two odd numbers of an RSA key, e from 3 and below 2^33"),
        ("!".to_owned(), "AQAB", "n and e of <key> are not Base64url, or Base64 with padding"),
    ] {
        assert_eq!(problems(&n, e), message);
    }
}

#[tokio::test]
async fn a_published_key_may_be_a_certificate_alone_and_its_algorithm_is_not_looked_at() {
    let (one, other) = (Signer::published(), Signer::unpublished());
    let x5c = STANDARD.encode(one.rsa_certificate());
    let thumbprint = crate::expression::Certificate::new(&one.rsa_certificate(), None).unwrap().thumbprint();
    let (n, e) = other.rsa_components();
    let verdict = async |entry: Value, request: Request<Bytes>| {
        let world = World::new();
        world.publish(Some(json!({ "keys": [entry] })));
        verdict_in(&world, &policy(IN_AUTHORIZATION, &children("", CLIENT_ID, "")), request).await
    };
    let by = |signer: &Signer, kid: &str| by(signer, &json!({ "kid": kid }));
    let alone = json!({ "kty": "RSA", "kid": "c", "x5c": [x5c] });
    assert_eq!(verdict(alone.clone(), by(one, "c")).await, "pass");
    assert_eq!(verdict(alone, by(other, "c")).await, "TokenInvalidSignature");
    let nameless = json!({ "kty": "RSA", "x5c": [x5c] });
    assert_eq!(verdict(nameless.clone(), by(one, &thumbprint.to_lowercase())).await, "pass");
    assert_eq!(verdict(nameless, by(other, &thumbprint)).await, "TokenInvalidSignature");
    // The certificate's key takes precedence over the numbers of the same entry.
    let both = json!({ "kty": "RSA", "kid": "c", "n": n, "e": e, "x5c": [x5c] });
    assert_eq!(verdict(both.clone(), by(one, "c")).await, "pass");
    assert_eq!(verdict(both, by(other, "c")).await, "TokenInvalidSignature");
    let other_algorithm = json!({ "kty": "RSA", "kid": "c", "alg": "RSA-OAEP", "n": n, "e": e });
    assert_eq!(verdict(other_algorithm, by(other, "c")).await, "pass");
}

#[tokio::test]
async fn registered_claims_have_their_types_whether_or_not_they_are_asked_for() {
    let document = policy(IN_AUTHORIZATION, &format!("<openid-config url=\"{DISCOVERY_V2}\" />"));
    let big = json!(1e19);
    for (claim, value) in [
        ("iat", json!("x")),
        ("iat", json!(true)),
        ("iat", json!([1])),
        ("iat", json!({})),
        ("iat", big),
        ("nbf", json!("inf")),
        ("jti", json!(1)),
        ("jti", json!([])),
        ("iss", json!(1)),
        ("iss", json!(["i"])),
        ("sub", json!(["s"])),
        ("sub", json!(true)),
        ("sub", json!({})),
        ("azp", json!(1)),
        ("azp", json!(["a"])),
        ("aud", json!(1)),
        ("aud", json!(false)),
        ("aud", json!({})),
        ("aud", json!([1, CLIENT_ID])),
    ] {
        check(&document, [(claim, token(json!({ claim: value })), "JwtInvalid")]).await;
    }
    for (claim, value) in [
        ("iat", json!("1795869236")),
        ("iat", json!(1.5)),
        ("jti", json!("1")),
        ("sub", json!(1)),
        ("azp", json!("a")),
        ("aud", json!([])),
    ] {
        check(&document, [(claim, token(json!({ claim: value })), "pass")]).await;
    }
    let iat_null = format!("{{\"iss\":\"{}\",\"exp\":{},\"iat\":null}}", crate::rig::issuer_v2(), NOW + 60);
    check(&document, [("iat null", of_payload(&iat_null), "JwtInvalid")]).await;
    check(&document, [("jti null", of_payload(&iat_null.replace("iat", "jti")), "pass")]).await;
}

#[tokio::test]
async fn times_are_numbers_or_their_texts_up_to_the_end_of_the_year_9999_and_beyond() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
    let exp = |value: Value| token(json!({ "exp": value }));
    let nbf = |value: Value| token(json!({ "nbf": value }));
    check(
        &document,
        [
            ("text", exp(json!((NOW + 9).to_string())), "pass"),
            ("text with blanks", exp(json!(format!(" {} ", NOW + 9))), "pass"),
            ("text with an exponent", exp(json!("2e9")), "pass"),
            ("text of a fraction", exp(json!(format!("{}.5", NOW + 9))), "pass"),
            ("text of the past", exp(json!((NOW - 9).to_string())), "TokenExpired"),
            ("empty text", exp(json!("")), "JwtInvalid"),
            ("the last second", exp(json!(253_402_300_799_i64)), "pass"),
            ("milliseconds", exp(json!((NOW + 9) * 1000)), "pass"),
            ("the largest whole number", exp(json!(i64::MAX)), "pass"),
            ("beyond 64 bits", exp(json!(u64::MAX)), "JwtInvalid"),
            ("a fraction rounds down", exp(json!(NOW as f64 - 0.6)), "TokenExpired"),
            ("a fraction rounds to even", exp(json!(NOW as f64 - 0.5)), "pass"),
            ("begins within half a second", nbf(json!(NOW as f64 + 0.4)), "pass"),
            ("begins after half a second", nbf(json!(NOW as f64 + 0.6)), "JwtInvalid"),
            ("begins far away", nbf(json!(i64::MAX)), "JwtInvalid"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_key_is_told_after_lifetime_issuer_and_audience() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
    let stranger = |kid: Value, changes: Value| {
        bearer(&Signer::unpublished().token(&json!({ "alg": "RS256", "kid": kid }), &v2(changes)))
    };
    let unknown = |changes: Value| stranger(json!("zz"), changes);
    let not_found = "TokenSignatureKeyNotFound";
    check(
        &document,
        [
            ("nothing else", unknown(json!({})), not_found),
            ("roles", unknown(json!({ "roles": null })), not_found),
            ("expired", unknown(json!({ "exp": NOW - 1, "iss": "z", "aud": "z" })), "TokenExpired"),
            ("future", unknown(json!({ "nbf": NOW + 9 })), "JwtInvalid"),
            ("issuer", unknown(json!({ "iss": issuer_v1(), "aud": "z" })), "TokenIssuerNotAllowed"),
            ("audience", unknown(json!({ "aud": "z" })), "TokenAudienceNotAllowed"),
            ("known", stranger(json!("rsa-1"), json!({ "exp": NOW - 1 })), "TokenInvalidSignature"),
            ("no kid", stranger(json!(null), json!({ "exp": NOW - 1 })), not_found),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_document_without_issuer_lets_no_token_pass() {
    let world = World::new();
    let document = json!({ "jwks_uri": crate::rig::JWKS });
    world.documents.lock().unwrap().insert(DISCOVERY_V2.to_owned(), document);
    let with = |issuers: &str| policy(IN_AUTHORIZATION, &children(issuers, CLIENT_ID, ""));
    assert_eq!(verdict_in(&world, &with(""), token(json!({}))).await, "TokenIssuerNotAllowed");
    let listed = format!("<issuers><issuer>{}</issuer></issuers>", crate::rig::issuer_v2());
    assert_eq!(verdict_in(&world, &with(&listed), token(json!({}))).await, "pass");
}

#[tokio::test]
async fn a_template_that_the_policy_lists_is_a_text_like_any_other() {
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let document = policy(
        IN_AUTHORIZATION,
        &format!(
            "<issuer-signing-keys>{}</issuer-signing-keys><issuers><issuer>{template}</issuer></issuers>",
            key("rsa-1", Signer::published())
        ),
    );
    check(
        &document,
        [
            ("a tenant", token(json!({})), "TokenIssuerNotAllowed"),
            ("the text", token(json!({ "iss": template })), "pass"),
        ],
    )
    .await;
}

#[tokio::test]
async fn required_claims_compare_the_librarys_texts() {
    let with = |claim: &str| {
        let claims = format!("<required-claims><claim name=\"x\">{claim}</claim></required-claims>");
        policy(IN_AUTHORIZATION, &format!("<openid-config url=\"{DISCOVERY_V2}\" />{claims}"))
    };
    let holding = |value: &str| {
        of_payload(&format!("{{\"iss\":\"{}\",\"exp\":{},\"x\":{value}}}", crate::rig::issuer_v2(), NOW + 60))
    };
    for (value, text) in [("1e3", "1000"), ("1.0", "1"), ("[1.10]", "1.1"), ("[[1, 2]]", "[1, 2]"), ("true", "true")] {
        check(&with(&format!("<value>{text}</value>")), [(value, holding(value), "pass")]).await;
    }
    check(&with(""), [("null", holding("null"), "pass"), ("an empty list", holding("[]"), "TokenClaimNotFound")]).await;
    check(&with("<value>a</value>"), [("null", holding("null"), "TokenClaimValueMismatch")]).await;
}

#[test]
fn a_key_that_verifies_nothing_is_warned_of_where_it_stands() {
    let (n, e) = Signer::published().rsa_components();
    let short = STANDARD.encode([7; 24]);
    let written =
        format!("<key>{short}</key>\n<key id=\"a\" n=\"{n}\" e=\"{e}\" />\n<key id=\"a\" n=\"{n}\" e=\"{e}\" />");
    assert_eq!(
        crate::rig::warnings_in(
            "inbound",
            &format!(
                "<validate-jwt header-name=\"a\" require-signed-tokens=\"false\"><issuer-signing-keys>{written}\
                 </issuer-signing-keys></validate-jwt>"
            )
        ),
        [
            "2:1: require-signed-tokens=\"false\" lets in any token without a signature, whatever it claims",
            "2:82: the key in <key> verifies no token: IDX10720: the key has 192 bits and HS256 needs 256; Azure's library \
             refuses every token of it since version 7",
            "4:1: the key in <key> verifies no token: an earlier one has the id \"a\"",
        ]
    );
    let ec = crate::expression::Certificate::new(&Signer::published().ec_certificate(), None).unwrap();
    let service = crate::Service { certificates: [("ec".to_owned(), ec)].into(), ..crate::Service::default() };
    let loaded = crate::Document::load(crate::Scope::Api, &keys("<key certificate-id=\"ec\" />"), &service).unwrap();
    assert!(loaded.warnings()[0].message.contains("of an elliptic curve"), "{:?}", loaded.warnings());
}
