//! Why a script root cannot be packaged.

use std::{io, path::PathBuf};

use super::executable::{ExecutableError, HANDLER};
use crate::{
    deployed_files::DeployedFilesError,
    functions_host::{FunctionProblem, ScriptError},
    own_file::OwnFileError,
};

/// Why a script root cannot be packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The host would not start.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Packing tools give the execute bit to the file that `host.json` names, and compare the name as text.
    #[error(
        "host.json: \"customHandler.description.defaultExecutablePath\" is \"{0}\"; it must be \"{HANDLER}\", letter \
         for letter, for that file to be executable in Azure"
    )]
    HandlerName(String),
    /// Packing tools look for that file beside `host.json`.
    #[error(
        "host.json: \"customHandler.description.workerDirectory\" is \"{}\"; leave it out: the handler must lie beside \
         host.json for it to be executable in Azure", .0.display()
    )]
    WorkerDirectory(PathBuf),
    /// The host would start without some of the functions.
    #[error("the Functions host would leave out {}", list(.0))]
    Functions(Vec<FunctionProblem>),
    /// There is no function.
    #[error("{} holds no function: each is a folder with a function.json", .0.display())]
    NoFunctions(PathBuf),
    /// The script root holds a foreign file, which would be deployed too.
    #[error("{} has no business in a package: remove it", .0.display())]
    Stray(PathBuf),
    /// Azure could not start the handler.
    #[error("{}: {reason}{remedy}", path.display())]
    Executable {
        /// The handler.
        path: PathBuf,
        /// The reason.
        reason: ExecutableError,
        /// The way to build it.
        remedy: &'static str,
    },
    /// Azure mounts the package read-only, and so cannot repair a mode.
    #[error("{} is not executable, and Azure does not make it so: chmod +x it", .0.display())]
    NoExecuteBit(PathBuf),
    /// The package would lack a file that the host needs.
    #[error("{0} belongs into the package, and .funcignore leaves it out")]
    LeftOut(String),
    /// The files of the project cannot be listed.
    #[error(transparent)]
    Files(#[from] DeployedFilesError),
    /// The file of the zip exists and is not local-azure's.
    #[error(transparent)]
    Zip(#[from] OwnFileError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

fn list(problems: &[FunctionProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
