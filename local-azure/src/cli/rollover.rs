//! `rollover`: the tenant of a running local-azure signs with a new key from now on.

use std::{path::PathBuf, process::ExitCode};

use anstream::println;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use local_azure::{
    control::{HEADER, ROLL_OVER},
    network::{Network, NetworkError},
};
use serde::Deserialize;

use super::{CommandError, dotenv};

#[derive(clap::Args)]
pub(super) struct RolloverArguments {
    /// The file that `start --env-file` wrote: it says where that run is
    #[arg(long, value_name = "FILE")]
    env_file: PathBuf,
}

#[derive(Deserialize)]
struct RolledOver {
    kid: String,
}

pub(super) async fn rollover(arguments: RolloverArguments) -> Result<ExitCode, CommandError> {
    let variables = dotenv::read(&arguments.env_file)?;
    let variable = |name: &str| {
        let missing = || format!("{} has no {name}: it is not of `start --env-file`", arguments.env_file.display());
        variables.get(name).ok_or_else(missing)
    };
    let (proxy, secret) = (variable("HTTPS_PROXY")?, variable("IDENTITY_HEADER")?);
    let request = Request::post(format!("{}{ROLL_OVER}", proxy.trim_end_matches('/'))).header(HEADER, secret);
    let response = match Network::new().send(request.body(Body::empty())?).await {
        Err(NetworkError::Unreachable { authority, .. }) => {
            return Err(format!("no local-azure answers at {authority}: that run has ended").into());
        }
        other => other?,
    };
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        return Err(format!("it answered {status}: {}", String::from_utf8_lossy(&body).trim_end()).into());
    }
    let RolledOver { kid } = serde_json::from_slice(&body)?;
    println!("new tokens are signed with key {kid}; the two keys before it stay published");
    Ok(ExitCode::SUCCESS)
}
