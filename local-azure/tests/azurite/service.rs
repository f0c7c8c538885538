//! local-azure's Blob Storage on a port of its own, asked by an identity that may do everything.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use local_azure::{
    blob, issuer,
    seed::{Scope, Seed},
    world::World,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// The service, listening; it ends when dropped.
pub(crate) struct Service {
    pub(crate) origin: String,
    pub(crate) authorization: String,
    task: JoinHandle<()>,
    _data: TempDir,
}

/// The default seed's account.
pub(crate) const ACCOUNT: &str = "stkeyless";

impl Service {
    pub(crate) async fn start() -> Self {
        let mut seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
        let assignment = seed.role_assignments.iter_mut().find(|one| one.scope.storage.is_some()).unwrap();
        assignment.role = "Storage Blob Data Owner".to_owned();
        assignment.scope = Scope { container: None, ..assignment.scope.clone() };
        let owner = assignment.identity.clone();
        let world = Arc::new(World::new(seed).unwrap());
        let identity = world.seed.identity(&owner).unwrap();
        let token = issuer::issue(&world, identity, "https://storage.azure.com", Timestamp::now());
        let authorization = format!("Bearer {}", token.ok().unwrap().jwt);
        let data = TempDir::new().unwrap();
        let routes = blob::routes(world.clone(), &world.seed.storage_accounts[0], data.path()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { origin, authorization, task, _data: data }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}
