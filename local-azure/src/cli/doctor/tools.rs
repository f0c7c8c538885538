//! The programs that building, running and deploying need.

use std::path::PathBuf;

use tokio::process::Command;

use super::{Finding, State};
use crate::cli::package::has_standard_library;

struct Tool {
    name: &'static str,
    /// Any of these will do.
    programs: &'static [&'static str],
    version: &'static str,
    /// Without it nothing can be built.
    required: bool,
    /// What it is for, and how to get it.
    remedy: &'static str,
}

const MUSL: &str = "x86_64-unknown-linux-musl";

const TOOLS: &[Tool] = &[
    Tool {
        name: "C compiler",
        programs: &["cc", "gcc", "clang", "cl"],
        version: "--version",
        required: true,
        remedy: "TLS is built with it; install build-essential (Debian, Ubuntu) or Xcode's command-line tools (macOS)",
    },
    Tool {
        name: "C compiler for musl",
        programs: &["x86_64-linux-musl-gcc", "musl-gcc"],
        version: "--version",
        required: false,
        remedy: "for `cargo local package`; install musl-tools (Debian, Ubuntu)",
    },
    Tool {
        name: "func",
        programs: &["func"],
        version: "--version",
        required: false,
        remedy: "runs the staged app as Azure does; npm install -g azure-functions-core-tools@4",
    },
    Tool {
        name: "azd",
        programs: &["azd"],
        version: "version",
        required: false,
        remedy: "deploys, 1.20 or newer; https://learn.microsoft.com/azure/developer/azure-developer-cli/install-azd",
    },
    Tool {
        name: "az",
        programs: &["az"],
        version: "--version",
        required: false,
        remedy: "deploys, and signs a developer in; https://learn.microsoft.com/cli/azure/install-azure-cli",
    },
    Tool {
        name: "node",
        programs: &["node"],
        version: "--version",
        required: false,
        remedy: "runs func and Azurite; https://nodejs.org",
    },
    Tool {
        name: "Azurite",
        programs: &["azurite"],
        version: "--version",
        required: false,
        remedy: "storage for timers under func, and a peer to compare Blob with; npm install -g azurite",
    },
];

pub(super) async fn check() -> Vec<Finding> {
    let mut findings = vec![rust().await, standard_library().await];
    for tool in TOOLS {
        findings.push(tool.check().await);
    }
    findings
}

impl Tool {
    async fn check(&self) -> Finding {
        let name = self.name.to_owned();
        let Some(program) = self.programs.iter().find_map(|program| find(program)) else {
            let state = if self.required { State::Failed } else { State::Missing };
            return Finding { name, state, note: self.remedy.to_owned() };
        };
        let version = first_line(&program, self.version).await;
        Finding { name, state: State::Good, note: version.unwrap_or_else(|| program.display().to_string()) }
    }
}

async fn rust() -> Finding {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    let found = match find("rustc") {
        Some(rustc) => first_line(&rustc, "--version").await,
        None => None,
    };
    let (state, note) = match found {
        Some(found) if number(&found) >= number(needed) => (State::Good, found),
        Some(found) => (State::Failed, format!("{found}, but {needed} is needed; rustup update")),
        None => (State::Failed, format!("{needed} or newer is needed; https://rustup.rs")),
    };
    Finding { name: "Rust".to_owned(), state, note }
}

async fn standard_library() -> Finding {
    let (state, note) = match has_standard_library(MUSL).await {
        Ok(true) => (State::Good, "installed".to_owned()),
        _ => (State::Missing, format!("for `cargo local package`; rustup target add {MUSL}")),
    };
    Finding { name: format!("target {MUSL}"), state, note }
}

/// Major and minor of the first word that begins with a digit.
fn number(version: &str) -> Option<(u32, u32)> {
    let number = version.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
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
    use super::number;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(number("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert!(number("rustc 1.100.0-nightly") > number("1.88"));
        assert!(number("rustc 1.87.0") < number("1.88"));
        assert_eq!(number("no version"), None);
    }
}
