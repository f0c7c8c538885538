//! Makes a new function: its folder with a function.json. In a Rust project on `functions-handler`, it also makes the
//! function's file and its lines in main.rs.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    str::FromStr,
};

/// The trigger of a new function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FunctionKind {
    /// A caller's HTTP request
    Http,
    /// A schedule
    Timer,
}

impl FunctionKind {
    /// Returns `function.json` and the Rust file, with `NAME` in the places of the name.
    fn templates(self) -> (&'static str, &'static str) {
        match self {
            Self::Http => (include_str!("new_function/http.json"), include_str!("new_function/http.rs")),
            Self::Timer => (include_str!("new_function/timer.json"), include_str!("new_function/timer.rs")),
        }
    }

    /// Returns the code with which main.rs registers the function.
    fn registration(self, name: &FunctionName) -> String {
        let method = match self {
            Self::Http => "http",
            Self::Timer => "timer",
        };
        format!(".{method}(function!(\"{name}\"), functions::{name}::run)")
    }
}

/// A name that the Functions host accepts. It is also the name of the function's folder.
///
/// <https://learn.microsoft.com/azure/azure-functions/functions-reference#folder-structure>. By `ValidateFunctionName`
/// in Azure/azure-functions-host, it has at most 128 letters, digits, `_` and `-`, a letter first, and is not `host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName(String);

/// Why a text cannot be the name of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The Functions host refuses the name.
    #[error(
        "the Functions host takes names of at most 128 letters, digits, _ and -, with a letter first, and not \"host\""
    )]
    NotForHost,
    /// The name is not `snake_case`, as the names of Rust modules are.
    #[error(
        "the name of a function in Rust is snake_case, since its module is called by it: lower-case letters, digits and \
         single underscores, a letter first"
    )]
    NotSnakeCase,
    /// The name is a word of the Rust language.
    #[error("the word means something to Rust, and the function's module is called by it")]
    Reserved,
}

/// Words that cannot be the name of a module.
const RESERVED: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
];

