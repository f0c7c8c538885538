//! `token`: the claims of the token that an identity would get.

use std::{path::Path, process::ExitCode};

use anstream::println;
use local_azure::world::World;

use super::{CommandError, Project, seed_file};

pub(super) fn token(identity: &str, resource: &str, seed: Option<&Path>) -> Result<ExitCode, CommandError> {
    let world = World::new(seed_file::load(seed, Project::find().ok().as_ref())?)?;
    let claims = world.claims(identity, resource)?;
    println!("{}", serde_json::to_string_pretty(&claims)?);
    Ok(ExitCode::SUCCESS)
}
