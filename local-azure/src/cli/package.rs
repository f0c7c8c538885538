//! `package`: makes the deployable zip; for a Rust project from a release build that runs on any x86-64 Linux.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::output::{eprintln, println};
use clap::ValueEnum;
use local_azure::{own_file, package};
use tokio::process::Command;

use super::{
    command_error::CommandError,
    environment,
    local_settings::LocalSettings,
    project::{Layout, Project},
    seed_file,
    style::{DIM, YELLOW},
};

#[derive(clap::Args)]
pub(super) struct PackageArguments {
    /// The target triple of a Rust handler, which is linked statically; x86_64-unknown-linux-musl unless given
    #[arg(long, value_name = "TRIPLE", value_enum)]
    target: Option<Target>,
    /// The zip to write; `target/app.zip` unless given
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The seed whose app settings the bindings are checked against
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

/// A target that Flex Consumption runs.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Target {
    #[value(name = "x86_64-unknown-linux-musl")]
    Musl,
    #[value(name = "x86_64-unknown-linux-gnu")]
    Gnu,
}

impl Target {
    fn triple(self) -> &'static str {
        match self {
            Self::Musl => "x86_64-unknown-linux-musl",
            Self::Gnu => "x86_64-unknown-linux-gnu",
        }
    }
}

pub(super) async fn package(arguments: PackageArguments) -> Result<ExitCode, CommandError> {
    if cfg!(windows) {
        // The deployment tool zips the script root, and takes the modes from its files.
        return Err("files made on Windows have no execute bit; package from WSL, Linux or macOS".into());
    }
    let project = Project::find()?;
    let mut settings = seed_file::load(arguments.seed.as_deref(), Some(&project))?.function_app.settings;
    settings.extend(LocalSettings::from_project(Some(&project), None)?.values);
    let zip = arguments.output.unwrap_or_else(|| project.default_stage().with_extension("zip"));
    own_file::check(&zip, own_file::is_package)?;
    let script_root = project.script_root();
    let package = match (project.layout(), arguments.target) {
        (Layout::Rust, target) => {
            let target = target.unwrap_or(Target::Musl);
            require_standard_library(target).await?;
            let arguments = ["--release", "--locked", "--target", target.triple()];
            let flags = [
                ("CARGO_ENCODED_RUSTFLAGS", rust_flags(project.root(), packs_relocations(target).await)),
                // If the handler uses AWS-LC, AWS-LC also asks the kernel alone. Seeding itself from the processor's
                // jitter takes it 20 ms of the first handshake.
                ("AWS_LC_SYS_NO_JITTER_ENTROPY", "1".into()),
            ];
            project.stage(&script_root, &arguments, &flags).await?;
            let package = package::package(&script_root, &settings, &zip)?;
            eprintln!("{DIM}handler{DIM:#}    {}, static, {}", megabytes(package.handler_size), target.triple());
            package
        }
        (Layout::FunctionsFolder | Layout::InPlace, None) => {
            project.prepare().await?;
            let package = package::package_any(&script_root, &environment::path(), &settings, &zip)?;
            eprintln!("{DIM}files{DIM:#}      {}, all but those that .funcignore names", package.files);
            package
        }
        (Layout::FunctionsFolder | Layout::InPlace, Some(_)) => {
            return Err("--target is for Rust: no Cargo.toml lies beside host.json".into());
        }
    };
    for note in &package.notes {
        eprintln!("{YELLOW}note{YELLOW:#}       {note}");
    }
    eprintln!("{DIM}functions{DIM:#}  {}", package.functions.join(", "));
    eprintln!("{DIM}zip{DIM:#}        {}", megabytes(package.zip_size));
    println!("{}", zip.display());
    Ok(ExitCode::SUCCESS)
}

/// Returns flags for every crate of the handler, in place of the environment's flags. The handler is linked statically.
/// It contains no folders of this machine, so one commit makes one binary wherever it is built. It asks the kernel
/// alone for random numbers, so it runs where there is no `/dev`.
fn rust_flags(project: &Path, packs_relocations: bool) -> OsString {
    let mut flags = OsString::from("-Ctarget-feature=+crt-static\x1f--cfg\x1fgetrandom_backend=\"linux_getrandom\"");
    if packs_relocations {
        flags.push("\x1f-Clink-arg=-Wl,-z,pack-relative-relocs");
    }
    let cargo_home = cargo_home();
    for (folder, name) in [(Some(project), "/project"), (cargo_home.as_deref(), "/cargo")] {
        let Some(folder) = folder else { continue };
        flags.push("\x1f--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

/// Reports whether the linked C library applies packed relative relocations (`DT_RELR`), which save 0.4 MB of memory.
/// glibc does from 2.36 on. The musl that comes with Rust is not asked for its version.
async fn packs_relocations(target: Target) -> bool {
    match target {
        Target::Gnu => {
            let getconf = Command::new("getconf").arg("GNU_LIBC_VERSION").output().await;
            getconf.is_ok_and(|output| glibc_packs_relocations(&String::from_utf8_lossy(&output.stdout)))
        }
        Target::Musl => false,
    }
}

/// Reads the output of `getconf GNU_LIBC_VERSION`, such as `glibc 2.36`.
fn glibc_packs_relocations(printed: &str) -> bool {
    let version = printed.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let numbers = version.map(|(major, minor)| (major.parse::<u32>(), minor.split('.').next().map(str::parse::<u32>)));
    matches!(numbers, Some((Ok(major), Some(Ok(minor)))) if (major, minor) >= (2, 36))
}

#[expect(clippy::disallowed_methods, reason = "where cargo keeps sources is known to cargo's environment")]
fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

async fn require_standard_library(target: Target) -> Result<(), CommandError> {
    if has_standard_library(target.triple()).await? {
        return Ok(());
    }
    let triple = target.triple();
    let instead = match target {
        Target::Musl => "\n\nor package with --target x86_64-unknown-linux-gnu, which is linked statically too",
        Target::Gnu => "",
    };
    Err(format!(
        "Rust's standard library for {triple} is not installed. Run\n\n    rustup target add {triple}{instead}"
    )
    .into())
}

/// Reports whether rustc can build for `triple`.
pub(super) async fn has_standard_library(triple: &str) -> Result<bool, CommandError> {
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output().await;
    let output = rustc.map_err(|error| format!("cannot run rustc: {error}"))?;
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && Path::new(folder.trim()).is_dir())
}

/// Formats a size in decimal megabytes, as deployment limits count.
fn megabytes(bytes: usize) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::glibc_packs_relocations;

    #[test]
    fn relocations_are_packed_where_glibc_applies_them() {
        for printed in ["glibc 2.36\n", "glibc 2.41\n", "glibc 2.36.9000\n", "glibc 3.0\n"] {
            assert!(glibc_packs_relocations(printed), "{printed}");
        }
        for printed in ["glibc 2.35\n", "glibc 1.99\n", "glibc 2\n", "musl 1.2.5\n", "undefined\n", ""] {
            assert!(!glibc_packs_relocations(printed), "{printed}");
        }
    }
}
