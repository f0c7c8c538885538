//! The programs that building, running and deploying need.

use std::path::PathBuf;

use tokio::process::Command;

use super::finding::{Finding, FindingState};
use crate::cli::{
    package::has_standard_library,
    project::{Layout, Project},
};

struct Tool {
    name: &'static str,
    /// Any one of these programs is enough.
    programs: &'static [&'static str],
    version: &'static str,
    /// The oldest major and minor version that works.
    at_least: Option<(u32, u32)>,
    /// Rust handlers cannot be built without this tool.
    required: bool,
    /// The tool's purpose, and how to get it.
    remedy: &'static str,
}

const MUSL: &str = "x86_64-unknown-linux-musl";

const TOOLS: &[Tool] = &[
    Tool {
        name: "C compiler",
        programs: &["cc", "gcc", "clang", "cl"],
        version: "--version",
        at_least: None,
        required: true,
        remedy: "TLS is built with it; install build-essential (Debian, Ubuntu) or Xcode's command-line tools (macOS)",
    },
    Tool {
        name: "C compiler for musl",
        programs: &["x86_64-linux-musl-gcc", "musl-gcc"],
        version: "--version",
        at_least: None,
        required: false,
        remedy: "for `package` of a Rust project; install musl-tools (Debian, Ubuntu)",
    },
    Tool {
        name: "func",
        programs: &["func"],
        version: "--version",
        at_least: Some((4, 0)),
        required: false,
        remedy: "runs the staged app as Azure does; npm install -g azure-functions-core-tools@4",
    },
    Tool {
        name: "azd",
        programs: &["azd"],
        version: "version",
        at_least: Some((1, 20)),
        required: false,
        remedy: "deploys; https://learn.microsoft.com/azure/developer/azure-developer-cli/install-azd",
    },
    Tool {
        name: "az",
        programs: &["az"],
        version: "--version",
        at_least: None,
        required: false,
        remedy: "deploys, and signs a developer in; https://learn.microsoft.com/cli/azure/install-azure-cli",
    },
    Tool {
        name: "node",
        programs: &["node"],
        version: "--version",
        at_least: Some((18, 0)),
        required: false,
        remedy: "runs func and Azurite; https://nodejs.org",
    },
    Tool {
        name: "Azurite",
        programs: &["azurite"],
        version: "--version",
        at_least: None,
        required: false,
        remedy: "storage for timers under func, and a peer to compare Blob with; npm install -g azurite",
    },
];

pub(super) async fn check(project: Option<&Project>) -> Vec<Finding> {
    // Only Rust handlers are built here.
    let builds_rust = project.is_none_or(|project| project.layout() == Layout::Rust);
    let mut findings = vec![rust(builds_rust).await, standard_library().await];
    for tool in TOOLS {
        findings.push(tool.check(builds_rust).await);
    }
    findings
}

impl Tool {
    async fn check(&self, builds_rust: bool) -> Finding {
        let name = self.name.to_owned();
        let lacking = if self.required && builds_rust { FindingState::Failed } else { FindingState::Missing };
        let Some(program) = self.programs.iter().find_map(|program| find(program)) else {
            return Finding { name, state: lacking, note: self.remedy.to_owned() };
        };
        let found = first_line(&program, self.version).await.unwrap_or_else(|| program.display().to_string());
        let (state, note) = self.compare(found, lacking);
        Finding { name, state, note }
    }

    /// Compares the found version with the oldest one that works. A version that cannot be read passes.
    fn compare(&self, found: String, lacking: FindingState) -> (FindingState, String) {
        match (number(&found), self.at_least) {
            (Some(number), Some(needed)) if number < needed => {
                let (major, minor) = needed;
                (lacking, format!("{found}, but {major}.{minor} or newer is needed: {}", self.remedy))
            }
            _ => (FindingState::Good, found),
        }
    }
}

async fn rust(builds_rust: bool) -> Finding {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let found = match find("rustc") {
        Some(rustc) => first_line(&rustc, "--version").await,
        None => None,
    };
    let lacking = if builds_rust { FindingState::Failed } else { FindingState::Missing };
    let (state, note) = match found {
        Some(found) if number(&found) >= number(needed) => (FindingState::Good, found),
        Some(found) => (lacking, format!("{found}, but {needed} is needed; rustup update")),
        None => (lacking, format!("{needed} or newer is needed for a Rust handler; https://rustup.rs")),
    };
    Finding { name: "Rust".to_owned(), state, note }
}

async fn standard_library() -> Finding {
    let (state, note) = match has_standard_library(MUSL).await {
        Ok(true) => (FindingState::Good, "installed".to_owned()),
        Ok(false) | Err(_) => {
            (FindingState::Missing, format!("for `package` of a Rust project; rustup target add {MUSL}"))
        }
    };
    Finding { name: format!("target {MUSL}"), state, note }
}

/// Returns major and minor of the first word that begins with a digit, or with `v` and a digit.
fn number(version: &str) -> Option<(u32, u32)> {
    let words = version.split_whitespace().map(|word| word.strip_prefix('v').unwrap_or(word));
    let number = words.into_iter().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let mut parts = number.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[expect(clippy::disallowed_methods, reason = "what is installed is what PATH finds")]
fn find(program: &str) -> Option<PathBuf> {
    let suffixes: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    std::env::split_paths(&std::env::var_os("PATH")?)
        .flat_map(|folder| suffixes.iter().map(move |suffix| folder.join(format!("{program}{suffix}"))))
        .find(|path| path.is_file())
}

async fn first_line(program: &PathBuf, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::trim).find(|line| output.status.success() && !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(number("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert!(number("rustc 1.100.0-nightly") > number("1.88"));
        assert!(number("rustc 1.87.0") < number("1.88"));
        assert_eq!(number("v22.1.0"), Some((22, 1)));
        assert_eq!(number("no version"), None);
    }

    #[test]
    fn a_tool_that_is_too_old_is_as_good_as_missing_and_says_what_is_needed() {
        let azd = TOOLS.iter().find(|tool| tool.name == "azd").unwrap();
        let (state, note) = azd.compare("azd version 1.9.3 (commit x)".to_owned(), FindingState::Missing);
        assert!(state == FindingState::Missing && note.contains("but 1.20 or newer is needed: deploys"), "{note}");
        let newer = azd.compare("azd version 1.21.0 (commit x)".to_owned(), FindingState::Missing);
        assert!(newer == (FindingState::Good, "azd version 1.21.0 (commit x)".to_owned()));
    }
}
