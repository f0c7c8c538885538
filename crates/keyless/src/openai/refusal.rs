//! Finds the party that must act after a refusal of the model, or of the gateway before it, by status and body.
//!
//! The gateway's own bodies have the member `statusCode`, the model's have `error`. A model may answer 200 and send the
//! error as an event of its stream: <https://learn.microsoft.com/azure/foundry/openai/how-to/responses>.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    api::retry_after,
    error::{Cause, Error, ModelProblem, ModelRefusal, Service},
};

/// The largest number of letters in a word from a service, such as a parameter or a category of the content filter.
const WORD_CHARS: usize = 64;

/// The largest number of content filter categories in an error.
const MOST_CATEGORIES: usize = 10;

/// An answer that is not a success.
pub(super) struct RefusedAnswer<'a> {
    /// The service that answered, if the body does not tell it.
    pub(super) service: Service,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    /// The explanation, without credentials.
    pub(super) said: Option<String>,
}

impl RefusedAnswer<'_> {
    /// Returns the error, if the body is that of a model or of a gateway's policy for models.
    pub(super) fn known(&self) -> Option<Error> {
        let json: Value = serde_json::from_slice(self.body).unwrap_or_default();
        let error = &json["error"];
        let problem = if error.is_object() {
            of_the_model(self.status, error)
        } else {
            of_the_gateway(self.status, json["message"].as_str().unwrap_or_default())
        };
        problem.map(|problem| self.error(problem, error.is_object()))
    }

    /// Returns the error, for any body.
    pub(super) fn any(&self) -> Error {
        self.known().unwrap_or_else(|| self.error(by_status(self.status), false))
    }

    fn error(&self, problem: ModelProblem, by_the_model: bool) -> Error {
        let refusal = ModelRefusal {
            said: self.said.clone().filter(|_| can_quote_nothing(self.status)),
            wait: retry_after(self.headers, Timestamp::now()),
            request_id: request_id(self.headers).map(str::to_owned),
            problem,
        };
        let by_the_model = by_the_model || refusal.problem == ModelProblem::TokenRefused;
        error(if by_the_model { Service::OpenAi } else { self.service }, Some(self.status), refusal)
    }
}

/// Finds the error in a successful answer: in a body of 200, or in an event of a stream.
pub(super) fn within(json: &Value) -> Option<Error> {
    let failed = &json["response"]["error"];
    let error = match json["type"].as_str() {
        // An error has the service's own shape, or that of the public documentation.
        Some("error") if json["error"].is_object() => &json["error"],
        Some("error") => json,
        Some("response.failed") => failed,
        Some(_) => return None,
        // A successful response has `"error": null`.
        None if json["error"].is_null() => return None,
        None => &json["error"],
    };
    let status = status_of(error);
    let problem = of_the_model(status, error).unwrap_or_else(|| by_status(status));
    let wait = retry_after(&headers_within(error), Timestamp::now());
    let refusal = ModelRefusal { problem, said: None, wait, request_id: None };
    Some(self::error(Service::OpenAi, Some(status), refusal))
}

/// Makes the error of an answer that ended before it was complete.
pub(super) fn broken_off() -> Error {
    let refusal = ModelRefusal { problem: ModelProblem::BrokenOff, said: None, wait: None, request_id: None };
    error(Service::OpenAi, None, refusal)
}

/// Returns the service's ID of a request.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    header("apim-request-id").or_else(|| header("x-request-id")).filter(|id| id.len() <= 2 * WORD_CHARS)
}

fn error(service: Service, status: Option<StatusCode>, refusal: ModelRefusal) -> Error {
    use ModelProblem::{
        BrokenOff, ContentFilter, ContextLength, Failed, Forbidden, InvalidRequest, KeysDisabled, MissingRole,
        NoDeployment, NoSuchPath, RateLimited, TokenLimit, TokenQuota, TokenRefused,
    };
    let by_caller = matches!(refusal.problem, ContentFilter(_) | ContextLength | InvalidRequest(_));
    let by_time = match refusal.problem {
        RateLimited | TokenLimit | TokenQuota | Failed | BrokenOff => true,
        ContentFilter(_) | ContextLength | InvalidRequest(_) | MissingRole(_) | TokenRefused | KeysDisabled
        | NoDeployment | NoSuchPath | Forbidden => false,
    };
    let source = Arc::new(Cause::Model(Box::new(refusal)));
    if by_caller {
        Error::Invalid(source)
    } else if by_time {
        Error::Unavailable { service, status, source }
    } else {
        Error::Refused { service, status, source }
    }
}

/// Reads the problem from the model's `error`. `None` if only its status tells the problem, because a gateway may have
/// given it.
fn of_the_model(status: StatusCode, error: &Value) -> Option<ModelProblem> {
    let code = error["code"].as_str().unwrap_or_default();
    let message = error["message"].as_str().unwrap_or_default();
    Some(match code {
        "content_filter" | "ResponsibleAIPolicyViolation" => ModelProblem::ContentFilter(categories(error)),
        "context_length_exceeded" => ModelProblem::ContextLength,
        "PermissionDenied" => ModelProblem::MissingRole(data_action(message)),
        "AuthenticationTypeDisabled" => ModelProblem::KeysDisabled,
        "DeploymentNotFound" => ModelProblem::NoDeployment,
        "OpenAITokenQuotaExceeded" => ModelProblem::TokenQuota,
        "OpenAITokenLimitExceeded" | "TokenLimitExceededAfterPrompt" => ModelProblem::TokenLimit,
        "ContentSafetyPolicyViolated" => ModelProblem::ContentFilter(Vec::new()),
        "rate_limit_exceeded" | "rate_limit_reached" | "no_capacity" | "RateLimitReached" => ModelProblem::RateLimited,
        // The caller is not responsible for a version that the surface does not accept.
        "BadRequest" if message.to_ascii_lowercase().replace('-', " ").contains("api version") => {
            ModelProblem::NoSuchPath
        }
        _ if status == StatusCode::UNAUTHORIZED => return None,
        _ if is_callers(status) => ModelProblem::InvalidRequest(word(&error["param"])),
        _ => by_status(status),
    })
}

