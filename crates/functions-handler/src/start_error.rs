//! The reasons why the process ends without serving.

use std::{error::Error, fmt, io};

use crate::{environment, host_json::HostJsonError, plan::PlanError};

/// The reasons why an app does not start: every problem, one on each line.
///
/// The process ends with this message and a non-zero status. The host then starts it again, and gives up after three
/// failures.
#[derive(Debug)]
pub struct StartError(Vec<StartProblem>);

#[derive(Debug, thiserror::Error)]
pub(crate) enum StartProblem {
    #[error(
        "{} is not set: the Functions host starts this program and names the port. Run `func start` in the folder of \
         host.json, or set it to a free port to call the program by hand",
        environment::PORT
    )]
    NoHost,
    #[error("{} is no port number", environment::PORT)]
    Port,
    #[error(transparent)]
    HostJson(#[from] HostJsonError),
    #[error("{}", lines(.0))]
    Functions(Vec<PlanError>),
    /// The app's own constructor failed.
    #[error("{0}")]
    State(Box<dyn Error + Send + Sync>),
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("cannot serve: {0}")]
    Serve(#[from] io::Error),
}

fn lines(errors: &[PlanError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl StartError {
    pub(crate) fn new(problems: Vec<StartProblem>) -> Self {
        Self(problems)
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let texts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
    }
}

impl<P: Into<StartProblem>> From<P> for StartError {
    fn from(problem: P) -> Self {
        Self(vec![problem.into()])
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl Error for StartError {}
