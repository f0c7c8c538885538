//! Reads the `<validate-jwt>` element.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::Url;

use super::{TokenPolicy, ValidateJwt};
use crate::policy::prelude::*;
use crate::{
    policy::{required_claims, token_policy::certificate, token_policy::decryption_certificate, token_policy::list},
    token::{DecryptionKey, SigningKey},
};

const OWN_ATTRIBUTES: [&str; 4] = ["require-expiration-time", "require-scheme", "require-signed-tokens", "clock-skew"];

/// The children in the documented order.
const CHILDREN: [(&str, Count); 6] = [
    ("openid-config", Count::Any),
    ("issuer-signing-keys", Count::AtMostOne),
    ("decryption-keys", Count::AtMostOne),
    ("audiences", Count::AtMostOne),
    ("issuers", Count::AtMostOne),
    ("required-claims", Count::AtMostOne),
];

/// The smallest HMAC key that Microsoft.IdentityModel accepts, in bytes (IDX10653).
const SMALLEST_SECRET: usize = 16;

pub(in crate::policy) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateJwt> {
    let attributes: Vec<_> = TokenPolicy::ATTRIBUTES.into_iter().chain(OWN_ATTRIBUTES).collect();
    element.only_attributes(&attributes, problems);
    element.not_empty(&["require-scheme"], problems);
    let mut policy = ValidateJwt {
        token: TokenPolicy::load(element, None, problems),
        require_expiration: element.setting("require-expiration-time", problems),
        scheme: element.setting("require-scheme", problems),
        require_signed: element.setting("require-signed-tokens", problems),
        clock_skew: element.setting("clock-skew", problems),
        open_id: Vec::new(),
        keys: Vec::new(),
        decryption_keys: Vec::new(),
        audiences: Vec::new(),
        issuers: Vec::new(),
        required_claims: Vec::new(),
    };
    if matches!(policy.require_signed, Some(Setting::Literal(false))) {
        element.warn(
            problems,
            "require-signed-tokens=\"false\" lets in any token without a signature, whatever it claims",
        );
    }
    for child in element.children(&CHILDREN, problems) {
        match child.name() {
            "openid-config" => policy.open_id.extend(open_id(&child, problems)),
            "issuer-signing-keys" => {
                policy.keys = signing_keys(&list(&child, "key", problems), problems);
            }
            "audiences" => policy.audiences = required_claims::texts(&child, "audience", problems),
            "issuers" => policy.issuers = required_claims::texts(&child, "issuer", problems),
            "required-claims" => policy.required_claims = required_claims::load(&child, problems),
            _ => {
                let keys = list(&child, "key", problems);
                policy.decryption_keys = keys.iter().filter_map(|key| decryption_key(key, problems)).collect();
            }
        }
    }
    Some(policy)
}

fn open_id(element: &Element<'_>, problems: &mut Problems) -> Option<Setting<Url>> {
    element.only_attributes(&["url", "validate-connectivity"], problems);
    element.children(&[], problems);
    // API Management tries the URL when the policy is saved. The attribute controls only that.
    let _concerns_saving = element.flag("validate-connectivity", problems);
    element.required_setting("url", problems)
}

/// Reads the keys, and warns of keys that cannot verify a token.
fn signing_keys(elements: &[Element<'_>], problems: &mut Problems) -> Vec<SigningKey> {
    let mut ids = Vec::new();
    let mut keys = Vec::new();
    for element in elements {
        let Some(key) = signing_key(element, problems) else { continue };
        if let Some(weakness) = key.weakness() {
            element.warn(problems, format!("the key in <key> verifies no token: {weakness}"));
        }
        if let Some(id) = element.attribute("id", problems) {
            if ids.contains(&id) {
                element
                    .warn(problems, format!("the key in <key> verifies no token: an earlier one has the id \"{id}\""));
            }
            ids.push(id);
        }
        keys.push(key);
    }
    keys
}

fn signing_key(element: &Element<'_>, problems: &mut Problems) -> Option<SigningKey> {
    element.only_attributes(&["id", "certificate-id", "n", "e"], problems);
    let id = element.attribute("id", problems).map(str::to_owned);
    let text = element.text(problems)?;
    let (of_certificate, rsa) = (element.has("certificate-id"), element.has("n") || element.has("e"));
    if [of_certificate, rsa, !text.is_empty()].into_iter().filter(|written| *written).count() > 1 {
        element.problem(
            problems,
            "<key> is one of a certificate (certificate-id), an RSA key (n and e) and the text of a symmetric key",
        );
    }
    if of_certificate {
        return certificate(element, problems).map(|certificate| SigningKey::from_certificate(id, certificate));
    }
    if !rsa {
        return symmetric_key(element, id, &text, problems);
    }
    let (n, e) = (element.required("n", problems), element.required("e", problems));
    SigningKey::rsa(id, n?, e?).map_err(|error| element.problem(problems, error.to_string())).ok()
}

fn symmetric_key(element: &Element<'_>, id: Option<String>, text: &str, problems: &mut Problems) -> Option<SigningKey> {
    match STANDARD.decode(text) {
        Ok(secret) if secret.len() >= SMALLEST_SECRET => Some(SigningKey::symmetric(id, &secret)),
        Ok(_) => {
            element.problem(problems, format!("the key in <key> is shorter than {SMALLEST_SECRET} bytes"));
            None
        }
        Err(_) => {
            element.problem(problems, "the text of <key> is not Base64");
            None
        }
    }
}

/// Reads a decryption key. The page also has `n` and `e` here, but these make a public key, which cannot decrypt.
fn decryption_key(element: &Element<'_>, problems: &mut Problems) -> Option<DecryptionKey> {
    element.only_attributes(&["id", "certificate-id"], problems);
    let id = element.attribute("id", problems).map(str::to_owned);
    let text = element.text(problems)?;
    if element.has("certificate-id") {
        if !text.is_empty() {
            element.problem(problems, "<key> is either a certificate (certificate-id) or the text of a symmetric key");
        }
        return decryption_certificate(id, element, problems);
    }
    let key = STANDARD.decode(text).ok().and_then(|secret| DecryptionKey::symmetric(id, secret));
    if key.is_none() {
        element.problem(problems, "the text of <key> is not Base64 of 32, 48 or 64 bytes");
    }
    key
}
