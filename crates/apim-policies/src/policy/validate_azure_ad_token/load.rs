//! Reads the `<validate-azure-ad-token>` element.

use http::header;

use super::{ValidateAzureAdToken, is_tenant, last_segment};
use crate::policy::prelude::*;
use crate::{
    policy::{required_claims, token_policy::TokenPolicy, token_policy::decryption_certificate, token_policy::list},
    token::DecryptionKey,
};

pub(in crate::policy) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateAzureAdToken> {
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
        // A missing tenant is already a problem, so this value is never used.
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
    Some(policy)
}

/// Reads the children in any order: the policy statement in the documentation has changed its order over time.
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
            "audiences" => policy.audiences = required_claims::texts(&child, "audience", problems),
            "required-claims" => policy.required_claims = required_claims::load(&child, problems),
            "decryption-keys" => {
                let keys = list(&child, "key", problems);
                policy.decryption_keys = keys.iter().filter_map(|key| decryption_key(key, problems)).collect();
            }
            _ => child.problem(problems, format!("<{name}> is not declared in <{}>", element.name())),
        }
    }
}

/// Returns the address of the discovery documents; `https://` may be left out.
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

fn decryption_key(element: &Element<'_>, problems: &mut Problems) -> Option<DecryptionKey> {
    element.only_attributes(&["certificate-id"], problems);
    if !element.text(problems)?.is_empty() {
        element.problem(problems, "<key> holds text; a certificate of the service is named with certificate-id");
    }
    decryption_certificate(None, element, problems)
}
