//! `token`: the claims of the token that an identity would get.

use std::{path::Path, process::ExitCode};

use anstream::println;
use jiff::Timestamp;
use local_azure::{issuer, seed::Seed, world::World};

use super::{CommandError, Project};

pub(super) fn token(identity: &str, resource: &str, seed: Option<&Path>) -> Result<ExitCode, CommandError> {
    let seed = match seed {
        Some(file) => Seed::read(file)?,
        None => Seed::read(&Project::find()?.seed_file())?,
    };
    let world = World::new(seed)?;
    let Some(identity) = world.seed.identity(identity) else {
        let known: Vec<_> = world.seed.identities.iter().map(|identity| identity.name.as_str()).collect();
        return Err(format!("the seed has no identity \"{identity}\"; it has {}", known.join(", ")).into());
    };
    let claims = issuer::claims(&world, identity, resource, Timestamp::now())?;
    println!("{}", serde_json::to_string_pretty(&claims)?);
    Ok(ExitCode::SUCCESS)
}
