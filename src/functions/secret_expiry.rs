//! Reports on a schedule which secrets end soon: as a blob beside the snapshots, and as warnings in the log.
//!
//! The blob is `secret-expiry/2026/11/22/060000Z.json`, named by the occurrence, and written once for each.

use std::sync::Arc;

use futures_util::FutureExt;
use jiff::Timestamp;
use tracing::{info, warn};

use super::{Function, Trigger, slot};
use crate::{
    app::App,
    azure::Creation,
    error::Error,
    expiry::{Ending, Report},
    host::{InvocationRequest, InvocationResponse, TimerData},
};

pub(super) const FUNCTION: Function =
    Function { name: "secret_expiry", trigger: Trigger::Timer { run: |app, call| run(app, call).boxed() } };

async fn run(app: Arc<App>, call: InvocationRequest<TimerData>) -> Result<InvocationResponse, Error> {
    let clients = app.clients().await?;
    let report = Report::new(clients.secrets.dates().await?, Timestamp::now(), app.expiry_days());
    let mut lines: Vec<_> = report.ending.iter().map(Ending::to_string).collect();
    for line in &lines {
        warn!("{line}");
    }
    let body = serde_json::to_vec_pretty(&report).map_err(Error::internal)?;
    let name = slot::of(&call).report_name();
    let line = match clients.blobs.create(name, "application/json".to_owned(), body.into()).await? {
        Creation::Written(blob) => format!("wrote {} ({} secrets end soon)", blob.name, report.ending.len()),
        Creation::Existed(blob) => format!("{} was already written", blob.name),
    };
    info!("{line}");
    lines.push(line);
    Ok(InvocationResponse::with_logs(lines))
}
