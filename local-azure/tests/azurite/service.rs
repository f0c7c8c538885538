//! local-azure's Blob Storage on its own port, for an identity with all rights.

use std::path::Path;

use local_azure::{
    LocalAzure,
    seed::{Scope, Seed},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// The listening service. It ends when it is dropped.
pub(crate) struct Service {
    pub(crate) origin: String,
    pub(crate) authorization: String,
    task: JoinHandle<()>,
    _azure: LocalAzure,
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
        let azure = LocalAzure::start(seed).await.unwrap();
        let token = azure.world().token(&owner, "https://storage.azure.com").unwrap();
        let authorization = format!("Bearer {token}");
        let routes = azure.world().network().service("stkeyless.blob.core.windows.net").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { origin, authorization, task, _azure: azure }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}
