//! Routes as `function.json` writes them, matched as the host matches them: it is ASP.NET's routing that decides which
//! function gets a request, and the handler has to come to the same answer.
//!
//! Literals match in any case, and a slash at the end does not count. The host passes the path on as it came.
//!
//! <https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates>

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

/// The path of a function, prefix included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter {
        name: String,
        optional: bool,
        constraint: Constraint,
    },
    /// What is left of the path, slashes included; may be empty.
    Rest(String),
}

/// What a parameter's value must be. A value that is not makes the host try the next function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Constraint {
    None,
    Alpha,
    Guid,
    Int,
    Long,
}

/// A part of a route that this handler would not match as the host does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the route \"{route}\" has \"{part}\": {problem}")]
pub struct TemplateError {
    route: String,
    part: String,
    problem: &'static str,
}

impl Template {
    /// Puts the prefix of `host.json` and the route of a function together.
    pub(super) fn new(prefix: &str, route: &str) -> Result<Self, TemplateError> {
        let whole = format!("{}/{}", prefix.trim_matches('/'), route.trim_matches('/'));
        let parts: Vec<_> = whole.split('/').filter(|part| !part.is_empty()).collect();
        let segments = parts.iter().map(|part| {
            Segment::parse(part).map_err(|problem| TemplateError {
                route: whole.trim_matches('/').to_owned(),
                part: (*part).to_owned(),
                problem,
            })
        });
        let segments = segments.collect::<Result<Vec<_>, _>>()?;
        if let Some(early) = segments.iter().rev().skip(1).position(Segment::may_be_absent) {
            let part = parts[parts.len() - 2 - early].to_owned();
            let problem = "only the last part may be optional or take the rest";
            return Err(TemplateError { route: whole.trim_matches('/').to_owned(), part, problem });
        }
        Ok(Self { segments })
    }

    /// `path` as axum shall see it, if this template matches it: literals as they are written here, no slash at the end.
    pub(super) fn canonical(&self, path: &str) -> Option<String> {
        let mut rest = path.strip_prefix('/')?;
        let mut canonical = String::with_capacity(path.len());
        for segment in &self.segments {
            if let Segment::Rest(_) = segment {
                return Some(if rest.is_empty() { canonical } else { canonical + "/" + rest });
            }
            if rest.is_empty() {
                return segment.may_be_absent().then_some(canonical);
            }
            let (part, after) = rest.split_once('/').unwrap_or((rest, ""));
            canonical.push('/');
            canonical.push_str(segment.matched(part)?);
            rest = after;
        }
        rest.is_empty().then(|| if canonical.is_empty() { "/".to_owned() } else { canonical })
    }

    /// The path with these values for the parameters; the name of the one that is missing, if one is.
    pub(super) fn path_with(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut path = String::new();
        for segment in &self.segments {
            let part = match segment {
                Segment::Literal(text) => text.clone(),
                Segment::Rest(name) => match value(name) {
                    Some(rest) => rest.split('/').map(encoded).collect::<Vec<_>>().join("/"),
                    None => break,
                },
                Segment::Parameter { name, optional, .. } => match value(name).filter(|value| !value.is_empty()) {
                    Some(value) => encoded(&value),
                    None if *optional => break,
                    None => return Err(name.clone()),
                },
            };
            path = path + "/" + &part;
        }
        Ok(if path.is_empty() { "/".to_owned() } else { path })
    }

    /// The same as axum writes it: two paths where the last part may be absent.
    pub(super) fn for_axum(&self) -> Vec<String> {
        let mut path = String::new();
        let mut paths = Vec::new();
        for segment in &self.segments {
            if segment.may_be_absent() {
                paths.push(if path.is_empty() { "/".to_owned() } else { path.clone() });
            }
            path = match segment {
                Segment::Literal(text) => format!("{path}/{text}"),
                Segment::Parameter { name, .. } => format!("{path}/{{{name}}}"),
                Segment::Rest(name) => format!("{path}/{{*{name}}}"),
            };
        }
        paths.push(if path.is_empty() { "/".to_owned() } else { path });
        paths
    }
}

impl Segment {
    fn parse(part: &str) -> Result<Self, &'static str> {
        let Some(inner) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
            return if plain {
                Ok(Self::Literal(part.to_owned()))
            } else {
                Err("a literal is letters, digits and -._~")
            };
        };
        if let Some(name) = inner.strip_prefix("**").or_else(|| inner.strip_prefix('*')) {
            return if is_name(name) { Ok(Self::Rest(name.to_owned())) } else { Err(NOT_A_PARAMETER) };
        }
        let (inner, optional) = inner.strip_suffix('?').map_or((inner, false), |inner| (inner, true));
        let (name, constraint) = match inner.split_once(':') {
            Some((name, constraint)) => (name, Constraint::parse(constraint).ok_or(UNKNOWN_CONSTRAINT)?),
            None => (inner, Constraint::None),
        };
        if !is_name(name) {
            return Err(NOT_A_PARAMETER);
        }
        Ok(Self::Parameter { name: name.to_owned(), optional, constraint })
    }

    fn may_be_absent(&self) -> bool {
        matches!(self, Self::Parameter { optional: true, .. } | Self::Rest(_))
    }

    /// One part of a path as axum shall see it, if it is one for this segment.
    fn matched<'a>(&'a self, part: &'a str) -> Option<&'a str> {
        // The host matches what the path means, and may pass on how it was written.
        let decoded = percent_decode_str(part).decode_utf8().unwrap_or(Cow::Borrowed(part));
        match self {
            Self::Literal(text) => decoded.eq_ignore_ascii_case(text).then_some(text),
            Self::Parameter { constraint, .. } => (!part.is_empty() && constraint.admits(&decoded)).then_some(part),
            Self::Rest(_) => None,
        }
    }
}

