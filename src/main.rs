//! The custom handler: reads its settings, takes the port that the host gave it, and answers until it is told to stop.

use std::process::ExitCode;

use keyless_functions::{App, Config, StartError, server, telemetry};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    telemetry::init();
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("handler: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<(), StartError> {
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(run());
    // A name look-up that hangs must not keep the process.
    runtime.shutdown_background();
    ended
}

async fn run() -> Result<(), StartError> {
    let config = Config::from_env()?;
    let listener = server::bind(config.port()).await?;
    server::serve(listener, App::new(config)?, server::stop_signal()).await
}
