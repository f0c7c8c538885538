//! The deployable package: a zip of a script root that Azure's Functions host can run.
//!
//! What the host would not load, or could not start, is refused here rather than after the deployment. Reference:
//! <https://learn.microsoft.com/azure/azure-functions/deployment-zip-push> and
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>.

mod archive;
mod contents;
mod executable;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use self::{archive::HANDLER, contents::Contents};
pub use self::{archive::is_own, executable::ExecutableError};
use crate::{
    functions_host::{FunctionProblem, ScriptError},
    own_file::{self, OwnFileError, Readers},
};

/// A package that was written.
#[derive(Debug)]
pub struct Package {
    /// Names of its functions, sorted.
    pub functions: Vec<String>,
    /// Size of the handler's executable, in bytes.
    pub handler_size: usize,
    /// Size of the zip, in bytes.
    pub zip_size: usize,
}

/// Why a script root is not packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The host would not start.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Packing tools give the execute bit to the file that `host.json` names, compared as text.
    #[error(
        "host.json: \"customHandler.description.defaultExecutablePath\" is \"{0}\"; it must be \"{HANDLER}\", letter \
         for letter, for that file to be executable in Azure"
    )]
    HandlerName(String),
    /// The host would start without some of the functions.
    #[error("the Functions host would leave out {}", list(.0))]
    Functions(Vec<FunctionProblem>),
    /// Nothing to run.
    #[error("{} holds no function: each is a folder with a function.json", .0.display())]
    NoFunctions(PathBuf),
    /// Something else lies in the script root, and would be deployed with it.
    #[error("{} has no business in a package: remove it", .0.display())]
    Stray(PathBuf),
    /// Azure could not start the handler.
    #[error("{}: {reason}", path.display())]
    Executable {
        /// The handler.
        path: PathBuf,
        /// Why.
        reason: ExecutableError,
    },
    /// The zip's file is another's.
    #[error(transparent)]
    Zip(#[from] OwnFileError),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Writes `zip`: `host.json`, the handler and each `<function>/function.json` of `script_root`. The same files make the
/// same bytes, whenever and wherever this runs.
///
/// The app `settings` resolve `%NAME%` in bindings, as the host does; they do not get into the package.
///
/// # Errors
/// [`PackageError`] says what the host in Azure would stumble over. No file is written then.
pub fn package(script_root: &Path, settings: &BTreeMap<String, String>, zip: &Path) -> Result<Package, PackageError> {
    let Contents { functions, files } = Contents::read(script_root, settings)?;
    let handler = files.get(HANDLER).map(Vec::as_slice).unwrap_or_default();
    executable::check(handler)
        .map_err(|reason| PackageError::Executable { path: script_root.join(HANDLER), reason })?;
    let failed = |source| PackageError::File { path: zip.to_owned(), source };
    let bytes = archive::write(&files).map_err(|error| failed(error.into()))?;
    zip.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    own_file::write(zip, &bytes, is_own, Readers::Everyone)?;
    Ok(Package { functions, handler_size: handler.len(), zip_size: bytes.len() })
}

fn list(problems: &[FunctionProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
