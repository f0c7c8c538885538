//! `fault`: sets, lists and clears faults of a running local-azure.

use std::process::ExitCode;

use super::output::println;
use axum::body::Body;
use local_azure::{
    control::{CLEAR_FAULTS, FAULTS, LIST_FAULTS},
    fault::Fault,
};
use serde::Deserialize;
use serde_json::Value;

use super::{ask::RunArguments, command_error::CommandError};

#[derive(clap::Args)]
pub(super) struct FaultArguments {
    /// Set faults, such as `key-vault:throttled,retry-after=2,count=3`; without any, list the faults that are set
    #[arg(value_name = "SPEC")]
    specs: Vec<Fault>,
    /// End every fault first
    #[arg(long)]
    clear: bool,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(Deserialize)]
struct Set {
    id: u64,
}

pub(super) async fn fault(arguments: FaultArguments) -> Result<ExitCode, CommandError> {
    let FaultArguments { specs, clear, run } = arguments;
    if clear {
        let _: Vec<Value> = run.ask(CLEAR_FAULTS).await?;
        println!("no fault is set");
    }
    for fault in &specs {
        let Set { id } = run.ask_with(FAULTS, Body::from(serde_json::to_vec(fault)?)).await?;
        println!("fault {id} is set: {} {}", fault.service, fault.kind);
    }
    if specs.is_empty() && !clear {
        let set: Vec<Value> = run.ask(LIST_FAULTS).await?;
        if set.is_empty() {
            println!("no fault is set");
        }
        for fault in &set {
            println!("{fault}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
