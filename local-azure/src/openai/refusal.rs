//! The refusals of a model account, with its own texts. Captured bodies are exact, including spaces. A variant says so
//! if its text is ours.

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    headers,
    rates::{Exceeded, RateExceeded},
};
use crate::access_token;

/// A refusal; its text goes to the journal.
#[derive(Debug, thiserror::Error)]
pub(super) enum ModelRefusal {
    #[error("Resource not found")]
    ResourceNotFound,
    /// The text is ours.
    #[error("local-azure does not serve {0}")]
    NotServed(String),
    /// The text is ours.
    #[error("local-azure does not know the query parameter {0} of a model account")]
    UnknownParameter(String),
    #[error("API version not supported")]
    VersionNotSupported,
    #[error(
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an \
         active subscription and use a correct regional API endpoint for your resource."
    )]
    InvalidKey,
    /// The text is ours, because it is not known which credential Azure uses.
    #[error("local-azure refuses api-key and Authorization together: which of them Azure takes is not known")]
    TwoCredentials,
    #[error("Key based authentication is disabled for this resource.")]
    KeysDisabled,
    #[error("{cause}; the audience must be {audience}")]
    InvalidToken { audience: &'static str, cause: access_token::TokenRefusal },
    #[error(
        "The principal `{principal}` lacks the required data action `{action}` to perform `{operation}` operation."
    )]
    NoRole { principal: Uuid, action: &'static str, operation: String },
    #[error("Principal does not have access to API/Operation.")]
    RoleIsSpreading,
    #[error(
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, \
         please wait a moment and try again."
    )]
    DeploymentNotFound { is_v1: bool },
    #[error(
        "The {operation} operation does not work with the specified model, {model}. Please choose different model and try \
         again. You can learn more about which models can be used with each operation here: \
         https://go.microsoft.com/fwlink/?linkid=2197993."
    )]
    OperationNotSupported { operation: &'static str, model: String },
    #[error("{message}")]
    Invalid { message: String, param: Option<String>, code: Option<&'static str> },
    /// The text is ours.
    #[error("the body is \"{0}\", not application/json")]
    NotJson(String),
    /// The text is ours.
    #[error("the body did not arrive whole, or is larger than 16 MiB")]
    Unreadable,
    #[error("the prompt was filtered: {found}")]
    Filtered { found: String, results: Value, shape: FilterShape },
    #[error("{}", .0.message())]
    Throttled(Box<Throttled>),
    #[error("the system has no capacity")]
    NoCapacity,
    #[error("the server had an error, as the seed says")]
    ServerError,
    #[error("no response with this ID is kept")]
    ResponseNotFound(String),
    /// The text is the public API's.
    #[error("The model '{0}' does not exist")]
    ModelNotFound(String),
}

/// The form of the answer to a blocked prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilterShape {
    Chat,
    Responses { end: usize },
}

/// The refusal for a used-up rate.
#[derive(Debug)]
pub(super) struct Throttled {
    pub(super) over: RateExceeded,
    pub(super) deployment: String,
    pub(super) model: String,
    pub(super) region: String,
    pub(super) operation: &'static str,
    /// `None` on v1.
    pub(super) api_version: Option<String>,
}

impl Throttled {
    fn message(&self) -> String {
        let Self { over, deployment, model, region, operation, api_version } = self;
        match api_version {
            None => format!("Your requests to {deployment} for {model} in {region} have exceeded rate limit."),
            Some(version) => {
                let what = match over.what {
                    Exceeded::Requests => "call rate limit",
                    Exceeded::Tokens => "token rate limit",
                };
                let seconds = over.retry_after.div_ceil(1000);
                format!(
                    "Your requests to {deployment} for {model} in {region} have exceeded the {what} for your current \
                     AIServices S0 pricing tier. This request was for {operation} under Azure OpenAI API version \
                     {version}. Please retry after {seconds} seconds. To increase your default rate limit, visit \
                     https://aka.ms/oai/quotaincrease."
                )
            }
        }
    }
}

const FILTERED: &str = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. \
    Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: \
    https://go.microsoft.com/fwlink/?linkid=2198766";

pub(super) const NO_CAPACITY: &str = "The system is currently experiencing high demand and cannot process your request. \
    Your request exceeds the maximum usage size allowed during peak load.";

impl ModelRefusal {
    /// Refuses an invalid value of a parameter.
    pub(super) fn invalid(message: impl Into<String>, param: &str, code: &'static str) -> Self {
        Self::Invalid { message: message.into(), param: Some(param.to_owned()), code: Some(code) }
    }

