//! The parts of a template between two slashes.

use super::{
    constraint::Constraint,
    escape::{decoded, encoded, encoded_again},
};

/// A part of a template between two slashes.
#[derive(Debug)]
pub(super) enum Segment {
    Literal(String),
    Parameter(Parameter),
    /// The rest of the path, including slashes. It may be empty, and is always the last segment.
    CatchAll(Parameter),
    /// Text and parameters, such as `{name}.{extension}`. Two parameters are never adjacent.
    Mixed(Vec<SegmentPart>),
}

#[derive(Debug)]
pub(super) enum SegmentPart {
    Text(String),
    Parameter(Parameter),
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) catch_all: bool,
    pub(super) optional: bool,
    pub(super) default: Option<String>,
    pub(super) constraints: Vec<Constraint>,
}

impl Segment {
    pub(super) fn parameters(&self) -> Box<dyn Iterator<Item = &Parameter> + '_> {
        match self {
            Self::Literal(_) => Box::new(std::iter::empty()),
            Self::Parameter(parameter) | Self::CatchAll(parameter) => Box::new(std::iter::once(parameter)),
            Self::Mixed(parts) => Box::new(parts.iter().filter_map(SegmentPart::parameter)),
        }
    }

    /// Matches this segment with a piece of a path. The piece is empty after the end of the path.
    pub(super) fn matches(&self, piece: &str, values: &mut Vec<Option<String>>) -> Option<()> {
        match self {
            Self::Literal(text) => is_literal(piece, text).then_some(()),
            Self::Parameter(parameter) if piece.is_empty() => parameter.absent().map(|value| values.push(value)),
            Self::Parameter(parameter) => {
                parameter.admits(&decoded(piece)).then(|| values.push(Some(encoded_again(piece))))
            }
            Self::CatchAll(parameter) => parameter.rest_of(piece).map(|value| values.push(value)),
            Self::Mixed(_) if piece.is_empty() => None,
            Self::Mixed(parts) => {
                let found = mixed(parts, &decoded(piece))?;
                let admitted = |(parameter, value): &(&Parameter, Option<String>)| {
                    value.as_ref().is_none_or(|value| parameter.admits(value))
                };
                found.iter().all(admitted).then(|| {
                    values.extend(found.into_iter().map(|(_, value)| value.map(|value| encoded(&value))));
                })
            }
        }
    }
}

impl SegmentPart {
    pub(super) fn parameter(&self) -> Option<&Parameter> {
        match self {
            Self::Parameter(parameter) => Some(parameter),
            Self::Text(_) => None,
        }
    }
}

impl Parameter {
    pub(super) fn may_be_absent(&self) -> bool {
        self.default.is_none() && (self.optional || self.catch_all)
    }

    fn admits(&self, value: &str) -> bool {
        self.constraints.iter().all(|constraint| constraint.admits(value))
    }

    /// Returns the value if the path has none. It is not tested against the constraints.
    fn absent(&self) -> Option<Option<String>> {
        match &self.default {
            Some(value) => Some(Some(encoded(value))),
            None => self.may_be_absent().then_some(None),
        }
    }

    /// Returns the value of a catch-all. The constraints are tested even when nothing is left, and then they fail.
    pub(super) fn rest_of(&self, rest: &str) -> Option<Option<String>> {
        if rest.is_empty() && (self.default.is_some() || self.constraints.is_empty()) {
            return self.absent();
        }
        self.admits(&decoded(rest)).then(|| Some(encoded_again(rest)))
    }
}

/// Reads the parameters' values of one segment from the right. Each text matches at its last occurrence, so the first
/// parameter is as long as possible. An optional parameter at the end may be absent together with its dot.
fn mixed<'a>(parts: &'a [SegmentPart], piece: &str) -> Option<Vec<(&'a Parameter, Option<String>)>> {
    if let Some(found) = exactly(parts, piece) {
        return Some(found.into_iter().map(|(parameter, value)| (parameter, Some(value))).collect());
    }
    let (last, before) = parts.split_last()?;
    let last = last.parameter().filter(|parameter| parameter.optional)?;
    let (SegmentPart::Text(dot), before) = before.split_last()? else { return None };
    if piece.ends_with(dot.as_str()) {
        return None;
    }
    let found = exactly(before, piece)?;
    Some(found.into_iter().map(|(parameter, value)| (parameter, Some(value))).chain([(last, None)]).collect())
}

/// Reads the same values, but requires a value for each parameter.
fn exactly<'a>(parts: &'a [SegmentPart], piece: &str) -> Option<Vec<(&'a Parameter, String)>> {
    let mut rest: Vec<char> = piece.chars().collect();
    let mut pending: Option<&Parameter> = None;
    let mut found = Vec::new();
    for part in parts.iter().rev() {
        let text: Vec<char> = match part {
            SegmentPart::Parameter(parameter) => {
                pending = Some(parameter);
                continue;
            }
            SegmentPart::Text(text) => text.chars().collect(),
        };
        // A parameter after this text takes at least one character.
        let latest = rest.len().checked_sub(text.len() + usize::from(pending.is_some()))?;
        let earliest = if pending.is_some() { 0 } else { latest };
        let is_here = |at: &usize| rest[*at..*at + text.len()].iter().zip(&text).all(|(a, b)| fold(*a) == fold(*b));
        let at = (earliest..=latest).rev().find(is_here)?;
        let value = rest.split_off(at).into_iter().skip(text.len()).collect::<String>();
        if let Some(parameter) = pending.take() {
            found.push((parameter, value));
        }
    }
    match pending {
        Some(_) if rest.is_empty() => return None,
        Some(parameter) => found.push((parameter, rest.into_iter().collect())),
        None if !rest.is_empty() => return None,
        None => {}
    }
    found.reverse();
    Some(found)
}

/// Compares a piece with a literal. Each request is compared with many routes, so plain ASCII is neither decoded nor
/// folded.
fn is_literal(piece: &str, text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii() && byte != b'%';
    if piece.bytes().all(is_plain) && text.is_ascii() {
        return piece.eq_ignore_ascii_case(text);
    }
    let piece = decoded(piece);
    piece == text || piece.chars().map(fold).eq(text.chars().map(fold))
}

/// Returns the upper case of .NET's ordinal comparison: one character for one.
fn fold(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}
