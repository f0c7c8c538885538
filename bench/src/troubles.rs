//! The parts that could not be measured. Each is named, and the run continues.

use std::error::Error;

#[derive(Default)]
pub(crate) struct Troubles(Vec<String>);

impl Troubles {
    /// Returns the result of a part. If the part failed, its name and error are added to the list.
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

    /// Returns a list in Markdown.
    pub(crate) fn list(&self) -> String {
        self.0.iter().map(|trouble| format!("- {}\n", trouble.replace('\n', " "))).collect()
    }
}
