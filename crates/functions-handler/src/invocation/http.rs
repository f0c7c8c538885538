//! An HTTP trigger of a function with further bindings. The host does not forward such a request: it sends request and
//! response as JSON. Member names and rules are those of `HttpRequestExtensions.cs` and `HttpBinding.cs` in
//! Azure/azure-functions-host.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, SET_COOKIE, TRANSFER_ENCODING},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lenient;
use crate::error::{Failure, PayloadError};

/// The characters that must be escaped in a URI.
const NOT_IN_A_URI: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// A caller's request. `Query` repeats the end of `Url`, and `Identities` is not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct HttpRequestData {
    #[serde(alias = "url", deserialize_with = "lenient::text")]
    url: String,
    #[serde(alias = "method", deserialize_with = "lenient::text")]
    method: String,
    #[serde(alias = "headers", deserialize_with = "lenient::unwrapped")]
    headers: BTreeMap<String, Value>,
    #[serde(alias = "params", deserialize_with = "lenient::unwrapped")]
    params: Map<String, Value>,
    /// The body: text, or base64 for octets and multipart. It is never unwrapped, because the caller's JSON arrives as
    /// text.
    #[serde(alias = "body")]
    body: Value,
}

impl HttpRequestData {
    /// Returns the value of a route parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| as_text(value))
    }

    /// Reports whether the caller's URL has the scheme `https`.
    pub(crate) fn is_https(&self) -> bool {
        self.url.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("https:"))
    }

    /// Makes the caller's request, with the path and query of its URL.
    ///
    /// An invalid header is left out, as a server does.
    pub(crate) fn into_request(self) -> Result<Request<Bytes>, PayloadError> {
        let Self { url, method, headers, body, .. } = self;
        let target =
            url.split_once("://").map_or(url.as_str(), |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = utf8_percent_encode(path, NOT_IN_A_URI);
        let target = query.map_or_else(|| path.to_string(), |query| format!("{path}?{query}"));
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| PayloadError::Target)?;
        *request.uri_mut() = target.parse::<Uri>().map_err(|_| PayloadError::Target)?;
        for (name, values) in headers {
            let Ok(name) = name.parse::<HeaderName>() else { continue };
            if name == CONTENT_LENGTH || name == TRANSFER_ENCODING || name == CONNECTION {
                continue;
            }
            let values = if let Value::Array(values) = values { values } else { vec![values] };
            for value in values.iter().filter_map(as_text).filter_map(|text| HeaderValue::from_str(&text).ok()) {
                request.headers_mut().append(&name, value);
            }
        }
        *request.body_mut() = self::body(body, request.headers())?;
        Ok(request)
    }
}

fn body(body: Value, headers: &HeaderMap) -> Result<Bytes, PayloadError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.trim_start().to_ascii_lowercase();
    match body {
        Value::Null => Ok(Bytes::new()),
        Value::String(text) if kind.starts_with("application/octet-stream") || kind.starts_with("multipart/") => {
            STANDARD.decode(text).map(Bytes::from).map_err(|_| PayloadError::Base64)
        }
        Value::String(text) => Ok(text.into()),
        other => Ok(other.to_string().into()),
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The value of an HTTP output binding. The host makes its response of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpOutput {
    status_code: u16,
    /// The headers, always with a content type. Without one, the host answers plain text, even for JSON.
    headers: BTreeMap<String, String>,
    /// The body, always a string: the host passes a string on unchanged, and writes any other value again in its own
    /// way.
    body: String,
}

impl HttpOutput {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Self, Failure> {
        let mut texts = BTreeMap::new();
        for name in headers.keys().filter(|name| ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, DATE].contains(name))
        {
            let values: Result<Vec<_>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
            let values = values.map_err(|_| Failure::Header(name.clone()))?;
            if name == SET_COOKIE && values.len() > 1 {
                return Err(Failure::Cookies);
            }
            let text = values.join(", ");
            if is_date(&text) {
                return Err(Failure::Date(format!("header {name}")));
            }
            texts.insert(name.as_str().to_owned(), text);
        }
        texts.entry(CONTENT_TYPE.as_str().to_owned()).or_insert_with(|| "text/plain; charset=utf-8".to_owned());
        let body = std::str::from_utf8(body).map_err(|_| Failure::BinaryBody)?.to_owned();
        if is_date(&body) {
            return Err(Failure::Date("body".to_owned()));
        }
        Ok(Self { status_code: status.as_u16(), headers: texts, body })
    }
}

/// Reports whether the host's JSON reader (Newtonsoft.Json) may take a text for a date and then write it in another
/// form.
fn is_date(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00";
    let fits = |(found, expected): (u8, &u8)| {
        if *expected == b'0' { found.is_ascii_digit() } else { found == *expected }
    };
    let iso = (19..=40).contains(&text.len()) && text.bytes().zip(shape).all(fits);
    iso || (text.starts_with("/Date(") && text.ends_with(")/"))
}

