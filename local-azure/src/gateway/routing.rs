//! Which API and operation a request is for: the API by the longest path that its path begins with, the operation by
//! method and URL template.
//!
//! Paths are compared to the letter. Whether a live gateway minds letter case or a trailing slash is not documented
//! precisely, so neither is forgiven here.

use std::collections::BTreeMap;

/// A URL template, such as `/{id}/lines` or `/files/*`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Segment>,
    /// Ends in `/*`, which takes whatever follows.
    wildcard: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// Its name.
    Parameter(String),
}

impl Template {
    /// `Err` says what is not understood.
    pub(super) fn parse(template: &str) -> Result<Self, &'static str> {
        let Some(path) = template.strip_prefix('/') else { return Err("it does not begin with /") };
        if template.contains('?') {
            return Err("query parameters in it are not supported");
        }
        let (path, wildcard) = match path.strip_suffix('*') {
            Some(path) if path.is_empty() || path.ends_with('/') => (path.trim_end_matches('/'), true),
            _ => (path, false),
        };
        let segments = segments(path).map(Segment::parse).collect::<Result<_, _>>()?;
        Ok(Self { segments, wildcard })
    }

    /// Whether a path below the API's path, empty or beginning with `/`, fits.
    pub(super) fn fits(&self, path: &str) -> bool {
        let found: Vec<_> = segments(path.strip_prefix('/').unwrap_or(path)).collect();
        let enough =
            if self.wildcard { found.len() >= self.segments.len() } else { found.len() == self.segments.len() };
        enough && self.segments.iter().zip(found).all(|(segment, text)| segment.fits(text))
    }

    /// The values of the parameters in a path that fits, decoded.
    pub(super) fn parameters(&self, path: &str) -> BTreeMap<String, String> {
        let found = segments(path.strip_prefix('/').unwrap_or(path));
        let named = self.segments.iter().zip(found).filter_map(|(segment, text)| match segment {
            Segment::Parameter(name) => Some((name.clone(), decoded(text))),
            Segment::Literal(_) => None,
        });
        named.collect()
    }

    /// Templates that say more come first: fewer wildcards, then fewer parameters.
    pub(super) fn vagueness(&self) -> (bool, usize) {
        (self.wildcard, self.segments.iter().filter(|segment| matches!(segment, Segment::Parameter(_))).count())
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            && !name.contains(['{', '}', '*'])
            && !name.is_empty()
        {
            return Ok(Self::Parameter(name.to_owned()));
        }
        if text.contains(['{', '}', '*']) {
            return Err("a parameter is a whole segment, {name}, and * stands only at the end, after /");
        }
        Ok(Self::Literal(text.to_owned()))
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Parameter(_) => !text.is_empty(),
        }
    }
}

/// A segment without percent-encoding.
fn decoded(segment: &str) -> String {
    // The form encoding would also turn `+` into a space.
    let text = format!("v={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(text.as_bytes()).map(|(_, value)| value.into_owned()).next().unwrap_or_default()
}

/// The segments of a path without its first slash; an empty path has none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').take_while(move |_| !path.is_empty())
}

/// What remains of a request's path after an API's path: empty, or beginning with `/`. `None` when it is another API's.
pub(super) fn below<'p>(api_path: &str, path: &'p str) -> Option<&'p str> {
    let rest = if api_path.is_empty() { path } else { path.strip_prefix('/')?.strip_prefix(api_path)? };
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Whether a path has `.` or `..` as a segment, encoded or not. Such a path could leave the API's part of the backend.
pub(super) fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_paths_segment_by_segment() {
        let fits = |template: &str, path: &str| Template::parse(template).unwrap().fits(path);
        for (template, path) in [
            ("/", ""),
            ("/", "/"),
            ("/{id}", "/5"),
            ("/{id}", "/a%2Fb"),
            ("/{id}/lines", "/5/lines"),
            ("/*", ""),
            ("/*", "/a/b"),
            ("/files/*", "/files"),
            ("/files/*", "/files/a/b"),
        ] {
            assert!(fits(template, path), "{template} {path}");
        }
        for (template, path) in [
            ("/", "/5"),
            ("/{id}", "/"),
            ("/{id}", "/5/"),
            ("/{id}", "/5/lines"),
            ("/{id}/lines", "/5/Lines"),
            ("/files/*", "/filesystem"),
        ] {
            assert!(!fits(template, path), "{template} {path}");
        }
    }

    #[test]
    fn parameters_have_the_values_of_their_segments() {
        let template = Template::parse("/{id}/lines/{line}").unwrap();
        let found = template.parameters("/a%2Fb+c&d/lines/%C3%A9");
        assert_eq!((found["id"].as_str(), found["line"].as_str(), found.len()), ("a/b+c&d", "é", 2));
    }

    #[test]
    fn templates_that_are_not_understood_are_refused() {
        for template in ["", "orders", "/a?b={c}", "/{a}-{b}", "/{}", "/*/a", "/a*", "/{*rest}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }

    #[test]
    fn an_api_owns_whole_segments() {
        assert_eq!(below("orders", "/orders"), Some(""));
        assert_eq!(below("orders", "/orders/5"), Some("/5"));
        assert_eq!(below("orders", "/orders2"), None);
        assert_eq!(below("a/b", "/a/b/c"), Some("/c"));
        assert_eq!(below("", "/x"), Some("/x"));
        assert_eq!(below("", ""), Some(""));
    }

    #[test]
    fn dot_segments_are_seen_in_any_spelling() {
        for path in ["/a/../b", "/..", "/a/%2E%2e", "/.%2e/", "/./a"] {
            assert!(has_dot_segment(path), "{path}");
        }
        assert!(!has_dot_segment("/a.b/..c/..."));
    }
}
