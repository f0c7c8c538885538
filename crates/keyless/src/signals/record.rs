//! One span, one line of the log, and their attributes.

use std::{
    borrow::Cow,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// The longest text of one attribute or line, in bytes.
const LONGEST_TEXT: usize = 8 * 1024;

/// The approximate size of a record without its texts: identifiers, times, tags.
const FRAME: usize = 96;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(Cow<'static, str>),
    #[cfg_attr(not(feature = "openai"), expect(dead_code, reason = "of a model's answer alone"))]
    Texts(Vec<String>),
    Int(i64),
    Float(f64),
    Bool(bool),
}

impl Value {
    /// Makes a text without signatures, keys and tokens, and not too long.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Cow::Owned(super::redact::text(shortened(text)).into_owned()))
    }

    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(crate) fn count(count: impl TryInto<i64>) -> Self {
        Self::Int(count.try_into().unwrap_or(i64::MAX))
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Texts(texts) => texts.iter().map(|text| text.len() + 4).sum(),
            Self::Int(_) | Self::Float(_) | Self::Bool(_) => 10,
        }
    }
}

fn shortened(text: &str) -> &str {
    let end = (0..=LONGEST_TEXT.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or_default()]
}

/// Names and values. No name occurs twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Attributes(Vec<(Cow<'static, str>, Value)>);

impl Attributes {
    pub(crate) fn set(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        let name = name.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn with(mut self, name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.size() + 8).sum()
    }
}

/// The IDs of a trace and of one of its spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanId {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    Internal,
    Server,
    Client,
}

/// The outcome of a span. Success is not stated: the conventions leave it to the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    #[default]
    Unset,
    Error,
}

/// A span that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<[u8; 8]>,
    pub(crate) state: Option<String>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) attributes: Attributes,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Trace,
    Debug,
    Information,
    Warning,
    Error,
}

/// One line of the log, within an invocation.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) id: SpanId,
    pub(crate) sampled: bool,
    pub(crate) time: u64,
    pub(crate) severity: Severity,
    pub(crate) target: Cow<'static, str>,
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
}

/// A record that is held until it is sent.
pub(crate) trait Record {
    /// The approximate size in bytes when it is sent.
    fn size(&self) -> usize;
}

impl Record for Span {
    fn size(&self) -> usize {
        FRAME + self.name.len() + self.state.as_ref().map_or(0, String::len) + self.attributes.size()
    }
}

impl Record for Log {
    fn size(&self) -> usize {
        FRAME + self.target.len() + self.body.len() + self.attributes.size()
    }
}

/// A beginning: its time, and a clock for the time since then that does not jump.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    at: u64,
    clock: Instant,
}

impl Begun {
    pub(crate) fn now() -> Self {
        Self { at: nanoseconds(SystemTime::now()), clock: Instant::now() }
    }

    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }

    /// Returns the present time, which is never before the beginning.
    pub(crate) fn until_now(&self) -> u64 {
        self.at.saturating_add(u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

pub(crate) fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|span| u64::try_from(span.as_nanos()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let long = "ü".repeat(LONGEST_TEXT);
        let Value::Text(text) = Value::text(&long) else { panic!() };
        assert!(text.len() <= LONGEST_TEXT && text.chars().all(|c| c == 'ü'));
    }

    #[test]
    fn a_name_has_one_value() {
        let attributes = Attributes::default().with("a", Value::Int(1)).with("a", Value::Int(2));
        assert_eq!(attributes.iter().collect::<Vec<_>>(), [("a", &Value::Int(2))]);
    }
}
