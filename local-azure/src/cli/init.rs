//! `init`: writes a new project that runs.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::output::println;
use clap::ValueEnum;

use super::{called_by::command_line, command_error::CommandError, seed_command, style::DIM};

#[derive(clap::Args)]
pub(super) struct InitArguments {
    /// The project's folder; the current folder unless given
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The handler's language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    handler: Language,
    /// A folder with the libraries functions-handler and keyless; the project depends on them by path
    #[arg(long, value_name = "DIR")]
    libraries: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Language {
    /// A crate on functions-handler and keyless, with a test
    Rust,
    /// A few lines of Python to replace by any program
    Other,
}

const HELLO: &str = include_str!("../../templates/init/hello.json");
const TICK: &str = include_str!("../new_function/timer.json");

pub(super) fn init(arguments: &InitArguments) -> Result<ExitCode, CommandError> {
    let folder = &arguments.folder;
    let files = match arguments.handler {
        Language::Rust => rust(folder, arguments.libraries.as_deref())?,
        Language::Other => other(),
    };
    for (path, _) in &files {
        let path = folder.join(path);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(format!("{} exists: init writes new files only", path.display()).into());
        }
    }
    let mut made = Vec::new();
    for (path, text) in &files {
        let path = folder.join(path);
        write_new(&path, text, &mut made).map_err(|error| {
            undo(&made);
            format!("{}: {error}; nothing is written", path.display())
        })?;
    }
    for (path, _) in &files {
        println!("{}", folder.join(path).display());
    }
    let start = command_line("start");
    println!("{DIM}`{start}` runs it there; then: curl http://localhost:7071/api/hello/you{DIM:#}");
    Ok(ExitCode::SUCCESS)
}

type Files = Vec<(&'static str, String)>;

fn rust(folder: &Path, libraries: Option<&Path>) -> Result<Files, CommandError> {
    let library = |name: &str, features: &str| -> Result<String, CommandError> {
        let Some(libraries) = libraries else {
            let version = env!("CARGO_PKG_VERSION");
            return Ok(format!("{{ version = \"{version}\"{features} }}"));
        };
        let path = fs::canonicalize(libraries.join(name))
            .map_err(|error| format!("--libraries: {}: {error}", libraries.join(name).display()))?;
        Ok(format!("{{ path = '{}'{features} }}", path.display()))
    };
    let manifest = include_str!("../../templates/init/rust/Cargo.toml.txt")
        .replace("PACKAGE", &package_name(folder))
        .replace("HANDLER_LIBRARY", &library("functions-handler", "")?)
        .replace("KEYLESS_LIBRARY", &library("keyless", ", features = [\"axum\", \"secrets\"]")?);
    let text = |text: &str| text.to_owned();
    Ok(vec![
        ("Cargo.toml", manifest),
        (".gitignore", text(include_str!("../../templates/init/rust/gitignore"))),
        ("host.json", text(include_str!("../../templates/init/rust/host.json"))),
        ("seed.toml", text(seed_command::EXAMPLE)),
        ("functions/hello/function.json", text(HELLO)),
        ("functions/tick/function.json", text(TICK)),
        ("src/main.rs", text(include_str!("../../templates/init/rust/main.rs.txt"))),
        ("src/functions/hello.rs", text(include_str!("../../templates/init/rust/hello.rs.txt"))),
        ("src/functions/tick.rs", text(include_str!("../../templates/init/rust/tick.rs.txt"))),
    ])
}

fn other() -> Files {
    [
        (".funcignore", include_str!("../../templates/init/other/funcignore")),
        (".gitignore", include_str!("../../templates/init/other/gitignore")),
        ("handler.py", include_str!("../../templates/init/other/handler.py")),
        ("host.json", include_str!("../../templates/init/other/host.json")),
        ("seed.toml", seed_command::EXAMPLE),
        ("hello/function.json", HELLO),
        ("tick/function.json", TICK),
    ]
    .map(|(path, text)| (path, text.to_owned()))
    .to_vec()
}

/// Turns the folder's name into a name that cargo takes for a package.
fn package_name(folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.starts_with(|first: char| first.is_ascii_lowercase()) { name.to_owned() } else { format!("app-{name}") }
}

/// Writes a file, and creates the folders above it that are missing. Adds each created path to `made`.
fn write_new(path: &Path, text: &str, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<_> = path.ancestors().skip(1).take_while(|folder| fs::symlink_metadata(folder).is_err()).collect();
    for folder in missing.into_iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir(folder)?;
        made.push(folder.to_owned());
    }
    let mut file = fs::File::create_new(path)?;
    made.push(path.to_owned());
    file.write_all(text.as_bytes())
}

/// Removes the created files and folders, the last one first. A folder that holds other files by now stays.
fn undo(made: &[PathBuf]) {
    for path in made.iter().rev() {
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(folder: &Path, handler: Language) -> InitArguments {
        InitArguments { folder: folder.to_owned(), handler, libraries: None }
    }

    #[test]
    fn a_project_is_written_once_and_never_over_a_file() {
        for handler in [Language::Rust, Language::Other] {
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join("My App");
            init(&arguments(&folder, handler)).unwrap();
            assert!(folder.join("host.json").is_file());
            fs::write(folder.join("host.json"), "mine").unwrap();
            fs::remove_file(folder.join("seed.toml")).unwrap();
            let refusal = init(&arguments(&folder, handler)).unwrap_err().to_string();
            assert!(refusal.ends_with("exists: init writes new files only"), "{refusal}");
            assert_eq!(fs::read_to_string(folder.join("host.json")).unwrap(), "mine");
            assert!(!folder.join("seed.toml").exists(), "all or nothing");
        }
    }

    #[test]
    fn a_project_that_cannot_be_written_whole_is_not_written() {
        for (handler, file) in [(Language::Rust, "src"), (Language::Other, "tick")] {
            let parent = tempfile::tempdir().unwrap();
            fs::write(parent.path().join(file), "mine").unwrap();
            let refusal = init(&arguments(parent.path(), handler)).unwrap_err().to_string();
            assert!(refusal.contains(file) && refusal.ends_with("; nothing is written"), "{refusal}");
            let left: Vec<_> = fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, [file]);
            assert!(init(&arguments(&parent.path().join(file), handler)).is_err(), "a file is no folder");
            assert_eq!(fs::read_to_string(parent.path().join(file)).unwrap(), "mine");
        }
    }

    #[test]
    fn a_package_is_named_after_its_folder() {
        for (folder, name) in [("/a/My App", "my-app"), ("/a/1st", "app-1st"), ("/a/orders", "orders")] {
            assert_eq!(package_name(Path::new(folder)), name);
        }
    }
}