#[cfg(test)]
mod tests {
    use http::header::{COOKIE, HOST};
    use serde_json::json;

    use super::*;

    fn request(req: Value) -> Result<Request<Bytes>, PayloadError> {
        serde_json::from_value::<HttpRequestData>(req).unwrap().into_request()
    }

    fn order() -> Value {
        json!({
            "Url": "https://app.azurewebsites.net/api/orders/7?status=open&tag=a%20b",
            "Method": "PUT",
            "Query": { "status": "open", "tag": "a b" },
            "Headers": {
                "Host": ["app.azurewebsites.net"], "Cookie": ["a=1", "b=2"], "content-type": ["application/json"],
                "Content-Length": ["9"], "X-Bad\n": ["x"], "X-Alone": "y"
            },
            "Params": { "id": "7", "part": null },
            "Identities": [],
            "Body": "{\"n\":\"1\"}"
        })
    }

    #[test]
    fn the_callers_request_comes_out_again() {
        let request = request(order()).unwrap();
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.uri(), "/api/orders/7?status=open&tag=a%20b");
        assert_eq!(request.headers()[HOST], "app.azurewebsites.net");
        assert_eq!(request.headers().get_all(COOKIE).iter().count(), 2);
        assert_eq!(request.headers()["x-alone"], "y");
        assert!(!request.headers().contains_key(CONTENT_LENGTH));
        assert_eq!(request.body(), "{\"n\":\"1\"}");
    }

    #[test]
    fn parameters_are_found_in_any_case_and_an_absent_one_is_none() {
        let data: HttpRequestData = serde_json::from_value(order()).unwrap();
        assert_eq!(data.parameter("ID").as_deref(), Some("7"));
        assert_eq!(data.parameter("part"), None);
        assert_eq!(data.parameter("other"), None);
    }

    #[test]
    fn octets_and_forms_with_files_come_as_base64() {
        let with = |kind: &str, body: Value| {
            request(
                json!({ "Url": "http://h/", "Method": "POST", "Headers": { "Content-Type": [kind] }, "Body": body }),
            )
        };
        assert_eq!(with("application/octet-stream", json!("AP8=")).unwrap().body().as_ref(), [0, 255]);
        assert_eq!(with("Multipart/Form-Data; boundary=x", json!("AP8=")).unwrap().body().as_ref(), [0, 255]);
        assert!(matches!(with("application/octet-stream", json!("?")), Err(PayloadError::Base64)));
        assert_eq!(with("text/plain", json!("AP8=")).unwrap().body(), "AP8=");
        assert_eq!(with("application/json", json!({ "a": 1 })).unwrap().body(), "{\"a\":1}");
        assert!(with("text/plain", Value::Null).unwrap().body().is_empty());
    }

    #[test]
    fn what_cannot_be_a_request_is_malformed() {
        assert!(matches!(request(json!({})), Err(PayloadError::Target)));
        assert!(matches!(request(json!({ "Method": "GET", "Url": "http://h/?a b" })), Err(PayloadError::Target)));
    }

    #[test]
    fn a_response_is_a_status_a_string_and_its_type() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("2"));
        headers.append("x-a", HeaderValue::from_static("1"));
        headers.append("x-a", HeaderValue::from_static("2"));
        let output = HttpOutput::new(StatusCode::CREATED, &headers, b"{}").unwrap();
        let expected = json!({
            "statusCode": 201, "headers": { "content-type": "application/json", "x-a": "1, 2" }, "body": "{}"
        });
        assert_eq!(serde_json::to_value(output).unwrap(), expected);
        let bare = HttpOutput::new(StatusCode::NO_CONTENT, &HeaderMap::new(), b"").unwrap();
        assert_eq!(serde_json::to_value(bare).unwrap()["headers"]["content-type"], "text/plain; charset=utf-8");
    }

    #[test]
    fn what_json_cannot_say_is_not_said_in_part() {
        let mut headers = HeaderMap::new();
        assert!(matches!(HttpOutput::new(StatusCode::OK, &headers, &[255]), Err(Failure::BinaryBody)));
        headers.insert("x-a", HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(matches!(HttpOutput::new(StatusCode::OK, &headers, b""), Err(Failure::Header(_))));
        headers.clear();
        for date in ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "/Date(0)/"] {
            assert!(
                matches!(HttpOutput::new(StatusCode::OK, &headers, date.as_bytes()), Err(Failure::Date(_))),
                "{date}"
            );
        }
        assert!(HttpOutput::new(StatusCode::OK, &headers, b"2026-01-01").is_ok());
        headers.insert("x-a", HeaderValue::from_static("2026-01-01T00:00:00Z"));
        assert!(matches!(HttpOutput::new(StatusCode::OK, &headers, b""), Err(Failure::Date(_))));
        headers.clear();
        for cookie in ["a=1", "b=2"] {
            headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
        }
        assert!(matches!(HttpOutput::new(StatusCode::OK, &headers, b""), Err(Failure::Cookies)));
    }
}
