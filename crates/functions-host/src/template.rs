//! Route templates of ASP.NET Core, as `httpTrigger` uses them: `orders/{id:int}/{part?}`, `files/{*path}`.
//!
//! Reference: <https://learn.microsoft.com/aspnet/core/fundamentals/routing>. Not supported and refused by name: escaped
//! braces, an optional parameter beside text in one segment, and the constraints `constraint.rs` does not know.

use super::constraint::Constraint;

/// A parsed template.
#[derive(Debug)]
pub(super) struct Template(Vec<Vec<Part>>);

#[derive(Debug)]
enum Part {
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

/// Values of a template's parameters; `None` for an optional one that is absent.
pub(super) type RouteValues = Vec<(String, Option<String>)>;

impl Template {
    /// Parses a template without slashes at its ends.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let segments = split_segments(text)?.into_iter().map(parse_segment).collect::<Result<Vec<_>, _>>()?;
        let count = segments.len();
        let mut names: Vec<&str> = Vec::new();
        for (at, segment) in segments.iter().enumerate() {
            for parameter in segment.iter().filter_map(Part::parameter) {
                if names.iter().any(|name| name.eq_ignore_ascii_case(&parameter.name)) {
                    return Err(format!("the parameter \"{}\" occurs twice", parameter.name));
                }
                names.push(&parameter.name);
                if parameter.catch_all && (at + 1 < count || segment.len() > 1) {
                    return Err(format!("the catch-all \"{}\" is not the last segment", parameter.name));
                }
                if parameter.optional && segment.len() > 1 {
                    return Err(format!(
                        "\"{}?\" beside text in one segment is not supported by this host",
                        parameter.name
                    ));
                }
            }
        }
        Ok(Self(segments))
    }

    /// The parameters' values if the path matches. `path` is percent-encoded and begins with a slash.
    pub(super) fn matches(&self, path: &str) -> Option<RouteValues> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut rest = Some(path).filter(|path| !path.is_empty());
        let mut values = RouteValues::new();
        for segment in &self.0 {
            if let [Part::Parameter(parameter)] = segment.as_slice() {
                let text = if parameter.catch_all { rest.take() } else { next_segment(&mut rest) };
                parameter.take(text, &mut values)?;
            } else {
                match_parts(segment, &decode(next_segment(&mut rest)?), &mut values)?;
            }
        }
        rest.is_none().then_some(values)
    }
}

impl Part {
    fn parameter(&self) -> Option<&Parameter> {
        match self {
            Self::Parameter(parameter) => Some(parameter),
            Self::Text(_) => None,
        }
    }
}

impl Parameter {
    fn parse(text: &str) -> Result<Self, String> {
        let (definition, default) = match text.split_once('=') {
            Some((definition, default)) => (definition, Some(default.to_owned())),
            None => (text, None),
        };
        let (definition, optional) = match definition.strip_suffix('?') {
            Some(definition) => (definition, true),
            None => (definition, false),
        };
        let stars = definition.len() - definition.trim_start_matches('*').len();
        let mut pieces = definition[stars..].split(':');
        let name = pieces.next().unwrap_or_default();
        if stars > 2 || name.is_empty() || name.contains(['/', '{', '}', '*', '?']) {
            return Err(format!("\"{{{text}}}\" is not a parameter"));
        }
        if optional && default.is_some() {
            return Err(format!("the parameter \"{name}\" is optional and has a default"));
        }
        let constraints = pieces.map(Constraint::parse).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), catch_all: stars > 0, optional, default, constraints })
    }

    /// Takes a whole segment, or for a catch-all all that is left.
    fn take(&self, text: Option<&str>, values: &mut RouteValues) -> Option<()> {
        let value = match text {
            // An empty segment in the middle of a path fills no parameter.
            Some("") if !self.catch_all => return None,
            Some(text) => Some(decode(text)),
            None if self.optional || self.catch_all => self.default.clone(),
            None => Some(self.default.clone()?),
        };
        self.accept(value, values)
    }

    fn accept(&self, value: Option<String>, values: &mut RouteValues) -> Option<()> {
        let allowed = value.iter().all(|value| self.constraints.iter().all(|constraint| constraint.allows(value)));
        allowed.then(|| values.push((self.name.clone(), value)))
    }
}

