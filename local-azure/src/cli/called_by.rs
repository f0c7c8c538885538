//! The name by which this program was called: `cargo local` under the alias, else the name of its file.

use std::{path::Path, sync::OnceLock};

/// `start` as the caller would type it: `cargo local start`, `local-azure start`.
pub(super) fn command_line(command: &str) -> String {
    format!("{} {command}", name())
}

/// The first words of usage lines.
pub(super) fn name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        if is_run_by_cargo() {
            return "cargo local".to_owned();
        }
        let file = std::env::args_os().next().unwrap_or_default();
        let stem = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned())
    })
}

/// Reports whether `cargo run` started this process. Cargo sets the variable to the name of the program's package.
#[expect(clippy::disallowed_methods, reason = "cargo says in the environment that it started this process")]
fn is_run_by_cargo() -> bool {
    std::env::var_os("CARGO_PKG_NAME").is_some_and(|package| package == env!("CARGO_PKG_NAME"))
}
