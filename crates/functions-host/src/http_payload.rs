//! An HTTP function without forwarding or proxying: the request as JSON in `Data`, the response as JSON in `Outputs`.
//!
//! Source: `HttpRequestExtensions.cs`, `HttpScriptInvocationResultExtensions.cs` and `HttpBinding.cs` of
//! `Azure/azure-functions-host`. Header names arrive in lower case; the real host keeps them as received.

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Parts};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Failure},
    core::Core,
    invocation::Run,
    payload,
    routes::Found,
    template::{RouteValues, decode},
};

/// Sends a request as JSON, and makes a response of the answer.
pub(super) async fn serve(core: &Core, run: Run, found: &Found<'_>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    // The host reads a body only if it is announced; a chunked one is lost.
    let announced = parts.headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        core.log.warning("The body of a chunked request does not reach the handler: send Content-Length");
    }
    let body = match body.collect().await {
        Ok(body) if announced => Some(body.to_bytes()),
        Ok(_) => None,
        Err(error) => {
            run.failed(None, &Failure::Other(format!("the request body cannot be read: {error}")));
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
    };
    let query = query(&parts);
    let data = data(&parts, &query, &found.values, body.as_ref());
    let metadata = metadata(&parts, &query, &found.values, body.as_ref());
    let payload = payload::body(&found.function.name, &found.trigger.binding, data, metadata);
    let outcome = run.post(&payload).await.and_then(|(status, answer)| {
        response(&answer, &found.trigger.output).map(|response| (status, response)).map_err(|f| (Some(status), f))
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

/// Repeated names joined with a comma.
fn query(parts: &Parts) -> Map<String, Value> {
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        match query.get_mut(name.as_ref()) {
            Some(Value::String(values)) => {
                values.push(',');
                values.push_str(&value);
            }
            _ => {
                query.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        }
    }
    query
}

fn data(parts: &Parts, query: &Map<String, Value>, values: &RouteValues, body: Option<&Bytes>) -> Value {
    let host = text(parts.headers.get(header::HOST)).unwrap_or_default();
    let query_text = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut headers: Map<String, Value> = Map::new();
    for name in parts.headers.keys() {
        let values: Vec<_> = parts.headers.get_all(name).iter().map(|value| text(Some(value))).collect();
        headers.insert(name.to_string(), json!(values));
    }
    let mut data = json!({
        "Url": format!("http://{host}{}{query_text}", decode(parts.uri.path())),
        "Method": parts.method.as_str(),
        "Query": query,
        "Headers": headers,
        "Params": values.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "Identities": [{
            "AuthenticationType": null,
            "IsAuthenticated": false,
            "Actor": null,
            "BootstrapContext": null,
            "Claims": [],
            "Label": null,
            "Name": null,
            "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
            "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
        }],
    });
    if let Some(body) = body {
        data["Body"] = Value::String(if is_binary(&parts.headers) {
            BASE64_STANDARD.encode(body)
        } else {
            String::from_utf8_lossy(body).into_owned()
        });
    }
    data
}

/// The query without `code`, the route values and the members of a JSON body; the later wins.
fn metadata(
    parts: &Parts,
    query: &Map<String, Value>,
    values: &RouteValues,
    body: Option<&Bytes>,
) -> Map<String, Value> {
    let mut metadata = Map::new();
    let members = body.and_then(|body| match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    });
    let route = values.iter().map(|(name, value)| (name.clone(), json!(value)));
    let query_values = query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("code"));
    let named = query_values.map(|(name, value)| (name.clone(), value.clone())).chain(route);
    for (name, value) in named.chain(members.into_iter().flatten()) {
        if let Some(value) = encode(value).filter(|_| !name.to_ascii_lowercase().ends_with("trigger")) {
            metadata.insert(name, value);
        }
    }
    let joined = |name| parts.headers.get_all(name).iter().filter_map(|value| text(Some(value))).collect::<Vec<_>>();
    let headers = parts.headers.keys().map(|name| (name.to_string(), Value::String(joined(name).join(","))));
    metadata.insert("Headers".to_owned(), Value::Object(headers.collect()));
    metadata.insert("Query".to_owned(), Value::Object(query.clone()));
    metadata
}

/// Objects as they are; everything else as a text that holds JSON. Null is left out.
fn encode(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(_) => Some(value),
        other => Some(Value::String(other.to_string())),
    }
}

fn is_binary(headers: &HeaderMap) -> bool {
    let content_type = text(headers.get(header::CONTENT_TYPE)).unwrap_or_default().to_ascii_lowercase();
    content_type.starts_with("application/octet-stream") || content_type.starts_with("multipart/")
}

fn text(value: Option<&HeaderValue>) -> Option<String> {
    value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// `Outputs.<name>` with `statusCode`, `headers` and `body`.
fn response(answer: &Answer, output: &str) -> Result<Response, Failure> {
    let Some(outputs) = &answer.outputs else {
        return match answer.return_value {
            Value::Null => Ok(StatusCode::NO_CONTENT.into_response()),
            _ => {
                Err(Failure::Other(format!("a ReturnValue instead of Outputs.{output} is not supported by this host")))
            }
        };
    };
    let value = match outputs.get(output) {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
        Some(value) => value.clone(),
        None => return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "{}").into_response()),
    };
    let Value::Object(members) = value else {
        return Err(Failure::Other(format!("Outputs.{output} of the handler's answer is not an object")));
    };
    let member = |name: &str| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let mut response = Response::new(Body::from(body_text(member("body"))));
    *response.status_mut() = status(member("statusCode"));
    let default_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, default_type);
    if let Some(Value::Object(headers)) = member("headers") {
        for (name, value) in headers {
            add_header(response.headers_mut(), name, value)?;
        }
    }
    Ok(response)
}

/// 200 unless a whole number says otherwise, as a number or as a text.
fn status(value: Option<&Value>) -> StatusCode {
    let code = match value {
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64().and_then(|code| u16::try_from(code).ok()),
        None => None,
    };
    code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK)
}

fn body_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => "True".to_owned(),
        Some(Value::Bool(false)) => "False".to_owned(),
        Some(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

fn add_header(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), Failure> {
    let text = match value {
        Value::Null => return Err(Failure::Other(format!("the header \"{name}\" of the handler's answer is null"))),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let pair = name.parse::<http::HeaderName>().ok().zip(HeaderValue::from_str(&text).ok());
    let (name, value) =
        pair.ok_or_else(|| Failure::Other(format!("the header \"{name}\" of the handler's answer is not valid")))?;
    headers.insert(name, value);
    Ok(())
}
