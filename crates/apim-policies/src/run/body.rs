//! Message bodies: unread streams, or in memory.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, header};

use super::Run;
use crate::{
    expression::Body,
    failure::Failure,
    load::HttpUrl,
    outside::{NoReply, Outside, Unread},
    scope::Section,
    state::{LimitRequest, Meter},
};

impl<O: Outside> Run<'_, O> {
    /// Replaces the body of the message that [`Self::headers`] changes: the request, or the response once there is one.
    pub(crate) fn set_body(&mut self, body: Bytes) {
        let body = (!body.is_empty()).then(|| Body::new(body));
        match self.section {
            Section::Inbound | Section::Backend => {
                self.request_stream = None;
                self.context.request.body = body;
            }
            Section::Outbound | Section::OnError => {
                self.response_stream = None;
                self.response().body = body;
            }
        }
        self.headers().remove(header::CONTENT_LENGTH);
    }

    /// Reads the request's body into memory, unless it is already there.
    pub(crate) async fn read_request_body(&mut self) -> Result<(), Failure> {
        if let Some(stream) = self.request_stream.take() {
            let bytes = self.outside.read(stream).await.map_err(|error| match error {
                Unread::Broken(cause) => Failure::no_reply(&NoReply::ClientGone(cause)),
                Unread::TooLong(_) => Failure::internal("", "", format!("the request's body: {error}")),
            })?;
            self.read = bytes.len();
            self.context.request.body = (!bytes.is_empty()).then(|| Body::new(bytes));
        }
        Ok(())
    }

    /// Reads the response's body into memory, unless it is already there.
    pub(crate) async fn read_response_body(&mut self) -> Result<(), Failure> {
        if let Some(stream) = self.response_stream.take() {
            let bytes = self.outside.read(stream).await.map_err(|error| {
                let reason = if matches!(error, Unread::Broken(_)) { "BackendConnectionFailure" } else { "" };
                Failure::internal("", reason, format!("the response's body: {error}"))
            })?;
            self.response().body = (!bytes.is_empty()).then(|| Body::new(bytes));
        }
        Ok(())
    }

    /// Returns the meter of the request's and the response's bodies. It also counts the bytes that passed before this
    /// call.
    pub(crate) fn meter(&mut self) -> Meter {
        if let Some(meter) = &self.meter {
            return meter.clone();
        }
        let meter = Meter::new(Arc::clone(&self.state.counters), self.outside.now());
        meter.passed(self.read);
        let stream = self.request_stream.take();
        self.request_stream = stream.map(|body| self.outside.metered(body, meter.clone()));
        self.meter = Some(meter.clone());
        meter
    }

    /// Counts the bytes of the bodies once for a key: those that have passed, and those to come.
    pub(crate) fn count_bytes(&mut self, want: LimitRequest) {
        if self.counted.insert(want.key.clone()) {
            self.meter().count_for(want);
        }
    }

    /// Returns the body of the message that [`Self::headers`] changes: the request, or the response once there is one.
    /// The message keeps its body.
    pub(crate) async fn body(&mut self) -> Result<Bytes, Failure> {
        let body = match self.section {
            Section::Inbound | Section::Backend => {
                self.read_request_body().await?;
                &self.context.request.body
            }
            Section::Outbound | Section::OnError => {
                self.read_response_body().await?;
                &self.response().body
            }
        };
        Ok(body.as_ref().and_then(Body::content).cloned().unwrap_or_default())
    }

    /// Returns the request's URL as it is sent.
    pub(crate) fn wire_url(&self) -> Result<HttpUrl, Failure> {
        let url = &self.context.request.url;
        let invalid = || Failure::internal("", "", format!("{url} is not a valid URL"));
        HttpUrl::parse(&url.to_string()).ok_or_else(invalid)
    }

    /// Returns the request with the changes of the policies. Its body stays in memory if it is there, if a later
    /// expression may read it, or if `keep_body` is true. Otherwise, the body goes to the backend and cannot be sent
    /// again.
    pub(crate) async fn request_to_send(&mut self, keep_body: bool) -> Result<Request<O::Body>, Failure> {
        if keep_body || self.reads.request_body {
            self.read_request_body().await?;
        }
        if std::mem::replace(&mut self.body_gone, self.request_stream.is_some()) && self.context.request.body.is_none()
        {
            // The behaviour of a live gateway for a second forward-request is not documented.
            let message = "the request's body has been forwarded already; buffer-request-body=\"true\" keeps it";
            return Err(Failure::internal("", "", message.to_owned()));
        }
        let body = match (self.request_stream.take(), &self.context.request.body) {
            (Some(stream), _) => stream,
            (None, Some(body)) => {
                // An expression took the body away, so its length goes, too.
                if body.content().is_none() {
                    self.context.request.headers.remove(header::CONTENT_LENGTH);
                }
                O::Body::from(body.content().cloned().unwrap_or_default())
            }
            (None, None) => O::Body::from(Bytes::new()),
        };
        let url = self.wire_url()?;
        let seen = &self.context.request;
        check_ascii(&seen.headers)?;
        let mut request = Request::builder()
            .method(seen.method.as_str())
            .uri(url.as_str())
            .body(body)
            .map_err(|error| Failure::internal("", "", format!("{}: {error}", seen.url)))?;
        *request.headers_mut() = seen.headers.clone();
        if !self.names_host {
            request.headers_mut().remove(header::HOST);
        }
        if let Some(certificate) = &self.client_certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        Ok(request)
    }
}

/// Refuses headers beyond ASCII, as .NET's `HttpClient` does.
pub(crate) fn check_ascii(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.iter().find(|(_, value)| !value.as_bytes().is_ascii()) {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!("Request headers must contain only ASCII characters, and {name} does not.");
            Err(Failure::internal("", "", message))
        }
    }
}
