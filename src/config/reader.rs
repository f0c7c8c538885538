//! Reads settings one by one and remembers every problem, so that one run shows them all.

use std::{borrow::Cow, fmt};

use super::values::Setting;

/// The settings that this process cannot start with.
///
/// Names each one and says what is expected; never a value, since a key may stand where it should not.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

#[derive(Debug)]
struct Problem {
    name: &'static str,
    missing: bool,
    expected: Cow<'static, str>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings are missing or wrong:")?;
        for Problem { name, missing, expected } in &self.problems {
            let state = if *missing { "is missing" } else { "is wrong" };
            write!(f, "\n  {name} {state}: expected {expected}")?;
        }
        Ok(())
    }
}

/// Looks settings up by name. An empty value counts as absent: `local.settings.json` cannot unset a name.
pub(super) struct Reader<L> {
    lookup: L,
    problems: Vec<Problem>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    pub(super) fn new(lookup: L) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// What a setting holds, neither empty nor padded.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = (self.lookup)(name)?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// `None` also for a setting that is wrong; [`Self::finish`] tells.
    pub(super) fn optional<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        let value = T::parse(&self.text(name)?);
        if value.is_none() {
            self.refuse(name, T::EXPECTED);
        }
        value
    }

    pub(super) fn required<T: Setting>(&mut self, name: &'static str) -> Option<T> {
        if !self.is_set(name) {
            self.problems.push(Problem { name, missing: true, expected: T::EXPECTED.into() });
        }
        self.optional(name)
    }

    /// `expected` must not show the value.
    pub(super) fn refuse(&mut self, name: &'static str, expected: impl Into<Cow<'static, str>>) {
        self.problems.push(Problem { name, missing: false, expected: expected.into() });
    }

    /// The finished value, if nothing was missing or wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(ConfigError { problems: self.problems }),
        }
    }
}
