//! `new`: the files of a new function.

use std::process::ExitCode;

use anstream::println;
use local_azure::new_function::{FunctionName, Kind, create};

use super::{CommandError, DIM, Project};

pub(super) fn new(kind: Kind, name: &FunctionName) -> Result<ExitCode, CommandError> {
    let project = Project::find()?;
    for file in create(project.root(), kind, name)? {
        println!("{}", file.display());
    }
    println!("{DIM}its work goes into src/functions/{name}.rs; `cargo local start` runs it{DIM:#}");
    Ok(ExitCode::SUCCESS)
}
