//! Writes a report of the secrets that expire soon, on a schedule, as a blob: names and dates, never a value.

use functions_handler::{Outputs, Timer, axum::extract::State};
use jiff::Timestamp;
use keyless::{Body, Creation};
use tracing::{info, warn};

use crate::{
    app::App,
    error::Error,
    expiry::{Ending, Report},
    snapshots::Slot,
};

pub(crate) async fn run(State(app): State<App>, timer: Timer) -> Result<Outputs, Error> {
    let report = Report::new(app.secrets.dates().await?, Timestamp::now(), app.expiry_days);
    let lines: Vec<_> = report.ending.iter().map(Ending::to_string).collect();
    for line in &lines {
        warn!("{line}");
    }
    let body = serde_json::to_vec_pretty(&report).map_err(keyless::Error::internal)?;
    let body = Body::from(body).with_content_type("application/json");
    let name = Slot::at(timer.slot_time()).report_name();
    let line = match app.snapshots.container.create(name, body).await? {
        Creation::Written(blob) => format!("wrote {} ({} secrets end soon)", blob.name, report.ending.len()),
        Creation::Existed(blob) => format!("{} was already written", blob.name),
    };
    info!("{line}");
    Ok(lines.into_iter().chain([line]).fold(Outputs::new(), Outputs::log))
}
