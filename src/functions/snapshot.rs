//! The main job on a schedule, for every source.

use functions_handler::{Outputs, Timer, axum::extract::State};
use futures_util::{StreamExt, stream};
use tracing::info;

use crate::{
    error::Error,
    snapshots::{Slot, Snapshot, Snapshots, TakenSnapshot},
    sources::{Source, SourceName},
};

/// The number of sources that are processed at a time.
const AT_ONCE: usize = 4;

pub(crate) async fn run(State(snapshots): State<Snapshots>, timer: Timer) -> Result<Outputs, Error> {
    let slot = Slot::at(timer.slot_time());
    info!(%slot, past_due = timer.is_past_due(), "taking the snapshot of every source");
    Ok(take_all(&snapshots, slot).await?.into_iter().fold(Outputs::new(), Outputs::log))
}

/// Takes every source's snapshot, even if others fail. Returns a line for each, or the failures.
async fn take_all(snapshots: &Snapshots, slot: Slot) -> Result<Vec<String>, Error> {
    let each: Vec<_> = snapshots.sources.iter().map(|source| take_one(snapshots, source, slot)).collect();
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

async fn take_one(snapshots: &Snapshots, source: &Source, slot: Slot) -> Result<String, (SourceName, Error)> {
    let name = &source.name;
    let line = match snapshots.take(source, slot).await {
        Ok(TakenSnapshot::Written(Snapshot { blob, .. })) => {
            format!("{name}: wrote {} ({} bytes)", blob.name, blob.size)
        }
        Ok(TakenSnapshot::AlreadyWritten(Snapshot { blob, .. })) => {
            format!("{name}: {} was already written", blob.name)
        }
        Err(error) => return Err((name.clone(), error)),
    };
    // The line is logged here too, because the host drops the answer's lines if another source fails.
    info!("{line}");
    Ok(line)
}
