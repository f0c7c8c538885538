//! `cors`: lets pages of other origins call (learn.microsoft.com/azure/api-management/cors-policy).
//!
//! Only this policy answers a preflight request, before keys are checked. The page leaves some points open. Here
//!
//! - an origin is compared without letter case, with the scheme's default port filled in;
//! - the preflight answer repeats the requested method and headers;
//! - `Access-Control-Allow-Credentials` is sent only if it is `true`; then, or if origins are listed, the origin is
//!   repeated instead of `*`;
//! - errors after this policy also get the headers.
//!
//! The page gives two defaults for `terminate-unmatched-request`; `true` is used.

mod load;
mod origin;
#[cfg(test)]
mod tests;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

pub(super) use self::load::load;
use self::origin::Origin;
use super::prelude::*;
use crate::expression::Response;
use crate::run::After;

#[derive(Debug)]
pub(crate) struct Cors {
    credentials: Option<Setting<bool>>,
    terminate: Option<Setting<bool>>,
    origins: Vec<Origin>,
    /// `None` for GET and POST.
    methods: Option<Vec<Setting<String>>>,
    max_age: Option<Setting<u32>>,
    /// Header names, or `*`.
    headers: Vec<String>,
    expose: Vec<String>,
}

/// Reports whether the request is a browser's question if it may send another request.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers a preflight request: 200 without a body, and the headers of the first policy that allows it. A policy that
/// does not allow it may leave it to the next one.
pub(crate) async fn preflight<'r, O: Outside>(
    policies: impl Iterator<Item = &'r Cors>,
    run: &mut Run<'r, O>,
) -> Result<(), Failure> {
    let mut headers = HeaderMap::new();
    for policy in policies {
        if let Some(allowed) = policy.preflight_headers(run).await? {
            headers = allowed;
            break;
        }
        if run.get_any(policy.terminate.as_ref()).await?.unwrap_or(true) {
            break;
        }
    }
    run.respond(Response { headers, ..ok() }, None);
    Ok(())
}

fn ok() -> Response {
    Response { status_code: 200, status_reason: "OK".to_owned(), ..Response::default() }
}

impl Cors {
    /// Handles the request itself, after a successful preflight or without one.
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        let Some(origin) = whole(&run.context.request.headers, &header::ORIGIN) else { return Ok(()) };
        if let Some(mut headers) = self.origin_headers(&origin, run).await? {
            if !self.expose.is_empty() {
                headers.extend(list(header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose));
            }
            run.trace(|| "the origin is allowed".to_owned());
            run.after.push(After::Headers(headers));
            return Ok(());
        }
        let simple = matches!(run.context.request.method.as_str(), "GET" | "HEAD");
        if simple && run.get_any(self.terminate.as_ref()).await?.unwrap_or(true) {
            run.trace(|| "the origin is not allowed: an empty 200".to_owned());
            run.respond(ok(), None);
            return Err(Stop::Returned);
        }
        run.trace(|| "the origin is not allowed: no headers for it".to_owned());
        Ok(())
    }

    /// Returns the headers of the answer to a preflight request; `None` if a part of it is not allowed.
    async fn preflight_headers<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Option<HeaderMap>, Failure> {
        let request = &run.context.request.headers;
        let [origin, method, asked] =
            [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_REQUEST_HEADERS]
                .map(|name| whole(request, &name));
        let (Some(origin), Some(method)) = (origin, method) else { return Ok(None) };
        let Some(mut headers) = self.origin_headers(&origin, run).await? else { return Ok(None) };
        if !self.allows_method(method.to_str().unwrap_or_default(), run).await? {
            return Ok(None);
        }
        headers.push((header::ACCESS_CONTROL_ALLOW_METHODS, method));
        if let Some(asked) = asked {
            let mut names =
                asked.to_str().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
            if !names.all(|name| self.headers.iter().any(|one| one == "*" || one.eq_ignore_ascii_case(name))) {
                return Ok(None);
            }
            headers.push((header::ACCESS_CONTROL_ALLOW_HEADERS, asked));
        }
        if let Some(seconds) = run.get_any(self.max_age.as_ref()).await? {
            headers.push((header::ACCESS_CONTROL_MAX_AGE, seconds.into()));
        }
        Ok(Some(headers.into_iter().collect()))
    }

    /// Returns `Access-Control-Allow-Origin` and `-Credentials` for an allowed origin.
    async fn origin_headers<O: Outside>(
        &self,
        origin: &HeaderValue,
        run: &mut Run<'_, O>,
    ) -> Result<Option<Vec<(HeaderName, HeaderValue)>>, Failure> {
        let found = Origin::parse(origin.to_str().unwrap_or_default());
        let any = self.origins.contains(&Origin::Any);
        if !any && !found.is_some_and(|found| self.origins.contains(&found)) {
            return Ok(None);
        }
        let credentials = run.get_any(self.credentials.as_ref()).await?.unwrap_or(false);
        let shown = if any && !credentials { HeaderValue::from_static("*") } else { origin.clone() };
        let mut headers = vec![(header::ACCESS_CONTROL_ALLOW_ORIGIN, shown)];
        if credentials {
            headers.push((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")));
        }
        Ok(Some(headers))
    }

    async fn allows_method<O: Outside>(&self, method: &str, run: &mut Run<'_, O>) -> Result<bool, Failure> {
        let Some(methods) = &self.methods else { return Ok(matches!(method, "GET" | "POST")) };
        for allowed in methods {
            let allowed = run.get(allowed).await?;
            if allowed == "*" || allowed == method {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Joins the lines of a header into one value with commas. So two origins match neither of the two.
fn whole(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let lines: Vec<_> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    if lines.is_empty() { None } else { HeaderValue::from_bytes(&lines.join(&b',')).ok() }
}

fn list(name: HeaderName, values: &[String]) -> Option<(HeaderName, HeaderValue)> {
    Some((name, HeaderValue::try_from(values.join(",")).ok()?))
}
