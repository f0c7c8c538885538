//! The response that the handler's answer describes: `Outputs.<name>`, or `ReturnValue`.
//!
//! Source: `HttpOutputBindingResponse.cs`, `HttpBinding.cs` and `RawScriptResult.cs` of `Azure/azure-functions-host`.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::{
    answer::{Failure, WorkerAnswer},
    head::OddStatus,
    header_lines::media_type,
    json::{self, Json},
    script::HttpOutput,
};

const RETURN: &str = "$return";
const PLAIN: &str = "text/plain; charset=utf-8";

/// Makes the response. `outputs` are the function's `http` outputs.
pub(super) fn response(answer: &WorkerAnswer, outputs: &[HttpOutput]) -> Result<Response, Failure> {
    if let Some(output) = outputs.iter().find(|output| output.name == RETURN) {
        return returned(&answer.return_value, output.binary);
    }
    let Some(values) = &answer.outputs else {
        return match &answer.return_value {
            Json::Null => Ok(StatusCode::NO_CONTENT.into_response()),
            Json::Text(text) => Ok(([(header::CONTENT_TYPE, PLAIN)], text.clone()).into_response()),
            other => {
                let content_type = "application/json; charset=utf-8";
                Ok(([(header::CONTENT_TYPE, content_type)], other.to_string()).into_response())
            }
        };
    };
    // Each output writes the response, so the last one stays, even if the answer has no value for it.
    let Some(HttpOutput { name, binary, plain }) = outputs.last() else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let value = answer
        .return_value
        .get(name)
        .or_else(|| values.iter().find(|(known, _)| known == name).map(|(_, value)| value));
    if !plain {
        return returned(value.unwrap_or(&Json::Null), *binary);
    }
    let document = match value {
        None => return Ok(([(header::CONTENT_TYPE, PLAIN)], "{}").into_response()),
        Some(Json::Text(text)) => json::read_whole(text).unwrap_or(Json::Null),
        Some(other) => other.clone(),
    };
    let Json::Object(_) = document else {
        return Err(Failure::Other(format!("Outputs.{name} of the handler's answer is not an object")));
    };
    let body = match document.get_ignoring_case("body") {
        Some(body @ (Json::Object(_) | Json::Array(_))) => body.indented(),
        Some(scalar) => scalar.scalar_text().unwrap_or_default(),
        None => String::new(),
    };
    build(status(document.get_ignoring_case("statusCode"))?, document.get_ignoring_case("headers"), &body)
}

/// Makes the response from `$return`. A text that is base64 is decoded, except for a binary output. An object with a
/// body is a response. Any other value is the body.
fn returned(value: &Json, binary: bool) -> Result<Response, Failure> {
    if let (Json::Text(text), false) = (value, binary) {
        // .NET skips white space here.
        let digits: String = text.chars().filter(|character| !" \t\r\n".contains(*character)).collect();
        if let Some(bytes) = BASE64_STANDARD.decode(&digits).ok().filter(|_| !digits.is_empty()) {
            return Ok(Body::from(bytes).into_response());
        }
    }
    let document = match value {
        Json::Null => return Ok(StatusCode::NO_CONTENT.into_response()),
        Json::Text(text) => match json::read_whole(text) {
            Ok(document @ (Json::Object(_) | Json::Array(_))) => document,
            _ => value.clone(),
        },
        other => other.clone(),
    };
    let Some(body) = document.get_ignoring_case("body") else {
        let body = match &document {
            Json::Object(_) | Json::Array(_) => document.indented(),
            scalar => scalar.scalar_text().unwrap_or_default(),
        };
        return build(200, None, &body);
    };
    let body = match body {
        Json::Array(_) => {
            let problem =
                "the body of ReturnValue is a list, which the Functions host writes as the name of a .NET type";
            return Err(Failure::Other(problem.to_owned()));
        }
        Json::Object(_) => body.to_string(),
        scalar => scalar.scalar_text().unwrap_or_default(),
    };
    let code = document.get_ignoring_case("statusCode").or_else(|| document.get_ignoring_case("status"));
    build(status(code)?, document.get_ignoring_case("headers"), &body)
}

