//! A problem of a policy file.

use std::{fmt, path::PathBuf};

use apim_policies::{Position, Problem, Severity};

/// A refusal of a policy file, or a warning: `path:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFinding {
    /// The file, or the part of the seed.
    path: PathBuf,
    position: Option<Position>,
    severity: Severity,
    message: String,
}

impl PolicyFinding {
    pub(super) fn new(path: PathBuf, problem: Problem) -> Self {
        let Problem { position, severity, message } = problem;
        Self { path, position: Some(position), severity, message }
    }

    /// A finding about the whole file or seed part.
    pub(super) fn whole_file(path: PathBuf, message: String) -> Self {
        Self { path, position: None, severity: Severity::Invalid, message }
    }

    /// Reports whether the file is refused.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.severity.refuses()
    }
}

impl fmt::Display for PolicyFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(Position { line, column }) = self.position {
            let words = match self.severity {
                Severity::Invalid => "Azure refuses this: ",
                Severity::Unsupported => "Azure takes this, local-azure does not play it: ",
                Severity::Warning => "warning: ",
            };
            return write!(f, "{line}:{column}: {words}{}", self.message);
        }
        write!(f, " {}", self.message)
    }
}
