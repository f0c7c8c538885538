//! Asks a running `start --env-file` to do something.

use std::path::PathBuf;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use local_azure::{
    control::HEADER,
    network::{Network, NetworkError},
};
use serde::de::DeserializeOwned;

use super::{CommandError, dotenv};

/// Which run is asked.
#[derive(clap::Args)]
pub(super) struct RunArguments {
    /// The file that `start --env-file` wrote: it says where that run is
    #[arg(long, value_name = "FILE")]
    env_file: PathBuf,
}

impl RunArguments {
    /// Sends the request to `path` of [`local_azure::control`], and reads what it answers.
    pub(super) async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, CommandError> {
        let variables = dotenv::read(&self.env_file)?;
        let variable = |name: &str| {
            let missing = || format!("{} has no {name}: it is not of `start --env-file`", self.env_file.display());
            variables.get(name).ok_or_else(missing)
        };
        let (proxy, secret) = (variable("HTTPS_PROXY")?, variable("IDENTITY_HEADER")?);
        let request = Request::post(format!("{}{path}", proxy.trim_end_matches('/'))).header(HEADER, secret);
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
        Ok(serde_json::from_slice(&body)?)
    }
}
