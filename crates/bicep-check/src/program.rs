//! The files of a deployment, parsed.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{ast::File, finding::Finding, syntax, value::SourcePlace};

/// All Bicep files of a deployment, and the files that they load.
#[derive(Clone)]
pub struct Program {
    texts: BTreeMap<String, String>,
    files: Vec<(String, Arc<File>)>,
}

impl Program {
    /// Parses every `.bicep` of these texts. Their keys are paths from a common root, with `/` between folders.
    #[must_use]
    pub fn read(texts: BTreeMap<String, String>) -> Self {
        let bicep = texts.iter().filter(|(path, _)| path.ends_with(".bicep"));
        let files = bicep.map(|(path, text)| (path.clone(), Arc::new(syntax::parse(text)))).collect();
        Self { texts, files }
    }

    /// Returns the same program with another text for one file.
    #[must_use]
    pub fn with(&self, path: &str, text: &str) -> Self {
        let mut other = self.clone();
        other.texts.insert(path.to_owned(), text.to_owned());
        for (known, file) in &mut other.files {
            if known == path {
                *file = Arc::new(syntax::parse(text));
            }
        }
        other
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (usize, &str, &File)> {
        self.files.iter().enumerate().map(|(number, (path, file))| (number, path.as_str(), file.as_ref()))
    }

    pub(crate) fn file(&self, number: usize) -> &File {
        &self.files[number].1
    }

    pub(crate) fn path(&self, number: usize) -> &str {
        &self.files[number].0
    }

    pub(crate) fn number(&self, path: &str) -> Option<usize> {
        self.files.iter().position(|(known, _)| known == path)
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Resolves a path written in a file. The result begins at the root of the texts.
    pub(crate) fn relative(&self, file: usize, written: &str) -> String {
        let mut folders: Vec<&str> = self.path(file).split('/').collect();
        folders.pop();
        for part in written.split('/') {
            match part {
                "." => {}
                ".." => {
                    folders.pop();
                }
                part => folders.push(part),
            }
        }
        folders.join("/")
    }
}

/// Gathers findings, each once.
pub(crate) struct Report<'p> {
    program: &'p Program,
    found: RefCell<BTreeSet<Finding>>,
}

impl<'p> Report<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        Self { program, found: RefCell::default() }
    }

    pub(crate) fn add(&self, rule: &'static str, place: SourcePlace, message: impl Into<String>) {
        let file = self.program.path(place.file).to_owned();
        let message = without_arguments(&message.into());
        self.found.borrow_mut().insert(Finding { file, line: place.line, rule, message });
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        self.found.into_inner().into_iter().collect()
    }
}

/// Omits the arguments of `‹uniqueString(…)›` and the like: readers know them, and they hide the name.
fn without_arguments(message: &str) -> String {
    let mut short = String::new();
    let (mut depth, mut hidden) = (0_usize, false);
    for letter in message.chars() {
        match letter {
            '‹' => depth += 1,
            '(' if depth > 0 => hidden = true,
            '›' => {
                depth = depth.saturating_sub(1);
                hidden = hidden && depth > 0;
            }
            _ => {}
        }
        if !hidden {
            short.push(letter);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_out_the_arguments_of_names() {
        let message = "kv-‹uniqueString(‹id of subscription›, westeurope)› has (up to) 30 letters";
        assert_eq!(without_arguments(message), "kv-‹uniqueString› has (up to) 30 letters");
    }
}
