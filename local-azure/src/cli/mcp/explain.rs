//! Explains a refusal: the service, its words, and the credentials in the request.

use local_azure::journal::{Entry, PolicyDecision, Service, TraceId};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::chain::{Chain, is_challenge};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Explanation {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<TraceId>,
    refused_by: Service,
    method: String,
    path: String,
    status: u16,
    /// The service's own words.
    reason: String,
    /// The identity that the token belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    /// The token's audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// The claims as they were sent. The service may not have trusted any of them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    claims: Map<String, Value>,
    /// The decisions of API Management's policies, in the order in which they ran.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<PolicyDecision>,
    /// The status that the function's caller got. Absent if the trace has no invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    function_answered: Option<u16>,
}

/// Explains the refusal among `entries`, which are of one trace if `trace` is given. Without `trace`, it explains the
/// latest request that failed. `None` if nothing was refused.
pub(super) fn explain(entries: Vec<Entry>, trace: Option<TraceId>) -> Option<Explanation> {
    let mut entries = entries;
    if trace.is_none() {
        let is_failure = |entry: &&Entry| entry.status >= 400 && !is_challenge(entry);
        let last = entries.iter().filter(is_failure).max_by_key(|entry| entry.id)?.clone();
        match last.trace {
            Some(_) => entries.retain(|entry| entry.trace == last.trace),
            None => return Some(Explanation::new(&last, None)),
        }
    }
    let function = entries.iter().find(|entry| entry.from == Some(Service::FunctionsHost)).cloned();
    let answered = function.as_ref().map(|entry| entry.status);
    if let Some(refused) = Chain::new(entries).refused_entry() {
        return Some(Explanation::new(refused, answered));
    }
    // No service refused. The function itself did.
    function.filter(|entry| entry.status >= 400).map(|entry| Explanation::new(&entry, answered))
}

impl Explanation {
    fn new(entry: &Entry, function_answered: Option<u16>) -> Self {
        let decision = entry.decision.clone();
        Self {
            trace: entry.trace,
            refused_by: entry.service,
            method: entry.method.clone(),
            path: entry.path.clone(),
            status: entry.status,
            reason: decision.reason.unwrap_or_else(|| "it gave no reason".to_owned()),
            identity: decision.identity,
            audience: decision.audience,
            claims: decision.claims,
            policies: decision.policies,
            function_answered,
        }
    }
}

#[cfg(test)]
mod tests {
    use local_azure::journal::Journal;

    use super::*;

    fn entry(journal: &Journal, service: Service, status: u16, trace: Option<TraceId>) -> Entry {
        let mut entry = journal.begin(service, "GET", "/");
        (entry.status, entry.trace) = (status, trace);
        entry.decision.reason = (status >= 400).then(|| format!("refused with {status}"));
        entry
    }

    #[test]
    fn the_service_that_refused_is_named_and_the_function_where_none_did() {
        let journal = Journal::default();
        let one: TraceId = "1".repeat(32).parse().unwrap();
        let refused = entry(&journal, Service::KeyVault, 403, Some(one));
        let mut function = entry(&journal, Service::Handler, 502, Some(one));
        function.from = Some(Service::FunctionsHost);
        let explained = explain(vec![refused, function.clone()], None).unwrap();
        assert_eq!(
            (explained.refused_by, explained.status, explained.function_answered),
            (Service::KeyVault, 403, Some(502))
        );
        let explained = explain(vec![function], Some(one)).unwrap();
        assert_eq!((explained.refused_by, explained.reason.as_str()), (Service::Handler, "refused with 502"));
        let untraced = entry(&journal, Service::BlobStorage, 404, None);
        assert_eq!(explain(vec![untraced], None).unwrap().refused_by, Service::BlobStorage);
        let well = entry(&journal, Service::BlobStorage, 200, Some(one));
        assert!(explain(vec![well], None).is_none());
    }
}
