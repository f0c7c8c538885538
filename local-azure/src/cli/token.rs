//! `token`: prints the claims of a token for an identity and a resource.

use std::{path::Path, process::ExitCode};

use super::output::println;
use local_azure::{seed::Seed, world::World};

use super::{called_by::command_line, command_error::CommandError, project::Project, seed_file};

pub(super) fn token(identity: &str, resource: &str, seed: Option<&Path>, json: bool) -> Result<ExitCode, CommandError> {
    let file = seed_file::find(seed, Project::find().ok().as_ref()).ok_or_else(|| {
        let example = command_line("seed");
        format!("no seed says which identities exist: name one with --seed FILE (`{example}` prints one to start from)")
    })?;
    let world = World::new(Seed::read(&file)?)?;
    match (world.claims(identity, resource), json) {
        (Ok(claims), false) => println!("{}", serde_json::to_string_pretty(&claims)?),
        (Ok(claims), true) => println!("{}", serde_json::json!({ "claims": claims })),
        (Err(refused), false) => return Err(refused.into()),
        (Err(refused), true) => {
            println!("{}", serde_json::json!({ "refused": refused.to_string() }));
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
