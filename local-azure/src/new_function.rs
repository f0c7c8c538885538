//! A new function of the app: its folder, its file, and its lines in the table of functions.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
};

/// What starts the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A caller's HTTP request
    Http,
    /// A schedule
    Timer,
}

impl Kind {
    /// `function.json` and the Rust file, with `NAME` where the name goes.
    fn templates(self, style: TableStyle) -> (&'static str, &'static str) {
        match (self, style) {
            (Self::Http, TableStyle::Macro) => {
                (include_str!("../templates/new/http.json"), include_str!("../templates/new/http.rs.txt"))
            }
            (Self::Timer, TableStyle::Macro) => {
                (include_str!("../templates/new/timer.json"), include_str!("../templates/new/timer.rs.txt"))
            }
            (Self::Http, TableStyle::Constants) => {
                (include_str!("../../templates/http.json"), include_str!("../../templates/http.rs"))
            }
            (Self::Timer, TableStyle::Constants) => {
                (include_str!("../../templates/timer.json"), include_str!("../../templates/timer.rs"))
            }
        }
    }
}

/// How the app lists its functions.
#[derive(Clone, Copy, PartialEq)]
enum TableStyle {
    /// `src/functions/mod.rs`: a module and a constant each.
    Constants,
    /// `src/functions.rs`: a line of its `functions!` each, as `init` writes it.
    Macro,
}

/// A name that both the Functions host and Rust accept: the folder and the module are called by it.
///
/// The host: <https://learn.microsoft.com/azure/azure-functions/functions-reference#folder-structure>, by
/// `ValidateFunctionName` in Azure/azure-functions-host at most 128 letters, digits, `_` and `-`, and not `host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName(String);

/// Why a text is no name for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is not written as Rust modules are.
    #[error("a function's name is snake_case: lower-case letters, digits and single underscores, a letter first")]
    NotSnakeCase,
    /// The host refuses it.
    #[error("the Functions host takes no name longer than 128 characters, and not \"host\"")]
    NotForHost,
    /// Rust, or the app, uses the word.
    #[error("the word means something to Rust, or to the module of the functions")]
    Reserved,
}

/// Words that cannot be the name of a module here.
const RESERVED: [&str; 57] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "const", "continue", "core", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "std", "struct",
    "super", "tests", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield", "axum",
];

