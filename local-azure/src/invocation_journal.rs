//! Invocations of the Functions host, as entries of the journal.

use std::sync::Arc;

use functions_host::InvocationSink;

use crate::journal::{CallerRequest, InvocationFacts, Journal, Service, TraceId};

/// Records each invocation as a request from the Functions host that the handler answered.
#[must_use]
pub fn journal_invocations(journal: &Journal) -> InvocationSink {
    let journal = journal.clone();
    Arc::new(move |invocation| {
        let mut entry = journal.begin(Service::Handler, &invocation.method, &invocation.path);
        entry.from = Some(Service::FunctionsHost);
        entry.trace = invocation.traceparent.as_deref().and_then(TraceId::from_traceparent);
        (entry.started, entry.duration) = (invocation.started, invocation.duration);
        entry.status = invocation.status;
        entry.decision.reason.clone_from(&invocation.reason);
        entry.invocation = Some(InvocationFacts {
            id: invocation.id,
            function: invocation.function.clone(),
            call: invocation
                .call
                .as_ref()
                .map(|call| CallerRequest { method: call.method.clone(), path: call.path.clone() }),
        });
        journal.record(entry);
    })
}
