//! What a policy is told in an attribute or text: a literal, checked when the document is loaded, or an expression that
//! says it for each request.

use std::sync::Arc;

use http::{HeaderName, Method, StatusCode};

use crate::expression::{Expression, Value, Wanted};

/// A literal or an expression.
#[derive(Clone, Debug)]
pub(crate) enum Setting<T> {
    Literal(T),
    Expression(Arc<Expression>),
}

/// What settings are made of.
pub(crate) trait Readable: Clone + Send + Sync + Sized {
    /// What a value must be, to end a sentence with.
    const EXPECTED: &'static str;
    /// What an expression must give.
    const WANTED: Wanted = Wanted::Text;

    /// The value that a text stands for.
    fn read(text: &str) -> Option<Self>;

    /// The value that an expression gave.
    fn of(value: &Value) -> Option<Self> {
        Self::read(&value.to_text().ok()?)
    }
}

impl Readable for String {
    const EXPECTED: &'static str = "text";

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Readable for bool {
    const EXPECTED: &'static str = "true or false";
    const WANTED: Wanted = Wanted::Bool;

    /// In the letter cases that .NET reads.
    fn read(text: &str) -> Option<Self> {
        text.trim().to_ascii_lowercase().parse().ok()
    }

    fn of(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Readable for u32 {
    const EXPECTED: &'static str = "a whole number, not negative";
    const WANTED: Wanted = Wanted::Integer;

    fn read(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

impl Readable for StatusCode {
    const EXPECTED: &'static str = "a status code from 200 to 599";
    const WANTED: Wanted = Wanted::Integer;

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

impl Readable for url::Url {
    const EXPECTED: &'static str = "an http or https URL";

    fn read(text: &str) -> Option<Self> {
        let url: Self = text.trim().parse().ok()?;
        (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
    }
}
