//! Finds the API and operation of a request: the API by the longest matching prefix of the path, the operation by
//! method and URL template.
//!
//! Paths are compared exactly, letter case included, and undecoded. A parameter does not cross a slash, and `%2F` in a
//! value is not a slash. A trailing slash counts. Azure does not document which of two matching templates wins. Here
//! literals win over parameters, and both win over a wildcard.

use std::{cmp::Reverse, collections::BTreeMap};

/// A URL template, such as `/{id}/lines`, `/Customers({id})`, `/files/*` or `/search?term={term}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    segments: Vec<Vec<SegmentPart>>,
    /// The wildcard for the rest of the path: `*`, or `{*name}`.
    wildcard: Option<Wildcard>,
    query: Vec<QueryPart>,
}

/// A part of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SegmentPart {
    Literal(String),
    /// A parameter with this name.
    Parameter(String),
}

#[derive(Debug, PartialEq, Eq)]
struct Wildcard {
    name: Option<String>,
}

/// A query parameter that a request must have.
#[derive(Debug, PartialEq, Eq)]
struct QueryPart {
    name: String,
    value: Vec<SegmentPart>,
}

impl Template {
    /// Parses a template. `Err` holds the fault.
    pub(super) fn parse(template: &str) -> Result<Self, &'static str> {
        let (path, query) = template.split_once('?').unwrap_or((template, ""));
        let Some(path) = path.strip_prefix('/') else { return Err("it does not begin with /") };
        let mut texts: Vec<_> = segments(path).collect();
        let wildcard = texts.last().and_then(|last| Wildcard::parse(last));
        if wildcard.is_some() {
            texts.pop();
        }
        let segments = texts.into_iter().map(parts).collect::<Result<_, _>>()?;
        let query = query.split('&').filter(|part| !part.is_empty()).map(QueryPart::parse).collect::<Result<_, _>>()?;
        let template = Self { segments, wildcard, query };
        let mut names: Vec<_> = template.names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        if names.len() < count { Err("a parameter is in it twice") } else { Ok(template) }
    }

    /// Reports whether a request matches: its path below the API's path, empty or with a leading `/`, and its query.
    pub(super) fn fits(&self, path: &str, query: &str) -> bool {
        self.read(path, query).is_some()
    }

    /// Returns the decoded values of the parameters in a matching request.
    pub(super) fn parameters(&self, path: &str, query: &str) -> BTreeMap<String, String> {
        let found = self.read(path, query).unwrap_or_default();
        found.into_iter().map(|(name, value)| (name.to_owned(), decoded(&value))).collect()
    }

    /// Returns names and undecoded values of the parameters; `None` if the request does not match.
    fn read(&self, path: &str, query: &str) -> Option<Vec<(&str, String)>> {
        let found: Vec<_> = segments(path.strip_prefix('/').unwrap_or(path)).collect();
        let mut values = Vec::new();
        match &self.wildcard {
            // `/files/*` matches `/files/`, but not `/files`.
            Some(wildcard) if found.len() > self.segments.len() || self.segments.is_empty() => {
                let rest = found.get(self.segments.len()..).unwrap_or_default().join("/");
                values.extend(wildcard.name.as_deref().map(|name| (name, rest)));
            }
            None if found.len() == self.segments.len() => {}
            _ => return None,
        }
        for (segment, text) in self.segments.iter().zip(found) {
            read_parts(segment, text, &mut values)?;
        }
        for part in &self.query {
            let mut given = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            let (_, text) = given.find(|(name, _)| decoded(name) == part.name)?;
            part.read(text, &mut values)?;
        }
        Some(values)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let parts = self.segments.iter().flatten().chain(self.query.iter().flat_map(|part| &part.value));
        let names = parts.filter_map(|part| match part {
            SegmentPart::Parameter(name) => Some(name.as_str()),
            SegmentPart::Literal(_) => None,
        });
        names.chain(self.wildcard.iter().filter_map(|wildcard| wildcard.name.as_deref()))
    }

    /// Returns a key that sorts more specific templates first: those without wildcards, with fewer parameters in the
    /// path, with more query parameters, and with more letters.
    pub(super) fn vagueness(&self) -> impl Ord + use<> {
        let parts = || self.segments.iter().flatten();
        let parameters = parts().filter(|part| matches!(part, SegmentPart::Parameter(_))).count();
        let letters: usize = parts().map(SegmentPart::letters).sum();
        (self.wildcard.is_some(), parameters, Reverse(self.query.len()), Reverse(letters))
    }
}