impl FromStr for FunctionName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
        if !letters || !starts || text.len() > 128 || text.eq_ignore_ascii_case("host") {
            return Err(NameError::NotForHost);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FunctionName {
    /// Checks whether a Rust module can have this name.
    fn check_for_rust(&self) -> Result<(), NameError> {
        let text = &self.0;
        if text.contains(|c: char| c.is_ascii_uppercase() || c == '-') || text.contains("__") || text.ends_with('_') {
            return Err(NameError::NotSnakeCase);
        }
        if RESERVED.contains(&text.as_str()) {
            return Err(NameError::Reserved);
        }
        Ok(())
    }

    /// Checks the route. The host compares the text's beginning, so `administrators` is refused too (`ScriptHost.cs` of
    /// the host).
    fn check_route(&self, kind: FunctionKind) -> Result<(), NewFunctionError> {
        let name = self.0.to_ascii_lowercase();
        match kind == FunctionKind::Http && (name.starts_with("admin") || name.starts_with("runtime")) {
            true => Err(NewFunctionError::ReservedRoute(self.clone())),
            false => Ok(()),
        }
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a function cannot be made. The project is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum NewFunctionError {
    /// Rust does not allow the name.
    #[error("{name}: {problem}")]
    Name {
        /// The name.
        name: FunctionName,
        /// The reason.
        problem: NameError,
    },
    /// A file or folder of this name exists already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The host reserves routes with this beginning.
    #[error("an HTTP function named {0} would have a route that the Functions host keeps to itself")]
    ReservedRoute(FunctionName),
    /// main.rs has no line beside which the registration could go.
    #[error(
        "{} has no line that begins with `.http(function!(…`, `.timer(function!(…` or `.run()`: add `{registration}` by hand",
        main.display()
    )]
    NoRegistrations {
        /// The file that registers the functions.
        main: PathBuf,
        /// The missing registration.
        registration: String,
    },
    /// The path is a symbolic link, which could lead out of the project.
    #[error("{} is a symbolic link, which local-azure does not follow", .0.display())]
    Link(PathBuf),
    /// The disk gave an error.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder of the failed operation.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Makes `functions/<name>/function.json` and `src/functions/<name>.rs`, and registers the function in `src/main.rs`.
/// Returns the three paths: two new files, and the one that has changed.
///
/// # Errors
/// [`NewFunctionError`]. In this case nothing was made or changed.
pub fn create(project: &Path, kind: FunctionKind, name: &FunctionName) -> Result<Vec<PathBuf>, NewFunctionError> {
    name.check_for_rust().map_err(|problem| NewFunctionError::Name { name: name.clone(), problem })?;
    name.check_route(kind)?;
    let (module, main) = (project.join("src/functions"), project.join("src/main.rs"));
    let (folder, code) = (project.join("functions").join(&name.0), module.join(format!("{name}.rs")));
    for path in [&module, &project.join("functions"), &main] {
        refuse_link(path)?;
    }
    for path in [&folder, &code, &module.join(&name.0)] {
        refuse_taken(path)?;
    }
    let text = fs::read_to_string(&main).map_err(|source| NewFunctionError::Io { path: main.clone(), source })?;
    let registration = kind.registration(name);
    let extended = with_function(&text, name, &registration);
    let extended = extended.ok_or_else(|| NewFunctionError::NoRegistrations { main: main.clone(), registration })?;
    let (definition, rust) = kind.templates();
    let files = [
        (folder.join("function.json"), definition.replace("NAME", &name.0)),
        (code.clone(), rust.replace("NAME", &name.0)),
    ];
    let made_module = fs::create_dir(&module).is_ok();
    write_all(&folder, &files, || replace(&main, &extended)).inspect_err(|_| {
        if made_module {
            let _ = fs::remove_dir(&module);
        }
    })?;
    let [(definition, _), (code, _)] = files;
    Ok(vec![definition, code, main])
}

/// Makes `<functions>/<name>/function.json` for a handler in any language, which must answer the function's requests.
/// Returns its path.
///
/// # Errors
/// [`NewFunctionError`]. In this case nothing was made.
pub fn create_definition(
    functions: &Path,
    kind: FunctionKind,
    name: &FunctionName,
) -> Result<PathBuf, NewFunctionError> {
    name.check_route(kind)?;
    refuse_link(functions)?;
    let folder = functions.join(&name.0);
    refuse_taken(&folder)?;
    let (definition, _) = kind.templates();
    let file = (folder.join("function.json"), definition.replace("NAME", &name.0));
    write_all(&folder, std::slice::from_ref(&file), || Ok(()))?;
    Ok(file.0)
}

fn refuse_link(path: &Path) -> Result<(), NewFunctionError> {
    match fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        true => Err(NewFunctionError::Link(path.to_owned())),
        false => Ok(()),
    }
}

fn refuse_taken(path: &Path) -> Result<(), NewFunctionError> {
    match taken(path).map_err(|source| NewFunctionError::Io { path: path.to_owned(), source })? {
        Some(taken) => Err(NewFunctionError::Exists(taken)),
        None => Ok(()),
    }
}

/// Returns the existing path of this name in any letter case: the host ignores the case of names.
fn taken(path: &Path) -> io::Result<Option<PathBuf>> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    if !parent.exists() {
        return Ok(None);
    }
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().eq_ignore_ascii_case(name) {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

/// Returns the text of main.rs with the function in its two places, each sorted: among the modules of `mod functions`,
/// and among the registrations. The first registration goes before `.run()`; `None` if that is not a whole line. All
/// other lines stay byte for byte, with their line ends.
fn with_function(text: &str, name: &FunctionName, registration: &str) -> Option<String> {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let runs = |line: &String| line.trim_start().starts_with(".run()");
    let first = lines.iter().position(|line| registered(line).is_some()).or_else(|| lines.iter().position(runs))?;
    let indent: String = lines[first].chars().take_while(|c| c.is_whitespace()).collect();
    let before = |line: &String| registered(line).is_some_and(|other| other < name.0.as_str());
    let at = first + lines[first..].iter().take_while(|line| before(line)).count();
    lines.insert(at, format!("{indent}{registration}{end}"));
    let module = format!("    pub(crate) mod {name};{end}");
    match lines.iter().position(|line| line.trim_end() == "mod functions {") {
        Some(block) => {
            let key = |line: &str| line.split(';').next().unwrap_or_default().to_owned();
            let modules = lines[block + 1..].iter().take_while(|line| line.trim_start().starts_with("pub(crate) mod "));
            let at = block + 1 + modules.take_while(|line| key(line) < key(&module)).count();
            lines.insert(at, module);
        }
        None => {
            let is_head = |line: &&String| line.trim().is_empty() || line.starts_with("//!") || line.starts_with("#![");
            let at = lines.iter().take_while(is_head).count();
            lines.insert(at, format!("mod functions {{{end}{module}}}{end}{end}"));
        }
    }
    Some(lines.concat())
}

/// Returns the name of the function that a line registers.
fn registered(line: &str) -> Option<&str> {
    let call = line.trim_start().strip_prefix('.')?;
    let rest = ["http", "timer", "function"].iter().find_map(|method| call.strip_prefix(method)?.strip_prefix('('))?;
    rest.strip_prefix("function!(\"")?.split('"').next()
}

/// Writes the new files, and then calls `finish`. If one step fails, the new files are removed.
fn write_all(
    folder: &Path,
    files: &[(PathBuf, String)],
    finish: impl FnOnce() -> Result<(), NewFunctionError>,
) -> Result<(), NewFunctionError> {
    let io = |path: &Path, source| NewFunctionError::Io { path: path.to_owned(), source };
    folder.parent().map_or(Ok(()), fs::create_dir_all).map_err(|source| io(folder, source))?;
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

/// Replaces a file by a rename, so that no reader sees a part of it. Its mode stays.
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
