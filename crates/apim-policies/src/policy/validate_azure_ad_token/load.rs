//! Reads the `<validate-azure-ad-token>` element.

use http::header;

use super::{Claim, ValidateAzureAdToken, is_tenant, last_segment};
use crate::{
    load::{Count, Element, Readable, Setting},
    policy::{
        Policy,
        token_policy::{TokenPolicy, decryption_certificate, list},
    },
    problem::Problems,
    token::{DecryptionKey, Match},
};

impl Readable for Match {
    const EXPECTED: &'static str = "all or any";

    fn read(text: &str) -> Option<Self> {
        match text {
            "all" => Some(Self::All),
            "any" => Some(Self::Any),
            _ => None,
        }
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    let own = ["tenant-id", "authentication-endpoint"];
    let attributes: Vec<_> = TokenPolicy::ATTRIBUTES.into_iter().chain(own).collect();
    element.only_attributes(&attributes, problems);
    let token = TokenPolicy::load(element, Some(header::AUTHORIZATION), problems);
    let tenant = element.required_setting::<String>("tenant-id", problems);
    if matches!(&tenant, Some(Setting::Literal(text)) if !is_tenant(last_segment(text))) {
        element.bad_value("tenant-id", "the identifier, domain or URL of a tenant, common or organizations", problems);
    }
    let endpoint = endpoint(element, problems);
    let mut policy = ValidateAzureAdToken {
        token,
        // Without it there is a problem, and nothing runs.
        tenant: tenant.unwrap_or(Setting::Literal(String::new())),
        endpoint: endpoint.unwrap_or_default(),
        client_ids: Vec::new(),
        backend_ids: Vec::new(),
        audiences: Vec::new(),
        required_claims: Vec::new(),
        decryption_keys: Vec::new(),
    };
    read_children(element, &mut policy, problems);
    if policy.client_ids.is_empty() && policy.audiences.is_empty() && policy.backend_ids.is_empty() {
        element.problem(
            problems,
            "<validate-azure-ad-token> without <client-application-ids> and <audiences> would take any token of the tenant",
        );
    }
    Some(Policy::ValidateAzureAdToken(Box::new(policy)))
}

/// The order of the policy statement in the documentation has changed over time, so any is taken.
fn read_children(element: &Element<'_>, policy: &mut ValidateAzureAdToken, problems: &mut Problems) {
    let mut seen = Vec::new();
    for child in element.child_elements(problems) {
        let name = child.name();
        if seen.contains(&name) {
            child.problem(problems, format!("<{name}> appears twice in <{}>", element.name()));
        }
        seen.push(name);
        match name {
            "client-application-ids" => policy.client_ids = application_ids(&child, problems),
            "backend-application-ids" => policy.backend_ids = application_ids(&child, problems),
            "audiences" => {
                let audiences = list(&child, "audience", problems);
                policy.audiences = audiences.iter().filter_map(|one| text(one, problems)).collect();
            }
            "required-claims" => {
                let claims = list(&child, "claim", problems);
                policy.required_claims = claims.iter().filter_map(|one| claim(one, problems)).collect();
            }
            "decryption-keys" => {
                let keys = list(&child, "key", problems);
                policy.decryption_keys = keys.iter().filter_map(|key| decryption_key(key, problems)).collect();
            }
            _ => child.problem(problems, format!("<{name}> in <{}> is not supported", element.name())),
        }
    }
}

/// The place of the discovery documents; `https://` may be left out.
fn endpoint(element: &Element<'_>, problems: &mut Problems) -> Option<String> {
    const NAME: &str = "authentication-endpoint";
    if !element.has(NAME) {
        return Some("https://login.microsoftonline.com".to_owned());
    }
    let text = element.attribute(NAME, problems)?.trim().trim_end_matches('/');
    let host = text.strip_prefix("https://").unwrap_or(text);
    let url = format!("https://{host}");
    if url::Url::parse(&url).is_err() || host.contains(['/', '?', '#', '@', ' ']) || host.is_empty() {
        element.bad_value(NAME, "a host, with or without https://", problems);
    }
    Some(url)
}

fn application_ids(element: &Element<'_>, problems: &mut Problems) -> Vec<String> {
    let entries = list(element, "application-id", problems);
    let mut ids = Vec::new();
    for entry in &entries {
        entry.only_attributes(&[], problems);
        let Some(id) = entry.text(problems) else { continue };
        if id.is_empty() {
            entry.problem(problems, "<application-id> is empty");
        }
        ids.push(id);
    }
    ids
}

fn claim(element: &Element<'_>, problems: &mut Problems) -> Option<Claim> {
    element.only_attributes(&["name", "match", "separator"], problems);
    let name = element.required_setting("name", problems);
    let matching = element.setting("match", problems);
    let separator = element.setting("separator", problems);
    let values = element.children(&[("value", Count::Any)], problems);
    let values = values.iter().filter_map(|value| text(value, problems)).collect();
    Some(Claim { name: name?, matching, separator, values })
}

fn decryption_key(element: &Element<'_>, problems: &mut Problems) -> Option<DecryptionKey> {
    element.only_attributes(&["certificate-id"], problems);
    if !element.text(problems)?.is_empty() {
        element.problem(problems, "<key> holds text; a certificate of the service is named with certificate-id");
    }
    decryption_certificate(None, element, problems)
}

/// The text of an entry, which has no attributes and is not empty.
fn text(element: &Element<'_>, problems: &mut Problems) -> Option<Setting<String>> {
    element.only_attributes(&[], problems);
    let text: Setting<String> = element.text_setting(problems)?;
    if matches!(&text, Setting::Literal(text) if text.is_empty()) {
        element.problem(problems, format!("<{}> is empty", element.name()));
        return None;
    }
    Some(text)
}