fn next_segment<'a>(rest: &mut Option<&'a str>) -> Option<&'a str> {
    let path = rest.take()?;
    match path.split_once('/') {
        Some((segment, after)) => {
            *rest = Some(after);
            Some(segment)
        }
        None => Some(path),
    }
}

/// From right to left, each text at its last occurrence, so that the leftmost parameter takes most.
fn match_parts(parts: &[Part], text: &str, values: &mut RouteValues) -> Option<()> {
    let mut rest = text;
    let mut pending: Option<&Parameter> = None;
    let mut found = Vec::new();
    for part in parts.iter().rev() {
        match part {
            Part::Parameter(parameter) => pending = Some(parameter),
            Part::Text(literal) => {
                let at = match pending {
                    Some(_) => rfind_ignoring_case(rest, literal)?,
                    None => rest.len().checked_sub(literal.len())?,
                };
                let (before, after) = rest.split_at_checked(at)?;
                let (matched, value) = after.split_at_checked(literal.len())?;
                if !matched.eq_ignore_ascii_case(literal) {
                    return None;
                }
                if let Some(parameter) = pending.take() {
                    found.push((parameter, value));
                }
                rest = before;
            }
        }
    }
    match pending {
        Some(parameter) => found.push((parameter, rest)),
        None if !rest.is_empty() => return None,
        None => {}
    }
    found.into_iter().rev().try_for_each(|(parameter, value)| {
        if value.is_empty() { None } else { parameter.accept(Some(value.to_owned()), values) }
    })
}

/// Where `literal` last occurs with at least one character after it.
fn rfind_ignoring_case(text: &str, literal: &str) -> Option<usize> {
    let (text, literal) = (text.to_ascii_lowercase(), literal.to_ascii_lowercase());
    let end = text.char_indices().next_back()?.0;
    text[..end].rfind(&literal)
}

/// Splits at slashes outside braces; a regular expression may hold one.
fn split_segments(text: &str) -> Result<Vec<&str>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if text.contains("{{") || text.contains("}}") {
        return Err("escaped braces are not supported by this host".to_owned());
    }
    let mut depth = 0_u32;
    let mut segments = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1).ok_or("a \"}\" without \"{\"")?,
            '/' if depth == 0 => {
                segments.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    segments.push(&text[start..]);
    if depth > 0 {
        return Err("a \"{\" without \"}\"".to_owned());
    }
    if segments.contains(&"") { Err("an empty segment".to_owned()) } else { Ok(segments) }
}

fn parse_segment(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        if !literal.is_empty() {
            parts.push(literal_part(literal)?);
        } else if matches!(parts.last(), Some(Part::Parameter(_))) {
            return Err(format!("two parameters of \"{text}\" have no text between them"));
        }
        let (parameter, after) = after.split_once('}').ok_or("a \"{\" without \"}\"")?;
        parts.push(Part::Parameter(Parameter::parse(parameter)?));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(literal_part(rest)?);
    }
    Ok(parts)
}

fn literal_part(text: &str) -> Result<Part, String> {
    if text.contains(['?', '}', '*']) {
        return Err(format!("\"{text}\" holds a character that a template may not"));
    }
    Ok(Part::Text(text.to_owned()))
}

/// Percent-decodes; `%2F` stays, as the web server of the host leaves it.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match escaped {
            Some(byte) if first == b'%' && byte != b'/' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Template;

    /// The values as `name=value`, a missing optional one as `name`.
    fn values(template: &str, path: &str) -> Option<Vec<String>> {
        let values = Template::parse(template).unwrap().matches(path)?;
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
            ("o/{}", "\"{}\" is not a parameter"),
            ("{*a}/b", "the catch-all \"a\" is not the last segment"),
            ("{a}{b}", "two parameters of \"{a}{b}\" have no text between them"),
            ("{a}/{A}", "the parameter \"A\" occurs twice"),
            ("{a}.{b?}", "\"b?\" beside text in one segment is not supported by this host"),
            ("{a?=1}", "the parameter \"a\" is optional and has a default"),
            ("{a:regex(^x$)}", "the constraint \"regex(^x$)\" is not supported by this host"),
            ("{{a}}", "escaped braces are not supported by this host"),
            ("a?b", "\"a?b\" holds a character that a template may not"),
        ];
        for (template, expected) in cases {
            assert_eq!(Template::parse(template).err().as_deref(), Some(expected), "{template}");
        }
    }
}
