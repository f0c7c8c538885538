//! Messages: requests, responses, their bodies and their addresses.

use std::{collections::BTreeMap, fmt, sync::Arc};

use bytes::Bytes;
use http::HeaderMap;

use crate::certificate::Certificate;

/// `context.Request`
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET` and so on.
    pub method: String,
    /// The URL as policies rewrote it.
    pub url: Url,
    /// The URL as the client sent it.
    pub original_url: Url,
    /// The headers. Upper and lower case in names are equal.
    pub headers: HeaderMap,
    /// The body; `None` when the request has no body.
    pub body: Option<Body>,
    /// The client's address; null when the gateway cannot tell.
    pub ip_address: Option<String>,
    /// Values of the `{parameters}` in the operation's URL template.
    pub matched_parameters: BTreeMap<String, String>,
    /// The client's certificate; `None` when the gateway asked for none, or the client has none.
    pub certificate: Option<Arc<Certificate>>,
}

/// `context.Response`, or the response that `send-request` got.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// HTTP status.
    pub status_code: u16,
    /// Text after the status.
    pub status_reason: String,
    /// The headers. Upper and lower case in names are equal.
    pub headers: HeaderMap,
    /// The body; `None` when the response has no body.
    pub body: Option<Body>,
}

/// A message body. `As<T>()` consumes it unless told to preserve it.
#[derive(Clone, Default)]
pub struct Body {
    pub(crate) content: Bytes,
    pub(crate) consumed: bool,
}

/// A URL in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// `https`
    pub scheme: String,
    /// The host, without port.
    pub host: String,
    /// The port; the scheme's own where the URL names none.
    pub port: u16,
    /// The path, which begins with `/`.
    pub path: String,
    /// The query as written, without `?`.
    pub query: String,
}

impl Body {
    /// Makes a body that nothing has read yet.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self { content: content.into(), consumed: false }
    }

    /// Returns the content; `None` once an expression has consumed it.
    #[must_use]
    pub fn content(&self) -> Option<&Bytes> {
        (!self.consumed).then_some(&self.content)
    }
}

impl Url {
    /// Reads an absolute `http` or `https` URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: http::Uri = text.parse().ok()?;
        let scheme = uri.scheme_str()?.to_owned();
        let port = uri.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
        let query = uri.query().unwrap_or_default().to_owned();
        Some(Self { scheme, host: uri.host()?.to_owned(), port, path: uri.path().to_owned(), query })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if !matches!((self.scheme.as_str(), self.port), ("https", 443) | ("http", 80)) {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)?;
        if self.query.is_empty() { Ok(()) } else { write!(f, "?{}", self.query) }
    }
}

/// Shows the length of the body, not its content.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("bytes", &self.content.len()).field("consumed", &self.consumed).finish()
    }
}
