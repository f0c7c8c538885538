//! `Regex` and its matches.

use std::sync::Arc;

use super::{Member, access::length, row};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    problem::Failure,
    regex::{self, Group, Match, Pattern, Searches, Start, expand},
    types::Class,
    value::{CollectionKind, Object, Value},
};

pub(super) const REGEX: &[Member] = &[
    row("new", "static (string pattern) -> Regex", create),
    row("new", "static (string pattern, RegexOptions options) -> Regex", create),
    row("new", "static (string pattern, RegexOptions options, TimeSpan matchTimeout) -> Regex", create),
    row("IsMatch", "static (string input, string pattern) -> bool", is_match),
    row("IsMatch", "static (string input, string pattern, RegexOptions options) -> bool", is_match),
    row(
        "IsMatch",
        "static (string input, string pattern, RegexOptions options, TimeSpan matchTimeout) -> bool",
        is_match,
    ),
    row("IsMatch", "(string input) -> bool", is_match),
    row("IsMatch", "(string input, int startat) -> bool", |call| {
        let found = first(call)?;
        Ok(Value::Bool(matches!(found.as_object(), Some(Object::Match(found)) if found.groups[0].is_some())))
    }),
    row("Match", "static (string input, string pattern) -> Match", first),
    row("Match", "static (string input, string pattern, RegexOptions options) -> Match", first),
    row("Match", "static (string input, string pattern, RegexOptions options, TimeSpan matchTimeout) -> Match", first),
    row("Match", "(string input) -> Match", first),
    row("Match", "(string input, int startat) -> Match", first),
    row("Matches", "static (string input, string pattern) -> MatchCollection", all),
    row("Matches", "static (string input, string pattern, RegexOptions options) -> MatchCollection", all),
    row(
        "Matches",
        "static (string input, string pattern, RegexOptions options, TimeSpan matchTimeout) -> MatchCollection",
        all,
    ),
    row("Matches", "(string input) -> MatchCollection", all),
    row("Replace", "static (string input, string pattern, string replacement) -> string", |call| replace(call, 2)),
    row(
        "Replace",
        "static (string input, string pattern, string replacement, RegexOptions options) -> string",
        |call| replace(call, 2),
    ),
    row(
        "Replace",
        "static (string input, string pattern, string replacement, RegexOptions options, TimeSpan matchTimeout) -> string",
        |call| replace(call, 2),
    ),
    row("Replace", "static (string input, string pattern, Func<Match, string> evaluator) -> string", |call| {
        replace(call, 2)
    }),
    row(
        "Replace",
        "static (string input, string pattern, Func<Match, string> evaluator, RegexOptions options) -> string",
        |call| replace(call, 2),
    ),
    row(
        "Replace",
        "static (string input, string pattern, Func<Match, string> evaluator, RegexOptions options, TimeSpan matchTimeout) -> string",
        |call| replace(call, 2),
    ),
    row("Replace", "(string input, string replacement) -> string", |call| replace(call, 1)),
    row("Replace", "(string input, string replacement, int count) -> string", |call| replace(call, 1)),
    row("Replace", "(string input, Func<Match, string> evaluator) -> string", |call| replace(call, 1)),
    row("Replace", "(string input, Func<Match, string> evaluator, int count) -> string", |call| replace(call, 1)),
    row("Split", "static (string input, string pattern) -> string[]", split),
    row("Split", "static (string input, string pattern, RegexOptions options) -> string[]", split),
    row(
        "Split",
        "static (string input, string pattern, RegexOptions options, TimeSpan matchTimeout) -> string[]",
        split,
    ),
    row("Split", "(string input) -> string[]", split),
    row("Split", "(string input, int count) -> string[]", split),
    row("Options", "RegexOptions", |_| Ok(Value::enumerator(Class::RegexOptions, 0))),
    row("Unescape", "static (string str) -> string", |call| {
        let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("str"))?;
        call.work(text.len())?;
        let plain = regex::unescape(&text)?;
        call.new_string(plain)
    }),
];

pub(super) const MATCH: &[Member] = &[
    row("Groups", "GroupCollection", |call| match call.receiver.as_object() {
        Some(Object::Match(found)) => Ok(Value::object(Object::Groups(Arc::clone(found)))),
        _ => Err(Failure::null_reference()),
    }),
    row("Empty", "static Match", |_| {
        let nothing = Match { text: Arc::default(), groups: vec![None], names: vec![None] };
        Ok(Value::object(Object::Match(Arc::new(nothing))))
    }),
    row("Result", "(string replacement) -> string", |call| {
        let (found, with) = (this_match(call)?, call.text(0)?);
        if found.groups[0].is_none() {
            return Err(Failure::unsupported("`Result` of a match without success"));
        }
        call.work(with.len())?;
        let mut out = Writer::new(&mut call.machine.budget);
        expand(&with, &found, &mut out)?;
        Ok(Value::String(out.finish()))
    }),
];

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

/// Compiles the pattern in the arguments, with its options and time limit if there are any.
fn compiled(call: &mut Call<'_, '_>, pattern: usize) -> Result<Arc<Pattern>, Failure> {
    let text = call.optional_text(pattern).ok_or_else(|| Failure::argument_null("pattern"))?;
    let is_options = |value: &Value| matches!(value.as_object(), Some(Object::Enum(Class::RegexOptions, _)));
    let options = call.arguments.iter().position(is_options).map_or(0, |index| call.flags(index));
    let timed = match call.arguments.last() {
        // -1 ms means no time limit.
        Some(Value::TimeSpan(time)) if time.0 != -10_000 && !(1..21_474_836_460_000).contains(&time.0) => {
            let message = "Specified argument was out of the range of valid values.";
            return Err(Failure::out_of_range(message, "matchTimeout"));
        }
        last => matches!(last, Some(Value::TimeSpan(_))),
    };
    let machine = &mut *call.machine;
    machine.patterns.get(&text, options, timed, &mut machine.budget)
}

