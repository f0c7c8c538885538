//! A file that holds a blob's content or a part of it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

/// A file that is written once. It goes with the last reader unless a record on disk names it:
/// a download that is under way when its blob is replaced still gets the whole old content.
#[derive(Debug)]
pub(in crate::blob) struct Part {
    pub(super) path: PathBuf,
    /// Bytes.
    pub(in crate::blob) length: u64,
    /// ID of the block that it was, in base64 as the client gave it.
    pub(in crate::blob) block_id: Option<String>,
    kept: AtomicBool,
}

impl Part {
    pub(super) fn new(path: PathBuf, length: u64, block_id: Option<String>, kept: bool) -> Self {
        Self { path, length, block_id, kept: AtomicBool::new(kept) }
    }

    pub(in crate::blob) fn path(&self) -> &Path {
        &self.path
    }

    /// Says whether a record names the file.
    pub(super) fn keep(&self, kept: bool) {
        self.kept.store(kept, Ordering::Release);
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !*self.kept.get_mut() {
            // Nothing can be done about a file that stays; the next start removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
