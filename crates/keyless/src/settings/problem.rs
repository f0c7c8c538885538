//! The settings that this process cannot start with.

use std::{borrow::Cow, fmt};

/// The missing or wrong settings, each with the expected form. It never shows a value, because someone may have put a
/// key there by mistake.
///
/// The Functions host quotes only the last three lines that a handler printed, so the last line has every name.
#[derive(Debug, thiserror::Error)]
pub struct SettingsError {
    problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) name: Cow<'static, str>,
    pub(super) missing: bool,
    pub(super) expected: Cow<'static, str>,
}

impl SettingsError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The name of each missing or wrong setting.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|problem| &*problem.name)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings are missing or wrong:")?;
        for Problem { name, missing, expected } in &self.problems {
            let state = if *missing { "is missing" } else { "is wrong" };
            write!(f, "\n  {name} {state}: expected {expected}")?;
        }
        let names = |missing: bool| {
            let names = self.problems.iter().filter(|problem| problem.missing == missing);
            names.map(|problem| &*problem.name).collect::<Vec<_>>().join(", ")
        };
        let (missing, wrong) = (names(true), names(false));
        match (missing.as_str(), wrong.as_str()) {
            ("", "") => write!(f, "\nnothing is missing or wrong, but the app did not accept its settings"),
            (missing, "") => write!(f, "\nmissing: {missing}"),
            ("", wrong) => write!(f, "\nwrong: {wrong}"),
            (missing, wrong) => write!(f, "\nmissing: {missing}; wrong: {wrong}"),
        }
    }
}
