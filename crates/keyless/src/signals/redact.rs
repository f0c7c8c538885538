//! Removes signatures, keys and tokens from texts and URLs before they are recorded.

use std::borrow::Cow;

use url::Url;

const REDACTED: &str = "REDACTED";

/// Query parameters whose values sign a request, or are a key. They are in lower case.
const SIGNING: [&str; 12] = [
    "sig",
    "signature",
    "awsaccesskeyid",
    "x-amz-signature",
    "x-goog-signature",
    "code",
    "subscription-key",
    "api-key",
    "access_token",
    "client_secret",
    "client_assertion",
    "refresh_token",
];

/// The beginning of every JSON Web Token: `{"` in base64.
const TOKEN: &str = "eyJ";

/// Returns the URL without user name, password, fragment, and signing values.
pub(crate) fn url(url: &Url) -> String {
    let mut shown = url.clone();
    // Setting them fails only for a URL that cannot have them.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    let query = url.query().map(redacted_query);
    shown.set_query(query.as_deref());
    shown.into()
}

fn redacted_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if signs(name) => format!("{name}={REDACTED}"),
        _ => without_tokens(pair).into_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn signs(name: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    SIGNING.contains(&decoded.as_str())
}

/// Returns the text without tokens, and without signing values in the URLs within it.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    match without_tokens(text) {
        Cow::Borrowed(text) => without_signatures(text),
        Cow::Owned(text) => Cow::Owned(without_signatures(&text).into_owned()),
    }
}

/// Removes values from `NAME=VALUE` after a `?` or `&`. A value ends at the first character that cannot be in a URL.
fn without_signatures(text: &str) -> Cow<'_, str> {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['?', '&']) {
        let (before, pair) = rest.split_at(at + 1);
        clean.push_str(before);
        rest = pair;
        let Some((name, value)) = pair.split_once('=') else { continue };
        // A JSON or HTML text may write the `&` in another way.
        let name = name.strip_prefix("amp;").unwrap_or(name);
        if signs(name) {
            let end = value.find(|c: char| c.is_whitespace() || "&\"'<>#)]},;`".contains(c)).unwrap_or(value.len());
            clean.push_str(&pair[..pair.len() - value.len()]);
            clean.push_str(REDACTED);
            rest = &value[end..];
        }
    }
    if clean.is_empty() {
        return Cow::Borrowed(text);
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Removes each JSON Web Token, and the text after `Bearer `.
fn without_tokens(text: &str) -> Cow<'_, str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
    let mut clean = String::new();
    let mut rest = text;
    while let Some((at, skip)) = next_token(rest) {
        let (before, token) = rest.split_at(at + skip);
        let end = token.find(|c| !is_part(c)).unwrap_or(token.len());
        clean.push_str(before);
        clean.push_str(if end > 0 { REDACTED } else { "" });
        rest = &token[end..];
    }
    if clean.is_empty() {
        return Cow::Borrowed(text);
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Returns the position of the next token or `Bearer `, and the length of the text from there that stays.
fn next_token(text: &str) -> Option<(usize, usize)> {
    const BEARER: usize = "Bearer ".len();
    let bytes = text.as_bytes();
    let bearer = bytes.windows(BEARER).position(|word| word.eq_ignore_ascii_case(b"Bearer "));
    let token = text.find(TOKEN);
    match (bearer, token) {
        (Some(bearer), Some(token)) if token < bearer => Some((token, 0)),
        (Some(bearer), _) => Some((bearer, BEARER)),
        (None, token) => token.map(|at| (at, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_shows_names_and_no_value_that_signs() {
        let shown = |text: &str| url(&text.parse().unwrap());
        assert_eq!(
            shown("https://u:p@st.blob.core.windows.net/c/b?sv=2026&SIG=S3CRET%2F&se=x#S3CRET"),
            "https://st.blob.core.windows.net/c/b?sv=2026&SIG=REDACTED&se=x"
        );
        assert_eq!(shown("https://a/api?code=S3CRET&%63ode=S3CRET&c"), "https://a/api?code=REDACTED&%63ode=REDACTED&c");
        assert_eq!(shown("https://a/api?t=eyJhbGci.S3CRET.S3CRET"), "https://a/api?t=REDACTED");
        assert_eq!(shown("https://a/api"), "https://a/api");
    }

    #[test]
    fn a_text_shows_no_token_and_no_signature() {
        for (said, shown) in [
            ("GET https://a/b?sig=S3CRET&x=1 failed", "GET https://a/b?sig=REDACTED&x=1 failed"),
            ("see <https://a?x=1&amp;code=S3CRET>", "see <https://a?x=1&amp;code=REDACTED>"),
            ("sent bearer S3CRET.a, and eyJ0.S3CRET.x!", "sent bearer REDACTED, and REDACTED!"),
            ("Bearer eyJ0.S3CRET.x", "Bearer REDACTED"),
            ("Bearer  is missing", "Bearer  is missing"),
            ("what? nothing & all", "what? nothing & all"),
            ("a?b=c", "a?b=c"),
        ] {
            assert_eq!(text(said), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(said in ".*|([?&=eyJ Bearer]{0,40})") {
            text(&said);
        }
    }
}
