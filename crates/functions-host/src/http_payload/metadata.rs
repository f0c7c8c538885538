//! `Metadata` of an HTTP function: the flat values of route, query and body, and then the query and the headers.
//!
//! Source: `HttpTriggerAttributeBindingProvider.cs` of `Azure/azure-webjobs-sdk-extensions`.

use super::call::PayloadSource;
use crate::json::{self, Json};

/// Returns the members, without the system data. `binding` is the trigger's name.
pub(super) fn metadata(call: &PayloadSource<'_>, binding: &str) -> Vec<(String, Json)> {
    let mut flat: Vec<(String, Json)> = Vec::new();
    let mut add = |name: &str, value: Json| {
        if !flat.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            flat.push((name.to_owned(), value));
        }
    };
    for (name, value) in call.values {
        // An optional parameter without value hides values of the query and the body.
        add(name, value.as_deref().map_or(Json::Null, encoded));
    }
    for (name, values) in call.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("code")) {
        add(name, encoded(values.last().map_or("", String::as_str)));
    }
    for (name, value) in body_members(call) {
        add(&name, value);
    }
    flat.retain(|(name, value)| {
        let is_trigger = name.eq_ignore_ascii_case(binding) || name.to_ascii_lowercase().ends_with("trigger");
        *value != Json::Null && !is_trigger
    });
    let last = |values: &Vec<String>| Json::Text(values.last().cloned().unwrap_or_default());
    let query = call.query.iter().map(|(name, values)| (name.clone(), last(values)));
    let headers = call.headers.iter().map(|(name, lines)| (name.clone(), Json::Text(lines.join(","))));
    for (name, value) in [("Query", Json::Object(query.collect())), ("Headers", Json::Object(headers.collect()))] {
        if !flat.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            flat.push((name.to_owned(), value));
        }
    }
    flat
}

/// Returns a text that holds the JSON of `text`.
fn encoded(text: &str) -> Json {
    Json::Text(Json::text(text).to_string())
}

/// Returns the members of a body that is a single JSON object. The content type has no meaning. Scalars become texts,
/// and objects stay as they are. If names are equal, the first spelling and the last value count.
fn body_members(call: &PayloadSource<'_>) -> Vec<(String, Json)> {
    let Some(body) = &call.body else { return Vec::new() };
    let document =
        Some(&body.text).filter(|text| text.trim_start().starts_with('{')).and_then(|text| json::read_whole(text).ok());
    let Some(Json::Object(members)) = document else { return Vec::new() };
    let mut found: Vec<(String, Json)> = Vec::new();
    for (name, value) in members {
        let value = match value {
            Json::Object(_) => Some(value),
            scalar => scalar.scalar_text().map(|text| encoded(&text)),
        };
        let Some(value) = value else { continue };
        match found.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, known)) => *known = value,
            None => found.push((name, value)),
        }
    }
    found
}
