//! Writes the zip. Its bytes do not depend on the time, the place or the system of writing.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Cursor},
    path::PathBuf,
};

use zip::{CompressionMethod, DateTime, System, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::error::PackageError;
use crate::own_file::ZIP_COMMENT;

pub(super) const EXECUTABLE: u32 = 0o755;
pub(super) const READABLE: u32 = 0o644;

/// A file for the zip.
pub(super) struct Packed {
    pub(super) path: PathBuf,
    /// Its permissions in the zip.
    pub(super) mode: u32,
}

/// Writes the files into a zip. Azure mounts the package read-only, so the host cannot repair a mode. The zip must hold
/// the mode, and must name Unix as the system that made it.
pub(super) fn write(files: &BTreeMap<String, Packed>) -> Result<Vec<u8>, PackageError> {
    let options = SimpleFileOptions::default()
        .system(System::Unix)
        .last_modified_time(DateTime::DEFAULT)
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, Packed { path, mode }) in files {
        let failed = |source| PackageError::File { path: path.clone(), source };
        let mut file = File::open(path).map_err(failed)?;
        zip.start_file(name, options.unix_permissions(*mode)).map_err(|error| failed(error.into()))?;
        io::copy(&mut file, &mut zip).map_err(failed)?;
    }
    let failed = |error: ZipError| PackageError::File { path: PathBuf::from("the zip"), source: error.into() };
    zip.set_comment(ZIP_COMMENT).map_err(failed)?;
    Ok(zip.finish().map_err(failed)?.into_inner())
}
