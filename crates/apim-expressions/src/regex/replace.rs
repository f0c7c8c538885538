//! Matches one after the other, and `Regex.Replace`.

use std::sync::Arc;

use super::{Match, Pattern, Start};
use crate::{
    limits::{Budget, Writer},
    problem::Failure,
};

/// The start of the search for the next match.
#[derive(Clone, Copy, Default)]
pub(crate) struct Searches {
    /// The start; `None` behind a match at the end of the text.
    from: Option<Start>,
}

impl Searches {
    /// Begins at the start of a text, and counts the cost of the searches.
    pub(crate) fn new(text: &str, pattern: &Pattern, budget: &mut Budget) -> Result<Self, Failure> {
        pattern.spend(text, budget)?;
        Ok(Self { from: Some(Start::at(0)) })
    }

    /// Returns the next match. An empty match may stand directly behind another match, as in .NET.
    pub(crate) fn next(
        &mut self,
        text: &Arc<str>,
        pattern: &Pattern,
        budget: &mut Budget,
    ) -> Result<Option<Match>, Failure> {
        let Some(from) = self.from.take() else { return Ok(None) };
        let found = pattern.find(text, from, budget)?;
        if let Some((start, end)) = found.as_ref().and_then(Match::place) {
            let after_empty = start == end;
            let past = if after_empty { text[end..].chars().next().map_or(1, char::len_utf8) } else { 0 };
            self.from = (end + past <= text.len()).then_some(Start { at: end + past, after_empty });
        }
        Ok(found)
    }
}

/// Writes a text with at most `most` of its matches replaced.
pub(crate) fn replace(
    text: &Arc<str>,
    pattern: &Pattern,
    most: usize,
    budget: &mut Budget,
    mut write: impl FnMut(&Match, &mut Writer<'_>) -> Result<(), Failure>,
) -> Result<Arc<str>, Failure> {
    let mut searches = Searches::new(text, pattern, budget)?;
    let mut out = Writer::new(budget);
    let mut written = 0;
    for _ in 0..most {
        let Some(found) = searches.next(text, pattern, out.budget)? else { break };
        let Some((start, end)) = found.place() else { break };
        out.push(&text[written..start])?;
        write(&found, &mut out)?;
        written = end;
    }
    out.push(&text[written..])?;
    Ok(out.finish())
}

/// Writes a replacement, and fills in `$1`, `${name}`, `$&`, `` $` ``, `$'`, `$+`, `$_` and `$$`.
pub(crate) fn expand(with: &str, found: &Match, out: &mut Writer<'_>) -> Result<(), Failure> {
    let (start, end) = found.place().unwrap_or_default();
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        out.push(&rest[..at])?;
        rest = &rest[at..];
        let special = match rest.as_bytes().get(1) {
            Some(b'$') => Some("$"),
            Some(b'&') => Some(found.value()),
            Some(b'`') => Some(&found.text[..start]),
            Some(b'\'') => Some(&found.text[end..]),
            Some(b'_') => Some(&*found.text),
            Some(b'+') => {
                let last = found.groups.len() - 1;
                Some(found.groups[last].map_or("", |(start, end)| &found.text[start..end]))
            }
            _ => None,
        };
        if let Some(special) = special {
            out.push(special)?;
            rest = &rest[2..];
            continue;
        }
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let braced = rest[1..].strip_prefix('{').and_then(group_name);
        let (name, length) = match braced {
            Some(name) => (name, name.len() + 3),
            None if digits > 0 => (&rest[1..=digits], digits + 1),
            None => ("", 1),
        };
        let named = found.names.iter().position(|known| known.as_deref() == Some(name) && !name.is_empty());
        let index = named.or_else(|| name.parse().ok()).filter(|index| *index < found.groups.len());
        match index {
            Some(index) => out.push(found.group(index).value())?,
            None => out.push(&rest[..length])?,
        }
        rest = &rest[length..];
    }
    out.push(rest)
}

/// Reads the name before `}`. Names are not longer than this, so a missing `}` causes no search to the end of the text.
fn group_name(inner: &str) -> Option<&str> {
    let (end, _) = inner.char_indices().take(64).find(|(_, c)| *c == '}')?;
    Some(&inner[..end])
}
