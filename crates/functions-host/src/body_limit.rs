//! The limit for a request's body: 100 MiB, or the value of an app setting. A longer body is answered 500.
//!
//! Source: `ScriptConstants.cs` and `HttpRequestBodySizeMiddleware.cs` of `Azure/azure-functions-host`.

use std::error::Error;

use axum::body::Body;
use http::Request;
use http_body_util::{LengthLimitError, Limited};
use hyper::body::Body as _;

use super::{answer::Failure, script::Settings};

const SETTING: &str = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";

/// The default limit in bytes.
const DEFAULT: usize = 104_857_600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyLimit(usize);

impl BodyLimit {
    /// Reads the setting, or takes the default if it is not a number.
    pub(super) fn from_settings(settings: &Settings) -> Self {
        Self(settings.get(SETTING).and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT))
    }

    /// Limits the body of a request: the body breaks off where it becomes too long. [`is_exceeded`] recognises this
    /// error. A request that announces too long a body is refused at once.
    pub(super) fn admit(self, request: Request<Body>) -> Result<Request<Body>, Failure> {
        if request.body().size_hint().lower() > u64::try_from(self.0).unwrap_or(u64::MAX) {
            return Err(self.exceeded());
        }
        Ok(request.map(|body| Body::new(Limited::new(body, self.0))))
    }

    pub(super) fn exceeded(self) -> Failure {
        Failure::Other(format!("the request body is longer than {} bytes: the setting {SETTING} allows more", self.0))
    }
}

/// Reports whether an error comes from a body that became too long.
pub(super) fn is_exceeded(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_exceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_1_5_the_limit_is_100_mib_unless_a_setting_holds_a_number() {
        let limit = |value: Option<&str>| {
            BodyLimit::from_settings(&Settings::new(value.map(|value| (SETTING.to_owned(), value.to_owned()))))
        };
        assert_eq!(limit(None), BodyLimit(100 * 1024 * 1024));
        assert_eq!(limit(Some("1073741824")), BodyLimit(1024 * 1024 * 1024));
        assert_eq!(limit(Some("1 GiB")), BodyLimit(DEFAULT));
    }
}
