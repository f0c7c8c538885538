//! Tests which tokens can be decrypted, and which cannot.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::rig::Signer;

fn certificate(signer: &Signer) -> Certificate {
    Certificate::new(&signer.rsa_certificate(), Some(&signer.rsa_private())).unwrap()
}

fn rsa_key() -> DecryptionKey {
    DecryptionKey::from_certificate(None, &certificate(Signer::published())).unwrap()
}

fn with(token: &str, index: usize, part: &str) -> String {
    let mut parts: Vec<_> = token.split('.').collect();
    parts[index] = part;
    parts.join(".")
}

fn header(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(json)
}

#[test]
fn what_was_changed_or_asks_for_something_else_does_not_open() {
    let keys = [DecryptionKey::symmetric(None, vec![7; 32]).unwrap()];
    let good = encrypt("a.b.c", "A128CBC-HS256", &[7; 32]);
    assert_eq!(decrypt(&good, &keys).unwrap(), "a.b.c");
    let with = |index: usize, part: &str| with(&good, index, part);
    for (name, token, refusal) in [
        ("another algorithm", with(0, &header(r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256"}"#)), "IDX10619"),
        ("another method", with(0, &header(r#"{"alg":"dir","enc":"A128GCM"}"#)), "IDX10619"),
        (
            "a critical member",
            with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256","crit":["x"]}"#)),
            "The header parameter 'crit'",
        ),
        (
            "compressed in an unknown way",
            with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256","zip":"GZ"}"#)),
            "IDX10682",
        ),
        (
            "a compression that is no text",
            with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256","zip":1}"#)),
            "JWT is not well",
        ),
        ("another header", with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256"}"#)), "IDX10603"),
        ("no header", with(0, "e30"), "JWT is not well"),
        ("a key", with(1, "AAAA"), "IDX10603"),
        ("another IV", with(2, "AAAAAAAAAAAAAAAAAAAAAA"), "IDX10603"),
        ("a short IV", with(2, "AAAA"), "IDX10603"),
        ("another text", with(3, "AAAAAAAAAAAAAAAAAAAAAA"), "IDX10603"),
        ("no tag", with(4, ""), "IDX10603"),
        ("no Base64url", with(4, "?"), "JWT is not well"),
    ] {
        let error = decrypt(&token, &keys).unwrap_err().to_string();
        assert!(error.starts_with(refusal), "{name}: {error}");
    }
    assert!(DecryptionKey::symmetric(None, vec![1; 33]).is_none());
    assert!(matches!(decrypt(&good, &[]), Err(TokenRefusal::NoDecryptionKeys)));
}

#[test]
fn a_compressed_token_is_inflated_up_to_the_size_of_a_token() {
    let public = Signer::published().rsa_public_der();
    let compressed = |zip: Value, content: &[u8]| {
        let token = encrypt_to(content, "A128CBC-HS256", &public, &json!({ "zip": zip }));
        decrypt(&token, &[rsa_key()]).map_err(|refusal| refusal.to_string())
    };
    let deflated = |length: usize| miniz_oxide::deflate::compress_to_vec(&vec![b'a'; length], 6);
    assert_eq!(compressed(json!("DEF"), &deflated(3)).unwrap(), "aaa");
    assert_eq!(compressed(json!("DEF"), &deflated(256_000)).unwrap().len(), 256_000);
    assert!(compressed(json!("DEF"), &deflated(256_001)).unwrap_err().starts_with("IDX10679"));
    assert!(compressed(json!("DEF"), b"a.b.c").unwrap_err().starts_with("IDX10679"));
    for none in [json!(null), json!("")] {
        assert_eq!(compressed(none, b"a.b.c").unwrap(), "a.b.c");
    }
}

#[test]
fn a_token_to_a_certificate_opens_with_its_key_alone() {
    let public = Signer::published().rsa_public_der();
    let keys = [DecryptionKey::symmetric(None, vec![9; 32]).unwrap(), rsa_key()];
    for method in ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"] {
        let token = encrypt_to("a.b.c", method, &public, &json!({}));
        assert_eq!(decrypt(&token, &keys).unwrap(), "a.b.c", "{method}");
        // The token's content key is 32 bytes of 9, as the shared key. But the token asks for another kind of key.
        assert!(matches!(decrypt(&token, &keys[..1]), Err(TokenRefusal::DecryptionAlgorithm { .. })), "{method}");
        let stranger = DecryptionKey::from_certificate(None, &certificate(Signer::unpublished())).unwrap();
        assert!(matches!(decrypt(&token, &[stranger]), Err(TokenRefusal::Decryption)), "{method}");
        for index in 0..5 {
            for part in ["", "AAAA"] {
                assert!(decrypt(&with(&token, index, part), &keys).is_err(), "{method}, part {index}");
            }
        }
    }
    for algorithm in ["RSA1_5", "RSA-OAEP-256", "A128KW", "ECDH-ES", "none"] {
        let token = encrypt_to("a.b.c", "A128CBC-HS256", &public, &json!({ "alg": algorithm }));
        let error = decrypt(&token, &keys).unwrap_err().to_string();
        let expected = format!(
            "IDX10619: Decryption failed. Algorithm: '{algorithm}'. Either the Encryption Algorithm: 'A128CBC-HS256' "
        );
        assert!(error.starts_with(&expected), "{error}");
    }
    for method in ["A128GCM", "A256GCM", ""] {
        let token = encrypt_to("a.b.c", method, &public, &json!({}));
        assert!(matches!(decrypt(&token, &keys), Err(TokenRefusal::DecryptionAlgorithm { .. })), "{method}");
    }
}

#[test]
fn a_named_key_decides_alone() {
    let (own, other) = (certificate(Signer::published()), certificate(Signer::unpublished()));
    let keys = |id: Option<&str>| {
        [(&own, id), (&other, None)]
            .map(|(one, id)| DecryptionKey::from_certificate(id.map(str::to_owned), one).unwrap())
    };
    let token = |members: &Value| encrypt_to("a.b.c", "A128CBC-HS256", &Signer::published().rsa_public_der(), members);
    for (name, id, members, opens) in [
        ("its thumbprint", None, json!({ "kid": own.thumbprint() }), true),
        ("in lower case", None, json!({ "kid": own.thumbprint().to_lowercase() }), true),
        ("its x5t", None, json!({ "x5t": own.x5t() }), true),
        ("its ID", Some("own"), json!({ "kid": "own" }), true),
        ("its thumbprint, which is no longer its ID", Some("own"), json!({ "kid": own.thumbprint() }), true),
        ("nobody", None, json!({ "kid": "nobody", "x5t": "nobody" }), true),
        ("the other's thumbprint", None, json!({ "kid": other.thumbprint() }), false),
        ("the other's x5t", None, json!({ "x5t": other.x5t() }), false),
    ] {
        assert_eq!(decrypt(&token(&members), &keys(id)).is_ok(), opens, "{name}");
    }
}

proptest! {
    #[test]
    fn any_parts_are_refused(parts in proptest::collection::vec("[A-Za-z0-9_-]{0,400}", 5), rsa: bool) {
        let mut parts = parts;
        parts[0] = header(&json!({ "alg": if rsa { "RSA-OAEP" } else { "dir" }, "enc": "A128CBC-HS256" }).to_string());
        let keys = [DecryptionKey::symmetric(None, vec![7; 32]).unwrap(), rsa_key()];
        prop_assert!(decrypt(&parts.join("."), &keys).is_err());
    }
}
