//! The main job on a schedule, for every source.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use tracing::info;

use super::{Function, Trigger, slot};
use crate::{
    app::App,
    archive::{self, Slot, Snapshot, Taken},
    azure::Clients,
    config::{Source, SourceName},
    error::Error,
    host::{InvocationRequest, InvocationResponse, TimerData},
};

pub(super) const FUNCTION: Function =
    Function { name: "snapshot", trigger: Trigger::Timer { run: |app, call| run(app, call).boxed() } };

/// How many sources are asked at a time; each may hold an answer in memory.
const AT_ONCE: usize = 4;

async fn run(app: Arc<App>, call: InvocationRequest<TimerData>) -> Result<InvocationResponse, Error> {
    let slot = slot::of(&call);
    info!(%slot, past_due = call.data.is_past_due(), "taking the snapshot of every source");
    Ok(InvocationResponse::with_logs(take_all(&app, slot).await?))
}

/// Takes every source's snapshot, also when others fail. A line for each, or the failures.
async fn take_all(app: &App, slot: Slot) -> Result<Vec<String>, Error> {
    let clients = app.clients().await?;
    let each: Vec<_> = app.sources().iter().map(|source| take_one(clients, source, slot)).collect();
    let mut taken = stream::iter(each).buffered(AT_ONCE);
    let (mut logs, mut failed) = (Vec::new(), Vec::new());
    while let Some(taken) = taken.next().await {
        match taken {
            Ok(line) => logs.push(line),
            Err(failure) => failed.push(failure),
        }
    }
    if failed.is_empty() { Ok(logs) } else { Err(Error::Sources(failed)) }
}

async fn take_one(clients: &Clients, source: &Source, slot: Slot) -> Result<String, (SourceName, Error)> {
    let name = &source.name;
    let line = match archive::take(clients, source, slot).await {
        Ok(Taken::Written(Snapshot { blob, .. })) => format!("{name}: wrote {} ({} bytes)", blob.name, blob.size),
        Ok(Taken::AlreadyWritten(Snapshot { blob, .. })) => format!("{name}: {} was already written", blob.name),
        Err(error) => return Err((name.clone(), error)),
    };
    // Also here: the host drops the answer's lines when another source fails.
    info!("{line}");
    Ok(line)
}
