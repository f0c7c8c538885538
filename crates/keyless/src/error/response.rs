//! An error as an HTTP response.

use std::{error::Error as StdError, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header::RETRY_AFTER};
use serde_json::json;

use super::Error;

/// `{"error":{"code","message"}}` with the error's status. The response's extensions hold the error itself, as `Arc<dyn
/// Error + Send + Sync>`, so a layer can log it once with its sources. `Retry-After` is the service's, in whole
/// seconds.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.message() } });
        let mut response = (self.status(), Json(body)).into_response();
        if let Some(wait) = self.retry_after() {
            let seconds = wait.as_millis().div_ceil(1000);
            response
                .headers_mut()
                .extend(HeaderValue::try_from(seconds.to_string()).ok().map(|value| (RETRY_AFTER, value)));
        }
        let error: Arc<dyn StdError + Send + Sync> = Arc::new(self);
        response.extensions_mut().insert(error);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_carries_the_error_for_the_log() {
        let response = Error::internal("S3CRET detail").into_response();
        let error = response.extensions().get::<Arc<dyn StdError + Send + Sync>>().unwrap();
        assert_eq!(error.source().unwrap().to_string(), "S3CRET detail");
    }
}
