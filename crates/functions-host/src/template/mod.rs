//! Route templates of ASP.NET Core, as `httpTrigger` uses them: `orders/{id:int}/{part?}`, `files/{*path}`.
//!
//! Source: `TemplateMatcher.cs` and `RoutePatternMatcher.cs` of `dotnet/aspnetcore`; reference:
//! <https://learn.microsoft.com/aspnet/core/fundamentals/routing>.

mod constraint;
mod error;
mod parse;

use self::constraint::Constraint;
pub(crate) use self::error::TemplateError;

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Template {
    segments: Vec<Vec<SegmentPart>>,
    /// Whether the template begins with `~`. Such a template is accepted and matches no path.
    never_matches: bool,
}

#[derive(Debug)]
enum SegmentPart {
    Text(String),
    Parameter(Parameter),
}

#[derive(Debug)]
struct Parameter {
    name: String,
    catch_all: bool,
    optional: bool,
    default: Option<String>,
    constraints: Vec<Constraint>,
}

/// The values of a template's parameters. An optional parameter that is absent has the value `None`.
pub(crate) type RouteValues = Vec<(String, Option<String>)>;

impl Template {
    /// Returns the parameters' values if the path matches. `path` is decoded as [`crate::request_path`] does, and
    /// begins with a slash.
    pub(crate) fn matches(&self, path: &str) -> Option<RouteValues> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let trimmed = path.trim_end_matches('/');
        if self.never_matches || (!trimmed.is_empty() && trimmed.split('/').any(str::is_empty)) {
            return None;
        }
        // A catch-all parameter keeps the slashes at the end.
        let mut rest = Some(path).filter(|_| !trimmed.is_empty());
        let mut found = Vec::new();
        for segment in &self.segments {
            if let [SegmentPart::Parameter(parameter)] = segment.as_slice() {
                let text = if parameter.catch_all { rest.take() } else { next_segment(&mut rest) };
                if text.is_none() && !parameter.may_be_absent() {
                    return None;
                }
                found.push((parameter, text));
            } else {
                match_segment(segment, next_segment(&mut rest)?, &mut found)?;
            }
        }
        // Constraints are tested last. If one fails, no other way of matching is tried.
        let is_match =
            rest.is_none() && found.iter().all(|(parameter, text)| text.is_none_or(|text| parameter.allows(text)));
        is_match.then(|| found.into_iter().map(|(parameter, text)| parameter.named(text)).collect())
    }
}

impl SegmentPart {
    fn parameter(&self) -> Option<&Parameter> {
        match self {
            Self::Parameter(parameter) => Some(parameter),
            Self::Text(_) => None,
        }
    }
}

/// A parameter and its value in the path.
type FilledParameter<'a> = (&'a Parameter, Option<&'a str>);

impl Parameter {
    /// Reports whether the parameter may be missing in the path. A missing value or a default is not tested against
    /// constraints. A catch-all with constraints but without a value or a default is tested, and fails.
    fn may_be_absent(&self) -> bool {
        self.default.is_some() || self.optional || (self.catch_all && self.constraints.is_empty())
    }

    fn allows(&self, value: &str) -> bool {
        self.constraints.iter().all(|constraint| constraint.allows(value))
    }

    /// Returns the value with its name, or the default if the path has none.
    fn named(&self, text: Option<&str>) -> (String, Option<String>) {
        (self.name.clone(), text.map(str::to_owned).or_else(|| self.default.clone()))
    }
}

/// Takes the next segment. Slashes at the end of the path are no segment.
fn next_segment<'a>(rest: &mut Option<&'a str>) -> Option<&'a str> {
    let path = rest.take()?;
    match path.split_once('/') {
        Some((segment, after)) => {
            *rest = Some(after).filter(|after| !after.trim_end_matches('/').is_empty());
            Some(segment)
        }
        None => Some(path),
    }
}

