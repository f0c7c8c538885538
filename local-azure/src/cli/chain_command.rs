//! `chain`: what the running local-azure did for one request, by trace ID; without an ID, the latest requests.

use std::process::ExitCode;

use super::output::println;
use jiff::tz::TimeZone;
use local_azure::{
    control::{JOURNAL, TELEMETRY},
    journal::{Entry, Service, TraceId},
    monitor::ReceivedTrace,
};

use super::{
    ask::RunArguments,
    chain::Chain,
    command_error::CommandError,
    span_tree,
    style::{BOLD, DIM, GREEN, RED},
};

/// The number of listed requests.
const LISTED: usize = 20;

#[derive(clap::Args)]
pub(super) struct ChainArguments {
    /// A trace ID, or its beginning
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Print JSON: the entries of the journal
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunArguments,
}

pub(super) async fn chain(arguments: ChainArguments) -> Result<ExitCode, CommandError> {
    let mut entries: Vec<Entry> = arguments.run.ask(JOURNAL).await?;
    entries.sort_by_key(|entry| entry.id);
    if let Some(id) = &arguments.id {
        let trace = the_trace(&entries, id)?;
        entries.retain(|entry| entry.trace == Some(trace));
        if !arguments.json {
            let received: ReceivedTrace = arguments.run.ask(&format!("{TELEMETRY}{trace}")).await?;
            print_chain(entries);
            span_tree::print(&received);
            return Ok(ExitCode::SUCCESS);
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&entries)?);
    } else {
        print_list(&entries);
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the only trace whose ID starts with `beginning`.
pub(super) fn the_trace(entries: &[Entry], beginning: &str) -> Result<TraceId, CommandError> {
    let mut traces: Vec<TraceId> = entries.iter().filter_map(|entry| entry.trace).collect();
    traces.sort_unstable();
    traces.dedup();
    traces.retain(|trace| trace.to_string().starts_with(&beginning.to_ascii_lowercase()));
    match traces[..] {
        [trace] => Ok(trace),
        [] => {
            Err(format!("no request of the trace {beginning} is in the journal; `chain` lists those that are").into())
        }
        _ => Err(format!("{} traces begin with {beginning}: give more of the ID", traces.len()).into()),
    }
}

fn print_chain(entries: Vec<Entry>) {
    for entry in entries.iter().filter(|entry| entry.from == Some(Service::FunctionsHost)) {
        println!("{BOLD}{}{BOLD:#}\n", line(entry));
    }
    Chain::new(entries).print();
}

/// Prints the chain of the request that ended last.
pub(super) fn print_last(mut entries: Vec<Entry>) {
    let last = entries.iter().rev().find(|entry| entry.from == Some(Service::FunctionsHost));
    match last.map(|entry| entry.trace) {
        None => println!("no request has been answered yet"),
        Some(None) => println!("the last request carried no traceparent, and belongs to no chain"),
        Some(trace) => {
            entries.retain(|entry| entry.trace == trace);
            print_chain(entries);
        }
    }
}

/// Prints the latest requests that no service sent, newest last.
fn print_list(entries: &[Entry]) {
    let mut outer: Vec<_> = entries.iter().filter(|entry| is_outer(entry, entries)).collect();
    // The host reports an invocation when it ends.
    outer.sort_by_key(|entry| entry.started);
    if outer.is_empty() {
        println!("no request has been answered yet");
    }
    for entry in outer.iter().skip(outer.len().saturating_sub(LISTED)) {
        let trace = entry.trace.map_or_else(|| format!("{:32}", "no trace"), |trace| trace.to_string());
        println!("{DIM}{trace}{DIM:#}  {}", line(entry));
    }
    let untraced = outer.iter().filter(|entry| entry.trace.is_none()).count();
    if untraced > 0 {
        println!("\n{DIM}{untraced} of {} carried no traceparent, and belong to no chain{DIM:#}", outer.len());
    }
}

/// Reports whether the entry is an invocation of the host, or a request from outside that belongs to no trace or to a
/// trace without an invocation.
pub(super) fn is_outer(entry: &Entry, all: &[Entry]) -> bool {
    let has_invocation = |trace: Option<TraceId>| {
        all.iter().any(|other| other.trace == trace && other.from == Some(Service::FunctionsHost))
    };
    match entry.from {
        Some(Service::FunctionsHost) => true,
        Some(_) => false,
        // Telemetry is sent all the time, outside of every trace. It is listed only if it was refused.
        None if entry.service == Service::AzureMonitor && entry.status < 400 => false,
        None => entry.trace.is_none() || !has_invocation(entry.trace),
    }
}

/// Formats an entry like `17:04:05.123  POST /api/orders  200  12 ms`.
fn line(entry: &Entry) -> String {
    let time = entry.started.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f");
    let colour = if entry.status < 400 { GREEN } else { RED };
    let Entry { service, method, path, status, duration, .. } = entry;
    let service = if *service == Service::Handler { String::new() } else { format!("{service}: ") };
    format!("{time}  {service}{method} {path}  {colour}{status}{colour:#}  {} ms", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use local_azure::journal::{
        CallerRequest, Decision, Demand, EntryId, InvocationFacts, Journal, PolicyDecision, PolicyEnd, PolicyValue,
        ShownToken, StreamEnd,
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn the_json_of_an_entry_has_the_members_that_are_documented() {
        let journal = Journal::default();
        let mut entry = journal.begin(Service::ApiManagement, "GET", "/orders");
        entry.started = "2026-11-20T08:00:00Z".parse().unwrap();
        entry.duration = std::time::Duration::from_micros(1_500);
        (entry.parent, entry.trace) = (Some(EntryId(7)), "1234".repeat(8).parse().ok());
        (entry.from, entry.status) = (Some(Service::FunctionsHost), 401);
        entry.caller_span = Some("12".repeat(8));
        (entry.host, entry.query) = (Some("apim.azure-api.net".to_owned()), Some("page=2".to_owned()));
        entry.token = Some(ShownToken { alg: Some("RS256".to_owned()), kid: None, hash: "0a0b0c0d0e0f".to_owned() });
        entry.invocation = Some(InvocationFacts {
            id: uuid::Uuid::nil(),
            function: "orders".to_owned(),
            call: Some(CallerRequest { method: "GET".to_owned(), path: "/api/orders".to_owned() }),
        });
        entry.replay_of = Some(EntryId(3));
        entry.decision = Decision {
            demanded: vec![Demand::claim("roles", ["orders.read"]).found(None::<String>).met(false)],
            identity: Some("id-caller".to_owned()),
            audience: Some("api://orders".to_owned()),
            allowed_by: Some("subscription orders".to_owned()),
            reason: Some("a role is missing".to_owned()),
            wrote: Some("https://st.blob.core.windows.net/c/b".to_owned()),
            stream: Some(StreamEnd { events: 1, of: 2, caller_left: true }),
            policies: vec![PolicyDecision {
                policy: "validate-jwt".to_owned(),
                section: "inbound".to_owned(),
                scope: "api".to_owned(),
                place: "apis/orders.xml:3".to_owned(),
                path: "choose[1]/when[2]".to_owned(),
                values: vec![PolicyValue { name: "condition".to_owned(), value: "True".to_owned() }],
                outcome: "refused".to_owned(),
                end: PolicyEnd::Failed,
                microseconds: 12,
            }],
            ..Decision::default()
        };
        entry.decision.claims.insert("aud".to_owned(), "api://orders".into());
        let shown = serde_json::to_value(&entry).unwrap();
        assert_eq!(
            shown,
            json!({
                "id": 1,
                "parent": 7,
                "trace": "1234".repeat(8),
                "callerSpan": "12".repeat(8),
                "started": "2026-11-20T08:00:00Z",
                "milliseconds": 1.5,
                "from": "functions-host",
                "service": "api-management",
                "method": "GET",
                "host": "apim.azure-api.net",
                "path": "/orders",
                "query": "page=2",
                "status": 401,
                "token": { "alg": "RS256", "hash": "0a0b0c0d0e0f" },
                "invocation": {
                    "id": "00000000-0000-0000-0000-000000000000",
                    "function": "orders",
                    "call": { "method": "GET", "path": "/api/orders" },
                },
                "replayOf": 3,
                "demanded": [{ "what": "claim", "claim": "roles", "accepted": ["orders.read"], "met": false }],
                "identity": "id-caller",
                "audience": "api://orders",
                "allowedBy": "subscription orders",
                "reason": "a role is missing",
                "wrote": "https://st.blob.core.windows.net/c/b",
                "claims": { "aud": "api://orders" },
                "stream": { "events": 1, "of": 2, "callerLeft": true },
                "policies": [{
                    "policy": "validate-jwt",
                    "section": "inbound",
                    "scope": "api",
                    "place": "apis/orders.xml:3",
                    "path": "choose[1]/when[2]",
                    "values": [{ "name": "condition", "value": "True" }],
                    "outcome": "refused",
                    "end": "failed",
                    "microseconds": 12,
                }],
            })
        );
        let documented = include_str!("../../../docs/terminal.md").split("## The chain as JSON").nth(1).unwrap();
        for member in shown.as_object().into_iter().flat_map(serde_json::Map::keys) {
            assert!(documented.contains(&format!("`{member}`")), "docs/terminal.md does not name {member}");
        }
        let again: Entry = serde_json::from_value(shown.clone()).unwrap();
        assert_eq!(serde_json::to_value::<Entry>(again).unwrap(), shown, "it is read back whole");
    }

    #[test]
    fn a_trace_is_found_by_its_beginning_and_untraced_requests_stand_alone() {
        let journal = Journal::default();
        let one: TraceId = "1234".repeat(8).parse().unwrap();
        let two: TraceId = "1299".repeat(8).parse().unwrap();
        for (from, trace) in
            [(Some(Service::FunctionsHost), Some(one)), (None, Some(one)), (None, Some(two)), (None, None)]
        {
            let mut entry = journal.begin(Service::KeyVault, "GET", "/");
            (entry.from, entry.trace) = (from, trace);
            journal.record(entry);
        }
        let entries = journal.entries();
        assert_eq!(the_trace(&entries, "123").unwrap(), one);
        assert!(the_trace(&entries, "12").unwrap_err().to_string().starts_with("2 traces begin with 12"));
        assert!(the_trace(&entries, "9").unwrap_err().to_string().contains("no request of the trace 9"));
        let outer: Vec<_> = entries.iter().map(|entry| is_outer(entry, &entries)).collect();
        assert_eq!(outer, [true, false, true, true]);
    }
}