    /// Refuses a parameter that the service accepts and local-azure does not simulate.
    pub(super) fn not_played(what: &str, param: &str) -> Self {
        Self::invalid(format!("local-azure does not play {what}"), param, "unsupported_parameter")
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::ResourceNotFound
            | Self::NotServed(_)
            | Self::DeploymentNotFound { .. }
            | Self::ResponseNotFound(_)
            | Self::ModelNotFound(_) => StatusCode::NOT_FOUND,
            Self::InvalidKey | Self::InvalidToken { .. } | Self::NoRole { .. } | Self::RoleIsSpreading => {
                StatusCode::UNAUTHORIZED
            }
            Self::KeysDisabled => StatusCode::FORBIDDEN,
            Self::UnknownParameter(_)
            | Self::VersionNotSupported
            | Self::TwoCredentials
            | Self::OperationNotSupported { .. }
            | Self::Invalid { .. }
            | Self::Filtered { .. } => StatusCode::BAD_REQUEST,
            Self::NotJson(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Throttled(_) | Self::NoCapacity => StatusCode::TOO_MANY_REQUESTS,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the body, byte for byte.
    fn body(&self) -> String {
        let coded = |code: &str| json!({ "error": { "code": code, "message": self.to_string() } }).to_string();
        match self {
            Self::ResourceNotFound => r#"{"error":{"code":"404","message": "Resource not found"}}"#.to_owned(),
            Self::NotServed(_) => coded("NotSupported"),
            Self::UnknownParameter(_) | Self::VersionNotSupported | Self::TwoCredentials => coded("BadRequest"),
            Self::InvalidKey => coded("401"),
            Self::KeysDisabled => format!(r#"{{"error":{{"code":"AuthenticationTypeDisabled","message": "{self}"}}}}"#),
            Self::InvalidToken { audience, .. } => format!(
                "{{ \"statusCode\": 401, \"message\": \"Unauthorized. Access token is missing, invalid, audience is incorrect \
                 ({audience}), or have expired.\" }}"
            ),
            Self::NoRole { .. } => coded("PermissionDenied"),
            Self::RoleIsSpreading => format!(r#"{{"error":{{"code":"PermissionDenied","message": "{self}"}}}}"#),
            Self::DeploymentNotFound { is_v1: false } => coded("DeploymentNotFound"),
            Self::DeploymentNotFound { is_v1: true } => format!(
                r#"{{"error":{{"type":"invalid_request_error","code":"DeploymentNotFound","message":"{self}"}}}}"#
            ),
            Self::OperationNotSupported { .. } => coded("OperationNotSupported"),
            Self::Invalid { message, param, code } => invalid(message, param.as_deref(), *code),
            Self::NotJson(_) => coded("UnsupportedMediaType"),
            Self::Unreadable => coded("RequestEntityTooLarge"),
            Self::Filtered { results, shape: FilterShape::Chat, .. } => format!(
                r#"{{"error":{{"message":{},"type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{{"code":"ResponsibleAIPolicyViolation","content_filter_result":{results}}}}}}}"#,
                Value::from(FILTERED)
            ),
            Self::Filtered { results, shape: FilterShape::Responses { end }, .. } => format!(
                r#"{{"error":{{"message":{},"type":"invalid_request_error","param":"prompt","code":"content_filter","content_filters":[{{"blocked":true,"source_type":"prompt","content_filter_results":{results},"content_filter_offsets":{{"start_offset":0,"end_offset":{end},"check_offset":0}}}}]}}}}"#,
                Value::from(FILTERED)
            ),
            Self::Throttled(throttled) if throttled.api_version.is_some() => coded("RateLimitReached"),
            Self::Throttled(throttled) => too_many("rate_limit_exceeded", &throttled.message()),
            Self::NoCapacity => too_many("no_capacity", NO_CAPACITY),
            Self::ServerError => format!(
                r#"{{"error":{{"message":{},"type":"server_error","param":null,"code":null}}}}"#,
                Value::from(
                    "The server had an error processing your request. Sorry about that! You can retry your request, or \
                     contact us through an Azure support request if the error persists."
                )
            ),
            Self::ResponseNotFound(id) => invalid(&format!("Response with id '{id}' not found."), None, None),
            Self::ModelNotFound(_) => invalid(&self.to_string(), Some("model"), Some("model_not_found")),
        }
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.status();
        if matches!(self, Self::NoRole { .. } | Self::RoleIsSpreading) {
            response.extensions_mut().insert(hyper::ext::ReasonPhrase::from_static(b"PermissionDenied"));
        }
        let head = response.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match &self {
            Self::Throttled(throttled) => {
                headers::levels(head, &throttled.over.levels);
                retry_after(head, throttled.over.retry_after);
            }
            Self::NoCapacity => retry_after(head, 1_000),
            _ => {}
        }
        response
    }
}

fn retry_after(headers: &mut HeaderMap, milliseconds: u64) {
    headers.insert(header::RETRY_AFTER, HeaderValue::from(milliseconds.div_ceil(1000)));
    headers.insert("retry-after-ms", HeaderValue::from(milliseconds));
}

fn invalid(message: &str, param: Option<&str>, code: Option<&str>) -> String {
    let (message, param, code) = (Value::from(message), Value::from(param), Value::from(code));
    format!(r#"{{"error":{{"message":{message},"type":"invalid_request_error","param":{param},"code":{code}}}}}"#)
}

fn too_many(code: &str, message: &str) -> String {
    let message = Value::from(message);
    format!(r#"{{"error":{{"message":{message},"type":"too_many_requests","param":null,"code":"{code}"}}}}"#)
}
