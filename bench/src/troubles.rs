//! What could not be measured: it is named, and the rest goes on.

use std::error::Error;

#[derive(Default)]
pub(crate) struct Troubles(Vec<String>);

impl Troubles {
    /// What came of a part; a part that failed is named.
    pub(crate) fn kept<T>(&mut self, part: &str, measured: Result<T, Box<dyn Error>>) -> Option<T> {
        measured.map_err(|error| self.add(format!("{part} failed: {error}"))).ok()
    }

    pub(crate) fn add(&mut self, trouble: String) {
        eprintln!("{trouble}");
        self.0.push(trouble);
    }

    pub(crate) fn all(&self) -> &[String] {
        &self.0
    }

    /// A list in Markdown.
    pub(crate) fn list(&self) -> String {
        self.0.iter().map(|trouble| format!("- {}\n", trouble.replace('\n', " "))).collect()
    }
}
