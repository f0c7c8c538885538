//! Asks a running `start` to do something.

use std::path::{Path, PathBuf};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use local_azure::{
    control::HEADER,
    network::{Network, NetworkError},
    running::Running,
};
use serde::de::DeserializeOwned;

use super::{called_by::command_line, command_error::CommandError, dotenv};

/// Which run is asked.
#[derive(clap::Args)]
pub(super) struct RunArguments {
    /// The file that `start --env-file` wrote, to choose one of several runs
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

impl RunArguments {
    /// Sends the request to `path` of [`local_azure::control`], and deserializes the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, CommandError> {
        self.ask_with(path, Body::empty()).await
    }

    /// Like `ask`, with a body.
    pub(super) async fn ask_with<T: DeserializeOwned>(&self, path: &str, body: Body) -> Result<T, CommandError> {
        let (proxy, secret) = match &self.env_file {
            Some(file) => {
                let variables = dotenv::read(file)?;
                let variable = |name: &str| {
                    let missing = || format!("{} has no {name}: it is not of `start --env-file`", file.display());
                    variables.get(name).cloned().ok_or_else(missing)
                };
                (variable("HTTPS_PROXY")?, variable("IDENTITY_HEADER")?)
            }
            None => {
                let run = the_run(Running::all(), &std::env::current_dir()?)?;
                (run.proxy, run.secret)
            }
        };
        let request = Request::post(format!("{}{path}", proxy.trim_end_matches('/'))).header(HEADER, &secret);
        let response = match Network::new().send(request.body(body)?).await {
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

/// Returns the only run. Of several runs, it returns the one that was started in the nearest folder above `here`.
fn the_run(mut runs: Vec<Running>, here: &Path) -> Result<Running, CommandError> {
    if runs.len() > 1 {
        let depth = |run: &Running| run.folder.components().count();
        let nearest = runs.iter().filter(|run| here.starts_with(&run.folder)).map(depth).max();
        let is_nearest = |run: &Running| here.starts_with(&run.folder) && Some(depth(run)) == nearest;
        if runs.iter().filter(|run| is_nearest(run)).count() == 1 {
            runs.retain(is_nearest);
        }
    }
    match (runs.pop(), runs.len()) {
        (None, _) => {
            let start = command_line("start");
            Err(format!("no local-azure of this user is running; start one with `{start}`").into())
        }
        (Some(run), 0) => Ok(run),
        (Some(last), _) => {
            let folders: Vec<_> = runs.iter().chain([&last]).map(|run| run.folder.display().to_string()).collect();
            let hint = "run this in the folder of one of them, or name its --env-file";
            Err(format!("several runs of local-azure are there, started in {}: {hint}", folders.join(", ")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &str) -> Running {
        Running { proxy: format!("http://{folder}"), secret: String::new(), folder: folder.into() }
    }

    #[test]
    fn the_only_run_is_asked_or_the_one_of_the_nearest_folder() {
        let chosen = |runs: &[&str], here: &str| {
            the_run(runs.iter().map(|folder| run(folder)).collect(), Path::new(here)).map(|run| run.folder)
        };
        assert_eq!(chosen(&["/a"], "/elsewhere").unwrap(), Path::new("/a"));
        assert_eq!(chosen(&["/a", "/a/b", "/c"], "/a/b/d").unwrap(), Path::new("/a/b"));
        assert!(chosen(&["/a", "/c"], "/d").unwrap_err().to_string().contains("started in /a, /c"));
        assert!(chosen(&["/a", "/a"], "/a").unwrap_err().to_string().contains("several runs"));
        assert!(chosen(&[], "/a").unwrap_err().to_string().contains("no local-azure of this user is running"));
    }
}
