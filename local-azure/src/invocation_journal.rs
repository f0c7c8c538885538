//! Invocations of the Functions host, as entries of the journal.

use std::sync::Arc;

use functions_host::InvocationSink;

use crate::journal::{Entry, Journal, Service};

/// Records each invocation: asked by the Functions host, answered by the handler.
#[must_use]
pub fn journal_invocations(journal: &Journal) -> InvocationSink {
    let journal = journal.clone();
    Arc::new(move |invocation| {
        journal.record(Entry {
            at: jiff::Timestamp::now(),
            from: Some(Service::FunctionsHost),
            service: Service::Handler,
            method: invocation.method.clone(),
            path: invocation.path.clone(),
            status: invocation.status,
            identity: None,
            audience: None,
            allowed_by: None,
            reason: invocation.reason.clone(),
            wrote: None,
        });
    })
}
