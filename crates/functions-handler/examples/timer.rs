//! Runs on a schedule. The schedule is in `functions/nightly/function.json`.
//!
//! ```text
//! FUNCTIONS_CUSTOMHANDLER_PORT=7072 cargo run -p functions-handler --example timer
//! curl -X POST http://127.0.0.1:7072/nightly -d '{"Data":{"timer":{"ScheduleStatus":{"Next":"2026-11-21T02:30:00Z"}}}}'
//! ```

use functions_handler::{FunctionApp, Timer, function};

fn main() -> std::process::ExitCode {
    FunctionApp::stateless().timer(function!("nightly"), nightly).run()
}

async fn nightly(timer: Timer) {
    tracing::info!(name = timer.slot("report", "json"), past_due = timer.is_past_due(), "a report is due");
}
