//! Policy expressions are lifted out before the file is read as XML, because it is not XML until then: they carry raw
//! quotes, `<` and `&&` inside attribute values.

use std::ops::Range;

use super::{csharp, edited::Edited};
use crate::problem::Problems;

/// What stands where an expression was.
pub(super) const MARKER: &str = "@expression";

/// Replaces each expression by [`MARKER`]. No expression is supported yet, so each is a problem.
/// `None` when one of them has no end, so that what follows cannot be told from it.
///
/// `named` is the file after its named values were filled in; messages quote the file, since a value may be a secret.
pub(super) fn lift(file: &str, named: &Edited, problems: &mut Problems) -> Option<Edited> {
    let text = named.text.as_str();
    let mut expressions = Vec::new();
    let mut at = 0;
    while let Some(found) = next(text, at) {
        match found {
            Found::Comment(end) => at = end,
            Found::Expression(part) => {
                at = part.end;
                let written = named.origin(part.start)..named.origin(part.end);
                problems.push(
                    written.start,
                    format!("policy expressions are not supported yet: {}", shown(&file[written])),
                );
                expressions.push((part, MARKER));
            }
            Found::Unended(start) => {
                let start = named.origin(start);
                problems.push(
                    start,
                    format!("the policy expression that starts here has no end: {}", shown(&file[start..])),
                );
                return None;
            }
        }
    }
    Some(Edited::new(text, expressions))
}

enum Found {
    Comment(usize),
    Expression(Range<usize>),
    Unended(usize),
}

/// The next comment, which may hold `@(` that means nothing, or expression.
fn next(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    for at in from..bytes.len() {
        match bytes[at] {
            b'<' if bytes[at..].starts_with(b"<!--") => {
                let end = text[at..].find("-->").map_or(text.len(), |end| at + end + 3);
                return Some(Found::Comment(end));
            }
            b'@' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                return Some(
                    csharp::end_of_expression(text, at + 1)
                        .map_or(Found::Unended(at), |end| Found::Expression(at..end)),
                );
            }
            _ => {}
        }
    }
    None
}

/// The start of an expression on one line, short enough for a message.
fn shown(expression: &str) -> String {
    const LENGTH: usize = 60;
    let mut line = expression.split_whitespace().take(LENGTH).collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LENGTH) {
        line.truncate(end);
        line.push('…');
    }
    line
}
