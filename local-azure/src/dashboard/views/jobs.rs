//! The jobs of `demo`: run one to see the effect of a broken link.

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{State, rejection::JsonRejection},
};
use functions_host::HostError;
use http::{Request, header};
use serde::{Deserialize, Serialize};

use super::{Dashboard, Route, refused::ViewRefusal};
use crate::seed::{Job, Seed};

/// The name of the job that runs the function in the seed's `demo`.
const MAIN: &str = "main";
/// The largest answer of a function that is read, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    name: String,
}

/// The outcome of a job.
#[derive(Serialize)]
struct Outcome {
    succeeded: bool,
    error: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::change("/dashboard/api/jobs/run", run)]
}

/// The jobs of a seed, the main one first.
pub(super) fn jobs(seed: &Seed) -> Vec<Job> {
    let app = &seed.function_app;
    let main = app.demo.iter().map(|function| Job {
        name: MAIN.to_owned(),
        function: function.clone(),
        body: None,
        links: app.links.clone(),
    });
    main.chain(app.jobs.iter().cloned()).collect()
}

/// Runs a job once and waits for its end. The job goes on if the page is closed.
async fn run(
    State(dashboard): State<Dashboard>,
    body: Result<Json<Run>, JsonRejection>,
) -> Result<Json<Outcome>, ViewRefusal> {
    let Json(Run { name }) = body?;
    let found = jobs(&dashboard.world().seed).into_iter().find(|job| job.name == name);
    let job = found.ok_or_else(|| ViewRefusal::missing(format!("the seed has no job \"{name}\"")))?;
    let error = tokio::spawn(async move { dashboard.run_job(&job).await }).await.map_err(ViewRefusal::conflict)??;
    Ok(Json(Outcome { succeeded: error.is_none(), error }))
}

impl Dashboard {
    /// Runs the job. Returns the error, if there is one.
    async fn run_job(&self, job: &Job) -> Result<Option<String>, ViewRefusal> {
        let host = self.host().ok_or_else(|| ViewRefusal::conflict("no Functions host runs here"))?;
        let url = match host.invoke(&job.function, None).await {
            Ok(invocation) => return Ok(invocation.error),
            Err(HostError::HttpFunction { url, .. }) => url,
            Err(error) => return Err(ViewRefusal::conflict(error)),
        };
        let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = host.master_key() {
            request = request.header("x-functions-key", key);
        }
        let body = job.body.as_ref().map(ToString::to_string).unwrap_or_default();
        let request = request.body(Body::from(body)).map_err(ViewRefusal::conflict)?;
        let response = self.world().network.send(request).await.map_err(ViewRefusal::conflict)?;
        let status = response.status();
        let body = to_bytes(response.into_body(), LARGEST_ANSWER).await.map_err(ViewRefusal::conflict)?;
        Ok((!status.is_success()).then(|| format!("{status}: {}", String::from_utf8_lossy(&body).trim())))
    }
}
