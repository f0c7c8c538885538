//! A refusal as an answer, with the format and headers that were recorded from the service.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Method, StatusCode, header};
use hyper::ext::ReasonPhrase;
use jiff::Timestamp;
use quick_xml::escape::{escape, partial_escape};
use uuid::Uuid;

use super::error::BlobError;

/// The byte order mark with which each refusal in XML begins.
const BOM: char = '\u{feff}';

impl BlobError {
    /// Returns the answer to a request with this method. The code is also in a header: an answer to HEAD can have it
    /// nowhere else. .NET reads the message of such an answer from the reason phrase.
    pub(super) fn into_response(self, method: &Method, request_id: Uuid, tenant: Uuid) -> Response {
        let (status, code) = self.status_and_code();
        if matches!(self, Self::LengthRequired) {
            return length_required();
        }
        let mut response = if status == StatusCode::NOT_MODIFIED {
            status.into_response()
        } else if method == Method::HEAD {
            // Azure's answer is chunked. With a length or a content type, clients would parse the missing body.
            let unknown_length = Body::from_stream(stream::empty::<std::io::Result<Bytes>>());
            (status, unknown_length).into_response()
        } else {
            let body = self.body(code, request_id, Timestamp::now());
            (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
        };
        let first_line = self.to_string();
        if let Ok(reason) = ReasonPhrase::try_from(first_line.into_bytes()) {
            response.extensions_mut().insert(reason);
        }
        let headers = response.headers_mut();
        headers.insert("x-ms-error-code", HeaderValue::from_static(code));
        match self {
            // Azure sends this challenge with parameters without quotes.
            Self::NoAuthenticationInformation | Self::InvalidToken(_) => {
                let challenge = format!(
                    "Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize resource_id=https://storage.azure.com"
                );
                headers.extend(HeaderValue::from_str(&challenge).ok().map(|value| (header::WWW_AUTHENTICATE, value)));
            }
            Self::InvalidRange(length) => {
                let range = HeaderValue::from_str(&format!("bytes */{length}"));
                headers.extend(range.ok().map(|value| (header::CONTENT_RANGE, value)));
            }
            _ => {}
        }
        response
    }

    fn body(&self, code: &str, request_id: Uuid, now: Timestamp) -> String {
        let mut body = format!(
            "{BOM}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{}\nRequestId:{request_id}\nTime:{now:.7}</Message>",
            partial_escape(self.to_string())
        );
        for (name, value) in self.details() {
            body.push_str(&format!("<{name}>{}</{name}>", escape(&value)));
        }
        body.push_str("</Error>");
        body
    }
}

/// Returns the answer of Azure's front end, which refuses before the service: jclouds/legacy-jclouds#1420.
fn length_required() -> Response {
    const PAGE: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
        <HTML><HEAD><TITLE>Length Required</TITLE>\r\n\
        <META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></HEAD>\r\n\
        <BODY><h2>Length Required</h2>\r\n\
        <hr><p>HTTP Error 411. The request must be chunked or have a content length.</p>\r\n\
        </BODY></HTML>\r\n";
    (StatusCode::LENGTH_REQUIRED, [(header::CONTENT_TYPE, "text/html; charset=us-ascii")], PAGE).into_response()
}
