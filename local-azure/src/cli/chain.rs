//! The journal of one job as a chain: the caller and service of each request, the role that allowed it, and the written
//! blob.

use super::output::println;
use local_azure::journal::{Entry, Service};
use serde::Serialize;

use super::style::{BOLD, DIM, GREEN, RED};

/// One answered request of the handler, with the calls that the answering service made for it.
#[derive(Serialize)]
pub(super) struct Step {
    #[serde(flatten)]
    entry: Entry,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Entry>,
}

/// The steps of one job.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Chain(Vec<Step>);

/// The service that refused, if one did.
#[derive(Serialize)]
pub(super) struct ChainRefusal {
    pub(super) service: Service,
    pub(super) status: u16,
    pub(super) reason: String,
}

impl Chain {
    /// Lists requests from outside in the order in which they began, each with the requests that were sent for it.
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.id);
        let calls = |id| entries.iter().filter(move |call| call.parent == Some(id)).cloned().collect();
        let outer = entries.iter().filter(|entry| entry.from.is_none());
        Self(outer.map(|entry| Step { calls: calls(entry.id), entry: entry.clone() }).collect())
    }

    /// The last refusal of the chain. The handler may have sent more requests, to look whether its key was renewed.
    pub(super) fn refusal(&self) -> Option<ChainRefusal> {
        let refused = self.refused_entry()?;
        let reason = refused.decision.reason.clone().unwrap_or_else(|| "it gave no reason".to_owned());
        Some(ChainRefusal { service: refused.service, status: refused.status, reason })
    }

    /// The entry of the request that was refused last.
    pub(super) fn refused_entry(&self) -> Option<&Entry> {
        let step = self.0.iter().rev().find(|step| step.entry.status >= 400 && !is_challenge(&step.entry))?;
        // A gateway passes on the refusal of a service behind it.
        let passed_on = step.calls.iter().rev().find(|call| call.status >= 400 && call.decision.reason.is_some());
        Some(passed_on.filter(|_| step.entry.decision.reason.is_none()).unwrap_or(&step.entry))
    }

    /// The URLs of the written blobs and containers.
    pub(super) fn written(&self) -> Vec<&str> {
        self.0.iter().filter_map(|step| step.entry.decision.wrote.as_deref()).collect()
    }

    /// Prints a block of lines for each step.
    pub(super) fn print(&self) {
        for (number, step) in (1..).zip(&self.0) {
            let Entry { service, status, method, path, .. } = &step.entry;
            let colour = if *status < 400 || is_challenge(&step.entry) { GREEN } else { RED };
            println!(
                "{number:>3}  {BOLD}{service:<18}{BOLD:#} {colour}{status}{colour:#}  {}",
                what(method, path, *service)
            );
            for line in details(&step.entry) {
                println!("{:24}{DIM}{line}{DIM:#}", "");
            }
            for call in &step.calls {
                let (line, status) = (what(&call.method, &call.path, call.service), call.status);
                println!("{:24}{DIM}asks {}: {line}  {status}{DIM:#}", "", call.service);
                if call.service == Service::ModelAccount {
                    for line in details(call) {
                        println!("{:26}{DIM}{line}{DIM:#}", "");
                    }
                }
            }
        }
    }
}

fn what(method: &str, path: &str, service: Service) -> String {
    match service {
        Service::IdentityEndpoint => "asked for a token".to_owned(),
        _ => format!("{method} {path}"),
    }
}

/// Reports whether the entry is a challenge: Key Vault answers a client's first request with 401, which tells the
/// client the resource to ask a token for.
pub(super) fn is_challenge(entry: &Entry) -> bool {
    entry.service == Service::KeyVault && entry.status == 401 && entry.decision.identity.is_none()
}

fn details(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    match (&entry.decision.identity, &entry.decision.audience) {
        (Some(identity), Some(audience)) => lines.push(format!("as {identity}, token for {audience}")),
        (Some(identity), None) => lines.push(format!("as {identity}")),
        (None, Some(audience)) => lines.push(format!("token for {audience}")),
        (None, None) => {}
    }
    lines.extend(entry.decision.allowed_by.iter().map(|role| format!("allowed by {role}")));
    if is_challenge(entry) {
        lines.push("challenge: says which audience the token must have".to_owned());
    } else {
        lines.extend(
            entry.decision.reason.iter().flat_map(|reason| reason.lines()).map(|line| format!("refused: {line}")),
        );
    }
    lines.extend(entry.decision.stream.iter().map(|end| {
        let left = if end.caller_left { "; the caller left" } else { "" };
        format!("streamed {} of {} events{left}", end.events, end.of)
    }));
    lines.extend(entry.decision.wrote.iter().map(|url| format!("wrote {url}")));
    lines
}
