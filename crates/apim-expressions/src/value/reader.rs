//! `StringReader`.

use std::sync::{Arc, Mutex};

use crate::lock::lock;

/// The text of a reader, and the number of bytes that were read.
pub(crate) struct Reader {
    pub(crate) text: Arc<str>,
    pub(crate) at: Mutex<usize>,
}

impl Reader {
    /// Returns the unread text.
    pub(crate) fn rest(&self) -> &str {
        self.text.get(*lock(&self.at)..).unwrap_or_default()
    }
}
