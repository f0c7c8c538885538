//! The accepted messages, and how they are shown.

use super::*;
use crate::{
    journal::TraceId,
    monitor::{DroppedTelemetry, LogLevel, MetricValue, SpanKind, SpanStatus},
};

const TRACE: [u8; 16] =
    [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];

fn trace() -> TraceId {
    "4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap()
}

/// Each item of a request has a copy of the resource.
#[tokio::test]
async fn a_short_request_that_describes_much_is_kept_as_far_as_there_is_room() {
    let rig = Rig::new();
    let resource = field(1, field(1, attribute("service.name", &"x".repeat(500_000))));
    let record = field(2, fixed(1, 1_800_000_000_000_000_000));
    let records = record.repeat(2_000);
    assert_eq!(rig.post(LOGS, &[PROTOBUF], field(1, [resource, field(2, records)].concat())).await.status, 204);
    let (kept, dropped) = (rig.world.monitor.telemetry.logs().len() as u64, rig.world.monitor.telemetry.dropped().logs);
    assert_eq!((kept + dropped, kept), (2_000, 33));
}

#[tokio::test]
async fn spans_are_taken_and_shown_by_trace_from_parent_to_child() {
    let rig = Rig::new();
    let failed = field(15, [field(2, "no such order"), number(3, 2)].concat());
    let event = field(11, [fixed(1, 1_800_000_000_000_000_005), field(2, "retry")].concat());
    let child = [span(TRACE, 2, Some(1), "GET"), failed, event].concat();
    let other = span([7; 16], 3, None, "other");
    let body = request(2, &[child, span(TRACE, 1, None, "order"), other]);
    let answer = rig.post(TRACES, &[PROTOBUF], body).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));

    let spans = rig.world.telemetry().trace(trace());
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["order", "GET"], "by the time at which they began");
    let [parent, child] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((parent.parent, child.parent), (None, Some(parent.id)));
    assert_eq!(child.id.to_string(), "0000000000000002");
    assert_eq!(
        (child.kind, child.status, child.status_message.as_str()),
        (SpanKind::Client, SpanStatus::Error, "no such order")
    );
    assert_eq!(
        (child.end.as_nanosecond() - child.start.as_nanosecond(), child.events[0].name.as_str()),
        (1_000_000, "retry")
    );
    assert_eq!(
        (parent.status, parent.service.as_str(), parent.scope.as_str()),
        (SpanStatus::Unset, "orders", "keyless")
    );
    assert_eq!(parent.attributes["http.request.method"], "GET");
    assert_eq!(rig.world.telemetry().dropped(), DroppedTelemetry::default());

    let entry = rig.last_entry();
    assert_eq!(entry.decision.identity.as_deref(), Some("id-keyless-writer"));
    assert_eq!(entry.decision.allowed_by.as_deref(), Some("Monitoring Metrics Publisher on dcr-keyless"));
    let text = serde_json::to_string(&spans).unwrap();
    let again: Vec<crate::monitor::ReceivedSpan> = serde_json::from_str(&text).unwrap();
    assert_eq!(again, spans);
}

