//! Says on a schedule which occurrence of it is being run.

use std::sync::Arc;

use futures_util::FutureExt;
use tracing::info;

use super::{Function, Trigger};
use crate::{
    app::App,
    error::Error,
    host::{InvocationRequest, InvocationResponse, TimerData},
};

pub(super) const FUNCTION: Function =
    Function { name: "NAME", trigger: Trigger::Timer { run: |app, call| run(app, call).boxed() } };

async fn run(_app: Arc<App>, call: InvocationRequest<TimerData>) -> Result<InvocationResponse, Error> {
    info!(occurrence = ?call.data.occurrence(), past_due = call.data.is_past_due(), "running");
    Ok(InvocationResponse::default())
}
