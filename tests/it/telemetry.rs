//! Telemetry of the real handler, at the Azure Monitor of local-azure: with a token, below the caller's trace.

use std::time::Duration;

use local_azure::{
    journal::{Service, TraceId},
    monitor::{LogLevel, MetricValue, ReceivedLog, ReceivedSpan, SpanKind, SpanStatus, Telemetry},
    seed::Seed,
};
use serde_json::json;
use tokio::time::timeout;

use crate::rig::{Rig, plain_client};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
const PROMPT: &str = "my-secret-prompt";

/// Sends the telemetry to Azure Monitor. The rule of the seed takes all three signals from the writer.
fn to_azure_monitor(seed: &mut Seed) {
    let rule = seed.data_collection_rules[0].clone();
    let (logs, metrics) = (rule.logs_host(&seed.subscription.location), rule.metrics_host(&seed.subscription.location));
    let endpoint = |host: &str, stream: &str, signal: &str| {
        format!("https://{host}/datacollectionRules/{}/streams/{stream}/otlp/v1/{signal}", rule.immutable_id)
    };
    let writer = seed.function_app.settings["STORAGE__clientId"].clone();
    for (name, value) in [
        ("TELEMETRY__tracesEndpoint", endpoint(&logs, "Microsoft-OTLP-Traces", "traces")),
        ("TELEMETRY__logsEndpoint", endpoint(&logs, "Microsoft-OTLP-Logs", "logs")),
        ("TELEMETRY__metricsEndpoint", endpoint(&metrics, "Custom-Metrics-Otel", "metrics")),
        ("TELEMETRY__credential", "managedidentity".to_owned()),
        ("TELEMETRY__clientId", writer),
    ] {
        seed.function_app.settings.insert(name.to_owned(), value);
    }
}

fn trace() -> TraceId {
    TRACE.parse().unwrap()
}

/// Waits until enough is received. The handler sends without being asked.
async fn until(rig: &Rig, enough: impl Fn(&Telemetry) -> bool) {
    let waiting = async {
        let mut changes = rig.azure.journal().follow(None);
        while !enough(rig.azure.world().telemetry()) {
            // Telemetry is stored before its request is in the journal.
            changes.next().await.unwrap().unwrap();
        }
    };
    timeout(Duration::from_secs(60), waiting).await.unwrap();
}

/// Returns the spans of the trace. Waits for its server span, which ends last; then the host is stopped and the handler
/// killed (SIGKILL).
async fn spans(rig: &Rig) -> Vec<ReceivedSpan> {
    until(rig, |telemetry| telemetry.trace(trace()).iter().any(|span| span.kind == SpanKind::Server)).await;
    until(rig, |telemetry| telemetry.logs_of_trace(trace()).iter().any(|log| log.body == "done")).await;
    until(rig, |telemetry| telemetry.metrics().iter().any(|metric| metric.name == "faas.invocations")).await;
    rig.host.stop().await;
    rig.azure.world().telemetry().trace(trace())
}

fn named<'a>(spans: &'a [ReceivedSpan], name: &str) -> &'a ReceivedSpan {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} in {spans:#?}"))
}

#[tokio::test]
async fn the_main_job_is_one_trace_from_its_caller_to_the_blob() {
    let rig = Rig::with(to_azure_monitor).await;
    let call = plain_client().post(rig.url("/api/snapshots/orders"));
    let answer = call.header("traceparent", format!("00-{TRACE}-{CALLER}-01")).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let spans = spans(&rig).await;
    let job = spans.iter().find(|span| span.kind == SpanKind::Server).unwrap();
    assert_eq!((job.name.as_str(), job.parent.unwrap().to_string().as_str()), ("snapshot_now", CALLER));
    assert_eq!((job.attributes["faas.trigger"].as_str(), job.status), ("http", SpanStatus::Unset));
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/snapshots/{source}"),
        ("http.response.status_code", "201"),
        ("server.address", "127.0.0.1"),
        ("url.path", "/api/snapshots/orders"),
        ("url.scheme", "http"),
    ] {
        assert_eq!(job.attributes.get(name).map(String::as_str), Some(value), "{name}");
    }
    // Each call of the job is a span below the job's span, and the service received that span as parent.
    let calls: Vec<_> = spans.iter().filter(|span| span.kind == SpanKind::Client).collect();
    assert!(calls.iter().all(|call| call.parent == Some(job.id)), "{calls:#?}");
    for (service, method, host) in [
        (Service::KeyVault, "GET", "kv-keyless.vault.azure.net"),
        (Service::ApiManagement, "GET", "apim-keyless.azure-api.net"),
        (Service::BlobStorage, "PUT", "stkeyless.blob.core.windows.net"),
    ] {
        let called = calls.iter().filter(|call| call.attributes["server.address"] == host && call.name == method);
        assert!(called.clone().next().is_some(), "no span for {service}");
        let entries = rig.answers().into_iter().filter(|entry| entry.service == service);
        let statuses: Vec<_> = entries.map(|entry| entry.status.to_string()).collect();
        for status in statuses {
            assert!(called.clone().any(|call| call.attributes["http.response.status_code"] == status), "{service}");
        }
    }
    let telemetry = rig.azure.world().telemetry();
    let logs = telemetry.logs_of_trace(trace());
    let done = logs.iter().find(|log| log.body == "done").unwrap();
    assert_eq!((done.level, done.span), (LogLevel::Information, Some(job.id)));
    assert_eq!(done.invocation.as_ref(), Some(&job.attributes["faas.invocation_id"]));
    let metrics = telemetry.metrics();
    let count = metrics.iter().rfind(|metric| metric.name == "faas.invocations").unwrap();
    assert!(matches!(count.value, MetricValue::Sum(count) if count >= 1.0), "{count:?}");
    assert!(spans.iter().all(|span| !span.attributes.values().any(|value| value.contains("ingest.monitor"))));
}

