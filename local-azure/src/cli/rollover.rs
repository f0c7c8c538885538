//! `rollover`: the tenant of a running local-azure signs with a new key from now on.

use std::process::ExitCode;

use super::output::println;
use local_azure::control::ROLL_OVER;
use serde::Deserialize;

use super::{ask::RunArguments, command_error::CommandError};

#[derive(Deserialize)]
struct RolledOver {
    kid: String,
}

pub(super) async fn rollover(run: RunArguments) -> Result<ExitCode, CommandError> {
    let RolledOver { kid } = run.ask(ROLL_OVER).await?;
    println!("new tokens are signed with key {kid}; the two keys before it stay published");
    Ok(ExitCode::SUCCESS)
}
