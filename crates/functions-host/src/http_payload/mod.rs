//! HTTP functions without forwarding or proxying: the request is JSON in `Data`, and the response is JSON in `Outputs`.
//!
//! Source: `HttpRequestExtensions.cs`, `HttpScriptInvocationResultExtensions.cs` and `HttpBinding.cs` of
//! `Azure/azure-functions-host`.

mod call;
mod header_names;
mod metadata;
mod response;

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use loopback_server::WrittenHead;

use self::{
    call::{CallBody, PayloadSource, text},
    header_names::in_known_order,
    metadata::metadata,
    response::response,
};
use super::{
    answer::Failure,
    core::Core,
    json::Json,
    payload,
    request_path::Target,
    request_target::{self, joined, parse_query},
    routes::MatchedRoute,
    run::Run,
};

/// Sends a request as JSON and makes a response from the answer.
pub(super) async fn serve(
    core: &Core,
    run: Run,
    found: &MatchedRoute<'_>,
    request: Request<Body>,
    target: &Target,
) -> Response {
    let (parts, body) = request.into_parts();
    // The real host reads a body only if its length is announced. A chunked body is lost.
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
    let call = PayloadSource {
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

impl PayloadSource<'_> {
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
