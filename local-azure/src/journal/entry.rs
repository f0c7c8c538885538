//! One request and its answer.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Demand, ShownToken, TraceId};

/// The service that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// App Service's managed-identity endpoint.
    IdentityEndpoint,
    /// Entra ID: discovery, keys, tokens.
    Entra,
    /// Microsoft Graph.
    MicrosoftGraph,
    /// Azure Resource Manager.
    ResourceManager,
    /// Key Vault.
    KeyVault,
    /// Blob Storage.
    BlobStorage,
    /// The API Management gateway.
    ApiManagement,
    /// A model account: Azure OpenAI or Foundry.
    ModelAccount,
    /// Azure Monitor: traces, logs and metrics by OTLP.
    AzureMonitor,
    /// The API behind the gateway.
    Backend,
    /// The Functions host.
    FunctionsHost,
    /// The handler, as the host sees it.
    Handler,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::IdentityEndpoint => "identity endpoint",
            Self::Entra => "Entra ID",
            Self::MicrosoftGraph => "Microsoft Graph",
            Self::ResourceManager => "Resource Manager",
            Self::KeyVault => "Key Vault",
            Self::BlobStorage => "Blob Storage",
            Self::ApiManagement => "API Management",
            Self::ModelAccount => "Azure OpenAI",
            Self::AzureMonitor => "Azure Monitor",
            Self::Backend => "backend",
            Self::FunctionsHost => "Functions host",
            Self::Handler => "handler",
        })
    }
}

/// The service that sent a request: a request extension. Absent for an outside process, which local-azure cannot name.
#[derive(Clone, Copy, Debug)]
pub struct Asker(pub Service);

/// Number of an entry in the order in which requests began, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryId(pub u64);

/// A service's decision about one request: a response extension.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Decision {
    /// Name of the identity in the verified token (or in the identity endpoint's answer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The requested audience, or the audience in the verified token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The role, app role or subscription that allowed the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<String>,
    /// The reason of a refusal, in the service's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// URL of the written blob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrote: Option<String>,
    /// Claims of the request's bearer token, as the client sent them. The status and the reason say whether the service
    /// accepted them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// How a streamed answer ended; absent while it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamEnd>,
    /// The service's demands on the request, in the order of its checks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub demanded: Vec<Demand>,
    /// The decisions of the policies, in the order in which they ran.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyDecision>,
}

/// How a streamed answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamEnd {
    /// The number of sent events.
    pub events: usize,
    /// The number of all events of the answer.
    pub of: usize,
    /// Whether the caller left before the last event.
    pub caller_left: bool,
}

/// The decision of one API Management policy about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyDecision {
    /// The element, such as `validate-jwt`.
    pub policy: String,
    /// The section in which it ran: `inbound`, `backend`, `outbound` or `on-error`.
    pub section: String,
    /// `global`, `product`, `api` or `operation`; `fragment` for a policy in a fragment.
    pub scope: String,
    /// Its document below the policy folder, and its line: `apis/orders.xml:7`.
    pub place: String,
    /// The path to its parent in the section, such as `choose[1]/when[2]`; empty at the top.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The values of its expressions, in the order of evaluation; shortened, without keys and tokens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<PolicyValue>,
    /// Its decision and the reason.
    pub outcome: String,
    /// The next step after the policy.
    pub end: PolicyEnd,
    /// The duration, including inner policies and waiting.
    pub microseconds: u64,
}

/// The value of a policy's expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyValue {
    /// The attribute with the expression, or the element whose text is the expression.
    pub name: String,
    /// The value as text.
    pub value: String,
}

/// The next step after a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyEnd {
    /// The next policy.
    Passed,
    /// The answer to the caller.
    Answered,
    /// `on-error`.
    Failed,
}

/// The function that the Functions host ran, and its caller's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationFacts {
    /// `X-Azure-Functions-InvocationId`.
    pub id: Uuid,
    /// The function.
    pub function: String,
    /// The caller's method and path; absent for a timer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallerRequest>,
}

/// The request of an HTTP function's caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallerRequest {
    /// The method.
    pub method: String,
    /// The path, without the query, which may hold keys.
    pub path: String,
}

/// One request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// The request that a service was answering when it sent this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<EntryId>,
    /// Its trace. Absent without a `traceparent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// The caller's span in its `traceparent`: 16 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_span: Option<String>,
    /// The time at which it began.
    pub started: Timestamp,
    /// The time until the head of the answer was ready.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds", deserialize_with = "from_milliseconds")]
    pub duration: Duration,
    /// The service that sent the request; absent for an outside process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Service>,
    /// The service that answered.
    pub service: Service,
    /// HTTP method.
    pub method: String,
    /// The host in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Path without the query.
    pub path: String,
    /// The query, without values that may be secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// HTTP status of the answer; [`CLIENT_LEFT`](super::CLIENT_LEFT) if the client left before it.
    pub status: u16,
    /// The request's bearer token; its claims are in the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<ShownToken>,
    /// The invocation, if the Functions host answered the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation: Option<InvocationFacts>,
    /// The entry of the original invocation, if a person repeated it by this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<EntryId>,
    /// The service's decision.
    #[serde(flatten)]
    pub decision: Decision,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

fn from_milliseconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(deserializer)? / 1e3).map_err(serde::de::Error::custom)
}
