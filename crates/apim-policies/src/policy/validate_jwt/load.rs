//! Reads the `<validate-jwt>` element.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::Url;

use super::{
    Place, ValidateJwt,
    required_claims::{Match, RequiredClaim},
};
use crate::{
    load::{Count, Element, Readable as _, Setting},
    policy::Policy,
    problem::Problems,
    token::SigningKey,
};

const ATTRIBUTES: [&str; 11] = [
    "header-name",
    "query-parameter-name",
    "token-value",
    "failed-validation-httpcode",
    "failed-validation-error-message",
    "require-expiration-time",
    "require-scheme",
    "require-signed-tokens",
    "clock-skew",
    "output-token-variable-name",
    "id",
];

/// In the documented order.
const CHILDREN: [(&str, Count); 6] = [
    ("openid-config", Count::Any),
    ("issuer-signing-keys", Count::AtMostOne),
    ("decryption-keys", Count::AtMostOne),
    ("audiences", Count::AtMostOne),
    ("issuers", Count::AtMostOne),
    ("required-claims", Count::AtMostOne),
];

/// The smallest HMAC key that Microsoft.IdentityModel takes (IDX10653).
const SMALLEST_SECRET: usize = 16;

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&ATTRIBUTES, problems);
    let mut policy = ValidateJwt {
        place: place(element, problems).unwrap_or(Place::Value(Setting::Literal(String::new()))),
        status: element.setting("failed-validation-httpcode", problems),
        message: element.setting("failed-validation-error-message", problems),
        require_expiration: element.setting("require-expiration-time", problems),
        scheme: element.setting("require-scheme", problems),
        require_signed: element.setting("require-signed-tokens", problems),
        clock_skew: element.setting("clock-skew", problems),
        variable: element.attribute("output-token-variable-name", problems).map(str::to_owned),
        open_id: Vec::new(),
        keys: Vec::new(),
        audiences: Vec::new(),
        issuers: Vec::new(),
        required_claims: Vec::new(),
    };
    for child in element.children(&CHILDREN, problems) {
        match child.name() {
            "openid-config" => policy.open_id.extend(open_id(&child, problems)),
            "issuer-signing-keys" => {
                policy.keys =
                    list(&child, "key", problems).iter().filter_map(|key| signing_key(key, problems)).collect();
            }
            "audiences" => {
                let audiences = list(&child, "audience", problems);
                policy.audiences = audiences.iter().filter_map(|one| audience(one, problems)).collect();
            }
            "issuers" => policy.issuers = texts(&child, "issuer", problems),
            "required-claims" => {
                let claims = list(&child, "claim", problems);
                policy.required_claims = claims.iter().filter_map(|claim| required_claim(claim, problems)).collect();
            }
            other => child.problem(problems, format!("<{other}> of <validate-jwt> is not supported yet")),
        }
    }
    Some(Policy::ValidateJwt(Box::new(policy)))
}

fn place(element: &Element<'_>, problems: &mut Problems) -> Option<Place> {
    let written: Vec<_> =
        ["header-name", "query-parameter-name", "token-value"].into_iter().filter(|name| element.has(name)).collect();
    let &[name] = written.as_slice() else {
        element.problem(
            problems,
            "<validate-jwt> needs exactly one of the attributes header-name, query-parameter-name and token-value",
        );
        return None;
    };
    match name {
        "header-name" => element.setting(name, problems).map(Place::Header),
        "query-parameter-name" => element.setting(name, problems).map(Place::Query),
        _ => {
            let token = element.setting::<String>(name, problems)?;
            if let Setting::Literal(token) = &token
                && token.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("Bearer "))
            {
                element.bad_value(name, "a token without the scheme Bearer", problems);
            }
            Some(Place::Value(token))
        }
    }
}

fn open_id(element: &Element<'_>, problems: &mut Problems) -> Option<Setting<Url>> {
    element.only_attributes(&["url", "validate-connectivity"], problems);
    element.children(&[], problems);
    // It concerns the moment when the policy is saved, when API Management tries the URL.
    if element.attribute("validate-connectivity", problems).is_some_and(|value| bool::read(value).is_none()) {
        element.bad_value("validate-connectivity", bool::EXPECTED, problems);
    }
    element.required_setting("url", problems)
}

fn signing_key(element: &Element<'_>, problems: &mut Problems) -> Option<SigningKey> {
    element.only_attributes(&["id", "n", "e"], problems);
    let id = element.attribute("id", problems).map(str::to_owned);
    let text = element.text(problems)?;
    if !element.has("n") && !element.has("e") {
        return symmetric_key(element, id, &text, problems);
    }
    if !text.is_empty() {
        element.problem(problems, "<key> is either an RSA key (n and e) or the text of a symmetric key, not both");
    }
    let (n, e) = (element.required("n", problems), element.required("e", problems));
    let key = SigningKey::rsa(id, n?, e?);
    if key.is_none() {
        element.problem(problems, "n and e of <key> are not Base64url without padding");
    }
    key
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

fn required_claim(element: &Element<'_>, problems: &mut Problems) -> Option<RequiredClaim> {
    element.only_attributes(&["name", "match", "separator"], problems);
    let matching = match element.attribute("match", problems) {
        None | Some("all") => Match::All,
        Some("any") => Match::Any,
        Some(_) => {
            element.bad_value("match", "all or any", problems);
            Match::All
        }
    };
    let separator = element.attribute("separator", problems);
    if separator.is_some_and(str::is_empty) {
        element.bad_value("separator", "at least one character", problems);
    }
    let values = element.children(&[("value", Count::Any)], problems);
    let values = values.iter().filter_map(|value| plain_text(value, problems)).collect();
    let name = element.required("name", problems)?.to_owned();
    Some(RequiredClaim { name, matching, separator: separator.map(str::to_owned), values })
}

fn audience(element: &Element<'_>, problems: &mut Problems) -> Option<Setting<String>> {
    element.only_attributes(&[], problems);
    let audience: Setting<String> = element.text_setting(problems)?;
    if matches!(&audience, Setting::Literal(text) if text.is_empty()) {
        element.problem(problems, "<audience> is empty");
        return None;
    }
    Some(audience)
}

/// The texts of a list's entries.
fn texts(element: &Element<'_>, entry: &str, problems: &mut Problems) -> Vec<String> {
    list(element, entry, problems).iter().filter_map(|child| plain_text(child, problems)).collect()
}

/// The entries of a list, of which there must be one at least.
fn list<'d>(element: &Element<'d>, entry: &str, problems: &mut Problems) -> Vec<Element<'d>> {
    element.only_attributes(&[], problems);
    let entries = element.children(&[(entry, Count::Any)], problems);
    if entries.is_empty() {
        element.problem(problems, format!("<{}> needs at least one <{entry}>", element.name()));
    }
    entries
}

/// The text of an entry, which has no attributes and is not empty.
fn plain_text(element: &Element<'_>, problems: &mut Problems) -> Option<String> {
    element.only_attributes(&[], problems);
    let text = element.text(problems)?;
    if text.is_empty() {
        element.problem(problems, format!("<{}> is empty", element.name()));
        return None;
    }
    Some(text)
}
