//! A caller's request passed on, and the answer back, both as they come in.

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
    /// Passes a caller's request on to `path`, with the request's own query, and the answer back.
    ///
    /// The caller's credentials, to us or to the gateway, stay here, and so does every header that would make the
    /// gateway or the backend see another request. A 401, and a 403 of the gateway's own, are about this app and not
    /// about the caller: they are [`Error::Refused`]. Every other answer is passed on.
    ///
    /// A body that flows has no time limit, in either direction.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the caller's body breaks off or pauses for 100 s; when the API refuses this app, does
    /// not begin its answer in time, or cannot be reached.
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
