//! `Regex`, on an engine whose time is linear in the text. What such an engine cannot do is refused by name. Unlike in
//! .NET, `$` does not match before a last line break.

mod pattern;

use std::sync::Arc;

use super::{Member, access::length, row};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    problem::Failure,
    types::Class,
    value::{Kind, Object, Value},
};

pub(crate) use pattern::{Pattern, Patterns};

/// A match, or none.
#[derive(Debug)]
pub(crate) struct Match {
    text: Arc<str>,
    /// Where each group is, in .NET's order: numbered ones before named ones.
    groups: Vec<Option<(usize, usize)>>,
    names: Vec<Option<String>>,
}

/// One group of a match.
#[derive(Clone)]
pub(crate) struct Group {
    text: Arc<str>,
    place: Option<(usize, usize)>,
}

impl Match {
    fn group(&self, index: usize) -> Group {
        Group { text: Arc::clone(&self.text), place: self.groups.get(index).copied().flatten() }
    }

    pub(crate) fn value(&self) -> &str {
        self.groups.first().copied().flatten().map_or("", |(start, end)| &self.text[start..end])
    }

    pub(crate) fn groups(&self) -> Vec<Value> {
        (0..self.groups.len()).map(|index| Value::object(Object::Group(self.group(index)))).collect()
    }
}

impl Group {
    pub(crate) fn value(&self) -> &str {
        self.place.map_or("", |(start, end)| &self.text[start..end])
    }
}

pub(super) const REGEX: &[Member] = &[
    row("new", "static (string) -> Regex", |call| compiled(call, 0, 1).map(|p| Value::object(Object::Regex(p)))),
    row("new", "static (string, RegexOptions) -> Regex", |call| {
        compiled(call, 0, 1).map(|pattern| Value::object(Object::Regex(pattern)))
    }),
    row("IsMatch", "static (string, string) -> bool", is_match),
    row("IsMatch", "static (string, string, RegexOptions) -> bool", is_match),
    row("IsMatch", "(string) -> bool", is_match),
    row("Match", "static (string, string) -> Match", first),
    row("Match", "static (string, string, RegexOptions) -> Match", first),
    row("Match", "(string) -> Match", first),
    row("Matches", "static (string, string) -> MatchCollection", all),
    row("Matches", "static (string, string, RegexOptions) -> MatchCollection", all),
    row("Matches", "(string) -> MatchCollection", all),
    row("Replace", "static (string, string, string) -> string", |call| replace(call, 2)),
    row("Replace", "static (string, string, string, RegexOptions) -> string", |call| replace(call, 2)),
    row("Replace", "(string, string) -> string", |call| replace(call, 1)),
    row("Split", "static (string, string) -> string[]", split),
    row("Split", "(string) -> string[]", split),
    row("Unescape", "static (string) -> string", |call| {
        let text = call.text(0)?;
        call.work(text.len())?;
        call.new_string(text.replace("\\\\", "\u{0}").replace('\\', "").replace('\u{0}', "\\"))
    }),
];

pub(super) const MATCH: &[Member] = &[row("Groups", "GroupCollection", |call| match call.receiver.as_object() {
    Some(Object::Match(found)) => Ok(Value::object(Object::Groups(Arc::clone(found)))),
    _ => Err(Failure::null_reference()),
})];

pub(super) const GROUP: &[Member] =
    &[row("Success", "bool", |call| Ok(Value::Bool(this_group(call)?.place.is_some())))];

pub(super) const CAPTURE: &[Member] = &[
    row("Value", "string", |call| {
        let group = this_group(call)?;
        call.new_string(group.value())
    }),
    row("Index", "int", |call| {
        let group = this_group(call)?;
        call.work(group.text.len())?;
        Ok(length(group.place.map_or(0, |(start, _)| super::string::units(&group.text[..start]))))
    }),
    row("Length", "int", |call| {
        let group = this_group(call)?;
        call.work(group.value().len())?;
        Ok(length(super::string::units(group.value())))
    }),
];

pub(super) const GROUPS: &[Member] = &[
    row("Count", "int", |call| Ok(length(this_match(call)?.groups.len()))),
    row("[]", "(int) -> Group", |call| {
        let found = this_match(call)?;
        let index = usize::try_from(call.int(0)).unwrap_or(usize::MAX);
        Ok(Value::object(Object::Group(found.group(index))))
    }),
    row("[]", "(string) -> Group", |call| {
        let (found, name) = (this_match(call)?, call.text(0)?);
        let named = found.names.iter().position(|known| known.as_deref() == Some(&*name));
        let index = named.or_else(|| name.parse().ok()).unwrap_or(usize::MAX);
        Ok(Value::object(Object::Group(found.group(index))))
    }),
];

pub(super) const MATCHES: &[Member] = &[
    row("Count", "int", |call| Ok(length(call.this_collection()?.len()))),
    row("[]", "(int) -> Match", |call| {
        let matches = call.this_collection()?;
        let found = usize::try_from(call.int(0)).ok().and_then(|index| matches.get(index));
        found.ok_or_else(Failure::index_out_of_range)
    }),
];

fn this_match(call: &Call<'_, '_>) -> Result<Arc<Match>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Match(found) | Object::Groups(found)) => Ok(Arc::clone(found)),
        _ => Err(Failure::null_reference()),
    }
}