/// Matches a segment that contains text. An optional parameter at its end may be missing together with the dot before
/// it.
fn match_segment<'a>(parts: &'a [SegmentPart], text: &'a str, found: &mut Vec<FilledParameter<'a>>) -> Option<()> {
    let [before @ .., SegmentPart::Text(dot), SegmentPart::Parameter(last)] = parts else {
        return match_parts(parts, text, found);
    };
    if !last.optional {
        return match_parts(parts, text, found);
    }
    let known = found.len();
    if match_parts(parts, text, found).is_some() {
        return Some(());
    }
    found.truncate(known);
    if text.ends_with(dot.as_str()) {
        return None;
    }
    match_parts(before, text, found)?;
    found.push((last, None));
    Some(())
}

/// Matches the parts from right to left, each text at its last occurrence. The leftmost parameter therefore takes most.
fn match_parts<'a>(parts: &'a [SegmentPart], text: &'a str, found: &mut Vec<FilledParameter<'a>>) -> Option<()> {
    let mut rest = text;
    let mut pending: Option<&Parameter> = None;
    let mut values = Vec::new();
    for part in parts.iter().rev() {
        match part {
            SegmentPart::Parameter(parameter) => pending = Some(parameter),
            SegmentPart::Text(literal) => {
                let (before, value) = match pending {
                    Some(_) => split_at_last(rest, literal)?,
                    None => (strip_end(rest, literal)?, ""),
                };
                if let Some(parameter) = pending.take() {
                    values.push((parameter, value));
                }
                rest = before;
            }
        }
    }
    match pending {
        Some(parameter) => values.push((parameter, rest)),
        None if !rest.is_empty() => return None,
        None => {}
    }
    if values.iter().any(|(_, value)| value.is_empty()) {
        return None;
    }
    found.extend(values.into_iter().rev().map(|(parameter, value)| (parameter, Some(value))));
    Some(())
}

/// Splits a text at the last occurrence of `literal` that has at least one character after it.
fn split_at_last<'a>(text: &'a str, literal: &str) -> Option<(&'a str, &'a str)> {
    let starts = text.char_indices().map(|(at, _)| at).rev();
    starts.filter_map(|at| Some((&text[..at], strip_start(&text[at..], literal)?))).find(|(_, after)| !after.is_empty())
}

/// Removes `literal` from the end of a text, which must end with it.
fn strip_end<'a>(text: &'a str, literal: &str) -> Option<&'a str> {
    let starts = text.char_indices().map(|(at, _)| at).rev();
    starts.filter(|at| strip_start(&text[*at..], literal) == Some("")).map(|at| &text[..at]).next()
}