/// Reads the problem from the gateway's message. The message comes from the policies for models, or from a model that
/// answers in the same shape.
fn of_the_gateway(status: StatusCode, message: &str) -> Option<ModelProblem> {
    Some(match status {
        StatusCode::UNAUTHORIZED if message.contains("audience is incorrect") => ModelProblem::TokenRefused,
        StatusCode::TOO_MANY_REQUESTS if message.starts_with("Token limit ") => ModelProblem::TokenLimit,
        StatusCode::TOO_MANY_REQUESTS => ModelProblem::RateLimited,
        StatusCode::FORBIDDEN if message.starts_with("Token quota ") => ModelProblem::TokenQuota,
        StatusCode::FORBIDDEN if message.contains("content safety") => ModelProblem::ContentFilter(Vec::new()),
        _ => return None,
    })
}

fn by_status(status: StatusCode) -> ModelProblem {
    match status {
        StatusCode::TOO_MANY_REQUESTS => ModelProblem::RateLimited,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => ModelProblem::NoSuchPath,
        StatusCode::REQUEST_TIMEOUT => ModelProblem::Failed,
        status if is_callers(status) => ModelProblem::InvalidRequest(None),
        status if status.is_client_error() => ModelProblem::Forbidden,
        _ => ModelProblem::Failed,
    }
}

/// Reports whether the status concerns the content of the request, and not its sender, its address, or the number of
/// requests.
fn is_callers(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::CONFLICT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// Reports whether an explanation cannot quote the request. Such a status concerns the sender, the address, or the
/// number of requests. Every other explanation may quote the request.
fn can_quote_nothing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS
    )
}

/// Returns the status that fits an error within a stream.
fn status_of(error: &Value) -> StatusCode {
    let number = error["code"].as_u64().or_else(|| error["status"].as_u64());
    if let Some(status) = number.and_then(|number| StatusCode::from_u16(u16::try_from(number).ok()?).ok()) {
        return status;
    }
    let by_code = match error["code"].as_str().unwrap_or_default() {
        "rate_limit_exceeded" | "rate_limit_reached" | "no_capacity" | "429" => Some(StatusCode::TOO_MANY_REQUESTS),
        "content_filter" | "context_length_exceeded" | "invalid_prompt" => Some(StatusCode::BAD_REQUEST),
        _ => None,
    };
    let by_type = || match error["type"].as_str().unwrap_or_default() {
        "too_many_requests" => StatusCode::TOO_MANY_REQUESTS,
        "forbidden" => StatusCode::FORBIDDEN,
        "user_error" | "invalid_request_error" => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    by_code.unwrap_or_else(by_type)
}

/// Returns the headers that an error within a stream may hold, in place of an answer's headers.
fn headers_within(error: &Value) -> HeaderMap {
    let headers = error["headers"].as_object().into_iter().flatten();
    headers
        .filter_map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value).ok()?))
        })
        .collect()
}

/// Returns the categories of the content filter that were hit. The service has several places for them.
fn categories(error: &Value) -> Vec<String> {
    let lists =
        error["content_filters"].as_array().into_iter().flatten().map(|filter| &filter["content_filter_results"]);
    let results = [
        &error["innererror"]["content_filter_result"],
        &error["innererror"]["content_filter_results"],
        &error["inner_error"]["content_filter_results"],
    ];
    let results = results.into_iter().chain(lists).filter_map(Value::as_object).flatten();
    let hits = results.filter(|(_, result)| result["filtered"] == true).filter_map(|(name, _)| plain_word(name));
    let mut hits: Vec<String> = hits.take(MOST_CATEGORIES).collect();
    hits.sort_unstable();
    hits.dedup();
    hits
}

/// Returns the data action. The message has it between backticks, after the principal.
fn data_action(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let action = quoted.find(|text| text.starts_with("Microsoft.CognitiveServices/"))?;
    let plain = action.chars().all(|c| c.is_ascii_alphanumeric() || "./-_".contains(c)) && action.len() <= 200;
    plain.then(|| action.to_owned())
}

fn word(value: &Value) -> Option<String> {
    plain_word(value.as_str()?)
}

/// Returns a name that the service chose, if it cannot be a sentence of a prompt.
fn plain_word(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.[]-".contains(c));
    (plain && !text.is_empty() && text.len() <= WORD_CHARS).then(|| text.to_owned())
}

/// Returns the time that an error asks to wait before the next try; `None` if another try cannot help.
pub(super) fn wait_before_retry(error: &Error) -> Option<Duration> {
    matches!(error, Error::Unavailable { .. }).then(|| error.retry_after().unwrap_or_default())
}
