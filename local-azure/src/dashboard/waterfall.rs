//! A trace as a waterfall: the journal's hops and the received spans, each below its cause.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::journal::{Entry, EntryId, Service, Verdict};

/// The drawn parts of a span that a process sent.
#[derive(Clone, Debug)]
pub(super) struct SpanBar {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) title: String,
    pub(super) service: String,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) failed: bool,
}

/// One bar.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bar {
    /// The number of bars that this bar is nested in.
    depth: usize,
    /// The start, in milliseconds from the beginning of the trace.
    start: f64,
    /// The duration, in milliseconds.
    length: f64,
    title: String,
    service: String,
    /// The entry of the journal; absent for a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<EntryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    /// Whether it is a span that reports a failure.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Entry(EntryId),
    Span(String),
}

struct Node {
    parent: Option<Key>,
    start: Timestamp,
    end: Timestamp,
    bar: Bar,
}

/// Returns the bars in the order in which they are drawn.
pub(super) fn bars<'a>(entries: impl IntoIterator<Item = &'a Entry>, spans: &[SpanBar]) -> Vec<Bar> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let known: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let kept: BTreeSet<EntryId> = entries.iter().map(|entry| entry.id).collect();
    let invocation = entries.iter().find(|entry| entry.from == Some(Service::FunctionsHost)).map(|entry| entry.id);
    let span = |id: &Option<String>| id.as_deref().filter(|id| known.contains(id)).map(|id| Key::Span(id.to_owned()));
    let below_invocation = |id: Option<EntryId>| invocation.filter(|_| id != invocation).map(Key::Entry);
    let of_entry = |entry: &&Entry| {
        let service = entry.parent.filter(|parent| kept.contains(parent)).map(Key::Entry);
        let parent = service.or_else(|| span(&entry.caller_span)).or_else(|| below_invocation(Some(entry.id)));
        (Key::Entry(entry.id), node_of_entry(entry, parent))
    };
    let of_span = |one: &SpanBar| {
        let parent = span(&one.parent).or_else(|| below_invocation(None));
        (Key::Span(one.id.clone()), node_of_span(one, parent))
    };
    let nodes: BTreeMap<Key, Node> = entries.iter().map(of_entry).chain(spans.iter().map(of_span)).collect();
    in_order(nodes)
}

fn in_order(mut nodes: BTreeMap<Key, Node>) -> Vec<Bar> {
    let Some(began) = nodes.values().map(|node| node.start).min() else { return Vec::new() };
    let mut order: Vec<(Timestamp, Key, Option<Key>)> =
        nodes.iter().map(|(key, node)| (node.start, key.clone(), node.parent.clone())).collect();
    order.sort();
    let mut drawn = Vec::new();
    // Later ones come first, because the last one is taken.
    let mut open: Vec<(Key, usize)> =
        order.iter().rev().filter(|(_, _, parent)| parent.is_none()).map(|(_, key, _)| (key.clone(), 0)).collect();
    loop {
        while let Some((key, depth)) = open.pop() {
            let Some(Node { start, end, bar, .. }) = nodes.remove(&key) else { continue };
            let (start, length) = (milliseconds(began, start), milliseconds(start, end));
            drawn.push(Bar { depth, start, length, ..bar });
            let below = order.iter().rev().filter(|(_, _, parent)| parent.as_ref() == Some(&key));
            open.extend(below.map(|(_, key, _)| (key.clone(), depth + 1)));
        }
        // A process can send spans that name each other in a circle.
        match order.iter().find(|(_, key, _)| nodes.contains_key(key)) {
            Some((_, key, _)) => open.push((key.clone(), 0)),
            None => return drawn,
        }
    }
}

fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() * 1e6).round() / 1e3
}

fn node_of_entry(entry: &Entry, parent: Option<Key>) -> Node {
    let bar = Bar {
        depth: 0,
        start: 0.0,
        length: 0.0,
        title: format!("{} {}", entry.method, entry.path),
        service: entry.service.to_string(),
        entry: Some(entry.id),
        status: Some(entry.status),
        verdict: Some(entry.verdict()),
        failed: false,
    };
    let end = entry.started.checked_add(entry.duration).unwrap_or(entry.started);
    Node { parent, start: entry.started, end, bar }
}

fn node_of_span(span: &SpanBar, parent: Option<Key>) -> Node {
    let bar = Bar {
        depth: 0,
        start: 0.0,
        length: 0.0,
        title: span.title.clone(),
        service: span.service.clone(),
        entry: None,
        status: None,
        verdict: None,
        failed: span.failed,
    };
    Node { parent, start: span.start, end: span.end, bar }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::Journal;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    fn entry(journal: &Journal, service: Service, start: u64, length: u64) -> Entry {
        let mut entry = journal.begin(service, "GET", "/");
        (entry.started, entry.duration) = (at(start), Duration::from_millis(length));
        entry
    }

    fn span(id: &str, parent: Option<&str>, start: u64) -> SpanBar {
        SpanBar {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            title: id.to_owned(),
            service: "handler".to_owned(),
            start: at(start),
            end: at(start + 5),
            failed: false,
        }
    }

    fn told(bars: &[Bar]) -> Vec<(usize, &str, f64)> {
        bars.iter()
            .map(|bar| (bar.depth, if bar.entry.is_some() { &*bar.service } else { &*bar.title }, bar.start))
            .collect()
    }

    #[test]
    fn each_bar_is_below_what_caused_it() {
        let journal = Journal::default();
        let mut handler = entry(&journal, Service::Handler, 100, 50);
        handler.from = Some(Service::FunctionsHost);
        let vault = entry(&journal, Service::KeyVault, 110, 5);
        let mut gateway = entry(&journal, Service::ApiManagement, 120, 20);
        gateway.caller_span = Some("client".to_owned());
        let mut backend = entry(&journal, Service::Backend, 125, 10);
        (backend.parent, backend.from) = (Some(gateway.id), Some(Service::ApiManagement));
        let entries = [backend, gateway, vault, handler];
        let without = bars(&entries, &[]);
        let expected = [(0, "handler", 0.0), (1, "Key Vault", 10.0), (1, "API Management", 20.0), (2, "backend", 25.0)];
        assert_eq!(told(&without), expected);
        let spans = [span("client", Some("server"), 119), span("server", Some("unknown"), 101)];
        let with = bars(&entries, &spans);
        let expected = [
            (0, "handler", 0.0),
            (1, "server", 1.0),
            (2, "client", 19.0),
            (3, "API Management", 20.0),
            (4, "backend", 25.0),
            (1, "Key Vault", 10.0),
        ];
        assert_eq!(told(&with), expected);
    }

    #[test]
    fn spans_in_a_circle_are_drawn_once() {
        let spans = [span("a", Some("b"), 1), span("b", Some("a"), 2), span("c", Some("c"), 3)];
        assert_eq!(told(&bars([], &spans)), [(0, "a", 0.0), (1, "b", 1.0), (0, "c", 2.0)]);
        assert_eq!(told(&bars([], &[])), []);
    }
}
