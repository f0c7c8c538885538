//! Runs a script root until Ctrl-C: `cargo run -p functions-host --example run_script_root -- FOLDER`.

use std::sync::Arc;

use functions_host::{FunctionsHost, HostError, HostOptions};

#[tokio::main]
async fn main() -> Result<(), HostError> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let options =
        HostOptions { fire_timers: true, log: Arc::new(|line| println!("{line}")), ..HostOptions::new(folder.into()) };
    let host = FunctionsHost::start(options).await?;
    println!("{}", host.stopped().await);
    Ok(())
}
