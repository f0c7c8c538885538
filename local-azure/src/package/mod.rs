//! The deployable package: a zip of a script root that Azure's Functions host can run.
//!
//! A function that the host would not load, or a handler that it could not start, is refused before the deployment.
//! Reference: <https://learn.microsoft.com/azure/azure-functions/deployment-zip-push> and
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>.

mod archive;
mod contents;
mod error;
mod executable;

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path},
};

use functions_host::HandlerSettings;

use self::{contents::Contents, executable::HANDLER};
pub use self::{error::PackageError, executable::ExecutableError};
use crate::own_file::{self, Readers, is_package};

/// A written package.
#[derive(Debug)]
pub struct Package {
    /// Names of its functions, sorted.
    pub functions: Vec<String>,
    /// The number of its files.
    pub files: usize,
    /// Size of the handler's executable, in bytes; 0 if it is not in the package.
    pub handler_size: usize,
    /// Size of the zip, in bytes.
    pub zip_size: usize,
    /// Requirements on Azure for the package to run there.
    pub notes: Vec<String>,
}

/// Writes `zip`: `host.json`, the Rust handler and each `<function>/function.json` of `script_root`. The same files
/// make the same bytes, at any time and in any place.
///
/// The app `settings` resolve `%NAME%` in bindings, as the host does; they do not get into the package.
///
/// # Errors
/// [`PackageError`] names the problem that the host in Azure would have. In this case no file is written.
pub fn package(script_root: &Path, settings: &BTreeMap<String, String>, zip: &Path) -> Result<Package, PackageError> {
    let contents = Contents::from_rust(script_root, settings)?;
    let handler = script_root.join(HANDLER);
    let bytes = read(&handler)?;
    executable::check(&bytes).map_err(|reason| {
        let remedy = reason.remedy_in_rust();
        PackageError::Executable { path: handler, reason, remedy }
    })?;
    write(contents, zip, bytes.len(), Vec::new())
}

/// Writes `zip`: every file of `script_root` that is [deployed](crate::deployed_files), with its mode. The handler is
/// in any language. On this machine, it is found with the variables of `environment`.
///
/// # Errors
/// [`PackageError`] names the problem that the host in Azure would have. In this case no file is written.
pub fn package_any(
    script_root: &Path,
    environment: &BTreeMap<String, String>,
    settings: &BTreeMap<String, String>,
    zip: &Path,
) -> Result<Package, PackageError> {
    let contents = Contents::from_any(script_root, environment, settings)?;
    let path = HandlerSettings::read(script_root)?.path().unwrap_or_default();
    let name = path.display().to_string();
    let Some(packed) = contents.files.get(&below_root(&path)) else {
        if script_root.join(&path).is_file() && !path.is_absolute() {
            return Err(PackageError::LeftOut(name));
        }
        let note = format!("host.json starts \"{name}\", which is not in the package: Azure's image must have it");
        return write(contents, zip, 0, vec![note]);
    };
    if packed.mode & 0o111 == 0 {
        return Err(PackageError::NoExecuteBit(packed.path.clone()));
    }
    let bytes = read(&packed.path)?;
    let notes = match executable::check(&bytes) {
        Ok(()) => Vec::new(),
        Err(ExecutableError::NotLinux) if bytes.starts_with(b"#!") => Vec::new(),
        Err(reason @ ExecutableError::Dynamic(_)) => vec![format!("{name}: {reason}")],
        Err(reason) => {
            let remedy = "; build it for x86-64 Linux";
            return Err(PackageError::Executable { path: packed.path.clone(), reason, remedy });
        }
    };
    write(contents, zip, bytes.len(), notes)
}

/// Returns a path in the zip's notation.
fn below_root(path: &Path) -> String {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn write(contents: Contents, zip: &Path, handler_size: usize, notes: Vec<String>) -> Result<Package, PackageError> {
    let Contents { functions, files } = contents;
    let failed = |source| PackageError::File { path: zip.to_owned(), source };
    let bytes = archive::write(&files)?;
    zip.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    own_file::write(zip, &bytes, is_package, Readers::Everyone)?;
    Ok(Package { functions, files: files.len(), handler_size, zip_size: bytes.len(), notes })
}

fn read(path: &Path) -> Result<Vec<u8>, PackageError> {
    fs::read(path).map_err(|source| PackageError::File { path: path.to_owned(), source })
}
