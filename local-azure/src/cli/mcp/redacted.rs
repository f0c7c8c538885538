//! Removes everything that looks like a token or a signed URL from a function's answer, before an assistant gets it.

use serde_json::Value;

const REMOVED: &str = "[removed]";

/// Query parameters whose values give access.
const PARAMETERS: [&str; 4] = ["sig=", "code=", "access_token=", "subscription-key="];

/// Removes tokens from the value's texts, at any depth.
pub(super) fn redacted(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text_without_tokens(&text)),
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, redacted(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn text_without_tokens(text: &str) -> String {
    let is_of_token = |one: char| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.');
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_of_token) {
        let (before, word_and_more) = rest.split_at(at);
        let end = word_and_more.find(|one| !is_of_token(one)).unwrap_or(word_and_more.len());
        let (word, more) = word_and_more.split_at(end);
        kept.push_str(before);
        // The header of a JWT is a JSON object, whose base64url form begins with `eyJ`.
        let is_token = word.starts_with("eyJ") && word.split('.').count() >= 3;
        kept.push_str(if is_token { REMOVED } else { word });
        rest = more;
    }
    kept.push_str(rest);
    PARAMETERS.iter().fold(kept, |text, parameter| without_values(&text, parameter))
}

/// Removes the value after each `parameter`, up to the end of the query.
fn without_values(text: &str, parameter: &str) -> String {
    let mut parts = text.split(parameter);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // The text may be a query alone, without a URL.
        let begins_a_parameter = kept.is_empty() || kept.ends_with(['?', '&']);
        kept.push_str(parameter);
        let end = part.find(|one: char| one == '&' || one == '"' || one.is_whitespace()).unwrap_or(part.len());
        match part.split_at_checked(end) {
            Some((_, rest)) if begins_a_parameter => {
                kept.push_str(REMOVED);
                kept.push_str(rest);
            }
            _ => kept.push_str(part),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_and_signatures_are_removed_and_the_rest_stays() {
        assert_eq!(text_without_tokens("sig=abc&a=1"), "sig=[removed]&a=1");
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln-_";
        let value = json!({ "a": [format!("Bearer {token}, then")], "b": 1, "eyJ": "eyJ.no", "url": "https://h/p?sv=1&sig=a%2Fb&se=2" });
        assert_eq!(
            redacted(value),
            json!({ "a": ["Bearer [removed], then"], "b": 1, "eyJ": "eyJ.no", "url": "https://h/p?sv=1&sig=[removed]&se=2" })
        );
        assert_eq!(
            text_without_tokens("the code=7 stays, ?code=7 does not"),
            "the code=7 stays, ?code=[removed] does not"
        );
    }
}
