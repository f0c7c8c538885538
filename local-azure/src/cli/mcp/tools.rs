//! The tools of an assistant.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{HeaderValue, Method};
use local_azure::{
    control::{CLEAR_FAULTS, FAULTS, JOURNAL, LIST_FAULTS, TELEMETRY},
    fault::Fault,
    journal::{Entry, TraceId},
};
use rmcp::{
    ServerHandler,
    handler::server::wrapper::Parameters,
    model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig},
    tool, tool_handler, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        ask::RunArguments,
        chain_command::the_trace,
        command_error::CommandError,
        invoke::{Host, HostAnswer, InvokeCall},
    },
    explain::explain,
    redacted::redacted,
    requests::{Whole, listed},
};

/// The number of listed requests if the assistant gives no number.
const LISTED: usize = 20;
/// The length in bytes beyond which bodies are cut.
const LONGEST_BODY: usize = 64 * 1024;

pub(super) struct Tools {
    run: RunArguments,
    host: Host,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListRequests {
    /// How many, 20 by default
    limit: Option<usize>,
    /// Only requests that were answered with 400 or more
    #[serde(default)]
    only_failed: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShowChain {
    /// A trace ID, or its beginning
    trace: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExplainRefusal {
    /// A trace ID, or its beginning; without one, the latest request that failed
    trace: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InvokeFunction {
    /// Name of the function
    name: String,
    /// The JSON that it is sent
    body: Option<Value>,
    /// The method; by default POST with a body and GET without, or what the function takes
    method: Option<String>,
    /// Parameters of the function's route, by name
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunTimer {
    /// Name of the timer function
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetFault {
    /// SERVICE:KIND[,NAME=VALUE], such as `key-vault:throttled,retry-after=2,count=3`
    fault: String,
}

#[tool_router]
impl Tools {
    pub(super) const fn new(run: RunArguments, host: Host) -> Self {
        Self { run, host }
    }

    /// Lists the latest requests to functions and services, newest first, each with its trace ID, status and reason.
    #[tool(annotations(read_only_hint = true))]
    async fn list_requests(&self, Parameters(ask): Parameters<ListRequests>) -> CallToolResult {
        let list = async {
            let entries = self.entries().await?;
            value("requests", listed(&entries, ask.limit.unwrap_or(LISTED), ask.only_failed))
        };
        answer(list.await)
    }

    /// Shows all that happened for one request: services, identities, claims, decisions, policies, spans and logs.
    #[tool(annotations(read_only_hint = true))]
    async fn show_chain(&self, Parameters(ask): Parameters<ShowChain>) -> CallToolResult {
        let chain = async {
            let mut entries = self.entries().await?;
            let trace = the_trace(&entries, &ask.trace)?;
            entries.retain(|entry| entry.trace == Some(trace));
            let received = self.run.ask(&format!("{TELEMETRY}{trace}")).await?;
            Ok(serde_json::to_value(Whole::new(trace, entries, received))?)
        };
        answer(chain.await)
    }

    /// Says who refused a request and why: the service's own words, the identity, the claims it was shown, the policies.
    #[tool(annotations(read_only_hint = true))]
    async fn explain_refusal(&self, Parameters(ask): Parameters<ExplainRefusal>) -> CallToolResult {
        let explanation = async {
            let mut entries = self.entries().await?;
            let trace: Option<TraceId> = ask.trace.as_deref().map(|id| the_trace(&entries, id)).transpose()?;
            if trace.is_some() {
                entries.retain(|entry| entry.trace == trace);
            }
            value("refusal", explain(entries, trace))
        };
        answer(explanation.await)
    }

    /// Lists the functions of the running app: triggers, routes, methods, schedules.
    #[tool(annotations(read_only_hint = true))]
    async fn list_functions(&self) -> CallToolResult {
        answer(self.host.functions().await.and_then(|functions| value("functions", functions)))
    }

    /// Calls an HTTP function, and answers with its status, its body and the trace ID of its chain.
    #[tool(annotations(read_only_hint = false, open_world_hint = false))]
    async fn invoke_function(&self, Parameters(ask): Parameters<InvokeFunction>) -> CallToolResult {
        let outcome = async {
            let method = ask.method.map(|method| method.to_ascii_uppercase().parse::<Method>()).transpose();
            let (trace, traceparent) = new_trace()?;
            let call = InvokeCall {
                name: ask.name,
                body: ask.body.map(|body| body.to_string().into_bytes()),
                method: method.map_err(|_| "the method is not the name of one")?,
                headers: vec![(http::HeaderName::from_static("traceparent"), traceparent)],
                parameters: ask.parameters.into_iter().collect(),
            };
            let mut outcome = document(&self.host.call(call).await?);
            outcome["trace"] = trace.into();
            Ok(outcome)
        };
        answer(outcome.await)
    }

    /// Runs a timer function now, waits for its end, and says whether it succeeded.
    #[tool(annotations(read_only_hint = false, open_world_hint = false))]
    async fn run_timer(&self, Parameters(ask): Parameters<RunTimer>) -> CallToolResult {
        answer(self.host.run_timer(&ask.name).await.map(|answer| document(&answer)))
    }

    /// Lists what goes wrong on purpose at the moment, and how often each fault has struck.
    #[tool(annotations(read_only_hint = true))]
    async fn list_faults(&self) -> CallToolResult {
        let set: Result<Vec<Value>, _> = self.run.ask(LIST_FAULTS).await;
        answer(set.and_then(|set| value("faults", set)))
    }

    /// Lets something go wrong on purpose from now on: throttling, errors, resets, missing roles, rotated secrets and more.
    #[tool(annotations(read_only_hint = false, open_world_hint = false))]
    async fn set_fault(&self, Parameters(ask): Parameters<SetFault>) -> CallToolResult {
        let set = async {
            let fault: Fault = ask.fault.parse()?;
            self.run.ask_with::<Value>(FAULTS, Body::from(serde_json::to_vec(&fault)?)).await
        };
        answer(set.await)
    }

    /// Ends every fault.
    #[tool(annotations(read_only_hint = false, idempotent_hint = true, open_world_hint = false))]
    async fn clear_faults(&self) -> CallToolResult {
        let cleared: Result<Vec<Value>, _> = self.run.ask(CLEAR_FAULTS).await;
        answer(cleared.and_then(|set| value("faults", set)))
    }

    async fn entries(&self) -> Result<Vec<Entry>, CommandError> {
        let mut entries: Vec<Entry> = self.run.ask(JOURNAL).await?;
        entries.sort_by_key(|entry| entry.id);
        Ok(entries)
    }
}

#[tool_handler(router = Self::tool_router())]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("local-azure", env!("CARGO_PKG_VERSION")))
            .with_instructions(
                "A local Azure that a developer runs: functions, managed identities, Key Vault, Blob Storage, API Management \
                 and models, all on this machine. list_requests shows what happened, explain_refusal says who refused and \
                 why, invoke_function and run_timer try it again.",
            )
    }
}

/// Wraps the value in an object, because the results of tools are objects.
fn value(name: &str, value: impl Serialize) -> Result<Value, CommandError> {
    Ok(json!({ name: serde_json::to_value(value)? }))
}

/// Returns a failure as the tool's error, which the assistant reads. It is not an error of the protocol.
fn answer(outcome: Result<Value, CommandError>) -> CallToolResult {
    match outcome {
        Ok(value) => CallToolResult::structured(redacted(value)),
        Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
    }
}

/// Returns the answer as a document. A body that is not JSON becomes a text; of a body that is not text, only the
/// length is told.
fn document(answer: &HostAnswer) -> Value {
    let HostAnswer { status, body, .. } = answer;
    let is_failure = status.is_client_error() || status.is_server_error();
    let mut document = json!({ "status": status.as_u16(), "succeeded": !is_failure });
    let cut = body.len() > LONGEST_BODY;
    document["body"] = match (serde_json::from_slice(body), std::str::from_utf8(body)) {
        (Ok(json), _) if !cut => json,
        (_, Ok(text)) => beginning(text).into(),
        (_, Err(_)) => format!("{} bytes that are no text", body.len()).into(),
    };
    if cut {
        document["bodyBytes"] = body.len().into();
    }
    document
}

fn beginning(text: &str) -> &str {
    let end = (0..=LONGEST_BODY.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

fn new_trace() -> Result<(String, HeaderValue), CommandError> {
    let trace = Uuid::new_v4().simple().to_string();
    let span = &Uuid::new_v4().simple().to_string()[..16];
    let traceparent = HeaderValue::from_str(&format!("00-{trace}-{span}-01"))?;
    Ok((trace, traceparent))
}
