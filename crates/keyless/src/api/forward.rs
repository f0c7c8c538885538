//! Streams a caller's request to the API, and the answer back.

use std::error::Error as StdError;

use bytes::Bytes;

use super::{
    client::Api,
    path::ApiPath,
    payload::Payload,
    retry::Repeat,
    send::{Request, paced},
    strip,
};
use crate::{body::Body, error::Error};

impl Api {
    /// Passes a caller's request on to `path`, with the request's own query. Returns the answer.
    ///
    /// It does not pass on the caller's credentials, nor headers that would show the gateway or the backend another
    /// request. A 401, or a 403 from the gateway itself, concerns this app and not the caller, so it is
    /// [`Error::Refused`]. Every other answer is passed on.
    ///
    /// A body that keeps flowing has no time limit, in either direction.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the caller's body breaks off or pauses for 100 s. Other errors when the API refuses this
    /// app, does not begin its answer in time, or cannot be reached.
    pub async fn forward<B>(&self, path: ApiPath, request: http::Request<B>) -> Result<http::Response<Body>, Error>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let (parts, body) = request.into_parts();
        let path = path.with_query(parts.uri.query().and_then(strip::query));
        let headers = self.0.credentials.without_key(strip::request(parts.headers));
        let payload = Payload::new(Body::new(body), self.0.limits.whole).await?;
        let url = path.below(self.base());
        let request = Request { method: parts.method, url, headers, payload, repeat: Repeat::ByMethod };
        let answered = self.answer(request).await?;
        Ok(strip::response(paced(self.0.service, self.0.limits, answered.response)))
    }
}
