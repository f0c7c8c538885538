//! Tests that keys of the service's certificates verify and decrypt.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{CLIENT_ID, IN_AUTHORIZATION, Signer, State, World, bearer, policy, v2, verdict_in};
use crate::{Certificate, rig::hmac_token, token::encrypt_to};

/// Returns a world with the RSA and EC certificates of one signer, the RSA certificate of another, and one without its
/// private key.
fn world() -> World {
    let (one, other) = (Signer::published(), Signer::unpublished());
    let mut world = World::new();
    world.service.certificates = BTreeMap::from(
        [
            ("rsa", one.rsa_certificate(), Some(one.rsa_private())),
            ("ec", one.ec_certificate(), Some(one.ec_private())),
            ("other", other.rsa_certificate(), Some(other.rsa_private())),
            ("public", one.rsa_certificate(), None),
        ]
        .map(|(id, der, key)| (id.to_owned(), Certificate::new(&der, key.as_deref()).unwrap())),
    );
    world
}

fn thumbprint(world: &World, id: &str) -> String {
    world.service.certificates[id].thumbprint()
}

fn signing(keys: &str) -> String {
    policy(IN_AUTHORIZATION, &format!("<issuer-signing-keys>{keys}</issuer-signing-keys>"))
}

fn by(signer: &Signer, header: Value) -> http::Request<bytes::Bytes> {
    bearer(&signer.token(&header, &v2(json!({}))))
}