impl SegmentPart {
    fn letters(&self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Parameter(_) => 0,
        }
    }
}

impl Wildcard {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { name: None });
        }
        let name = text.strip_prefix("{*")?.strip_suffix('}')?;
        is_name(name).then(|| Self { name: Some(name.to_owned()) })
    }
}

impl QueryPart {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if name.contains(['{', '}', '*']) {
            return Err("a parameter in the query is a value, name={name}");
        }
        Ok(Self { name: decoded(name), value: value.map_or(Ok(Vec::new()), parts)? })
    }

    /// Reads a query value. A value that is a parameter may be empty; without a value in the template, any value
    /// matches.
    fn read<'t>(&'t self, text: &str, values: &mut Vec<(&'t str, String)>) -> Option<()> {
        match self.value.as_slice() {
            [] => Some(()),
            [SegmentPart::Parameter(name)] => {
                values.push((name, text.replace('+', "%20")));
                Some(())
            }
            [SegmentPart::Literal(literal)] => (decoded(literal) == decoded(text)).then_some(()),
            parts => read_parts(parts, text, values),
        }
    }
}

/// Returns the literals and parameters of a segment or a query value.
fn parts(text: &str) -> Result<Vec<SegmentPart>, &'static str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { return Err("a { in it has no }") };
        if !before.is_empty() {
            parts.push(SegmentPart::Literal(before.to_owned()));
        } else if matches!(parts.last(), Some(SegmentPart::Parameter(_))) {
            return Err("nothing stands between two parameters");
        }
        if !is_name(name) {
            return Err("a parameter has a name, {name}, and * stands only at the end, after /");
        }
        parts.push(SegmentPart::Parameter(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(SegmentPart::Literal(rest.to_owned()));
    }
    let is_plain = |part: &SegmentPart| !matches!(part, SegmentPart::Literal(text) if text.contains(['}', '*']));
    match parts.iter().all(is_plain) {
        true => Ok(parts),
        false => Err("a parameter has a name, {name}, and * stands only at the end, after /"),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['{', '}', '*', '?', '/'])
}

/// Matches a text against its parts. A parameter matches at least one character, and as few as possible: the following
/// literal is searched only once, since an earlier place leaves more text to the rest. The last part must match the end
/// of the text.
fn read_parts<'t>(parts: &'t [SegmentPart], text: &str, values: &mut Vec<(&'t str, String)>) -> Option<()> {
    let mut rest = text;
    let mut open = None;
    for (index, part) in parts.iter().enumerate() {
        match (part, open.take()) {
            (SegmentPart::Parameter(name), _) => open = Some(name.as_str()),
            (SegmentPart::Literal(literal), None) => rest = rest.strip_prefix(literal.as_str())?,
            (SegmentPart::Literal(literal), Some(name)) => {
                let least = rest.chars().next()?.len_utf8();
                let at = match index + 1 == parts.len() {
                    true => rest.strip_suffix(literal.as_str())?.len(),
                    false => least + rest[least..].find(literal.as_str())?,
                };
                values.push((name, rest.get(..at).filter(|value| !value.is_empty())?.to_owned()));
                rest = &rest[at + literal.len()..];
            }
        }
    }
    match open {
        Some(name) if !rest.is_empty() => {
            values.push((name, rest.to_owned()));
            Some(())
        }
        Some(_) => None,
        None => rest.is_empty().then_some(()),
    }
}

/// Returns a text without percent-encoding.
fn decoded(segment: &str) -> String {
    // The form encoding would also turn `+` into a space.
    let text = format!("v={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(text.as_bytes()).map(|(_, value)| value.into_owned()).next().unwrap_or_default()
}

/// Returns the segments of a path without its first slash; an empty path has none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').take_while(move |_| !path.is_empty())
}

