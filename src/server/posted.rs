//! The form in which the host sends what it does not forward: `POST /<function name>` with `Data` and `Metadata`.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::rejection::JsonRejection,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Request};
use tower::ServiceExt;

use super::template::Template;
use crate::{
    app::App,
    error::{Cause, Error},
    functions::Running,
    host::{
        HttpData, HttpOutput, INVOCATION_ID, InvocationRequest, InvocationResponse, Malformed, TRACE_PARENT, TimerData,
    },
};

/// The largest answer that fits into JSON, in bytes. It is held in memory, twice.
const LARGEST: usize = 16 * 1024 * 1024;

/// A call as the host makes it, or why it is none.
pub(super) type Call<D> = Result<Json<InvocationRequest<D>>, JsonRejection>;

/// Runs a timer. Anything but a 2xx is a failed invocation to the host.
pub(super) async fn timer(
    run: fn(Arc<App>, InvocationRequest<TimerData>) -> Running,
    app: Arc<App>,
    call: Call<TimerData>,
) -> Result<Json<InvocationResponse>, Error> {
    let Json(call) = call?;
    Ok(Json(run(app, call).await?))
}

/// Runs an HTTP function as if its request had been forwarded.
///
/// Its answer, whatever the status, is the output of an invocation that succeeded, as it is when requests are
/// forwarded; but a function that broke down is an invocation that failed.
pub(super) async fn http(
    function: Router,
    template: Arc<Template>,
    headers: HeaderMap,
    call: Call<HttpData>,
) -> Result<Response, Error> {
    let Json(call) = call?;
    let path = template.path_with(|name| call.data.parameter(name)).map_err(Malformed::Parameter)?;
    let mut request = call.data.into_request(&path)?.map(Body::from);
    for name in [INVOCATION_ID, TRACE_PARENT] {
        request.headers_mut().remove(&name);
        request.headers_mut().extend(headers.get(&name).map(|value| (name, value.clone())));
    }
    let (answer, failure) = answer(function, request).await?;
    let mut response = Json(InvocationResponse::with_http(answer)).into_response();
    if let Some(failure) = failure {
        // For the log: the status is within the body now.
        response.extensions_mut().insert(failure);
    }
    Ok(response)
}

async fn answer(function: Router, request: Request<Body>) -> Result<(HttpOutput, Option<Error>), Error> {
    let Ok(response) = function.oneshot(request).await;
    let (head, body) = response.into_parts();
    let failure = head.extensions.get::<Error>().cloned();
    if let Some(broken @ Error::Internal(_)) = failure {
        return Err(broken);
    }
    let body = to_bytes(body, LARGEST).await.map_err(|_| Error::internal(Cause::Unreadable(LARGEST)))?;
    let output = HttpOutput::new(head.status, &head.headers, &body).map_err(Error::internal)?;
    Ok((output, failure))
}
