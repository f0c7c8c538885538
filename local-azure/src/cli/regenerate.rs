//! `regenerate`: a running local-azure replaces a key of an API Management subscription.

use std::process::ExitCode;

use super::output::println;
use local_azure::{control::REGENERATE, subscription_keys::Which};
use serde::Deserialize;

use super::{ask::RunArguments, command_error::CommandError};

#[derive(clap::Args)]
pub(super) struct RegenerateArguments {
    /// The name of a subscription in the seed
    subscription: String,
    /// Replace the secondary key, which no secret holds
    #[arg(long)]
    secondary: bool,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(Deserialize)]
struct Regenerated {
    secrets: Vec<String>,
}

pub(super) async fn regenerate(arguments: RegenerateArguments) -> Result<ExitCode, CommandError> {
    let RegenerateArguments { subscription, secondary, run } = arguments;
    let which = if secondary { Which::Secondary } else { Which::Primary };
    let Regenerated { secrets } = run.ask(&format!("{REGENERATE}{subscription}/{which}")).await?;
    println!("the {which} key of {subscription} is a new one; the old one opens nothing");
    for secret in secrets {
        println!("its next version is in {secret}");
    }
    Ok(ExitCode::SUCCESS)
}
