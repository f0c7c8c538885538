//! One call, in a form that can be sent to either service.

use std::collections::BTreeMap;

/// A call in a sequence.
#[derive(Clone, Debug)]
pub(crate) struct BlobStep {
    pub(crate) method: &'static str,
    /// The blob's name as a path; absent for the container.
    pub(crate) blob: Option<&'static str>,
    /// The query without the question mark.
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) condition: Condition,
    /// A blob of the same container to copy.
    pub(crate) source: Option<&'static str>,
    /// Whether the call continues where the last list ended.
    pub(crate) next_page: bool,
    /// The code of the refusal that the call gets in any state of its blob.
    pub(crate) wrong: Option<&'static str>,
}

/// The condition that a call puts on its blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    None,
    /// `If-Match` or `If-None-Match`, with the blob's last known tag, another tag, or any tag.
    Match(Tag),
    NoneMatch(Tag),
    /// `If-Modified-Since` or `If-Unmodified-Since`, with a day long past or a day to come.
    ModifiedSince(Day),
    UnmodifiedSince(Day),
    /// Pairs of conditions. The first two pairs belong together, the last does not.
    MatchAndUnmodified(Tag, Day),
    NoneMatchAndModified(Tag, Day),
    MatchAndNoneMatch(Tag, Tag),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Known,
    Other,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Day {
    Past,
    ToCome,
}

impl BlobStep {
    pub(crate) fn new(method: &'static str, blob: Option<&'static str>, query: &str) -> Self {
        Self {
            method,
            blob,
            query: query.to_owned(),
            headers: BTreeMap::new(),
            body: Vec::new(),
            condition: Condition::None,
            source: None,
            next_page: false,
            wrong: None,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    pub(crate) fn optional(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Marks the call as wrong in itself if one of its headers has one of these values.
    pub(crate) fn wrong_with(mut self, values: &[&str], code: &'static str) -> Self {
        if self.headers.values().any(|value| values.contains(&value.as_str())) {
            self.wrong = Some(code);
        }
        self
    }

    pub(crate) fn on(mut self, condition: Condition) -> Self {
        self.condition = condition;
        self
    }
}

impl Condition {
    /// Returns the names and values of its headers. `known` is the blob's last known tag.
    pub(crate) fn headers(self, known: Option<&str>) -> Vec<(&'static str, String)> {
        let tag = |tag| match (tag, known) {
            (Tag::Any, _) => "*".to_owned(),
            (Tag::Known, Some(known)) => known.to_owned(),
            _ => "\"0x8D0000000000000\"".to_owned(),
        };
        match self {
            Self::None => Vec::new(),
            Self::Match(one) => vec![("if-match", tag(one))],
            Self::NoneMatch(one) => vec![("if-none-match", tag(one))],
            Self::ModifiedSince(day) => vec![("if-modified-since", day.text())],
            Self::UnmodifiedSince(day) => vec![("if-unmodified-since", day.text())],
            Self::MatchAndUnmodified(one, day) => vec![("if-match", tag(one)), ("if-unmodified-since", day.text())],
            Self::NoneMatchAndModified(one, day) => {
                vec![("if-none-match", tag(one)), ("if-modified-since", day.text())]
            }
            Self::MatchAndNoneMatch(one, other) => vec![("if-match", tag(one)), ("if-none-match", tag(other))],
        }
    }
}

impl Day {
    fn text(self) -> String {
        match self {
            Self::Past => "Sat, 01 Jan 2000 00:00:00 GMT",
            Self::ToCome => "Tue, 01 Jan 2097 00:00:00 GMT",
        }
        .to_owned()
    }
}
