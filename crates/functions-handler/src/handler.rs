//! The trait of handlers for triggers other than HTTP.

use std::future::Future;

use axum::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};

use crate::invocation::IntoOutputs;

/// An async function whose parameters are extractors and whose result is [`IntoOutputs`].
///
/// Implemented for functions and closures with up to eight parameters: [`Timer`](crate::Timer),
/// [`Invocation`](crate::Invocation), axum's `State`, `HeaderMap`, and any other `FromRequestParts`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run as a function of this app",
    note = "it is an `async fn` whose parameters are extractors, such as `State`, `Timer` and `Invocation`, and that \
            returns `()`, `Outputs`, or a `Result` of either with an error that is `IntoResponse`"
)]
pub trait FunctionHandler<T, S>: Clone + Send + Sync + 'static {
    /// Runs the function. The response carries the outputs in its extensions.
    fn call(self, parts: Parts, state: S) -> impl Future<Output = Response> + Send;
}

fn response(returned: impl IntoOutputs) -> Response {
    match returned.into_outputs() {
        Ok(outputs) => (outputs, Body::empty()).into_response(),
        Err(mut failed) => {
            // The host takes any status but a failing one as success.
            if !failed.status().is_client_error() && !failed.status().is_server_error() {
                *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            }
            failed
        }
    }
}

macro_rules! handler_of {
    ($($extractor:ident),*) => {
        impl<F, Running, Returned, S, $($extractor,)*> FunctionHandler<($($extractor,)*), S> for F
        where
            F: FnOnce($($extractor,)*) -> Running + Clone + Send + Sync + 'static,
            Running: Future<Output = Returned> + Send,
            Returned: IntoOutputs,
            S: Send + Sync + 'static,
            $($extractor: FromRequestParts<S> + Send,)*
        {
            #[allow(unused_mut, unused_variables, non_snake_case, reason = "a function may have no parameters")]
            async fn call(self, mut parts: Parts, state: S) -> Response {
                $(
                    let $extractor = match $extractor::from_request_parts(&mut parts, &state).await {
                        Ok(value) => value,
                        Err(rejection) => return rejection.into_response(),
                    };
                )*
                response(self($($extractor,)*).await)
            }
        }
    };
}

handler_of!();
handler_of!(A);
handler_of!(A, B);
handler_of!(A, B, C);
handler_of!(A, B, C, D);
handler_of!(A, B, C, D, E);
handler_of!(A, B, C, D, E, G);
handler_of!(A, B, C, D, E, G, H);
handler_of!(A, B, C, D, E, G, H, I);
