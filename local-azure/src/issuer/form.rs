//! The form that a client sends to the token endpoint.

use std::collections::BTreeMap;

use http::{HeaderMap, header};
use url::form_urlencoded;

use super::refusal::EntraRefusal;

/// Fields with a meaning here. Entra ignores others, such as those in which client libraries describe themselves.
const FIELDS: [&str; 10] = [
    "assertion",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "grant_type",
    "requested_token_use",
    "resource",
    "scope",
];
/// Fields that change the token and are not supported here: proof of possession, agent identities.
const REFUSED: [&str; 3] = ["req_cnf", "token_type", "fmi_path"];

/// Fields by name, each given once. The form holds credentials, so it has no `Debug`.
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a form. A field that would change the token in an unsupported way is refused.
    pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Self, EntraRefusal> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form = content_type.split(';').next().unwrap_or_default().trim();
        if !is_form.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            // Entra reads such a body as an empty form.
            return Ok(Self(BTreeMap::new()));
        }
        let mut form = Self(BTreeMap::new());
        for (name, value) in form_urlencoded::parse(body) {
            if FIELDS.contains(&name.as_ref()) {
                form.add(&name, value.into_owned())?;
            } else if REFUSED.contains(&name.as_ref()) {
                return Err(EntraRefusal::not_understood(format!("the form field {name} is not known")));
            }
        }
        Ok(form)
    }

    /// Adds a field that is not in the form yet.
    pub(super) fn add(&mut self, name: &str, value: String) -> Result<(), EntraRefusal> {
        match self.0.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(EntraRefusal::not_understood(format!("{name} is given twice"))),
        }
    }

    /// Returns a field if it is present and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a field that must be present.
    pub(super) fn required(&self, name: &str) -> Result<&str, EntraRefusal> {
        self.get(name).ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            EntraRefusal::invalid_request(900_144, text)
        })
    }
}
