//! Reads the `<validate-jwt>` element.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, StatusCode};
use jiff::SignedDuration;
use url::Url;

use super::{Place, ValidateJwt};
use crate::{
    load::{Count, Element},
    policy::Policy,
    problem::Problems,
    token::{Match, RequiredClaim, SigningKey},
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
        place: place(element, problems).unwrap_or(Place::Literal(String::new())),
        status: status(element, problems),
        message: element.attribute("failed-validation-error-message", problems).map(str::to_owned),
        require_expiration: boolean(element, "require-expiration-time", true, problems),
        scheme: element.attribute("require-scheme", problems).map(str::to_owned),
        require_signed: boolean(element, "require-signed-tokens", true, problems),
        clock_skew: SignedDuration::from_secs(
            element.parsed::<u32>("clock-skew", "a number of seconds", problems).unwrap_or(0).into(),
        ),
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
            "audiences" => policy.audiences = texts(&child, "audience", problems),
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
        "header-name" => element.parsed::<HeaderName>(name, "a header name", problems).map(Place::Header),
        "query-parameter-name" => element.attribute(name, problems).map(|name| Place::Query(name.to_owned())),
        _ => {
            let token = element.attribute(name, problems)?;
            if token.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("Bearer ")) {
                element.bad_value(name, "a token without the scheme Bearer", problems);
            }
            Some(Place::Literal(token.to_owned()))
        }
    }
}

fn status(element: &Element<'_>, problems: &mut Problems) -> StatusCode {
    const NAME: &str = "failed-validation-httpcode";
    let Some(status) = element.parsed::<StatusCode>(NAME, "an HTTP status code", problems) else {
        return StatusCode::UNAUTHORIZED;
    };
    if status.is_informational() || status.as_u16() > 599 {
        element.bad_value(NAME, "a status code from 200 to 599", problems);
    }
    status
}

fn boolean(element: &Element<'_>, name: &str, default: bool, problems: &mut Problems) -> bool {
    /// `true` or `false`, in the letter cases that .NET reads.
    struct Boolean(bool);
    impl FromStr for Boolean {
        type Err = std::str::ParseBoolError;
        fn from_str(text: &str) -> Result<Self, Self::Err> {
            text.to_ascii_lowercase().parse().map(Self)
        }
    }
    element.parsed::<Boolean>(name, "true or false", problems).map_or(default, |value| value.0)
}

fn open_id(element: &Element<'_>, problems: &mut Problems) -> Option<Url> {
    element.only_attributes(&["url", "validate-connectivity"], problems);
    element.children(&[], problems);
    // It concerns the moment when the policy is saved, when API Management tries the URL.
    boolean(element, "validate-connectivity", true, problems);
    element.required("url", problems)?;
    let url: Url = element.parsed("url", "an absolute URL", problems)?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        element.bad_value("url", "an http or https URL", problems);
    }
    Some(url)
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
