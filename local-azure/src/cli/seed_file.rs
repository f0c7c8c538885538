//! The seed of a command: `--seed`, else the file in `LOCAL_AZURE_SEED`, else `seed.toml` beside host.json, else none.

use std::path::{Path, PathBuf};

use super::output::eprintln;
use local_azure::seed::Seed;

use super::{called_by::command_line, command_error::CommandError, environment, project::Project, style::DIM};

/// Reads and checks the seed. Without a seed, it prints one line and returns an empty world.
pub(super) fn load(given: Option<&Path>, project: Option<&Project>) -> Result<Seed, CommandError> {
    match find(given, project) {
        Some(file) => Ok(Seed::read(&file)?),
        None => {
            eprintln!(
                "{DIM}no --seed, no LOCAL_AZURE_SEED and no seed.toml beside host.json: this Azure is empty \
                 (`{}` prints a seed to start from){DIM:#}",
                command_line("seed")
            );
            Ok(Seed::default())
        }
    }
}

/// Returns the path of the seed, if there is a seed.
pub(super) fn find(given: Option<&Path>, project: Option<&Project>) -> Option<PathBuf> {
    let named = environment::named_seed();
    let beside = || project.map(|project| project.root().join("seed.toml")).filter(|file| file.is_file());
    given.map(Path::to_owned).or(named).or_else(beside)
}
