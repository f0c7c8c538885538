//! `token`: the claims of the token that an identity would get.

use std::{path::Path, process::ExitCode};

use anstream::println;
use local_azure::{seed::Seed, world::World};

use super::{CommandError, Project};

pub(super) fn token(identity: &str, resource: &str, seed: Option<&Path>) -> Result<ExitCode, CommandError> {
    let seed = match seed {
        Some(file) => Seed::read(file)?,
        None => Seed::read(&Project::find()?.seed_file())?,
    };
    let world = World::new(seed)?;
    let claims = world.claims(identity, resource)?;
    println!("{}", serde_json::to_string_pretty(&claims)?);
    Ok(ExitCode::SUCCESS)
}
