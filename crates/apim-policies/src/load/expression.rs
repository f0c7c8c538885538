//! Takes policy expressions out before the file is read as XML. The expressions contain raw quotes, `<` and `&&` inside
//! attribute values, which XML does not allow.
//!
//! Some files write entities for those characters instead (`&quot;`, `&lt;`). If an expression is valid XML as written,
//! its entities are decoded; otherwise they are ordinary C# text.

use std::{ops::Range, sync::Arc};

use super::{csharp, edited::Edited, liquid, named_values};
use crate::{
    expression::{Expression, ParseErrorKind},
    problem::{Problems, Severity},
};

/// The replacement of an expression in the XML.
pub(super) const MARKER: &str = "@expression";

/// The length of `&#x10FFFF;`.
const LONGEST_ENTITY: usize = 10;

/// A file without its expressions.
pub(super) struct Lifted {
    /// Holds [`MARKER`] where an expression was.
    pub(super) text: Edited,
    /// The expressions in the order of the markers; `None` for a refused one.
    pub(super) expressions: Vec<Option<Arc<Expression>>>,
}

/// Takes each expression out and parses it. Returns `None` if an expression has no end: the rest of the file cannot be
/// told from it.
///
/// `named` is the file after its named values were filled in. Messages quote the file, because a value may be a secret.
pub(super) fn lift(file: &str, named: &Edited, problems: &mut Problems) -> Option<Lifted> {
    let text = named.text.as_str();
    let mut markers = Vec::new();
    let mut expressions = Vec::new();
    let templates = liquid::templates(text);
    let mut at = 0;
    while let Some(found) = next(text, at) {
        let start = found.expression();
        if let Some(template) = start.and_then(|start| liquid::template_around(&templates, start)) {
            at = template.end;
            continue;
        }
        match found {
            ExpressionToken::Comment(end) => at = end,
            ExpressionToken::Expression(part) => {
                at = part.end;
                expressions.push(parse(named, part.clone(), problems));
                markers.push((part, MARKER));
            }
            ExpressionToken::Unended(start) => {
                let start = named.origin(start);
                problems.push(
                    start,
                    format!("the policy expression that starts here has no end: {}", shown(&file[start..])),
                );
                return None;
            }
        }
    }
    Some(Lifted { text: Edited::new(text, markers), expressions })
}

fn parse(named: &Edited, part: Range<usize>, problems: &mut Problems) -> Option<Arc<Expression>> {
    let source = csharp_of(&named.text, &part);
    match Expression::parse(&source.text) {
        Ok(expression) => {
            for warning in expression.warnings() {
                let at = named.origin(part.start + source.origin(warning.offset));
                let message = format!("policy expression: {}; API Management may refuse it", warning.message);
                problems.add(at, Severity::Warning, message);
            }
            Some(Arc::new(expression))
        }
        Err(error) => {
            let at = part.start + source.origin(error.offset);
            // The message quotes the source, and a named value may be a secret.
            let message = match named.replacement_in(&(at..at + 1)) {
                Some(_) => "what the named value stands for is not understood here",
                None => &error.message,
            };
            // A reference to a named value remains only if the file is checked without its service.
            let severity = match named_values::is_reference(&source.text) {
                true => Severity::Warning,
                false => match error.kind {
                    ParseErrorKind::Invalid => Severity::Invalid,
                    ParseErrorKind::Unsupported => Severity::Unsupported,
                },
            };
            problems.add(named.origin(at), severity, format!("policy expression: {message}"));
            None
        }
    }
}

/// Returns the expression as C# text.
fn csharp_of(text: &str, part: &Range<usize>) -> Edited {
    let written = &text[part.clone()];
    let entities = if is_xml(text, part) { entities(written) } else { Vec::new() };
    Edited::new(written, entities.iter().map(|(part, character)| (part.clone(), character.as_str())))
}

/// Reports whether the expression is valid XML in its place.
fn is_xml(text: &str, part: &Range<usize>) -> bool {
    let (before, written) = (text[..part.start].trim_end(), &text[part.clone()]);
    let in_quotes = before.chars().next_back().filter(|last| matches!(last, '"' | '\''));
    !before.ends_with("<![CDATA[")
        && !written.contains('<')
        && !in_quotes.is_some_and(|quote| written.contains(quote))
        && written.matches('&').count() == entities(written).len()
}

/// Returns the predefined entities and character references in a text, with their characters.
fn entities(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices('&') {
        let mut ahead = text[start..].bytes().take(LONGEST_ENTITY);
        let Some(length) = ahead.position(|byte| byte == b';') else { continue };
        if let Some(character) = character(&text[start + 1..start + length]) {
            found.push((start..start + length + 1, character.to_string()));
        }
    }
    found
}

fn character(name: &str) -> Option<char> {
    match name {
        "quot" => Some('"'),
        "apos" => Some('\''),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

enum ExpressionToken {
    Comment(usize),
    Expression(Range<usize>),
    Unended(usize),
}

impl ExpressionToken {
    /// Returns the start of an expression.
    fn expression(&self) -> Option<usize> {
        match self {
            Self::Comment(_) => None,
            Self::Expression(part) => Some(part.start),
            Self::Unended(start) => Some(*start),
        }
    }
}

/// Returns the next expression or comment. In a comment, `@(` means nothing.
fn next(text: &str, from: usize) -> Option<ExpressionToken> {
    let bytes = text.as_bytes();
    for at in from..bytes.len() {
        match bytes[at] {
            b'<' if bytes[at..].starts_with(b"<!--") => {
                let end = text[at..].find("-->").map_or(text.len(), |end| at + end + 3);
                return Some(ExpressionToken::Comment(end));
            }
            b'@' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                return Some(
                    csharp::end_of_expression(text, at + 1)
                        .map_or(ExpressionToken::Unended(at), |end| ExpressionToken::Expression(at..end)),
                );
            }
            _ => {}
        }
    }
    None
}

/// Returns the start of an expression on one line, short enough for a message.
fn shown(expression: &str) -> String {
    const LENGTH: usize = 60;
    let mut line = expression.split_whitespace().take(LENGTH).collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LENGTH) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_expression(text: &str) -> String {
        let Some(ExpressionToken::Expression(part)) = next(text, 0) else { panic!("no expression in {text}") };
        csharp_of(text, &part).text
    }

    #[test]
    fn entities_stand_for_characters_only_where_the_expression_is_xml() {
        for (text, expected) in [
            (r#"a="@(b == &quot;c&quot; &amp;&amp; d &lt; &#51;)""#, r#"@(b == "c" && d < 3)"#),
            (r#"a="@(b == "&lt;")""#, r#"@(b == "&lt;")"#),
            (r#"a='@(b == "&lt;")'"#, r#"@(b == "<")"#),
            (r#"<v>@("a&amp;b")</v>"#, r#"@("a&b")"#),
            (r#"<v>@("a&amp;b" && c)</v>"#, r#"@("a&amp;b" && c)"#),
            (r#"<v>@(1 < 2 ? "&amp;" : "")</v>"#, r#"@(1 < 2 ? "&amp;" : "")"#),
            (r#"<v><![CDATA[@("&amp;")]]></v>"#, r#"@("&amp;")"#),
            (r#"<v>@("&nbsp;")</v>"#, r#"@("&nbsp;")"#),
        ] {
            assert_eq!(first_expression(text), expected, "{text}");
        }
    }
}