#[tokio::test]
async fn a_streamed_chat_is_one_trace_from_its_caller_to_the_model() {
    let rig = Rig::with(to_azure_monitor).await;
    let call = plain_client().post(rig.url("/api/chat")).json(&json!({ "prompt": PROMPT, "stream": true }));
    let answer = call.header("traceparent", format!("00-{TRACE}-{CALLER}-01")).send().await.unwrap();
    assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    let spans = spans(&rig).await;
    let (server, chat) = (named(&spans, "chat"), named(&spans, "chat chat"));
    let call = spans.iter().find(|span| span.name == "POST" && span.parent == Some(chat.id)).unwrap();
    assert_eq!((server.parent.unwrap().to_string().as_str(), chat.parent), (CALLER, Some(server.id)));
    assert_eq!((call.kind, call.attributes["http.response.status_code"].as_str()), (SpanKind::Client, "200"));
    assert_eq!((chat.attributes["gen_ai.request.stream"].as_str(), chat.status), ("true", SpanStatus::Unset));
    for name in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.response.time_to_first_chunk"] {
        assert!(chat.attributes[name].parse::<f64>().unwrap() > 0.0, "{name}");
    }
    assert!(chat.attributes["gen_ai.response.finish_reasons"].contains("stop"));
    let telemetry = rig.azure.world().telemetry();
    let all = format!("{:?} {:?}", telemetry.spans(), telemetry.logs());
    assert!(!all.contains(PROMPT) && !all.contains("eyJ"));
}

#[tokio::test]
async fn without_its_role_telemetry_is_refused_and_the_job_goes_on() {
    let rig = Rig::with(|seed| {
        to_azure_monitor(seed);
        seed.role_assignments.retain(|assignment| assignment.role != "Monitoring Metrics Publisher");
    })
    .await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    rig.until_logged("does not take the traces of this app, which goes on without: 403").await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    assert!(rig.azure.world().telemetry().spans().is_empty());
    let refused = rig.answers().into_iter().find(|entry| entry.service == Service::AzureMonitor).unwrap();
    assert_eq!((refused.status, refused.decision.identity.as_deref()), (403, Some("id-keyless-writer")));
}

#[tokio::test]
async fn what_is_sent_is_not_written_too_but_for_warnings_errors_and_the_start() {
    let rig = Rig::with(to_azure_monitor).await;
    let job = rig.host.invoke("snapshot", None).await.unwrap();
    assert!(job.succeeded());
    let failed = plain_client().post(rig.url("/api/snapshots/orders")).header("traceparent", "malformed");
    failed.send().await.unwrap();
    let has = |telemetry: &Telemetry, name: &str| telemetry.spans().iter().any(|span| span.name == name);
    until(&rig, |telemetry| has(telemetry, "snapshot") && has(telemetry, "snapshot_now")).await;
    let is_written = |log: &ReceivedLog| log.attributes["faas.name"].ends_with("snapshot");
    until(&rig, |telemetry| telemetry.logs().iter().any(is_written)).await;
    let log = rig.log();
    assert!(log.contains("listening on port"), "{log}");
    assert!(!log.contains("faas.name=snapshot"), "{log}");
    let spans = rig.azure.world().telemetry().spans();
    let server = spans.iter().filter(|span| span.kind == SpanKind::Server).collect::<Vec<_>>();
    assert!(server.iter().any(|span| span.name == "snapshot_now" && span.parent.is_none()), "{server:#?}");
}

#[tokio::test]
async fn without_endpoints_nothing_is_sent_and_the_log_is_as_it_was() {
    let rig = Rig::start().await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    rig.until_logged("faas.name=snapshot").await;
    assert!(rig.answers().iter().all(|entry| entry.service != Service::AzureMonitor));
    assert!(rig.azure.world().telemetry().spans().is_empty());
}
