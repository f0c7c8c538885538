//! How long the body of a request may be: 100 MiB, or what an app setting says.
//!
//! Source: `ScriptConstants.cs` and `HttpRequestBodySizeMiddleware.cs` of `Azure/azure-functions-host`. Which status a
//! longer one gets is documented nowhere; 413 is what the host's web server says.

use std::error::Error;

use axum::body::Body;
use http::Request;
use http_body_util::{LengthLimitError, Limited};
use hyper::body::Body as _;

use super::{HostError, answer::Failure, script::Settings};

const SETTING: &str = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";

/// In bytes.
const DEFAULT: usize = 104_857_600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BodyLimit(usize);

impl BodyLimit {
    /// The real host takes its default where the setting is no number.
    pub(super) fn of(settings: &Settings) -> Result<Self, HostError> {
        let Some(text) = settings.get(SETTING).filter(|text| !text.is_empty()) else { return Ok(Self(DEFAULT)) };
        text.parse().map(Self).map_err(|_| HostError::BodyLimit { setting: SETTING, value: text.to_owned() })
    }

    /// The request, whose body breaks off where it becomes too long; [`is_exceeded`] knows the error. One that announces
    /// too much is refused at once.
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

/// Whether the cause of an error is a body that became too long.
pub(super) fn is_exceeded(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_exceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(value: Option<&str>) -> Result<BodyLimit, String> {
        let settings = Settings::new(value.map(|value| (SETTING.to_owned(), value.to_owned())));
        BodyLimit::of(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn section_1_5_the_limit_is_100_mib_unless_a_setting_says_otherwise() {
        assert_eq!(limit(None), Ok(BodyLimit(100 * 1024 * 1024)));
        assert_eq!(limit(Some("1073741824")), Ok(BodyLimit(1024 * 1024 * 1024)));
        let expected = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT \"1 GiB\" is not a number of bytes";
        assert_eq!(limit(Some("1 GiB")), Err(expected.to_owned()));
    }
}
