//! The zip itself. Nothing in it depends on when, where or on which system it is written.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Cursor, Read as _, Seek as _, SeekFrom, Write as _},
};

use zip::{CompressionMethod, DateTime, System, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// Name of the handler in a package: Azure runs Linux.
pub(super) const HANDLER: &str = "handler";

/// The zip's comment: a file without it is not replaced.
const COMMENT: &str = "packaged by local-azure";

const EXECUTABLE: u32 = 0o755;
const READABLE: u32 = 0o644;

/// The package is mounted read-only, so the host cannot repair a mode: it must be in the zip, with Unix as the system
/// that made it.
pub(super) fn write(files: &BTreeMap<String, Vec<u8>>) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .system(System::Unix)
        .last_modified_time(DateTime::DEFAULT)
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let mode = if name == HANDLER { EXECUTABLE } else { READABLE };
        zip.start_file(name, options.unix_permissions(mode))?;
        zip.write_all(bytes)?;
    }
    zip.set_comment(COMMENT)?;
    Ok(zip.finish()?.into_inner())
}

/// Whether a file ends as the zips that are written here do.
pub fn is_own(file: &mut File) -> io::Result<bool> {
    let mut end = Vec::new();
    let start = file.metadata()?.len().saturating_sub(COMMENT.len() as u64);
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut end)?;
    Ok(end == COMMENT.as_bytes())
}
