//! Route templates of ASP.NET Core, matched as the Functions host matches them.
//!
//! The host decides which function a request is for. The handler gets only the path and must make the same decision.
//! Literals match in any letter case, trailing slashes are ignored, and values come from the decoded path.
//!
//! <https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates>

mod constraint;
mod date_time;
mod escape;
mod guid;
mod number;
mod parse;
mod segment;

pub(crate) use self::parse::TemplateError;
use self::{
    escape::encoded,
    segment::{Parameter, Segment},
};

/// The path of a function, with the route prefix.
#[derive(Debug)]
pub(crate) struct Template {
    /// The template as the app wrote it, after a slash.
    text: String,
    segments: Vec<Segment>,
}

/// The values of a template's parameters, in the order of the template. `None` for a parameter that is absent in the
/// path.
///
/// A value is percent-encoded. A value that is not UTF-8 stays unchanged, and axum's `Path` refuses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RouteValues(Vec<Option<String>>);

impl Template {
    /// Joins the route prefix of `host.json` and the route of a function.
    pub(crate) fn new(prefix: &str, route: &str) -> Result<Self, TemplateError> {
        // The slash of the route "/" is not a trailing slash: it makes an empty segment.
        let bare = if route == "/" { route } else { route.strip_suffix('/').unwrap_or(route) };
        let text = match (prefix, bare) {
            ("", route) => route.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, route) => format!("{prefix}/{route}"),
        };
        let segments = parse::template(&text)?;
        Ok(Self { text: format!("/{}", text.strip_prefix('/').unwrap_or(&text)), segments })
    }

    /// The template as the app wrote it, after a slash.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the values, if this template matches the path.
    pub(crate) fn matches(&self, path: &str) -> Option<RouteValues> {
        let mut rest = path.strip_prefix('/')?;
        let mut values = Vec::new();
        for segment in &self.segments {
            if let Segment::CatchAll(parameter) = segment {
                values.push(parameter.rest_of(rest)?);
                return Some(RouteValues(values));
            }
            let (piece, after) = match rest.bytes().position(|byte| byte == b'/') {
                Some(end) => (&rest[..end], &rest[end + 1..]),
                None => (rest, ""),
            };
            if piece.is_empty() && after.bytes().any(|byte| byte != b'/') {
                return None;
            }
            segment.matches(piece, &mut values)?;
            rest = after;
        }
        rest.bytes().all(|byte| byte == b'/').then_some(RouteValues(values))
    }

    /// Returns the part of the path that the catch-all matches, as the caller wrote it. It begins with a slash; it is
    /// `/` if nothing is left.
    pub(crate) fn rest_of<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (Segment::CatchAll(_), before) = self.segments.split_last()? else { return None };
        let slashes = path.match_indices('/').map(|(at, _)| at);
        Some(slashes.into_iter().nth(before.len()).map_or("/", |at| &path[at..]))
    }

    /// Looks up the values by the names of the parameters. The error is the name of a required parameter without a
    /// value.
    pub(crate) fn values(&self, value: impl Fn(&str) -> Option<String>) -> Result<RouteValues, String> {
        let values = self.parameters().map(|parameter| {
            let given = value(&parameter.name).filter(|value| !value.is_empty());
            match given.or_else(|| parameter.default.clone()) {
                Some(value) => Ok(Some(encoded(&value))),
                None if parameter.may_be_absent() => Ok(None),
                None => Err(parameter.name.clone()),
            }
        });
        values.collect::<Result<_, _>>().map(RouteValues)
    }

    /// Returns the routes by which axum passes the values to its extractors: one for each number of present optional
    /// values.
    ///
    /// axum cannot express these templates, so it never sees the caller's path: [`Template::axum_path`] makes a path
    /// that matches one of these routes.
    pub(crate) fn axum_routes(&self) -> Vec<String> {
        let optional = self.parameters().filter(|parameter| parameter.may_be_absent()).count();
        let route = |present: usize| {
            let mut left = present;
            let names = self.parameters().filter(|parameter| {
                let here = !parameter.may_be_absent() || left > 0;
                left -= usize::from(here && parameter.may_be_absent());
                here
            });
            names.fold(format!("/{present}"), |path, parameter| format!("{path}/{{{}}}", parameter.name))
        };
        (0..=optional).map(route).collect()
    }

    /// Makes the path that matches one of [`Template::axum_routes`].
    pub(crate) fn axum_path(&self, values: &RouteValues) -> String {
        let (mut present, mut path, mut gap) = (0, String::new(), false);
        for (parameter, value) in self.parameters().zip(&values.0) {
            gap |= value.is_none();
            let Some(value) = value.as_ref().filter(|_| !(gap && parameter.may_be_absent())) else { continue };
            present += usize::from(parameter.may_be_absent());
            path = format!("{path}/{value}");
        }
        format!("/{present}{path}")
    }

    /// Reports whether the template has no parameters.
    pub(crate) fn has_no_parameters(&self) -> bool {
        self.parameters().next().is_none()
    }

    fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.segments.iter().flat_map(Segment::parameters)
    }
}

#[cfg(test)]
mod tests;