fn this_group(call: &Call<'_, '_>) -> Result<Group, Failure> {
    match call.receiver.as_object() {
        Some(Object::Group(group)) => Ok(group.clone()),
        Some(Object::Match(found)) => Ok(found.group(0)),
        _ => Err(Failure::null_reference()),
    }
}

/// The pattern in the arguments, with its options if there are any.
fn compiled(call: &mut Call<'_, '_>, pattern: usize, options: usize) -> Result<Arc<Pattern>, Failure> {
    let (text, options) = (call.text(pattern)?, call.flags(options));
    let machine = &mut *call.machine;
    machine.patterns.get(&text, options, &mut machine.budget)
}

/// The text to look in, and the pattern: the object's own, or the second argument of a static method.
fn subject(call: &mut Call<'_, '_>) -> Result<(Arc<str>, Arc<Pattern>), Failure> {
    let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("input"))?;
    let pattern = match call.receiver.as_object() {
        Some(Object::Regex(pattern)) => Arc::clone(pattern),
        _ => {
            let options = call.count() - 1;
            compiled(call, 1, options)?
        }
    };
    call.machine.budget.work(text.len().saturating_mul(pattern.cost()))?;
    Ok((text, pattern))
}

fn is_match(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    Ok(Value::Bool(pattern.regex().is_match(&text)))
}

fn first(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    call.machine.budget.work(text.len().saturating_mul(pattern.group_cost()))?;
    let found = pattern.regex().captures(&text);
    Ok(Value::object(Object::Match(Arc::new(pattern.found(&text, found.as_ref())))))
}

/// All matches, one after the other.
fn matches(call: &mut Call<'_, '_>, text: &Arc<str>, pattern: &Pattern) -> Result<Vec<Match>, Failure> {
    let budget = &mut call.machine.budget;
    budget.work(text.len().saturating_mul(pattern.group_cost()))?;
    let mut matches = Vec::new();
    for found in pattern.regex().captures_iter(text) {
        // Each search may read the rest of the text, and find its match near where it began.
        let rest = found.get(0).map_or(0, |whole| text.len() - whole.start());
        budget.work(rest.saturating_mul(pattern.cost() / 16))?;
        budget.memory(128 + found.len() * 64)?;
        matches.push(pattern.found(text, Some(&found)));
    }
    Ok(matches)
}

fn all(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    let found = matches(call, &text, &pattern)?;
    let values = found.into_iter().map(|found| Value::object(Object::Match(Arc::new(found)))).collect();
    call.machine.collection(Kind::Sequence, Class::Match.into(), values)
}

fn replace(call: &mut Call<'_, '_>, replacement: usize) -> Outcome {
    let with = call.text(replacement)?;
    let (text, pattern) = subject(call)?;
    let matches = matches(call, &text, &pattern)?;
    let mut out = Writer::new(&mut call.machine.budget);
    let mut end = 0;
    for found in matches {
        out.budget.work(with.len())?;
        let Some((start, stop)) = found.groups.first().copied().flatten() else { continue };
        out.push(&text[end..start])?;
        expand(&with, &found, &mut out)?;
        end = stop;
    }
    out.push(&text[end..])?;
    Ok(Value::String(out.finish()))
}

/// Writes a replacement: `$1`, `${name}`, `$&` and `$$` are filled in, everything else stands for itself.
fn expand(with: &str, found: &Match, out: &mut Writer<'_>) -> Result<(), Failure> {
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        out.push(&rest[..at])?;
        rest = &rest[at..];
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let braced = rest[1..].strip_prefix('{').and_then(group_name);
        let (name, length) = match (rest.as_bytes().get(1), braced) {
            (Some(b'$'), _) => {
                out.push("$")?;
                rest = &rest[2..];
                continue;
            }
            (Some(b'&'), _) => ("0", 2),
            (_, Some(name)) => (name, name.len() + 3),
            _ if digits > 0 => (&rest[1..=digits], digits + 1),
            _ => ("", 1),
        };
        let named = found.names.iter().position(|known| known.as_deref() == Some(name));
        let index = named.or_else(|| name.parse().ok()).filter(|index| *index < found.groups.len());
        match index {
            Some(index) => out.push(found.group(index).value())?,
            None => out.push(&rest[..length])?,
        }
        rest = &rest[length..];
    }
    out.push(rest)
}

/// What stands before `}`. Names are not longer than this, so that a missing `}` costs no search to the end.
fn group_name(inner: &str) -> Option<&str> {
    let (end, _) = inner.char_indices().take(64).find(|(_, c)| *c == '}')?;
    Some(&inner[..end])
}

fn split(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    let mut parts = Vec::new();
    let mut end = 0;
    for found in matches(call, &text, &pattern)? {
        let Some((start, stop)) = found.groups.first().copied().flatten() else { continue };
        parts.push(text[end..start].to_owned());
        // What the pattern's groups matched is part of the result.
        let inner = found.groups.iter().skip(1).flatten();
        parts.extend(inner.map(|(start, stop)| text[*start..*stop].to_owned()));
        end = stop;
    }
    parts.push(text[end..].to_owned());
    call.new_texts(Kind::Array, parts)
}
