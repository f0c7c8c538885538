//! The spans of a trace as a tree.

use std::collections::BTreeSet;

use super::output::println;
use local_azure::monitor::{DroppedTelemetry, ReceivedSpan, ReceivedTrace, SpanId, SpanKind, SpanStatus};

use super::style::{BOLD, DIM, RED};

/// Prints the spans as a tree. Without spans, it prints nothing.
pub(super) fn print(trace: &ReceivedTrace) {
    if trace.spans.is_empty() {
        return;
    }
    println!("\n{BOLD}spans that Azure Monitor received{BOLD:#}");
    for (depth, span) in tree(&trace.spans) {
        let indent = "  ".repeat(depth + 1);
        println!("{indent}{}", line(span));
    }
    let DroppedTelemetry { spans, .. } = trace.dropped;
    if spans > 0 {
        println!("{DIM}{spans} older spans of all traces are no longer kept{DIM:#}");
    }
}

/// Lists every span with its depth. Spans whose parent is not in the list come first, each followed by its children, by
/// time.
fn tree(spans: &[ReceivedSpan]) -> Vec<(usize, &ReceivedSpan)> {
    let known: BTreeSet<SpanId> = spans.iter().map(|span| span.id).collect();
    let is_root = |span: &&ReceivedSpan| span.parent.is_none_or(|parent| !known.contains(&parent));
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let (roots, others): (Vec<&ReceivedSpan>, Vec<&ReceivedSpan>) = spans.iter().partition(is_root);
    // Spans that remain form a circle, which has no beginning.
    for start in roots.into_iter().chain(others) {
        let mut waiting = vec![(0, start)];
        while let Some((depth, span)) = waiting.pop() {
            if seen.insert(span.id) {
                found.push((depth, span));
                let children = spans.iter().rev().filter(|child| child.parent == Some(span.id));
                waiting.extend(children.map(|child| (depth + 1, child)));
            }
        }
    }
    found
}

fn line(span: &ReceivedSpan) -> String {
    let milliseconds = (span.end.as_nanosecond() - span.start.as_nanosecond()) as f64 / 1e6;
    let kind = match span.kind {
        SpanKind::Internal => "",
        SpanKind::Server => "server ",
        SpanKind::Client => "client ",
        SpanKind::Producer => "producer ",
        SpanKind::Consumer => "consumer ",
    };
    let failed = match span.status {
        SpanStatus::Error => format!("  {RED}failed{RED:#}{}", why(span)),
        SpanStatus::Unset | SpanStatus::Ok => String::new(),
    };
    let address = ["server.address", "url.path"].iter().find_map(|name| span.attributes.get(*name));
    let address = address.map(|address| format!(" {address}")).unwrap_or_default();
    format!("{}{address}  {DIM}{kind}{milliseconds:.1} ms  {}{DIM:#}{failed}", span.name, span.service)
}

/// Tells why the span failed: the sender's message, else the status of the answer or the kind of error.
fn why(span: &ReceivedSpan) -> String {
    let attribute = ["http.response.status_code", "error.type"].iter().find_map(|name| span.attributes.get(*name));
    let message = Some(&span.status_message).filter(|message| !message.is_empty());
    message.or(attribute).map(|why| format!(" {why}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: u8, parent: Option<u8>, name: &str) -> ReceivedSpan {
        let id_of = |number: u8| format!("{number:016x}");
        let mut text = serde_json::json!({
            "trace": "1".repeat(32), "id": id_of(id), "name": name, "kind": "server", "status": "error",
            "start": format!("2026-01-01T00:00:0{id}Z"), "end": format!("2026-01-01T00:00:0{id}.5Z"),
            "attributes": {}, "resource": {}, "scope": "", "service": "orders",
        });
        if let Some(parent) = parent {
            text["parent"] = id_of(parent).into();
        }
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn children_stand_below_their_parents_and_each_span_stands_once_in_a_circle() {
        let spans = [
            span(1, None, "a"),
            span(2, Some(1), "a1"),
            span(3, Some(9), "orphan"),
            span(4, Some(2), "a11"),
            span(5, Some(1), "a2"),
        ];
        let shown: Vec<_> = tree(&spans).into_iter().map(|(depth, span)| (depth, span.name.as_str())).collect();
        assert_eq!(shown, [(0, "a"), (1, "a1"), (2, "a11"), (1, "a2"), (0, "orphan")]);
        assert_eq!(tree(&[span(1, Some(2), "a"), span(2, Some(1), "b")]).len(), 2);
        assert!(line(&spans[0]).contains("500.0 ms"));
        let mut refused = spans[0].clone();
        refused.attributes.insert("http.response.status_code".to_owned(), "401".to_owned());
        assert!(line(&refused).ends_with(" 401"), "{}", line(&refused));
    }
}