/// Returns the status: a whole number of 32 bits, as a number or as a text, or else 200.
fn status(value: Option<&Json>) -> Result<i32, Failure> {
    let number = match value {
        Some(Json::Array(_) | Json::Object(_)) => {
            return Err(Failure::Other("the statusCode of the handler's answer is no number".to_owned()));
        }
        Some(Json::Text(text) | Json::Integer(text)) => text.trim().parse().ok(),
        Some(Json::Null | Json::Bool(_) | Json::Real(_) | Json::Date(_)) | None => None,
    };
    Ok(number.unwrap_or(200))
}

/// Builds the response. A status that HTTP does not know is written as it is.
fn build(status: i32, headers: Option<&Json>, body: &str) -> Result<Response, Failure> {
    let members = match headers {
        None | Some(Json::Null) => &[],
        Some(Json::Object(members)) => members.as_slice(),
        Some(_) => return Err(Failure::Other("the headers of the handler's answer are no object".to_owned())),
    };
    let mut response = Response::new(Body::empty());
    match u16::try_from(status).ok().and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) => *response.status_mut() = status,
        None => {
            response.extensions_mut().insert(OddStatus(status));
        }
    }
    for (name, value) in members {
        let (name, value) = header_line(name, value)?;
        // If names differ only in letter case, the first one wins.
        response.headers_mut().entry(name).or_insert(value);
    }
    let given = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (content_type, charset) = with_charset(given.unwrap_or("text/plain"));
    if let Ok(value) = HeaderValue::from_str(&content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    *response.body_mut() = Body::from(charset.encode(body));
    Ok(response)
}

fn header_line(name: &str, value: &Json) -> Result<(HeaderName, HeaderValue), Failure> {
    let failure = |problem: &str| Failure::Other(format!("the header \"{name}\" of the handler's answer {problem}"));
    let text = match value {
        Json::Null => return Err(failure("is null")),
        other => other.scalar_text().ok_or_else(|| failure("is neither a text nor a number"))?,
    };
    let parsed: HeaderName = name.parse().map_err(|_| failure("has a name that is not valid"))?;
    if [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(&parsed) {
        return Err(failure("would break the response in Azure: leave it out"));
    }
    let value = HeaderValue::from_str(&text).ok().filter(|value| value.as_bytes().is_ascii());
    Ok((parsed, value.ok_or_else(|| failure("has a value that is not valid"))?))
}

#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Utf16,
}

impl Charset {
    fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        }
    }
}