#[tokio::test]
async fn a_certificates_key_verifies_what_its_kind_can() {
    let (world, one, other) = (world(), Signer::published(), Signer::unpublished());
    let (rsa, ec) = (signing("<key certificate-id=\"rsa\" />"), signing("<key certificate-id=\"ec\" />"));
    let public = signing("<key certificate-id=\"public\" />");
    let alg = |name: &str| json!({ "alg": name });
    let as_secret = bearer(&hmac_token(&one.rsa_public_der(), &alg("HS256"), &v2(json!({}))));
    for (name, document, request, expected) in [
        ("RS256", &rsa, by(one, alg("RS256")), "pass"),
        ("RS512", &rsa, by(one, alg("RS512")), "pass"),
        ("PS256", &rsa, by(one, alg("PS256")), "pass"),
        ("ES256", &ec, by(one, alg("ES256")), "TokenSignatureKeyNotFound"),
        ("without a private key", &public, by(one, alg("RS256")), "pass"),
        ("RS384 is not listed", &rsa, by(one, alg("RS384")), "TokenInvalidSignature"),
        ("RSA for EC", &ec, by(one, alg("RS256")), "TokenSignatureKeyNotFound"),
        ("EC for RSA", &rsa, by(one, alg("ES256")), "TokenSignatureKeyNotFound"),
        ("the public key as a secret", &rsa, as_secret, "TokenSignatureKeyNotFound"),
        ("unsigned", &rsa, by(one, alg("none")), "TokenInvalidSignature"),
        ("another's key", &rsa, by(other, alg("RS256")), "TokenSignatureKeyNotFound"),
        ("another's EC key", &ec, by(other, alg("ES256")), "TokenSignatureKeyNotFound"),
    ] {
        assert_eq!(verdict_in(&world, document, request).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_key_is_found_by_kid_and_x5t_or_else_each_is_tried() {
    let (world, one) = (world(), Signer::published());
    let x5t = |id: &str| world.service.certificates[id].x5t();
    let (own, other) = (thumbprint(&world, "rsa"), thumbprint(&world, "other"));
    let plain = signing("<key certificate-id=\"other\" /><key certificate-id=\"rsa\" />");
    let with_id = signing("<key certificate-id=\"other\" /><key certificate-id=\"rsa\" id=\"Mine\" />");
    let rs256 = |members: Value| {
        let mut header = json!({ "alg": "RS256" });
        header.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        by(one, header)
    };
    for (name, document, members, expected) in [
        ("thumbprint", &plain, json!({ "kid": own }), "pass"),
        ("thumbprint in lower case", &plain, json!({ "kid": own.to_lowercase() }), "pass"),
        ("x5t", &plain, json!({ "x5t": x5t("rsa") }), "pass"),
        ("neither", &plain, json!({}), "pass"),
        ("unknown", &plain, json!({ "kid": "?", "x5t": "?" }), "pass"),
        ("the other's thumbprint", &plain, json!({ "kid": other }), "TokenInvalidSignature"),
        ("the other's x5t", &plain, json!({ "x5t": x5t("other") }), "TokenInvalidSignature"),
        ("the ID", &with_id, json!({ "kid": "mine" }), "pass"),
        ("x5t beside an ID", &with_id, json!({ "x5t": x5t("rsa") }), "pass"),
        ("thumbprint, where there is an ID", &with_id, json!({ "kid": own }), "pass"),
    ] {
        assert_eq!(verdict_in(&world, document, rs256(members)).await, expected, "{name}");
    }
    let stranger = signing("<key certificate-id=\"other\" />");
    assert_eq!(verdict_in(&world, &stranger, rs256(json!({ "kid": own }))).await, "TokenSignatureKeyNotFound");
}

#[tokio::test]
async fn a_token_to_a_certificate_is_opened_and_then_checked() {
    let (world, one) = (world(), Signer::published());
    let document = |keys: &str| {
        let decryption = format!("<decryption-keys>{keys}</decryption-keys>");
        let children = format!(
            "<issuer-signing-keys><key certificate-id=\"rsa\" /></issuer-signing-keys>{}\
             <audiences><audience>{CLIENT_ID}</audience></audiences>",
            if keys.is_empty() { "" } else { &decryption }
        );
        policy(IN_AUTHORIZATION, &children)
    };
    let (rsa, both) = (
        document("<key certificate-id=\"rsa\" />"),
        document("<key certificate-id=\"other\" id=\"x\" /><key certificate-id=\"rsa\" id=\"y\" />"),
    );
    let (other, none) = (document("<key certificate-id=\"other\" />"), document(""));
    let inside = |claims: Value| one.token(&json!({ "alg": "RS256" }), &v2(claims));
    let to = |token: &str, members: Value| bearer(&encrypt_to(token, "A256CBC-HS512", &one.rsa_public_der(), &members));
    let forged = Signer::unpublished().token(&json!({ "alg": "RS256" }), &v2(json!({})));
    for (name, document, request, expected) in [
        ("its key", &rsa, to(&inside(json!({})), json!({})), "pass"),
        ("one of two", &both, to(&inside(json!({})), json!({})), "pass"),
        ("the one that is named", &both, to(&inside(json!({})), json!({ "kid": "y" })), "pass"),
        ("the other one is named", &both, to(&inside(json!({})), json!({ "kid": "x" })), "JwtInvalid"),
        ("another key", &other, to(&inside(json!({})), json!({})), "JwtInvalid"),
        ("no keys", &none, to(&inside(json!({})), json!({})), "JwtInvalid"),
        ("RSA1_5", &rsa, to(&inside(json!({})), json!({ "alg": "RSA1_5" })), "JwtInvalid"),
        ("another audience inside", &rsa, to(&inside(json!({ "aud": "x" })), json!({})), "TokenAudienceNotAllowed"),
        ("forged inside", &rsa, to(&forged, json!({})), "TokenSignatureKeyNotFound"),
        ("nothing inside", &rsa, to("", json!({})), "JwtInvalid"),
        ("not encrypted", &rsa, bearer(&inside(json!({}))), "pass"),
    ] {
        assert_eq!(verdict_in(&world, document, request).await, expected, "{name}");
    }
    let message = async |document: &str| {
        let request = to(&inside(json!({})), json!({}));
        world.run(document, request, &State::default()).await.last_error.unwrap().message
    };
    assert_eq!(message(&none).await, "IDX10609: Decryption failed. No Keys tried. Access denied.");
    assert_eq!(message(&other).await, "IDX10603: Decryption failed. Access denied.");
}

#[test]
fn keys_that_cannot_be_are_refused_where_they_stand() {
    let document = |keys: &str| {
        format!("<policies><inbound><validate-jwt header-name=\"a\">\n{keys}</validate-jwt></inbound></policies>")
    };
    let problems = |keys: &str| -> Vec<String> {
        let loaded = crate::Document::load(crate::Scope::Api, &document(keys), &world().service);
        loaded.map(drop).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        problems("<issuer-signing-keys><key certificate-id=\"rsa\" id=\"a\" /></issuer-signing-keys>"),
        Vec::<String>::new()
    );
    let one_of = "<key> is one of a certificate (certificate-id), an RSA key (n and e) and the text of a symmetric key";
    assert_eq!(
        problems(
            "<issuer-signing-keys><key certificate-id=\"none\" />\n<key certificate-id=\"RSA\" />\n\
             <key certificate-id=\"rsa\">c2VjcmV0LXNlY3JldC0x</key>\n<key certificate-id=\"rsa\" n=\"AQ\" e=\"AQAB\" />\n\
             <key certificate-id=\"@(&quot;rsa&quot;)\" />\n<key certificate-id=\"\" />\n<key thumbprint=\"rsa\" />\n\
             </issuer-signing-keys>"
        ),
        [
            "2:27: the attribute \"certificate-id\" of <key> must be a certificate of the service".to_owned(),
            "3:6: the attribute \"certificate-id\" of <key> must be a certificate of the service".to_owned(),
            format!("4:1: {one_of}"),
            format!("5:1: {one_of}"),
            "6:6: the attribute \"certificate-id\" of <key> does not take a policy expression".to_owned(),
            "7:6: the attribute \"certificate-id\" of <key> must be a certificate of the service".to_owned(),
            "8:1: the key in <key> is shorter than 16 bytes".to_owned(),
            "8:6: the attribute \"thumbprint\" of <key> is not declared".to_owned(),
        ]
    );
    let no_key =
        "the attribute \"certificate-id\" of <key> must be a certificate with the private key, and that of RSA";
    assert_eq!(
        problems(
            "<decryption-keys><key certificate-id=\"none\" />\n<key certificate-id=\"ec\" />\n\
             <key certificate-id=\"public\" />\n<key certificate-id=\"rsa\">c2VjcmV0</key>\n\
             <key certificate-id=\"rsa\" n=\"AQ\" e=\"AQAB\" /></decryption-keys>"
        ),
        [
            "2:23: the attribute \"certificate-id\" of <key> must be a certificate of the service".to_owned(),
            format!("3:6: {no_key}"),
            format!("4:6: {no_key}"),
            "5:1: <key> is either a certificate (certificate-id) or the text of a symmetric key".to_owned(),
            "6:27: the attribute \"n\" of <key> is not declared".to_owned(),
            "6:34: the attribute \"e\" of <key> is not declared".to_owned(),
        ]
    );
}
