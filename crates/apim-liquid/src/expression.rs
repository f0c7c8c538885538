//! Outputs with their filters, and comparisons, parsed with DotLiquid's own patterns (`Liquid.cs`).

use fancy_regex::{Captures, Regex};

use crate::fault::ParseError;

#[expect(clippy::expect_used, reason = "fixed patterns that the tests compile")]
pub(crate) fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is well formed")
}

/// A pattern that is compiled once.
macro_rules! pattern {
    ($($part:expr),+) => {{
        static PATTERN: std::sync::LazyLock<fancy_regex::Regex> =
            std::sync::LazyLock::new(|| $crate::expression::compile(concat!($($part),+)));
        &*PATTERN
    }};
}
pub(crate) use pattern;

/// Text in quotes, or a run of characters without blanks, commas, bars and quotes.
macro_rules! fragment {
    () => {
        r#"(?:"[^"]*"|'[^']*'|(?:[^\s,\|'"]|"[^"]*"|'[^']*')+)"#
    };
}
pub(crate) use fragment;

/// An output: the printed value and the filters that it passes through.
#[derive(Debug)]
pub(crate) struct Output {
    /// The value; `None` prints nothing.
    pub(crate) value: Option<String>,
    pub(crate) filters: Vec<FilterCall>,
}

#[derive(Debug)]
pub(crate) struct FilterCall {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

/// One value, or two values and their operator.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) left: String,
    pub(crate) operator: Option<String>,
    pub(crate) right: Option<String>,
}

impl Output {
    /// Reads `value | Filter: argument, argument | …`.
    pub(crate) fn parse(markup: &str) -> Result<Self, ParseError> {
        // The pattern of `fragment!`, but commas are allowed.
        let value = pattern!(r#"\s*((?:"[^"]*"|'[^']*'|(?:[^\s\|'"]|"[^"]*"|'[^']*')+))(.*)"#);
        let Some(found) = captures(value, markup)? else { return Ok(Self { value: None, filters: Vec::new() }) };
        let (value, rest) = (group(&found, 1), group(&found, 2));
        let mut filters = Vec::new();
        if let Some(bar) = rest.find('|') {
            let call = pattern!(r"(?:\||(?:\s*(?!\|)(?:", fragment!(), r"|\S+)\s*)+)");
            for call in scan(call, &rest[bar..])? {
                let Some(name) = captures(pattern!(r"\s*(\w+)"), &call)? else { continue };
                let argument = pattern!(r"(?::|,)\s*(", fragment!(), ")");
                filters.push(FilterCall { name: group(&name, 1), arguments: scan(argument, &call)? });
            }
        }
        Ok(Self { value: Some(value), filters })
    }
}

impl Comparison {
    /// Reads `left operator right` and ignores the rest. Returns `None` if the left side is empty.
    pub(crate) fn parse(markup: &str) -> Result<Option<Self>, ParseError> {
        let whole = pattern!("(", fragment!(), r")\s*([=!<>a-zA-Z_]+)?\s*(", fragment!(), ")?");
        let found = captures(whole, markup)?;
        Ok(found.map(|found| {
            let optional = |index: usize| found.get(index).map(|part| part.as_str().to_owned());
            Self { left: group(&found, 1), operator: optional(2), right: optional(3) }
        }))
    }
}

/// Returns the first match. A text that exceeds the limit of the pattern is refused.
pub(crate) fn captures<'t>(pattern: &Regex, text: &'t str) -> Result<Option<Captures<'t, str>>, ParseError> {
    pattern.captures(text).map_err(|_| too_complex())
}

/// Returns the text of a group; empty if the group did not match.
pub(crate) fn group(found: &Captures<'_, str>, index: usize) -> String {
    found.get(index).map_or("", |part| part.as_str()).to_owned()
}

/// Returns every match. If the pattern has a group, returns the first group of every match.
pub(crate) fn scan(pattern: &Regex, text: &str) -> Result<Vec<String>, ParseError> {
    let index = usize::from(pattern.captures_len() > 1);
    let mut all = Vec::new();
    for found in pattern.captures_iter(text) {
        all.push(group(&found.map_err(|_| too_complex())?, index));
    }
    Ok(all)
}

fn too_complex() -> ParseError {
    ParseError("the markup of a tag or output is too complex to be read".to_owned())
}
