//! Names of the semantic conventions for functions, HTTP, Azure and model calls. They are in one file, because some may
//! still change.
//!
//! <https://opentelemetry.io/docs/specs/semconv/>

/// The span of an invocation. The log uses the same names for its fields.
pub(crate) const INVOCATION: &str = "invocation";

pub(crate) const FAAS_INVOCATION_ID: &str = "faas.invocation_id";
pub(crate) const FAAS_NAME: &str = "faas.name";
pub(crate) const FAAS_TRIGGER: &str = "faas.trigger";
pub(crate) const FAAS_COLDSTART: &str = "faas.coldstart";
pub(crate) const FAAS_INSTANCE: &str = "faas.instance";
pub(crate) const FAAS_INVOCATIONS: &str = "faas.invocations";
pub(crate) const FAAS_INVOKE_DURATION: &str = "faas.invoke_duration";
pub(crate) const FAAS_ERRORS: &str = "faas.errors";

pub(crate) const OTEL_KIND: &str = "otel.kind";
pub(crate) const OTEL_STATUS_CODE: &str = "otel.status_code";
pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const ERROR_TYPE: &str = "error.type";

pub(crate) const HTTP_REQUEST_METHOD: &str = "http.request.method";
pub(crate) const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
pub(crate) const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
pub(crate) const SERVER_ADDRESS: &str = "server.address";
pub(crate) const SERVER_PORT: &str = "server.port";
pub(crate) const URL_FULL: &str = "url.full";
pub(crate) const AZURE_REQUEST_ID: &str = "azure.service.request.id";

pub(crate) const CLOUD_PROVIDER: &str = "cloud.provider";
pub(crate) const CLOUD_PLATFORM: &str = "cloud.platform";
pub(crate) const CLOUD_REGION: &str = "cloud.region";
pub(crate) const CLOUD_RESOURCE_ID: &str = "cloud.resource_id";
pub(crate) const DEPLOYMENT_ENVIRONMENT: &str = "deployment.environment.name";
pub(crate) const SERVICE_NAME: &str = "service.name";
pub(crate) const SERVICE_VERSION: &str = "service.version";
pub(crate) const SERVICE_INSTANCE_ID: &str = "service.instance.id";
pub(crate) const SDK_NAME: &str = "telemetry.sdk.name";
pub(crate) const SDK_LANGUAGE: &str = "telemetry.sdk.language";
pub(crate) const SDK_VERSION: &str = "telemetry.sdk.version";

#[cfg(feature = "openai")]
pub(crate) mod gen_ai {
    pub(crate) const OPERATION: &str = "gen_ai.operation.name";
    pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
    pub(crate) const AZURE_OPENAI: &str = "azure.ai.openai";
    pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
    pub(crate) const REQUEST_STREAM: &str = "gen_ai.request.stream";
    pub(crate) const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
    pub(crate) const REQUEST_TEMPERATURE: &str = "gen_ai.request.temperature";
    pub(crate) const REQUEST_TOP_P: &str = "gen_ai.request.top_p";
    pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
    pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
    pub(crate) const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
    pub(crate) const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
    pub(crate) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
    pub(crate) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
    pub(crate) const CACHED_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
    pub(crate) const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
    pub(crate) const API_TYPE: &str = "openai.api.type";
}

/// The names from here on are not in any convention.
pub(crate) const TOKENS_FETCHED: &str = "keyless.tokens.fetched";
pub(crate) const TOKEN_SCOPE: &str = "keyless.token.scope";
pub(crate) const SECRET_AGE: &str = "keyless.secret.age";
#[cfg(feature = "secrets")]
pub(crate) const SECRET_NAME: &str = "keyless.secret.name";
pub(crate) const RETRIES: &str = "keyless.http.retries";
pub(crate) const RETRIES_LEFT: &str = "keyless.http.retries_left";
pub(crate) const DROPPED: &str = "keyless.telemetry.dropped";
pub(crate) const OUTCOME: &str = "keyless.outcome";
