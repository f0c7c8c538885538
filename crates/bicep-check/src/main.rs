//! `bicep-check MAIN [NAME=VALUE]…`: prints every mistake in a deployment, as `file:line: rule: message`.
//!
//! Run it in the folder where the paths of the templates begin. Then it finds the files beside them (policy documents,
//! for example).

use std::{collections::BTreeMap, env, fs, io, path::Path, process::ExitCode};

use bicep_check::{Options, Program, Setting};

/// The folders that hold no templates and many files.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];

/// The extensions of templates and of the files that they load.
const READ: [&str; 4] = ["bicep", "json", "txt", "xml"];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(main) = arguments.next() else {
        eprintln!("usage: bicep-check MAIN [NAME=VALUE]…");
        return ExitCode::from(2);
    };
    let mut texts = BTreeMap::new();
    if let Err(error) = read_folder(Path::new("."), "", &mut texts) {
        eprintln!("{error}");
        return ExitCode::from(2);
    }
    if !texts.contains_key(&main) {
        eprintln!("{main} is no file below this folder");
        return ExitCode::from(2);
    }
    let parameters: Vec<String> = arguments.collect();
    let parameters: Vec<(&str, Setting)> =
        parameters.iter().filter_map(|given| given.split_once('=')).map(|(name, value)| (name, value.into())).collect();
    let options = Options::new("of the command line", &parameters);
    let program = Program::read(texts);
    if let Err(message) = program.plan(&main, &options) {
        eprintln!("with these options the template stops: {message}");
        return ExitCode::FAILURE;
    }
    let findings = program.check(&main, &[options]);
    findings.iter().for_each(|finding| println!("{finding}"));
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read_folder(folder: &Path, prefix: &str, texts: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let key = format!("{prefix}{name}");
        if path.is_dir() {
            if !SKIPPED.contains(&name) {
                read_folder(&path, &format!("{key}/"), texts)?;
            }
        } else if path.extension().and_then(|it| it.to_str()).is_some_and(|it| READ.contains(&it)) {
            texts.insert(key, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
