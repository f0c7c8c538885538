//! Reads the text of a template. It refuses what ASP.NET Core refuses, because one such route stops the whole host.

use std::{iter::Peekable, str::Chars};

use super::{
    constraint::{Constraint, ConstraintError},
    segment::{Parameter, Segment, SegmentPart},
};

/// A route that the Functions host does not start with.
#[derive(Debug, thiserror::Error)]
#[error("the route \"{route}\" {problem}")]
pub(crate) struct TemplateError {
    route: String,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("begins with two slashes: the host does not start with it")]
    LeadingSlash,
    #[error("begins with \"~\": the host matches no path with it, or does not start")]
    LeadingTilde,
    #[error("has an empty part between two slashes")]
    EmptySegment,
    #[error("has a {0:?} that belongs to no parameter; {{{{ and }}}} stand for braces")]
    Brace(char),
    #[error("has a \"?\" outside a parameter")]
    QuestionMark,
    #[error(
        "has {{{0}}}, which is no parameter: it is {{name}}, {{name?}}, {{name=default}}, {{name:constraint}} or {{*name}}"
    )]
    Name(String),
    #[error("has two parameters without text between them before {{{0}}}")]
    Neighbours(String),
    #[error("has the parameter {0} twice")]
    Twice(String),
    #[error("has {{*{0}}}, which must be the last part and a part by itself")]
    CatchAll(String),
    #[error("has {{{0}?}}, which is optional and has a default")]
    OptionalDefault(String),
    #[error("has {{{0}?}} beside text; there an optional parameter must be the last, with a dot before it")]
    OptionalBesideText(String),
    #[error("has {{{0}}}: {1}")]
    Constraint(String, ConstraintError),
}

/// Reads the segments of a template that has its prefix and no trailing slash. One leading slash means nothing.
pub(super) fn template(route: &str) -> Result<Vec<Segment>, TemplateError> {
    let bare = route.strip_prefix('/').unwrap_or(route);
    let parsed = segments(bare).and_then(|segments| check_names(&segments).map(|()| segments));
    parsed.map_err(|problem| TemplateError { route: route.to_owned(), problem })
}

fn segments(route: &str) -> Result<Vec<Segment>, Problem> {
    if route.starts_with('/') {
        return Err(Problem::LeadingSlash);
    }
    if route.starts_with('~') {
        return Err(Problem::LeadingTilde);
    }
    let mut segments = Vec::new();
    if route.is_empty() {
        return Ok(segments);
    }
    let mut rest = route.chars().peekable();
    loop {
        let (parts, more) = parts(&mut rest)?;
        segments.push(segment(parts)?);
        if !more {
            break;
        }
    }
    let early = segments.iter().rev().skip(1).find_map(|segment| match segment {
        Segment::CatchAll(parameter) => Some(parameter.name.clone()),
        _ => None,
    });
    early.map_or(Ok(segments), |name| Err(Problem::CatchAll(name)))
}

/// Reads the parts up to the next slash, and reports whether there was one.
fn parts(rest: &mut Peekable<Chars<'_>>) -> Result<(Vec<SegmentPart>, bool), Problem> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let more = loop {
        match rest.next() {
            None => break false,
            Some('/') => break true,
            Some('?') => return Err(Problem::QuestionMark),
            Some(brace @ ('{' | '}')) if rest.peek() == Some(&brace) => {
                rest.next();
                text.push(brace);
            }
            Some('}') => return Err(Problem::Brace('}')),
            Some('{') => {
                let inner = parameter_text(rest)?;
                match (text.is_empty(), parts.last()) {
                    (true, Some(SegmentPart::Parameter(_))) => return Err(Problem::Neighbours(inner)),
                    (true, _) => {}
                    (false, _) => parts.push(SegmentPart::Text(std::mem::take(&mut text))),
                }
                parts.push(SegmentPart::Parameter(parameter(&inner)?));
            }
            Some(other) => text.push(other),
        }
    };
    if !text.is_empty() {
        parts.push(SegmentPart::Text(text));
    }
    if parts.is_empty() { Err(Problem::EmptySegment) } else { Ok((parts, more)) }
}

