//! The default seed, started for unit tests.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

use jiff::Timestamp;

use crate::{
    issuer,
    seed::{Identity, Seed},
    world::World,
};

/// Reads the default seed.
pub(crate) fn seed() -> Seed {
    Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap()
}

/// The default world, made once, because making its keys takes longer than a test.
pub(crate) fn world() -> Arc<World> {
    static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| world_where(|_| {}));
    WORLD.clone()
}

/// The default world after a change to its seed.
pub(crate) fn world_where(change: impl FnOnce(&mut Seed)) -> Arc<World> {
    let mut seed = seed();
    change(&mut seed);
    assert_eq!(seed.check(), Vec::<String>::new());
    Arc::new(World::new(seed).unwrap())
}

/// An identity of the seed.
pub(crate) fn identity<'a>(world: &'a World, name: &str) -> &'a Identity {
    world.seed.identity(name).unwrap()
}

/// Returns the `Authorization` header of an identity for a resource.
pub(crate) fn bearer(world: &World, identity: &str, resource: &str) -> String {
    let token = issuer::issue(&world.entra, self::identity(world, identity), resource, Timestamp::now()).ok().unwrap();
    format!("Bearer {}", token.jwt)
}
