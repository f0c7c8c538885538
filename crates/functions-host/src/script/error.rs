//! The reasons why a script root or one of its functions cannot be run.

use std::{io, path::PathBuf};

/// The reason why a script root cannot be run at all.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The folder has no `host.json`: nothing is staged.
    #[error("no host.json in {}", .0.display())]
    NoHostJson(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The path of the file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// `host.json` is not JSON, or a member is unknown, has the wrong type, or cannot be used.
    #[error("host.json: {0}")]
    HostJson(String),
    /// One route that ASP.NET Core refuses stops the whole host.
    #[error(
        "{function}/function.json: the route template \"{template}\" stops the whole Functions host, which then answers 503 \
         for every function: {problem}"
    )]
    Route {
        /// The function with this route.
        function: String,
        /// The route with its prefix.
        template: String,
        /// The problem of the route.
        problem: String,
    },
    /// Functions from `customHandler.http.routes` and functions from folders exclude each other.
    #[error(
        "customHandler.http.routes in host.json and {0}/function.json cannot stand together: a route, a timer or a profile \
         that sets routes excludes every function.json. Remove one of them"
    )]
    RoutesAndFolders(String),
    /// The handler's executable does not exist.
    #[error("the handler \"{name}\" is neither in {} nor on PATH", .folder.display())]
    NoHandler {
        /// `defaultExecutablePath` after expansion.
        name: String,
        /// The folder in which the host looked for the executable.
        folder: PathBuf,
    },
}

/// The problem of a function.
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