/// Reads the text between the braces of a parameter. A regular expression doubles its own braces, and may have slashes.
fn parameter_text(rest: &mut Peekable<Chars<'_>>) -> Result<String, Problem> {
    let mut inner = String::new();
    loop {
        match rest.next() {
            None => return Err(Problem::Brace('{')),
            Some(brace @ ('{' | '}')) if rest.peek() == Some(&brace) => {
                rest.next();
                inner.push(brace);
            }
            Some('{') => return Err(Problem::Brace('{')),
            Some('}') => return Ok(inner),
            Some(other) => inner.push(other),
        }
    }
}

fn parameter(text: &str) -> Result<Parameter, Problem> {
    let inner = text.strip_prefix("**").or_else(|| text.strip_prefix('*'));
    let (inner, catch_all) = (inner.unwrap_or(text), inner.is_some());
    let (inner, optional) = inner.strip_suffix('?').map_or((inner, false), |inner| (inner, true));
    let end = inner.find([':', '=']).unwrap_or(inner.len());
    let (name, mut rest) = inner.split_at(end);
    if name.is_empty() || name.contains(['/', '{', '}', '*', '?']) {
        return Err(Problem::Name(text.to_owned()));
    }
    let mut constraints = Vec::new();
    while let Some(after) = rest.strip_prefix(':') {
        let (constraint, after) = after.split_at(constraint_end(after));
        let parsed = Constraint::parse(constraint).map_err(|error| Problem::Constraint(text.to_owned(), error))?;
        constraints.push(parsed);
        rest = after;
    }
    let default = rest.strip_prefix('=').filter(|text| !text.is_empty()).map(str::to_owned);
    if optional && default.is_some() {
        return Err(Problem::OptionalDefault(name.to_owned()));
    }
    Ok(Parameter { name: name.to_owned(), catch_all, optional, default, constraints })
}

/// Finds the end of a constraint: a colon or equals sign that is not between the constraint's parentheses.
fn constraint_end(text: &str) -> usize {
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with([':', '=']);
    let plain = text.find([':', '=', '(']).unwrap_or(text.len());
    if !text[plain..].starts_with('(') {
        return plain;
    }
    let closing = text.match_indices(')').map(|(at, _)| at + 1).find(|end| is_end(&text[*end..]));
    closing.unwrap_or(text.len())
}

fn segment(mut parts: Vec<SegmentPart>) -> Result<Segment, Problem> {
    if let [_] = parts.as_slice() {
        return Ok(match parts.remove(0) {
            SegmentPart::Text(text) => Segment::Literal(text),
            SegmentPart::Parameter(parameter) if parameter.catch_all => Segment::CatchAll(parameter),
            SegmentPart::Parameter(parameter) => Segment::Parameter(parameter),
        });
    }
    for (at, parameter) in parts.iter().enumerate().filter_map(|(at, part)| Some((at, part.parameter()?))) {
        if parameter.catch_all {
            return Err(Problem::CatchAll(parameter.name.clone()));
        }
        let after_dot =
            at.checked_sub(1).is_some_and(|before| matches!(&parts[before], SegmentPart::Text(text) if text == "."));
        if parameter.optional && (at + 1 < parts.len() || !after_dot) {
            return Err(Problem::OptionalBesideText(parameter.name.clone()));
        }
    }
    Ok(Segment::Mixed(parts))
}

fn check_names(segments: &[Segment]) -> Result<(), Problem> {
    let mut names: Vec<String> = Vec::new();
    for parameter in segments.iter().flat_map(Segment::parameters) {
        let name = parameter.name.to_lowercase();
        if names.contains(&name) {
            return Err(Problem::Twice(parameter.name.clone()));
        }
        names.push(name);
    }
    Ok(())
}
