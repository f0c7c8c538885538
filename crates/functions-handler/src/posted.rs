//! The posted form of a call, for requests that the host does not forward: `POST /NAME` with `Data` and `Metadata`.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::StatusCode;
use tower::ServiceExt;

use crate::{
    callers_request::CallersRequest,
    definition::Definition,
    error::{Failure, InvocationError, PayloadError, SharedError},
    http_function::HttpFunction,
    invocation::{
        Outputs,
        http::{HttpOutput, HttpRequestData},
        origin::{INVOCATION_ID, TRACE_PARENT},
        payload::Payload,
    },
    rules::CallersStatus,
    template::Template,
};

/// The largest answer that is put into JSON, in bytes. Memory holds it twice.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Runs a timer, or a function of another trigger. For the host, any status but 2xx is a failed invocation.
pub(crate) async fn function(
    function: MethodRouter,
    definition: Arc<Definition>,
    request: Request,
) -> Result<Response, InvocationError> {
    let (mut parts, payload) = Payload::read(request, &definition.trigger.binding).await?;
    parts.extensions.insert(Arc::new(payload));
    let Ok(mut response) = function.oneshot(Request::from_parts(parts, Body::empty())).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let outputs = response.extensions_mut().remove::<Outputs>().unwrap_or_default();
    Ok(Json(outputs.into_result(&definition, None)?).into_response())
}

/// Runs an HTTP function as if the host had forwarded its request.
///
/// The answer, with any status, is the output of a successful invocation, as with forwarded requests. Only a 500 with
/// an error is a failed invocation.
pub(crate) async fn http(
    function: HttpFunction,
    definition: Arc<Definition>,
    template: Arc<Template>,
    request: Request,
) -> Result<Response, InvocationError> {
    let (parts, payload) = Payload::read(request, &definition.trigger.binding).await?;
    let data: HttpRequestData = payload.trigger_form()?;
    let values = template.values(|name| data.parameter(name)).map_err(PayloadError::Parameter)?;
    let scheme = data.is_https().then_some("https");
    let mut request = data.into_request()?.map(Body::from);
    let callers = CallersRequest::new(&request, scheme, Some(template));
    for name in [INVOCATION_ID, TRACE_PARENT] {
        request.headers_mut().remove(&name);
        request.headers_mut().extend(parts.headers.get(&name).map(|value| (name, value.clone())));
    }
    request.extensions_mut().insert(Arc::new(payload));
    let response = function.call(request, &values).await;
    let (mut head, body) = response.into_parts();
    // The log would otherwise only know the host's call.
    head.extensions.insert(callers.clone());
    let failure = head.extensions.get::<SharedError>().cloned();
    if head.status == StatusCode::INTERNAL_SERVER_ERROR && failure.is_some() {
        return Ok(Response::from_parts(head, body));
    }
    let body = to_bytes(body, LARGEST_ANSWER).await.map_err(|_| Failure::Unreadable(LARGEST_ANSWER))?;
    let output = HttpOutput::new(head.status, &head.headers, &body)?;
    let outputs = head.extensions.remove::<Outputs>().unwrap_or_default();
    let mut response = Json(outputs.into_result(&definition, Some(output))?).into_response();
    // The log needs the caller's status, which is now within the body.
    response.extensions_mut().insert(CallersStatus(head.status));
    response.extensions_mut().insert(callers);
    if let Some(failure) = failure {
        response.extensions_mut().insert(failure);
    }
    Ok(response)
}
