//! An HTTP function without forwarding or proxying: the request as JSON in `Data`, the response as JSON in `Outputs`.
//!
//! Source: `HttpRequestExtensions.cs`, `HttpScriptInvocationResultExtensions.cs` and `HttpBinding.cs` of
//! `Azure/azure-functions-host`.

mod header_names;
mod metadata;
mod response;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts};
use http_body_util::BodyExt as _;
use loopback_server::WrittenHead;

use self::{header_names::in_known_order, metadata::metadata, response::response};
use super::{
    answer::Failure,
    core::Core,
    invocation::Run,
    json::Json,
    payload,
    request_path::Target,
    request_target::{self, joined, parse_query},
    routes::Found,
    template::RouteValues,
};

/// The parts of a request that a payload is made of.
struct Call<'a> {
    parts: &'a Parts,
    target: &'a Target,
    query: Vec<(String, Vec<String>)>,
    /// Canonical names with their lines.
    headers: Vec<(String, Vec<String>)>,
    values: &'a RouteValues,
    body: Option<CallBody>,
}

struct CallBody {
    text: String,
    /// Where the body is sent so.
    base64: Option<String>,
}

/// Sends a request as JSON, and makes a response of the answer.
pub(super) async fn serve(
    core: &Core,
    run: Run,
    found: &Found<'_>,
    request: Request<Body>,
    target: &Target,
) -> Response {
    let (parts, body) = request.into_parts();
    // The host reads a body only if it is announced; a chunked one is lost.
    let announced = parts.headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        core.log.warning("The body of a chunked request does not reach the handler: send Content-Length");
    }
    let body = if announced { body.collect().await.map(|body| Some(body.to_bytes())) } else { Ok(None) };
    let body = match body {
        Ok(body) => body.map(|body| CallBody::new(&parts.headers, &body)),
        Err(error) => {
            run.failed(None, &Failure::Other(format!("the request body cannot be read: {error}")));
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let head = parts.extensions.get::<WrittenHead>().cloned().unwrap_or_default();
    let call = Call {
        target,
        query: parse_query(target.query.as_deref()),
        headers: in_known_order(&parts.headers, &head),
        values: &found.values,
        body,
        parts: &parts,
    };
    let binding = &found.trigger.binding;
    let payload = payload::body(&found.function.name, binding, call.data(), metadata(&call, binding));
    let outcome = run.post(&payload).await.and_then(|(status, answer)| {
        response(&answer, &found.trigger.outputs).map(|response| (status, response)).map_err(|f| (Some(status), f))
    });
    match outcome {
        Ok((status, response)) => {
            run.succeeded(status, None);
            response
        }
        Err((status, failure)) => {
            run.failed(status, &failure);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl Call<'_> {
    fn data(&self) -> Json {
        let host = self.parts.headers.get(header::HOST).map(text).unwrap_or_default();
        let query_text = self.target.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let query = self.query.iter().map(|(name, values)| (name.clone(), Json::Text(joined(values))));
        let headers = self.headers.iter().map(|(name, lines)| {
            let lines = lines.iter().map(|line| Json::text(line.as_str()));
            (name.clone(), Json::Array(lines.collect()))
        });
        let value = |value: &Option<String>| value.clone().map_or(Json::Null, Json::Text);
        let values = self.values.iter().map(|(name, text)| (name.clone(), value(text)));
        let mut data = vec![
            ("Url", Json::Text(format!("http://{host}{}{query_text}", request_target::in_url(&self.target.path)))),
            ("Method", Json::text(self.parts.method.as_str())),
            ("Query", Json::Object(query.collect())),
            ("Headers", Json::Object(headers.collect())),
            ("Params", Json::Object(values.collect())),
            ("Identities", Json::Array(vec![anonymous()])),
        ];
        if let Some(body) = &self.body {
            data.push(("Body", Json::text(body.base64.as_ref().unwrap_or(&body.text).as_str())));
        }
        Json::Object(data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

fn anonymous() -> Json {
    Json::object([
        ("AuthenticationType", Json::Null),
        ("IsAuthenticated", Json::Bool(false)),
        ("Actor", Json::Null),
        ("BootstrapContext", Json::Null),
        ("Claims", Json::Array(Vec::new())),
        ("Label", Json::Null),
        ("Name", Json::Null),
        ("NameClaimType", Json::text("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name")),
        ("RoleClaimType", Json::text("http://schemas.microsoft.com/ws/2008/06/identity/claims/role")),
    ])
}

impl CallBody {
    fn new(headers: &HeaderMap, body: &Bytes) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).map(text).unwrap_or_default().to_ascii_lowercase();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let binary = kind == "application/octet-stream" || kind.starts_with("multipart/");
        Self { text: decode(body), base64: binary.then(|| BASE64_STANDARD.encode(body)) }
    }
}

/// By its byte order mark, which is removed, else as UTF-8; `charset` means nothing.
fn decode(body: &[u8]) -> String {
    let utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn section_3_3_a_body_is_decoded_by_its_byte_order_mark() {
        assert_eq!(decode(b"\xef\xbb\xbfa"), "a");
        assert_eq!(decode(b"\xff\xfea\0"), "a");
        assert_eq!(decode(b"\xfe\xff\0a"), "a");
        assert_eq!(decode(b"a\xff"), "a\u{fffd}");
    }
}
