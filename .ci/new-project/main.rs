//! Reads a secret as a user-assigned identity: for a caller, and each night.

use std::process::ExitCode;

use functions_handler::{FunctionApp, Timer, axum::extract::State, function};
use keyless::{Error, Secrets, settings::Reader};

#[derive(Clone)]
struct App {
    partners: Secrets,
}

impl App {
    fn read(env: &mut Reader) -> Option<Self> {
        Some(Self { partners: env.secrets("PARTNERS")? })
    }
}

fn main() -> ExitCode {
    FunctionApp::new(|| keyless::from_env(App::read))
        .layer(keyless::trace::TraceLayer)
        .http(function!("password"), password)
        .timer(function!("nightly"), nightly)
        .run()
}

async fn password(State(app): State<App>) -> Result<String, Error> {
    let password = app.partners.get("partner-password").await?;
    Ok(format!("the password has {} bytes\n", password.expose().len()))
}

async fn nightly(State(app): State<App>, timer: Timer) -> Result<(), Error> {
    app.partners.get("partner-password").await?;
    println!("the password is there for the run of {}", timer.slot_time());
    Ok(())
}