/// Removes `literal` from the beginning of a text, which must begin with it. Letter case has no meaning, also beyond
/// ASCII.
fn strip_start<'a>(text: &'a str, literal: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for expected in literal.chars() {
        let same =
            rest.next().is_some_and(|found| found == expected || found.to_uppercase().eq(expected.to_uppercase()));
        if !same {
            return None;
        }
    }
    Some(rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Template, TemplateError};
    use crate::request_path::request_path;

    /// Returns the values as `name=value`, and a missing optional value as `name`.
    fn values(template: &str, path: &str) -> Option<Vec<String>> {
        let values = Template::parse(template).unwrap().matches(&request_path(path).unwrap())?;
        Some(
            values
                .into_iter()
                .map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")))
                .collect(),
        )
    }

    #[test]
    fn templates_match_paths() {
        let cases: &[(&str, &str, Option<&[&str]>)] = &[
            ("api/health", "/api/health", Some(&[])),
            ("api/health", "/API/Health", Some(&[])),
            ("api/health", "/api/health/", Some(&[])),
            ("api/health", "/api/healthy", None),
            ("api/health", "/api", None),
            ("api/health", "/api/health/x", None),
            ("", "/", Some(&[])),
            ("", "/x", None),
            ("o/{id}", "/o/7", Some(&["id=7"])),
            ("o/{id}", "/o/a%20b", Some(&["id=a b"])),
            ("o/{id}", "/o/a%2Fb", Some(&["id=a%2Fb"])),
            ("o/{id}", "/o", None),
            ("o/{id}", "/o/", None),
            ("o/{id}/x", "/o//x", None),
            ("o/{id?}", "/o", Some(&["id"])),
            ("o/{id?}", "/o/7", Some(&["id=7"])),
            ("o/{id=9}", "/o", Some(&["id=9"])),
            ("o/{id=9}/{x?}", "/o/1/2", Some(&["id=1", "x=2"])),
            ("o/{*rest}", "/o", Some(&["rest"])),
            ("o/{*rest}", "/o/a/b/c", Some(&["rest=a/b/c"])),
            ("o/{**rest}", "/o/a/b", Some(&["rest=a/b"])),
            ("{*rest}", "/", Some(&["rest"])),
            ("{*rest}", "/a/b", Some(&["rest=a/b"])),
            ("o/{id:int}", "/o/-12", Some(&["id=-12"])),
            ("o/{id:int}", "/o/twelve", None),
            ("o/{id:int?}", "/o", Some(&["id"])),
            ("o/{id:alpha:length(3)}", "/o/abc", Some(&["id=abc"])),
            ("o/{id:alpha:length(3)}", "/o/abcd", None),
            ("f/{name}.{extension}", "/f/a.b.txt", Some(&["name=a.b", "extension=txt"])),
            ("f/{name}.{extension}", "/f/a", None),
            ("f/{name}.{extension}", "/f/a.", None),
            ("f/v{version}", "/f/V2", Some(&["version=2"])),
            ("f/v{version}", "/f/v", None),
            ("f/{a}-x", "/f/1-X", Some(&["a=1"])),
            ("f/{a}-{b}", "/f/1-2-3", Some(&["a=1-2", "b=3"])),
            ("f/{a}-{b}_{c}", "/f/1-2-3_4_5", Some(&["a=1-2", "b=3_4", "c=5"])),
            ("{a}.{b?}", "/x.y.z", Some(&["a=x.y", "b=z"])),
            ("{a}.{b?}", "/x", Some(&["a=x", "b"])),
            ("{a}.{b?}", "/x.", None),
            ("{a}.{b:alpha?}", "/x.y", Some(&["a=x", "b=y"])),
            ("{a}.{b:alpha?}", "/x.1", None),
            ("{a}.{b:alpha?}", "/x", Some(&["a=x", "b"])),
            ("{a:file}.{b?}", "/x.y", None),
            ("/x", "/x", Some(&[])),
            ("{{x}}", "/{x}", Some(&[])),
            ("{{x}}", "/y", None),
            ("a*b", "/a*b", Some(&[])),
            ("c/%NAME%/x", "/c/%25NAME%25/x", Some(&[])),
            ("é", "/%C3%89", Some(&[])),
            ("{a:regex(^x{{1,2}}$)}", "/XX", Some(&["a=XX"])),
            ("{a?}/b", "/b", None),
            ("{*a:int}", "/", None),
            ("{*a:int}", "/7", Some(&["a=7"])),
            ("{*rest=x/y}", "/", Some(&["rest=x/y"])),
            ("{id:int=5}", "/", Some(&["id=5"])),
            ("{*p}", "//x", None),
            ("{*p}", "/x/", Some(&["p=x/"])),
            ("x/", "/x", Some(&[])),
            ("x", "/x//", Some(&[])),
            ("~/x", "/x", None),
        ];
        for (template, path, expected) in cases {
            let expected = expected.map(|values| values.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(values(template, path), expected, "{template} and {path}");
        }
    }

    #[test]
    fn templates_that_mean_nothing_are_refused_by_name() {
        let cases = [
            ("o/{id", "a \"{\" without \"}\""),
            ("o/id}", "a \"}\" without \"{\""),
            ("o//x", "an empty segment"),
            ("//x", "an empty segment"),
            ("o/{}", "\"{}\" is not a parameter"),
            ("{*a}/b", "the catch-all \"a\" is not the last segment"),
            ("{a}{b}", "two parameters of \"{a}{b}\" have no text between them"),
            ("{a}/{A}", "the parameter \"A\" occurs twice"),
            ("{a}-{b?}", "the optional parameter \"b\" does not end its segment after a \".\""),
            ("{a=1?}", "the parameter \"a\" is optional and a catch-all or has a default"),
            ("{a:foo}", "the constraint \"foo\" does not exist"),
            ("q?x", "\"q?x\" holds a \"?\""),
            ("~x", "\"~x\" begins with \"~\""),
        ];
        for (template, expected) in cases {
            let refusal = TemplateError::Refused(expected.to_owned());
            assert_eq!(Template::parse(template).err(), Some(refusal), "{template}");
        }
    }
}
