//! A setting of a policy in an attribute or text: a literal, checked when the document is loaded, or an expression,
//! evaluated for each request.

use std::sync::Arc;

use http::{HeaderName, Method, StatusCode};

use crate::expression::{ExpectedValue, Expression, SystemUri, Value};

/// A literal or an expression.
#[derive(Clone, Debug)]
pub(crate) enum Setting<T> {
    Literal(T),
    Expression(Arc<Written>),
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) expression: Arc<Expression>,
    /// The name of the attribute, or of the element with the text.
    pub(crate) name: Box<str>,
    /// The part of its value that a trace shows.
    pub(crate) shown: TracedValue,
}

/// The part of a value that a trace shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TracedValue {
    /// The value, as far as a trace has room for it.
    Value,
    /// The length of a body.
    Length,
    /// Nothing: the value is a secret.
    Nothing,
}

/// A type of settings.
pub(crate) trait Readable: Clone + Send + Sync + Sized {
    /// The allowed values, as the end of a sentence.
    const EXPECTED: &'static str;
    /// The type of value that an expression must return.
    const WANTED: ExpectedValue = ExpectedValue::Text;

    /// Reads a text as a value.
    fn read(text: &str) -> Option<Self>;

    /// Converts the value of an expression.
    fn from_value(value: &Value) -> Option<Self> {
        Self::read(&value.to_text().ok()?)
    }
}

/// Implements `Readable` for an enum of words. The arguments are the type, the description of the allowed values, and
/// each word with its variant.
macro_rules! words {
    ($kind:ident, $expected:literal; $($word:literal => $variant:ident;)+) => {
        impl Readable for $kind {
            const EXPECTED: &'static str = $expected;

            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use words;

impl Readable for String {
    const EXPECTED: &'static str = "text";

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Readable for bool {
    const EXPECTED: &'static str = "true or false";
    const WANTED: ExpectedValue = ExpectedValue::Bool;

    /// Reads any letter case, as .NET does.
    fn read(text: &str) -> Option<Self> {
        text.trim().to_ascii_lowercase().parse().ok()
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

/// Every number of a policy fits .NET's `int`, the type that Microsoft's policy toolkit uses for all of them.
impl Readable for u32 {
    const EXPECTED: &'static str = "a whole number from 0 to 2147483647";
    const WANTED: ExpectedValue = ExpectedValue::Integer;

    fn read(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|number| i32::try_from(*number).is_ok())
    }
}

impl Readable for StatusCode {
    const EXPECTED: &'static str = "a status code from 200 to 599";
    const WANTED: ExpectedValue = ExpectedValue::Integer;

    fn read(text: &str) -> Option<Self> {
        let code: Self = text.trim().parse().ok()?;
        (200..600).contains(&code.as_u16()).then_some(code)
    }
}

impl Readable for HeaderName {
    const EXPECTED: &'static str = "a header name";

    fn read(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

impl Readable for Method {
    const EXPECTED: &'static str = "an HTTP method";

    fn read(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

/// An http or https URL in the form that `System.Uri` makes valid: invalid characters are escaped, and dot segments and
/// the fragment are removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpUrl(String);

impl HttpUrl {
    /// Returns the URL; `None` if the text is not such a URL.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if is_valid_as_it_stands(text) {
            return Some(Self(text.to_owned()));
        }
        let uri = SystemUri::parse(text.trim()).ok()?;
        let is_http = matches!(uri.scheme(), "http" | "https") && !uri.host().is_empty();
        is_http.then(|| Self(format!("{}://{}{}", uri.scheme(), uri.authority_text(), uri.path_and_query())))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reports whether `System.Uri` leaves the URL unchanged, as it does for most request URLs. Other URLs are parsed
/// completely.
fn is_valid_as_it_stands(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let Some((host, path)) = rest.split_once('/') else { return false };
    let is_name = |label: &str| label.starts_with(|c: char| c.is_ascii_lowercase());
    host.len() < 250
        && host.split('.').all(is_name)
        && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.')
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'))
}

impl std::fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Readable for HttpUrl {
    const EXPECTED: &'static str = "an http or https URL";

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Readable for url::Url {
    const EXPECTED: &'static str = "an http or https URL";

    fn read(text: &str) -> Option<Self> {
        let url: Self = text.trim().parse().ok()?;
        (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_valid_as_it_stands_is_what_system_uri_makes_of_it() {
        for url in ["https://a.test/", "http://a/b//c/-_d/9", "https://x1.y2/"] {
            assert!(is_valid_as_it_stands(url), "{url}");
            let uri = SystemUri::parse(url).unwrap();
            assert_eq!(format!("{}://{}{}", uri.scheme(), uri.authority_text(), uri.path_and_query()), url);
        }
        for url in
            ["https://a", "https://A/", "https://1.2/", "https://a./", "https://a:80/", "https://a/.", "ftp://a/"]
        {
            assert!(!is_valid_as_it_stands(url), "{url}");
        }
    }

    #[test]
    fn urls_are_made_valid_as_system_uri_does() {
        for (text, url) in [
            ("https://a.test", "https://a.test/"),
            ("HTTPS://A.test/a b/é?q=1 2\"#f", "https://a.test/a%20b/%C3%A9?q=1%202%22"),
            ("http://a.test:8080/a/../b/./c", "http://a.test:8080/b/c"),
            ("http://a.test/%7Eu/%2F%20?a=it's|{}", "http://a.test/~u/%2F%20?a=it's%7C%7B%7D"),
        ] {
            assert_eq!(HttpUrl::parse(text).unwrap().as_str(), url, "{text}");
        }
        for text in ["", "/a", "a.test", "ftp://a", "api://x", "http://", "http://a:99999999/", "http://a b/"] {
            assert_eq!(HttpUrl::parse(text), None, "{text}");
        }
    }
}
