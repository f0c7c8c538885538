//! Compares an answer with a recorded one.

use std::collections::BTreeMap;

use quick_xml::{Reader, events::Event};
use reqwest::{Method, Response};
use serde_json::Value;

/// Headers that depend on the moment or on the connection.
const IGNORED: &[&str] = &[
    "date",
    "server",
    "connection",
    "transfer-encoding",
    "x-ms-request-id",
    "content-length",
    "vary",
    "x-ms-client-request-id",
];

pub(crate) struct RecordedAnswer {
    status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl RecordedAnswer {
    pub(crate) async fn from_response(response: Response) -> Self {
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        Self { status: response.status().as_u16(), headers, body: response.bytes().await.unwrap().to_vec() }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default().trim_start_matches('\u{feff}')
    }
}

pub(crate) fn differences(
    recorded: &Value,
    answer: &RecordedAnswer,
    method: &Method,
    version: Option<&str>,
    fill: impl Fn(&str) -> String,
) -> Vec<String> {
    let status = recorded["s"].as_u64().unwrap();
    if status != u64::from(answer.status) {
        return vec![format!("status {status} is {}: {}", answer.status, answer.text())];
    }
    let mut found = Vec::new();
    let expected = recorded["h"].as_object().unwrap();
    for (name, value) in expected.iter().filter(|(name, _)| !IGNORED.contains(&name.as_str())) {
        let value = value.as_str().unwrap();
        let Some(actual) = answer.headers.get(name) else {
            found.push(format!("no header {name}"));
            continue;
        };
        let wanted = match (name.as_str(), version) {
            // Some requests have a later version than the recorded one, which did not support tokens.
            ("x-ms-version", Some(version)) => version.to_owned(),
            _ => fill(value.strip_prefix('=').unwrap_or(value)),
        };
        if value != "*" && !is_like(&wanted, actual) {
            found.push(format!("header {name} \"{wanted}\" is \"{actual}\""));
        }
    }
    for name in answer.headers.keys().filter(|name| !IGNORED.contains(&name.as_str())) {
        if !expected.contains_key(name) {
            found.push(format!("header {name} was not recorded"));
        }
    }
    if *method == Method::HEAD && status >= 400 && answer.headers.contains_key("content-length") {
        found.push("a refused HEAD has a length".to_owned());
    }
    match recorded["x"].as_str().map(fill) {
        Some(text) if text.starts_with('{') => {
            compare_json(
                &serde_json::from_str(&text).unwrap(),
                &serde_json::from_str(answer.text()).unwrap(),
                "",
                &mut found,
            );
        }
        Some(text) => compare_xml(text.trim_start_matches('\u{feff}'), answer.text(), &mut found),
        None if *method != Method::HEAD && !answer.body.is_empty() => found.push(format!("a body: {}", answer.text())),
        None => {}
    }
    found
}

/// Reports whether a text matches the recorded one, in which `{T}`, `{D}`, `{E}` and `{*}` stand for a time, a date, a
/// tag, anything.
fn is_like(wanted: &str, actual: &str) -> bool {
    let mut rest = actual;
    let mut parts = ["{T}", "{D}", "{E}", "{*}", "*\n"]
        .iter()
        .fold(wanted.to_owned(), |text, place| text.replace(place, "\u{0}"))
        .split('\u{0}')
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter();
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first.as_str()) else { return false };
    rest = after;
    let mut has_places = false;
    for part in parts {
        has_places = true;
        if part.is_empty() {
            rest = "";
            continue;
        }
        match rest.find(&part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || has_places && wanted.ends_with('}')
}

fn compare_json(wanted: &Value, actual: &Value, path: &str, found: &mut Vec<String>) {
    match (wanted, actual) {
        (Value::Object(wanted), Value::Object(actual)) => {
            for (name, value) in wanted {
                match actual.get(name) {
                    Some(other) => compare_json(value, other, &format!("{path}.{name}"), found),
                    None => found.push(format!("no member {path}.{name}")),
                }
            }
            let unknown = actual.keys().filter(|name| !wanted.contains_key(*name));
            found.extend(unknown.map(|name| format!("member {path}.{name} was not recorded")));
        }
        _ if [".attributes.created", ".attributes.updated", ".attributes.recoverableDays"].contains(&path) => {}
        _ if wanted != actual => found.push(format!("{path} {wanted} is {actual}")),
        _ => {}
    }
}

/// Compares the texts of elements by path, in their order. Of a refusal's message, only the first line is compared.
fn compare_xml(wanted: &str, actual: &str, found: &mut Vec<String>) {
    let (wanted, actual) = (flat(wanted), flat(actual));
    let paths = |texts: &[(String, String)]| texts.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    if paths(&wanted) != paths(&actual) {
        found.push(format!("elements {:?} are {:?}", paths(&wanted), paths(&actual)));
        return;
    }
    for ((path, wanted), (_, actual)) in wanted.iter().zip(&actual) {
        let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        let fits = if path.ends_with("Error/Message") { line(wanted) == line(actual) } else { is_like(wanted, actual) };
        if !fits {
            found.push(format!("{path} \"{wanted}\" is \"{actual}\""));
        }
    }
}

fn flat(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let (mut texts, mut path): (Vec<(String, String)>, Vec<String>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                path.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
                texts.push((path.join("/"), String::new()));
            }
            Event::Empty(tag) => {
                texts.push((
                    format!("{}/{}", path.join("/"), String::from_utf8_lossy(tag.name().as_ref())),
                    String::new(),
                ));
            }
            Event::Text(text) => {
                let text = text.decode().unwrap();
                if let Some((_, value)) = texts.last_mut().filter(|_| !text.trim().is_empty()) {
                    value.push_str(&text);
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Eof => return texts,
            _ => {}
        }
    }
}
