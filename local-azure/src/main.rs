//! `local-azure`, the command-line tool; `cargo local` in this workspace.

mod cli;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run().await
}
