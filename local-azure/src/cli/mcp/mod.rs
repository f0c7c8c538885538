//! `mcp`: gives assistants access to a running local-azure, by the Model Context Protocol on standard input and output.
//!
//! Standard output carries only the protocol. Answers hold the output of `chain`, `fault` and `invoke`, and no token or
//! key.

mod explain;
mod redacted;
mod requests;
mod tools;

use std::process::ExitCode;

use rmcp::ServiceExt as _;

use self::tools::Tools;
use super::{ask::RunArguments, command_error::CommandError, invoke::Host};

#[derive(clap::Args)]
pub(super) struct McpArguments {
    /// Port of the Functions host
    #[arg(long, default_value_t = 7071)]
    port: u16,
    /// The master key of a host started with --enable-auth
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    run: RunArguments,
}

pub(super) async fn mcp(arguments: McpArguments) -> Result<ExitCode, CommandError> {
    let McpArguments { port, key, run } = arguments;
    let host = Host { url: format!("http://127.0.0.1:{port}"), key };
    let server = Tools::new(run, host).serve(rmcp::transport::stdio()).await?;
    // The server ends when its input ends.
    server.waiting().await?;
    Ok(ExitCode::SUCCESS)
}
