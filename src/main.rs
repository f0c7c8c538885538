//! The custom handler: reads its settings, takes the port that the host gave it, and answers until it is told to stop.

use std::{
    io::{Write, stderr},
    process::ExitCode,
};

use keyless_functions::{App, Config, StartError, server, telemetry};
use tokio::runtime::Runtime;

/// Success means that somebody asked this process to end: the host starts it again after any other status only.
fn main() -> ExitCode {
    let parent = server::Parent::now();
    telemetry::init();
    match start(parent) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There may be nobody left to read it.
            let _ = writeln!(stderr(), "handler: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(parent: server::Parent) -> Result<(), StartError> {
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(run(parent));
    // A name look-up that hangs must not keep the process.
    runtime.shutdown_background();
    ended
}

async fn run(parent: server::Parent) -> Result<(), StartError> {
    let config = Config::from_env()?;
    let listener = server::bind(config.port()).await?;
    server::serve(listener, App::new(config)?, server::stop_signal(parent)).await
}