/// Adds a charset to a content type. A type without charset gets UTF-8. A charset that is not supported is replaced by
/// UTF-8.
fn with_charset(content_type: &str) -> (String, Charset) {
    let text = media_type(content_type).unwrap_or_else(|| content_type.to_owned());
    let Some((at, name)) = text.to_ascii_lowercase().find("charset=").map(|at| (at, text[at + 8..].to_owned())) else {
        return (format!("{text}; charset=utf-8"), Charset::Utf8);
    };
    let end = name.find(';').unwrap_or(name.len());
    match name[..end].trim().trim_matches('"').to_ascii_lowercase().as_str() {
        "utf-8" => (text, Charset::Utf8),
        "utf-16" => (text, Charset::Utf16),
        _ => (format!("{}charset=utf-8{}", &text[..at], &name[end..]), Charset::Utf8),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn answer(text: &str, output: &str) -> String {
        let answer = WorkerAnswer::read(StatusCode::OK, Some("application/json"), text.as_bytes()).unwrap();
        match response(&answer, &[HttpOutput { name: output.to_owned(), binary: false, plain: true }]) {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let content_type = parts.headers.get("content-type").map_or("-", |value| value.to_str().unwrap());
                format!("{} {content_type} {}", parts.status.as_u16(), String::from_utf8_lossy(&body))
            }
            Err(failure) => failure.to_string(),
        }
    }

    #[tokio::test]
    async fn section_3_5_a_named_output_is_the_response() {
        let cases = [
            (
                r#"{"Outputs":{"res":{"body":"é","headers":{"Content-Type":"application/json"}}}}"#,
                "200 application/json; charset=utf-8 é",
            ),
            (r#"{"Outputs":{"res":{"body":"b","headers":{"content-type":"foo"}}}}"#, "200 foo; charset=utf-8 b"),
            (
                r#"{"Outputs":{"res":{"body":"b","headers":{"content-type":"a/b;charset=iso-8859-1"}}}}"#,
                "200 a/b; charset=utf-8 b",
            ),
            (
                r#"{"Outputs":{"res":{"body":"b","headers":{"content-type":"a/b;charset=utf-16"}}}}"#,
                "200 a/b; charset=utf-16 b\0",
            ),
            (
                r#"{"Outputs":{"res":{"body":{"b":1,"a":[]}}}}"#,
                "200 text/plain; charset=utf-8 {\n  \"b\": 1,\n  \"a\": []\n}",
            ),
            (r#"{"Outputs":{"res":{"body":1.0,"statusCode":" 201 "}}}"#, "201 text/plain; charset=utf-8 1"),
            (
                r#"{"Outputs":{"res":{"body":"2026-01-01T00:00:00Z","status":404}}}"#,
                "200 text/plain; charset=utf-8 01/01/2026 00:00:00",
            ),
            (r#"{"Outputs":{"res":"{\"body\":true}"}}"#, "200 text/plain; charset=utf-8 True"),
            (
                r#"{"Outputs":{"res":{"body":"b","headers":{"X-A":["1","2"]}}}}"#,
                "the header \"X-A\" of the handler's answer is neither a text nor a number",
            ),
            (r#"{"Outputs":{"res":{"body":"b","headers":[]}}}"#, "the headers of the handler's answer are no object"),
            (r#"{"Outputs":{"res":{"statusCode":[201]}}}"#, "the statusCode of the handler's answer is no number"),
            (r#"{"Outputs":{"res":"x"}}"#, "Outputs.res of the handler's answer is not an object"),
            (r#"{"Outputs":{}}"#, "200 text/plain; charset=utf-8 {}"),
            (r#"{"Outputs":{"RES":{"body":"x"}}}"#, "200 text/plain; charset=utf-8 {}"),
            ("{}", "204 - "),
            (r#"{"ReturnValue":{"a":1}}"#, "200 application/json; charset=utf-8 {\"a\":1}"),
            (r#"{"ReturnValue":"text"}"#, "200 text/plain; charset=utf-8 text"),
            (
                r#"{"Outputs":{"res":{"body":"o"}},"ReturnValue":{"res":{"body":"r"}}}"#,
                "200 text/plain; charset=utf-8 r",
            ),
            (r#"{"Outputs":{"res":{"body":"o"}},"ReturnValue":"r"}"#, "200 text/plain; charset=utf-8 o"),
        ];
        for (text, expected) in cases {
            assert_eq!(answer(text, "res").await, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn section_3_6_a_return_value_is_decoded_where_it_is_base64() {
        let cases = [
            (r#"{"Outputs":{},"Logs":[],"ReturnValue":"SGVsbG8="}"#, "200 - Hello"),
            (r#"{"ReturnValue":"SGVs\nbG8="}"#, "200 - Hello"),
            (r#"{"ReturnValue":"not base-64"}"#, "200 text/plain; charset=utf-8 not base-64"),
            (r#"{"Outputs":{"$return":{"body":"o"}}}"#, "204 - "),
            (r#"{"ReturnValue":{"body":{"a":1},"status":"201"}}"#, "201 text/plain; charset=utf-8 {\"a\":1}"),
            (r#"{"ReturnValue":{"a":1}}"#, "200 text/plain; charset=utf-8 {\n  \"a\": 1\n}"),
            (
                r#"{"ReturnValue":{"body":[1]}}"#,
                "the body of ReturnValue is a list, which the Functions host writes as the name of a .NET type",
            ),
            (r#"{"ReturnValue":true}"#, "200 text/plain; charset=utf-8 True"),
        ];
        for (text, expected) in cases {
            assert_eq!(answer(text, "$return").await, expected, "{text}");
        }
        let binary = returned(&Json::text("SGVsbG8="), true).unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(binary, "SGVsbG8=");
    }

    #[test]
    fn section_3_5_of_two_outputs_the_last_is_the_response_even_where_it_has_no_value() {
        let text = br#"{"Outputs":{"a":{"statusCode":201},"b":{"statusCode":202}}}"#;
        let answer = WorkerAnswer::read(StatusCode::OK, Some("application/json"), text).unwrap();
        let status = |names: [&str; 2]| {
            let outputs = names.map(|name| HttpOutput { name: name.to_owned(), binary: false, plain: true });
            response(&answer, &outputs).unwrap().status()
        };
        assert_eq!((status(["a", "b"]), status(["b", "c"])), (StatusCode::ACCEPTED, StatusCode::OK));
    }
}
