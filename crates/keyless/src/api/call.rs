//! A call: build it, send it, check the answer.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    client::Api,
    path::ApiPath,
    payload::Payload,
    refusal::said,
    retry::Repeat,
    send::{Request, paced},
};
use crate::{
    body::Body,
    error::{Cause, Error, Service},
    readiness::{Check, check},
    transport::is_json,
};

/// The largest answer that is held in memory, in bytes.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: &str = "text/html";

/// A call to send. It refuses headers for the token or the key: the client sets those.
#[derive(Debug)]
#[must_use = "a call is sent with `send`"]
pub struct Call {
    api: Api,
    method: Method,
    path: Result<ApiPath, Error>,
    headers: HeaderMap,
    body: Body,
    /// A mistake in the call. [`Call::send`] reports it.
    problem: Option<Error>,
}

impl Api {
    /// Makes a GET of `path` below the base URL, with or without a query.
    pub fn get<P>(&self, path: P) -> Call
    where
        P: TryInto<ApiPath>,
        Error: From<P::Error>,
    {
        self.call(Method::GET, path)
    }

    /// Makes a POST to `path`.
    pub fn post<P>(&self, path: P) -> Call
    where
        P: TryInto<ApiPath>,
        Error: From<P::Error>,
    {
        self.call(Method::POST, path)
    }

    /// Makes a PUT to `path`.
    pub fn put<P>(&self, path: P) -> Call
    where
        P: TryInto<ApiPath>,
        Error: From<P::Error>,
    {
        self.call(Method::PUT, path)
    }

    /// Makes a DELETE of `path`.
    pub fn delete<P>(&self, path: P) -> Call
    where
        P: TryInto<ApiPath>,
        Error: From<P::Error>,
    {
        self.call(Method::DELETE, path)
    }

    /// Makes a call of any method.
    pub fn call<P>(&self, method: Method, path: P) -> Call
    where
        P: TryInto<ApiPath>,
        Error: From<P::Error>,
    {
        let path = path.try_into().map_err(Error::from);
        let (headers, body, problem) = (HeaderMap::new(), Body::empty(), None);
        Call { api: self.clone(), method, path, headers, body, problem }
    }

    /// Reports whether the API now accepts a GET of this path from this app.
    pub async fn check(&self, path: &ApiPath) -> Check {
        let probe = async { self.get(path).send().await.map(drop) };
        check(self.0.service, self.connection(), self.0.credentials.scope(), probe).await
    }
}

impl Call {
    /// Adds a header.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            (Err(_), _) => self.problem = Some(Error::internal_by(Cause::Rule("the name of a header is none"))),
            (_, Err(_)) => self.problem = Some(Error::internal_by(Cause::Rule("the value of a header is none"))),
        }
        self
    }

    /// Sends this body, with its content type.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends this value as JSON.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.body = Body::from(bytes).with_content_type("application/json"),
            Err(error) => self.problem = Some(Error::internal_by(error)),
        }
        self
    }

    /// Sends the call with a token of the identity, the subscription key, and the trace context of the invocation.
    ///
    /// A repeatable call is tried up to three times. The answer must begin within 100 s.
    ///
    /// # Errors
    /// Every status except 2xx is an error. A redirect is an error too: it would send the token to another host. An
    /// HTML page comes from a portal or proxy, so it is refused unless the call accepts `text/html`.
    pub async fn send(self) -> Result<ApiResponse, Error> {
        let Self { api, method, path, mut headers, body, problem } = self;
        let path = path?;
        if let Some(problem) = problem {
            return Err(problem);
        }
        let kind = body.content_type().and_then(|kind| HeaderValue::from_str(kind).ok());
        if let Some(kind) = kind.filter(|_| !headers.contains_key(CONTENT_TYPE)) {
            headers.insert(CONTENT_TYPE, kind);
        }
        let takes_html = accepts_html(&headers);
        headers.entry(ACCEPT).or_insert(JSON);
        let payload = Payload::new(body, api.0.limits.whole).await?;
        let request = Request { method, url: path.below(api.base()), headers, payload, repeat: Repeat::ByMethod };
        let answered = api.answer(request).await?;
        let (service, status) = (api.0.service, answered.response.status());
        if !status.is_success() {
            let said = said(answered.response, &answered.shown.credentials()).await;
            return Err(Error::answered(service, status, said));
        }
        let (parts, body) = paced(service, api.0.limits, answered.response).into_parts();
        let response = ApiResponse { service, status, headers: parts.headers, body };
        match response.content_type() {
            Some(found) if is_html(found) && !takes_html => Err(response.mismatch("an answer of the API")),
            _ => Ok(response),
        }
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(is_html)
}

fn is_html(content_type: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(HTML)
}

/// An API's successful answer. Its body is not read yet.
#[derive(Debug)]
pub struct ApiResponse {
    service: Service,
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl ApiResponse {
    /// The status: always a 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// The body as a stream, of any length.
    #[must_use]
    pub fn into_body(self) -> Body {
        self.body
    }

    /// Reads the body into memory.
    ///
    /// # Errors
    /// When the body breaks off, pauses for three minutes, or has more than 32 MiB.
    pub async fn bytes(self) -> Result<bytes::Bytes, Error> {
        self.body.bytes(LARGEST_ANSWER).await
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// The same as for [`Self::bytes`]. It is also an error when the body is not JSON, or not JSON of type `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        if !self.content_type().is_some_and(is_json) {
            return Err(self.mismatch("JSON"));
        }
        serde_json::from_slice(&self.bytes().await?).map_err(Error::internal_by)
    }

    fn mismatch(&self, expected: &'static str) -> Error {
        let found = self.content_type().unwrap_or("without a type").to_owned();
        Error::refused(self.service, Cause::NotTheService { expected, found })
    }
}
