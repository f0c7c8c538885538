//! Why a script root, or one of its functions, cannot be run.

use std::{io, path::PathBuf};

/// Why a script root cannot be run at all.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// Nothing staged.
    #[error("no host.json in {}", .0.display())]
    NoHostJson(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not JSON, or a member that is unknown, of the wrong type, or not usable.
    #[error("host.json: {0}")]
    HostJson(String),
    /// One route that ASP.NET Core refuses stops the whole host.
    #[error(
        "{function}/function.json: the route template \"{template}\" stops the whole Functions host, which then answers 503 \
         for every function: {problem}"
    )]
    Route {
        /// The function whose route it is.
        function: String,
        /// The route with its prefix.
        template: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Functions by `customHandler.http.routes` and by folders cannot stand together.
    #[error(
        "customHandler.http.routes in host.json and {0}/function.json cannot stand together: a route, a timer or a profile \
         that sets routes excludes every function.json. Remove one of them"
    )]
    RoutesAndFolders(String),
    /// The handler is not there.
    #[error("the handler \"{name}\" is neither in {} nor on PATH", .folder.display())]
    NoHandler {
        /// `defaultExecutablePath` after expansion.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
}

/// What is wrong with a function.
#[derive(Debug)]
pub(super) enum FunctionProblem {
    /// The function is left out, and the others run.
    InError(String),
    /// A route that ASP.NET Core refuses: no function is served.
    StopsTheHost { template: String, problem: String },
}

impl From<String> for FunctionProblem {
    fn from(problem: String) -> Self {
        Self::InError(problem)
    }
}