fn create(call: &mut Call<'_, '_>) -> Outcome {
    compiled(call, 0).map(|pattern| Value::object(Object::Regex(pattern)))
}

/// Returns the text to search, and the pattern: the object's own, or the second argument of a static method.
fn subject(call: &mut Call<'_, '_>) -> Result<(Arc<str>, Arc<Pattern>), Failure> {
    let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("input"))?;
    let pattern = match call.receiver.as_object() {
        Some(Object::Regex(pattern)) => Arc::clone(pattern),
        _ => compiled(call, 1)?,
    };
    Ok((text, pattern))
}

fn is_match(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    pattern.spend(&text, &mut call.machine.budget)?;
    pattern.is_match(&text, &mut call.machine.budget).map(Value::Bool)
}

fn first(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    let at = if call.receiver.is_null() { 0 } else { call.int(1) };
    let at = usize::try_from(at).ok().and_then(|at| byte_of_unit(&text, at)).ok_or_else(|| {
        Failure::out_of_range("Start index cannot be less than 0 or greater than input length.", "startat")
    })?;
    pattern.spend(&text, &mut call.machine.budget)?;
    let found = pattern.find(&text, Start::at(at), &mut call.machine.budget)?.unwrap_or_else(|| pattern.nothing(&text));
    Ok(Value::object(Object::Match(Arc::new(found))))
}

/// Returns the byte at which a UTF-16 unit begins in UTF-8.
fn byte_of_unit(text: &str, unit: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= unit {
            return Some(at);
        }
        units += c.len_utf16();
    }
    (units >= unit).then_some(text.len())
}

/// Returns at most `most` matches, one after the other.
fn matches(call: &mut Call<'_, '_>, text: &Arc<str>, pattern: &Pattern, most: usize) -> Result<Vec<Match>, Failure> {
    let budget = &mut call.machine.budget;
    let mut searches = Searches::new(text, pattern, budget)?;
    let mut matches = Vec::new();
    while matches.len() < most {
        let Some(found) = searches.next(text, pattern, budget)? else { break };
        budget.memory(128 + found.groups.len() * 64)?;
        matches.push(found);
    }
    Ok(matches)
}

fn all(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    let found = matches(call, &text, &pattern, usize::MAX)?;
    let values = found.into_iter().map(|found| Value::object(Object::Match(Arc::new(found)))).collect();
    call.machine.collection(CollectionKind::Sequence, Class::Match.into(), values)
}

/// Returns the number that limits `Replace` and `Split` of a `Regex` object. It is not below `least`.
fn count(call: &Call<'_, '_>, place: usize, least: i64) -> Result<Option<usize>, Failure> {
    let Some(Value::Integer(number)) = call.arguments.get(place) else { return Ok(None) };
    if number.value() < least {
        return Err(Failure::out_of_range("Count cannot be less than -1.", "count"));
    }
    Ok(usize::try_from(number.value()).ok())
}

fn replace(call: &mut Call<'_, '_>, replacement: usize) -> Outcome {
    let lambda = call.lambda(replacement).ok();
    let (text, pattern) = subject(call)?;
    let with = match lambda {
        Some(_) => Arc::default(),
        None => call.optional_text(replacement).ok_or_else(|| Failure::argument_null("replacement"))?,
    };
    let most = count(call, replacement + 1, -1)?.unwrap_or(usize::MAX);
    let Some(lambda) = lambda else {
        let replaced = regex::replace(&text, &pattern, most, &mut call.machine.budget, |found, out| {
            out.budget.work(with.len())?;
            expand(&with, found, out)
        })?;
        return Ok(Value::String(replaced));
    };
    let mut pieces = Vec::new();
    for found in matches(call, &text, &pattern, most)? {
        let Some(place) = found.place() else { continue };
        let value = call.machine.invoke(&lambda, &[Value::object(Object::Match(Arc::new(found)))])?;
        pieces.push((place, call.machine.text_of(&value)?));
    }
    let mut out = Writer::new(&mut call.machine.budget);
    let mut end = 0;
    for ((start, stop), written) in pieces {
        out.push(&text[end..start])?;
        out.push(&written)?;
        end = stop;
    }
    out.push(&text[end..])?;
    Ok(Value::String(out.finish()))
}

fn split(call: &mut Call<'_, '_>) -> Outcome {
    let (text, pattern) = subject(call)?;
    let mut parts = Vec::new();
    let mut end = 0;
    // The number limits the parts; 0 means no limit.
    let asked = if call.receiver.is_null() { None } else { count(call, 1, 0)? };
    let most = asked.and_then(|parts| parts.checked_sub(1)).unwrap_or(usize::MAX);
    for found in matches(call, &text, &pattern, most)? {
        let Some((start, stop)) = found.place() else { continue };
        parts.push(text[end..start].to_owned());
        // The result includes the texts that the pattern's groups matched.
        let inner = found.groups.iter().skip(1).flatten();
        parts.extend(inner.map(|(start, stop)| text[*start..*stop].to_owned()));
        end = stop;
    }
    parts.push(text[end..].to_owned());
    call.new_texts(CollectionKind::Array, parts)
}
