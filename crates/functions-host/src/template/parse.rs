//! The syntax of route templates.
//!
//! Source: `RoutePatternParser.cs` and `RouteParameterParser.cs` of `dotnet/aspnetcore`.

use super::{Parameter, SegmentPart, Template, TemplateError, constraint::Constraint};

impl Template {
    /// Parses a whole template: the route with its prefix.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let segments = split_segments(text)?.into_iter().map(parse_segment).collect::<Result<Vec<_>, _>>()?;
        let count = segments.len();
        let mut names: Vec<&str> = Vec::new();
        for (at, segment) in segments.iter().enumerate() {
            for (part, parameter) in segment.iter().enumerate().filter_map(|(at, part)| Some((at, part.parameter()?))) {
                if names.iter().any(|name| name.eq_ignore_ascii_case(&parameter.name)) {
                    return refused(format!("the parameter \"{}\" occurs twice", parameter.name));
                }
                names.push(&parameter.name);
                if parameter.catch_all && (at + 1 < count || segment.len() > 1) {
                    return refused(format!("the catch-all \"{}\" is not the last segment", parameter.name));
                }
                if parameter.optional && segment.len() > 1 && !follows_a_dot(segment, part) {
                    return refused(format!(
                        "the optional parameter \"{}\" does not end its segment after a \".\"",
                        parameter.name
                    ));
                }
            }
        }
        Ok(Self { segments, never_matches: text.starts_with('~') })
    }
}

fn follows_a_dot(segment: &[SegmentPart], at: usize) -> bool {
    at + 1 == segment.len() && matches!(segment[..at].last(), Some(SegmentPart::Text(text)) if text.as_str() == ".")
}

impl Parameter {
    fn parse(text: &str) -> Result<Self, TemplateError> {
        let stars = text.bytes().take_while(|byte| *byte == b'*').count();
        let (definition, optional) = match text.strip_suffix('?') {
            Some(definition) => (definition, true),
            None => (text, false),
        };
        let definition = definition.get(stars..).unwrap_or_default();
        let end = definition.find([':', '=']).unwrap_or(definition.len());
        let (name, rest) = definition.split_at(end);
        if stars > 2 || name.is_empty() || name.contains(['/', '{', '}', '*', '?']) {
            return refused(format!("\"{{{text}}}\" is not a parameter"));
        }
        let (constraints, default) = split_constraints(rest);
        if optional && (default.is_some() || stars > 0) {
            return refused(format!("the parameter \"{name}\" is optional and a catch-all or has a default"));
        }
        let constraints = constraints.into_iter().map(Constraint::parse).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), catch_all: stars > 0, optional, default, constraints })
    }
}

/// Splits `:a:b(c:d)=default` at the colons outside parentheses.
fn split_constraints(text: &str) -> (Vec<&str>, Option<String>) {
    let mut constraints = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix(':') {
        let end = constraint_end(after);
        constraints.push(&after[..end]);
        rest = &after[end..];
    }
    (constraints.into_iter().filter(|one| !one.is_empty()).collect(), rest.strip_prefix('=').map(str::to_owned))
}

/// Returns the end of a constraint. A parenthesis closes it if the text ends there, or if a colon or an equals sign
/// follows. A regular expression may hold other parentheses.
fn constraint_end(text: &str) -> usize {
    let plain = text.find([':', '=', '(']).unwrap_or(text.len());
    if !text[plain..].starts_with('(') {
        return plain;
    }
    let closes = |at: &usize| text[at + 1..].is_empty() || text[at + 1..].starts_with([':', '=']);
    text.match_indices(')').map(|(at, _)| at).filter(|at| *at > plain).find(closes).map_or(text.len(), |at| at + 1)
}

/// Splits a template at slashes outside braces, as a regular expression may hold a slash. A slash at the beginning or
/// the end has no meaning.
fn split_segments(text: &str) -> Result<Vec<&str>, TemplateError> {
    if text.starts_with('~') && !text.starts_with("~/") {
        return refused(format!("\"{text}\" begins with \"~\""));
    }
    let text = text.strip_prefix("~/").or_else(|| text.strip_prefix('/')).unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut inside = false;
    let mut segments = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '{' | '}' if characters.peek().is_some_and(|(_, next)| *next == c) => {
                // A doubled brace is a literal brace, outside and inside a parameter.
                characters.next();
            }
            '{' if inside => return refused("a \"{\" within a parameter".to_owned()),
            '{' => inside = true,
            '}' if !inside => return refused("a \"}\" without \"{\"".to_owned()),
            '}' => inside = false,
            '/' if !inside => {
                segments.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    segments.push(&text[start..]);
    if inside {
        return refused("a \"{\" without \"}\"".to_owned());
    }
    if segments.contains(&"") { refused("an empty segment".to_owned()) } else { Ok(segments) }
}

fn parse_segment(text: &str) -> Result<Vec<SegmentPart>, TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if matches!(first, '{' | '}') && rest.starts_with(first) {
            literal.push(first);
            rest = &rest[1..];
        } else if first == '{' {
            if !literal.is_empty() {
                parts.push(literal_part(std::mem::take(&mut literal))?);
            } else if matches!(parts.last(), Some(SegmentPart::Parameter(_))) {
                return refused(format!("two parameters of \"{text}\" have no text between them"));
            }
            let (parameter, after) = split_parameter(rest)?;
            parts.push(SegmentPart::Parameter(Parameter::parse(&parameter)?));
            rest = after;
        } else {
            literal.push(first);
        }
    }
    if !literal.is_empty() {
        parts.push(literal_part(literal)?);
    }
    Ok(parts)
}

/// Splits off the parameter up to its closing brace. Doubled braces become single.
fn split_parameter(text: &str) -> Result<(String, &str), TemplateError> {
    let mut parameter = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '{' | '}' if rest.starts_with(first) => {
                parameter.push(first);
                rest = &rest[1..];
            }
            '}' => return Ok((parameter, rest)),
            other => parameter.push(other),
        }
    }
    refused("a \"{\" without \"}\"".to_owned())
}

fn literal_part(text: String) -> Result<SegmentPart, TemplateError> {
    if text.contains('?') {
        return refused(format!("\"{text}\" holds a \"?\""));
    }
    Ok(SegmentPart::Text(text))
}

fn refused<T>(problem: String) -> Result<T, TemplateError> {
    Err(TemplateError::Refused(problem))
}