/// Returns the rest of a request's path after an API's path: empty, or with a leading `/`. `None` if the path belongs
/// to another API.
pub(super) fn below<'p>(api_path: &str, path: &'p str) -> Option<&'p str> {
    let rest = if api_path.is_empty() { path } else { path.strip_prefix('/')?.strip_prefix(api_path)? };
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Reports whether a path has `.` or `..` as a segment, encoded or not. Such a path could leave the API's part of the
/// backend.
pub(super) fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_fit_requests_segment_by_segment() {
        let fits = |template: &str, path: &str| {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            Template::parse(template).unwrap().fits(path, query)
        };
        for (template, path) in [
            ("/", ""),
            ("/", "/"),
            ("/{id}", "/5"),
            ("/{id}", "/a%2Fb"),
            ("/{id}/lines", "/5/lines"),
            ("/*", ""),
            ("/*", "/a/b"),
            ("/files/*", "/files/"),
            ("/files/*", "/files/a/b"),
            ("/files/{*rest}", "/files/a/b"),
            ("/{href}sync/", "/a%2Fb%2Fsync/"),
            ("/Customers({id})", "/Customers(7)"),
            ("/{a}-{b}", "/x-y-z"),
            ("/{a}-{b}.json", "/x-y-.json.json"),
            ("/{a}-{b}-", "/é---"),
            ("/x?a={b}", "/x?c=1&a=2"),
            ("/x?a={b}", "/x?a="),
            ("/?soapAction=urn%3Aa", "/?soapAction=urn:a"),
            ("/x?a", "/x?a=1"),
        ] {
            assert!(fits(template, path), "{template} {path}");
        }
        for (template, path) in [
            ("/", "/5"),
            ("/{id}", "/"),
            ("/{id}", "/5/"),
            ("/{id}/lines", "/5/lines/"),
            ("/{id}/lines", "/5/Lines"),
            ("/files/*", "/files"),
            ("/files/*", "/filesystem"),
            ("/{href}sync/", "/a/b/sync/"),
            ("/{href}sync/", "/sync/"),
            ("/Customers({id})", "/Customers()"),
            ("/{a}-{b}", "/x-"),
            ("/{a}-{b}", "/-x"),
            ("/{a}-{b}-", "/x--"),
            ("/x{a}.x", "/x.x"),
            ("/x?a={b}", "/x"),
            ("/x?a={b}", "/x?b=1"),
            ("/?soapAction=a", "/?soapAction=b"),
        ] {
            assert!(!fits(template, path), "{template} {path}");
        }
    }

    #[test]
    fn parameters_have_the_decoded_values_of_their_places() {
        let values = |template: &str, path: &str| -> Vec<(String, String)> {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            Template::parse(template).unwrap().parameters(path, query).into_iter().collect()
        };
        let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (template, path, found) in [
            ("/{id}/lines/{line}", "/a%2Fb+c&d/lines/%C3%A9", &[("id", "a/b+c&d"), ("line", "é")][..]),
            ("/{href}sync/", "/a%2Fb%2Fsync/", &[("href", "a/b/")]),
            ("/{a}-{b}", "/x-y-z", &[("a", "x"), ("b", "y-z")]),
            ("/{a}-{b}.json", "/--x-.json.json", &[("a", "-"), ("b", "x-.json")]),
            ("/files/{*rest}", "/files/a/b", &[("rest", "a/b")]),
            ("/x?q={q}&r={r}", "/x?r=2&q=a+b", &[("q", "a b"), ("r", "2")]),
        ] {
            assert_eq!(values(template, path), expected(found), "{template}");
        }
    }

    #[test]
    fn a_template_that_says_more_comes_first() {
        let mut templates = ["/*", "/{a}/{b}", "/x/{b}", "/{a}?q={q}", "/{a}", "/longer", "/x/*", "/{a}.json"];
        templates.sort_by_key(|template| Template::parse(template).unwrap().vagueness());
        assert_eq!(templates, ["/longer", "/{a}?q={q}", "/{a}.json", "/x/{b}", "/{a}", "/{a}/{b}", "/x/*", "/*"]);
    }

    #[test]
    fn templates_that_are_not_understood_are_refused() {
        for template in
            ["", "orders", "/a?{b}={c}", "/{a}{b}", "/{}", "/*/a", "/a*", "/{a", "/a}", "/{a}/{a}", "/{a}?b={a}"]
        {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }

    #[test]
    fn a_segment_is_read_once_whatever_the_caller_sends() {
        let template = Template::parse("/{a}-{b}-{c}-{d}-{e}-{f}!").unwrap();
        assert!(!template.fits(&format!("/{}", "-".repeat(50_000)), ""));
        assert!(template.fits(&format!("/{}!", "-".repeat(50_000)), ""));
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
