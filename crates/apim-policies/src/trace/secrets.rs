//! Secrets that a trace must not show: known keys and tokens, parts of them, and texts that look like one.

use std::{fmt, ops::Range};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};

/// Stands in the place of what is secret.
const REDACTED: &str = "(redacted)";
/// Shorter texts would redact what has nothing to do with them.
const SHORTEST_SECRET: usize = 3;
/// A part of a secret is found when it holds such a block of it: every part of 15 bytes does.
const BLOCK: usize = 8;
/// Secrets of which parts are looked for.
const SHORTEST_IN_PARTS: usize = 16;
/// What follows `Bearer` and is a token, not a word.
const SHORTEST_CREDENTIAL: usize = 16;
/// What begins like a JSON object in Base64 and is as long as the head of a token.
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
    /// These secrets, and all texts that look like a key or token.
    #[must_use]
    pub fn new(known: Vec<String>) -> Self {
        Self(known)
    }

    /// One more.
    pub(crate) fn add(&mut self, secret: &str) {
        self.0.push(secret.to_owned());
    }

    /// Those that these headers hold.
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

    /// A scheme and what follows it.
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

    /// The text without secrets.
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

/// Where parts of a secret stand in the text.
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

/// What looks like a token or a part of one: every JSON object begins with `eyJ` in Base64.
fn tokens(text: &str, found: &mut Vec<Range<usize>>) {
    for (start, _) in text.match_indices("eyJ") {
        let length = run_of(&text[start..], |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let is_whole = text[start..start + length].contains('.');
        if is_whole || length >= SHORTEST_JWT_PART {
            found.push(start..start + length);
        }
    }
}

/// What follows the name of a scheme of the Authorization header.
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

/// What follows the name of a secret: `"access_token": "…"`, `client_secret=…`, `Ocp-Apim-Subscription-Key: …`.
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

/// Bytes of the characters at the text's start that are such.
fn run_of(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

/// The text with something else in these places.
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

/// Whether a name says that its value is secret.
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

/// As [`names_secret`], of a header, a named value or what is like one: there a `…-key` opens something.
pub(crate) fn names_secret_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    names_secret(name) || ["-key", "_key", "subscriptionkey"].iter().any(|end| lower.ends_with(end))
}