#[tokio::test]
async fn gzip_and_an_empty_request_are_taken_and_so_is_the_other_spelling_of_the_path() {
    let rig = Rig::new();
    let body = gzip(&request(2, &[span(TRACE, 1, None, "zipped")]));
    assert_eq!(rig.post(TRACES, &[PROTOBUF, ("content-encoding", "gzip")], body).await.status, 204);
    assert_eq!(rig.world.telemetry().trace(trace())[0].name, "zipped");
    assert_eq!(rig.post(TRACES, &[PROTOBUF], Vec::new()).await.status, 204);
    assert_eq!(rig.post(METRICS, &[PROTOBUF], Vec::new()).await.status, 200);
    let path = rig.path(LOGS).replace("datacollectionRules", "dataCollectionRules");
    let token = bearer(&rig.world, "id-keyless-writer", "https://monitor.azure.com/");
    let answer = rig.send("POST", &path, &[("authorization", &token), PROTOBUF], Vec::new()).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn logs_are_taken_as_protobuf_and_as_json_and_found_by_invocation_and_trace() {
    let rig = Rig::new();
    let record = [
        fixed(1, 1_800_000_000_000_000_001),
        number(2, 13),
        field(5, field(1, "slow answer")),
        field(6, attribute("faas.invocation_id", "6F1C0A52-8f0e-4c33-9d0b-2c9a4b1f7e10")),
        field(9, TRACE),
    ]
    .concat();
    assert_eq!(rig.post(LOGS, &[PROTOBUF], request(2, &[record])).await.status, 204);
    let json = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeLogs":[{"scope":{"name":"s"},"logRecords":[{"timeUnixNano":"1800000000000000002","severityNumber":9,
        "body":{"kvlistValue":{"values":[{"key":"n","value":{"intValue":"7"}},{"key":"list","value":{"arrayValue":{"values":[
        {"boolValue":true},{"doubleValue":1.5},{}]}}}]}},"traceId":"4BF92F3577B34DA6A3CE929D0E0E4736","unknown":1}]}]}]}"#;
    let answer = rig.post(LOGS, &[JSON], json.into()).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));

    let telemetry = rig.world.telemetry();
    let logs = telemetry.logs_of_trace(trace());
    assert_eq!(
        logs.iter().map(|log| log.body.as_str()).collect::<Vec<_>>(),
        ["slow answer", r#"{"list":[true,1.5,null],"n":7}"#]
    );
    assert_eq!(logs.iter().map(|log| log.level).collect::<Vec<_>>(), [LogLevel::Warning, LogLevel::Information]);
    assert_eq!(logs[1].service, "shop");
    let of_invocation = telemetry.logs_of_invocation("6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10");
    assert_eq!(of_invocation, logs[..1]);
}

#[tokio::test]
async fn metrics_of_every_kind_are_taken() {
    let rig = Rig::new();
    let point = [fixed(3, 1_800_000_000_000_000_001), field(7, attribute("faas.name", "order"))].concat();
    let (int, double) = (fixed(6, 3), fixed(4, 2.5_f64.to_bits()));
    let histogram = [
        fixed(3, 1),
        fixed(4, 2),
        fixed(5, 3.5_f64.to_bits()),
        field(6, [2_u64, 0].map(u64::to_le_bytes).concat()),
        field(7, 1_f64.to_le_bytes()),
    ]
    .concat();
    let metric =
        |name: &str, kind: u8, point: &[u8]| [field(1, name), field(3, "s"), field(kind, field(1, point))].concat();
    let body = request(
        2,
        &[
            metric("gauge", 5, &[point.clone(), double].concat()),
            metric("sum", 7, &[point.clone(), int].concat()),
            metric("histogram", 9, &histogram),
            metric("exponential", 10, &[fixed(3, 1), fixed(4, 9)].concat()),
            metric("summary", 11, &[fixed(3, 1), fixed(4, 4), fixed(5, 8_f64.to_bits())].concat()),
        ],
    );
    let answer = rig.post(METRICS, &[PROTOBUF], body).await;
    assert_eq!((answer.status, answer.body), (200, Value::Null));
    let received = rig.world.telemetry().metrics();
    let values: Vec<_> = received.iter().map(|metric| (metric.name.as_str(), metric.value)).collect();
    let distribution = |count, sum| MetricValue::Distribution { count, sum };
    assert_eq!(
        values,
        [
            ("gauge", MetricValue::Gauge(2.5)),
            ("sum", MetricValue::Sum(3.0)),
            ("histogram", distribution(2, Some(3.5))),
            ("exponential", distribution(9, None)),
            ("summary", distribution(4, Some(8.0))),
        ]
    );
    assert_eq!((received[1].unit.as_str(), received[1].attributes["faas.name"].as_str()), ("s", "order"));
}
