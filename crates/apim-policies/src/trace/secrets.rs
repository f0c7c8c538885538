//! Secrets that a trace must not show: known keys and tokens, parts of them, and texts that look like keys or tokens.

use std::{fmt, ops::Range};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};

/// The replacement of a secret.
const REDACTED: &str = "(redacted)";
/// The shortest known secret. Shorter texts would redact unrelated text.
const SHORTEST_SECRET: usize = 3;
/// The length of a block. A part of a secret is found if it holds a whole block. Every part of 15 bytes does.
const BLOCK: usize = 8;
/// The shortest secret whose parts are searched for.
const SHORTEST_IN_PARTS: usize = 16;
/// The shortest text after `Bearer` that counts as a token, not a word.
const SHORTEST_CREDENTIAL: usize = 16;
/// The shortest text that begins like a JSON object in Base64 and counts as the header of a token.
const SHORTEST_JWT_PART: usize = 20;

/// Texts that a trace must not show.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// Creates a collection of these secrets. All texts that look like a key or token are redacted anyway.
    #[must_use]
    pub fn new(known: Vec<String>) -> Self {
        Self(known)
    }

    /// Adds a secret.
    pub(crate) fn add(&mut self, secret: &str) {
        self.0.push(secret.to_owned());
    }

    /// Adds the secrets in these headers.
    pub(crate) fn add_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            if *name == header::AUTHORIZATION || *name == header::PROXY_AUTHORIZATION {
                self.add_credential(value);
            } else if names_secret_header(name.as_str()) {
                self.add(value);
            }
        }
    }

    /// Adds the credential after a scheme.
    fn add_credential(&mut self, value: &str) {
        let (scheme, credential) = value.split_once(' ').unwrap_or(("", value));
        let credential = credential.trim();
        self.add(credential);
        if scheme.eq_ignore_ascii_case("basic")
            && let Some(pair) = STANDARD.decode(credential).ok().and_then(|pair| String::from_utf8(pair).ok())
            && let Some((_, password)) = pair.split_once(':')
        {
            self.add(password);
        }
    }

    /// Returns the text without secrets.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut found = Vec::new();
        for secret in self.0.iter().filter(|secret| secret.len() >= SHORTEST_SECRET) {
            found.extend(text.match_indices(secret.as_str()).map(|(at, part)| at..at + part.len()));
            if secret.len() >= SHORTEST_IN_PARTS {
                parts(text.as_bytes(), secret.as_bytes(), &mut found);
            }
        }
        tokens(text, &mut found);
        credentials(text, &mut found);
        named(text, &mut found);
        without(text, found)
    }
}

/// Finds the parts of a secret in the text.
fn parts(text: &[u8], secret: &[u8], found: &mut Vec<Range<usize>>) {
    for (index, block) in secret.chunks_exact(BLOCK).enumerate() {
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.windows(BLOCK).position(|window| window == block)) {
            let (start, place) = (from + at, index * BLOCK);
            let before = text[..start].iter().rev().zip(secret[..place].iter().rev());
            let after = text[start..].iter().zip(&secret[place..]);
            let (before, after) = (before.take_while(same).count(), after.take_while(same).count());
            found.push(start - before..start + after);
            from = start + after;
        }
    }
}

fn same((a, b): &(&u8, &u8)) -> bool {
    a == b
}

/// Finds texts that look like a token or a part of one: every JSON object begins with `eyJ` in Base64.
fn tokens(text: &str, found: &mut Vec<Range<usize>>) {
    for (start, _) in text.match_indices("eyJ") {
        let length = run_of(&text[start..], |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let is_whole = text[start..start + length].contains('.');
        if is_whole || length >= SHORTEST_JWT_PART {
            found.push(start..start + length);
        }
    }
}

/// Finds the credentials after the name of a scheme of the Authorization header.
fn credentials(text: &str, found: &mut Vec<Range<usize>>) {
    let lower = text.to_ascii_lowercase();
    for scheme in ["bearer ", "basic ", "sharedkey ", "sharedaccesssignature "] {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let length = run_of(&text[start..], |c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ','));
            if length >= SHORTEST_CREDENTIAL {
                found.push(start..start + length);
            }
        }
    }
}

/// Finds the values after the name of a secret: `"access_token": "…"`, `client_secret=…`, `Ocp-Apim-Subscription-Key:
/// …`.
fn named(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, separator) in text.char_indices().filter(|(_, c)| matches!(c, ':' | '=')) {
        let before = text[..at].trim_end_matches([' ', '"', '\'']);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name = before.rsplit(|c| !is_name(c)).next().unwrap_or_default();
        let in_query = || before[..before.len() - name.len()].ends_with(['?', '&']);
        let is_secret =
            names_secret_header(name) || (separator == '=' && matches!(name, "sig" | "code" | "key") && in_query());
        if !is_secret {
            continue;
        }
        let rest = &text[at + 1..];
        let start = text.len() - rest.trim_start_matches([' ', '"', '\'', '[']).len();
        let mut length = run_of(&text[start..], is_of_value);
        let scheme = text[start..start + length].to_ascii_lowercase();
        if matches!(scheme.as_str(), "bearer" | "basic" | "sharedkey" | "sharedaccesssignature") {
            let credential = &text[start + length..];
            let blank = run_of(credential, |c| c == ' ');
            length += blank + run_of(&credential[blank..], is_of_value);
        }
        found.push(start..start + length);
    }
}

fn is_of_value(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '\'' | '&' | ',' | ';' | '}' | ']' | ')')
}

/// Returns the number of bytes of the characters at the text's start for which `is` holds.
fn run_of(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// Returns the text with a replacement at these places.
fn without(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.retain(|part| !part.is_empty());
    if found.is_empty() {
        return text.to_owned();
    }
    found.sort_by_key(|part| part.start);
    let mut clean = String::new();
    let mut copied = 0;
    for (index, part) in found.into_iter().enumerate() {
        // A part of a secret may begin or end within a character.
        let start = (0..=part.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        if index == 0 || start > copied {
            clean.push_str(&text[copied..start]);
            clean.push_str(REDACTED);
        }
        let end = (part.end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        copied = copied.max(end);
    }
    clean + &text[copied..]
}

/// Reports whether a name shows that its value is secret.
pub(crate) fn names_secret(name: &str) -> bool {
    const ENDS: [&str; 13] = [
        "authorization",
        "password",
        "passwd",
        "pwd",
        "token",
        "tokenvalue",
        "apikey",
        "accesskey",
        "cookie",
        "credential",
        "connectionstring",
        "assertion",
        "signature",
    ];
    let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect::<String>().to_ascii_lowercase();
    plain.contains("secret") || ENDS.iter().any(|end| plain.ends_with(end))
}

/// Extends [`names_secret`] for headers, named values and similar names, where a `…-key` is also a secret.
pub(crate) fn names_secret_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    names_secret(name) || ["-key", "_key", "subscriptionkey"].iter().any(|end| lower.ends_with(end))
}