impl FromStr for FunctionName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let letters = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        if !letters || !starts || text.contains("__") || text.ends_with('_') {
            return Err(NameError::NotSnakeCase);
        }
        if text.len() > 128 || text == "host" {
            return Err(NameError::NotForHost);
        }
        if RESERVED.contains(&text) {
            return Err(NameError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why there is no new function. The project is as it was.
#[derive(Debug, thiserror::Error)]
pub enum NewFunctionError {
    /// Something of this name is there.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The host keeps routes that begin like this to itself.
    #[error("an HTTP function named {0} would have a route that the Functions host keeps to itself")]
    ReservedRoute(FunctionName),
    /// The module uses a crate of this name.
    #[error("{} uses a crate named {name}", table.display())]
    CrateName {
        /// The module of the functions.
        table: PathBuf,
        /// The name.
        name: FunctionName,
    },
    /// The table is not where it was, or not as it was.
    #[error("{} has no table with one function a line: add `mod {name};` and `{name}::FUNCTION` by hand", table.display())]
    NoTable {
        /// The module of the functions.
        table: PathBuf,
        /// The name.
        name: FunctionName,
    },
    /// A link, which could lead out of the project.
    #[error("{} is a symbolic link, which local-azure does not follow", .0.display())]
    Link(PathBuf),
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Makes `functions/<name>/function.json` and `src/functions/<name>.rs`, and adds the function to the table in
/// `src/functions/mod.rs`. Returns the three paths: two new files, and the one that has changed.
///
/// # Errors
/// [`NewFunctionError`]; then nothing has been made or changed.
pub fn create(project: &Path, kind: Kind, name: &FunctionName) -> Result<Vec<PathBuf>, NewFunctionError> {
    // The prefixes are tested on the text: `administrators` is refused too (`ScriptHost.cs` of the host).
    if kind == Kind::Http && (name.0.starts_with("admin") || name.0.starts_with("runtime")) {
        return Err(NewFunctionError::ReservedRoute(name.clone()));
    }
    let module = project.join("src/functions");
    let (folder, code) = (project.join("functions").join(&name.0), module.join(format!("{name}.rs")));
    let (table, style) = if module.join("mod.rs").exists() {
        (module.join("mod.rs"), TableStyle::Constants)
    } else {
        (project.join("src/functions.rs"), TableStyle::Macro)
    };
    let directory = module.join(&name.0);
    for path in [&module, &project.join("functions"), &table] {
        if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
            return Err(NewFunctionError::Link(path.clone()));
        }
    }
    for path in [&folder, &code, &directory] {
        if let Some(taken) = taken(path).map_err(|source| NewFunctionError::Io { path: path.clone(), source })? {
            return Err(NewFunctionError::Exists(taken));
        }
    }
    let text = fs::read_to_string(&table).map_err(|source| NewFunctionError::Io { path: table.clone(), source })?;
    if text.lines().any(|line| line.trim_start().starts_with(&format!("use {name}::"))) {
        return Err(NewFunctionError::CrateName { table, name: name.clone() });
    }
    let extended = match style {
        TableStyle::Constants => with_function(&text, name),
        TableStyle::Macro => with_line(&text, kind, name),
    };
    let extended = extended.ok_or_else(|| NewFunctionError::NoTable { table: table.clone(), name: name.clone() })?;
    let (definition, rust) = kind.templates(style);
    let files = [
        (folder.join("function.json"), definition.replace("NAME", &name.0)),
        (code.clone(), rust.replace("NAME", &name.0)),
    ];
    write_all(&folder, &files, || replace(&table, &extended))?;
    let [(definition, _), (code, _)] = files;
    Ok(vec![definition, code, table])
}

/// What is at this path, in whatever case: the host tells names apart in no case.
fn taken(path: &Path) -> io::Result<Option<PathBuf>> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().eq_ignore_ascii_case(name) {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

/// The module's text with the function in its two places, each sorted; `None` if they are not found. All other lines
/// stay byte for byte, with their line ends.
fn with_function(text: &str, name: &FunctionName) -> Option<String> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let modules = lines.iter().position(|line| is_module(line))?;
    insert_sorted(&mut lines, modules, &format!("mod {name};{end}"), is_module);
    let table = lines.iter().position(|line| line.contains("const ALL: &[Function] = &["))? + 1;
    let is_entry = |line: &str| line.starts_with("    ") && line.trim_end().ends_with("::FUNCTION,");
    if !is_entry(lines.get(table)?) {
        return None;
    }
    insert_sorted(&mut lines, table, &format!("    {name}::FUNCTION,{end}"), is_entry);
    Some(lines.concat())
}

/// The text of `src/functions.rs` with one line more in its `functions! { … }`.
fn with_line(text: &str, kind: Kind, name: &FunctionName) -> Option<String> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let first = lines.iter().position(|line| line.trim_end() == "functions! {")? + 1;
    let trigger = match kind {
        Kind::Http => "http",
        Kind::Timer => "timer",
    };
    insert_sorted(&mut lines, first, &format!("    {name}: {trigger} \"{name}\",{end}"), |line| line.contains(": "));
    Some(lines.concat())
}

fn is_module(line: &str) -> bool {
    line.starts_with("mod ") && line.trim_end().ends_with(';')
}

/// Puts a line among those from `first` on that are of its sort.
fn insert_sorted(lines: &mut Vec<String>, first: usize, line: &str, is_one: impl Fn(&str) -> bool) {
    // Without the mark at the end: `snapshot;` would come after `snapshot_now;`.
    let key = |line: &str| line.split([';', ':']).next().unwrap_or_default().to_owned();
    let before = lines[first..].iter().take_while(|other| is_one(other) && key(other) < key(line)).count();
    lines.insert(first + before, line.to_owned());
}

/// Writes the new files, and then `finish`es. When one fails, the files that were made are removed.
fn write_all(
    folder: &Path,
    files: &[(PathBuf, String)],
    finish: impl FnOnce() -> Result<(), NewFunctionError>,
) -> Result<(), NewFunctionError> {
    let io = |path: &Path, source| NewFunctionError::Io { path: path.to_owned(), source };
    fs::create_dir(folder).map_err(|source| io(folder, source))?;
    let mut made = Vec::new();
    let written = files.iter().try_for_each(|(path, text)| {
        let mut file = File::create_new(path).map_err(|source| io(path, source))?;
        made.push(path);
        file.write_all(text.as_bytes()).map_err(|source| io(path, source))
    });
    written.and_then(|()| finish()).inspect_err(|_| {
        for path in &made {
            let _ = fs::remove_file(path);
        }
        let _ = fs::remove_dir(folder);
    })
}

/// Replaces a file by a rename, so that it is never there in part. Its mode stays.
fn replace(path: &Path, text: &str) -> Result<(), NewFunctionError> {
    let replaced = path.parent().map_or(Ok(()), |folder| {
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary.as_file().set_permissions(fs::metadata(path)?.permissions())?;
        temporary.persist(path)?;
        Ok(())
    });
    replaced.map_err(|source| NewFunctionError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