const NOT_A_PARAMETER: &str = "a parameter is {name}, {name?}, {name:constraint} or {*name}, and a part of its own";
const UNKNOWN_CONSTRAINT: &str = "of the constraints, alpha, guid, int and long are supported";

impl Constraint {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "alpha" => Self::Alpha,
            "guid" => Self::Guid,
            "int" => Self::Int,
            "long" => Self::Long,
            _ => return None,
        })
    }

    fn admits(self, value: &str) -> bool {
        match self {
            Self::None => true,
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Guid => !value.starts_with("urn:") && Uuid::try_parse(value).is_ok(),
            Self::Int => value.trim().parse::<i32>().is_ok(),
            Self::Long => value.trim().parse::<i64>().is_ok(),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn encoded(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(route: &str, path: &str) -> Option<String> {
        Template::new("api", route).unwrap().canonical(path)
    }

    #[test]
    fn literals_match_in_any_case_and_values_keep_theirs() {
        assert_eq!(canonical("Orders/{id}", "/API/orders/A-b%20C").as_deref(), Some("/api/Orders/A-b%20C"));
        assert_eq!(canonical("health", "/api/he%61lth").as_deref(), Some("/api/health"));
    }

    #[test]
    fn one_slash_at_the_end_does_not_count() {
        assert_eq!(canonical("health", "/api/health/").as_deref(), Some("/api/health"));
        assert_eq!(canonical("orders/{id}", "/api/orders/7/").as_deref(), Some("/api/orders/7"));
        for other in ["/api/health//", "/api//health", "//api/health", "api/health", "/api/health/x", "/api", "/"] {
            assert_eq!(canonical("health", other), None, "{other}");
        }
    }

    #[test]
    fn the_last_parameter_may_be_optional() {
        for (path, expected) in [("/api/a/x", "/api/a/x"), ("/api/a/x/", "/api/a/x"), ("/api/a/x/y", "/api/a/x/y")] {
            assert_eq!(canonical("a/{b}/{c?}", path).as_deref(), Some(expected), "{path}");
        }
        assert_eq!(canonical("a/{b}/{c?}", "/api/a"), None);
        assert_eq!(canonical("a/{b}/{c?}", "/api/a/x/y/z"), None);
    }

    #[test]
    fn the_rest_may_be_empty_and_keeps_its_slashes() {
        for (path, expected) in [("/api", "/api"), ("/api/", "/api"), ("/API/a//b/", "/api/a//b/")] {
            assert_eq!(canonical("{*rest}", path).as_deref(), Some(expected), "{path}");
        }
        assert_eq!(Template::new("", "{*rest}").unwrap().for_axum(), ["/", "/{*rest}"]);
        assert_eq!(Template::new("", "{*rest}").unwrap().canonical("/x").as_deref(), Some("/x"));
    }

    #[test]
    fn a_value_that_breaks_its_constraint_is_another_route() {
        for (constraint, right, wrong) in [
            ("int", "-42", "2147483648"),
            ("long", "2147483648", "4.2"),
            ("alpha", "Abc", "a1"),
            ("guid", "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f", "7"),
        ] {
            let route = format!("{{id:{constraint}}}");
            assert!(canonical(&route, &format!("/api/{right}")).is_some(), "{constraint} {right}");
            assert!(canonical(&route, &format!("/api/{wrong}")).is_none(), "{constraint} {wrong}");
        }
    }

    #[test]
    fn what_would_not_be_matched_as_the_host_does_is_refused_by_name() {
        for part in ["{id=7}", "{id:range(1,2)}", "{a}-{b}", "{}", "{*}", "a{b}", "sp ace", "{id", "{**}", "{a:b:c}"] {
            let error = Template::new("api", part).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        for route in ["{a?}/b", "{*a}/b", "{a?}/{b?}"] {
            assert!(Template::new("api", route).unwrap_err().to_string().contains("only the last part"), "{route}");
        }
    }

    #[test]
    fn a_path_is_made_of_a_routes_values() {
        let template = Template::new("api", "a/{b}/{c?}").unwrap();
        let path = |b: Option<&str>, c: Option<&str>| {
            template.path_with(|name| if name == "b" { b } else { c }.map(str::to_owned))
        };
        assert_eq!(path(Some("x y/z"), None).as_deref(), Ok("/api/a/x%20y%2Fz"));
        assert_eq!(path(Some("x"), Some("ü")).as_deref(), Ok("/api/a/x/%C3%BC"));
        assert_eq!(path(None, Some("y")), Err("b".to_owned()));
        let rest = Template::new("", "{*rest}").unwrap();
        assert_eq!(rest.path_with(|_| Some("a/b c".to_owned())).as_deref(), Ok("/a/b%20c"));
        assert_eq!(rest.path_with(|_| None).as_deref(), Ok("/"));
    }
}
