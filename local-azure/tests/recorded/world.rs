//! local-azure with an identity that has all rights to blobs, and one that has all rights to secrets.

use std::path::Path;

use local_azure::{
    LocalAzure,
    seed::{RoleAssignment, Scope, Seed},
};
use reqwest::{Certificate, Client, Proxy};

pub(crate) const BLOBS: &str = "stkeyless.blob.core.windows.net";
pub(crate) const VAULT: &str = "kv-keyless.vault.azure.net";

pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) blob_token: String,
    pub(crate) vault_token: String,
    _azure: LocalAzure,
}

impl World {
    pub(crate) async fn start() -> Self {
        let mut seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
        let writer = seed.role_assignments.iter().find(|one| one.scope.storage.is_some()).unwrap();
        let (writer, scope) = (writer.identity.clone(), Scope { container: None, ..writer.scope.clone() });
        let reader = seed.role_assignments.iter().find(|one| one.scope.vault.is_some()).unwrap().clone();
        seed.role_assignments = vec![
            RoleAssignment { identity: writer.clone(), role: "Storage Blob Data Owner".to_owned(), scope },
            RoleAssignment { role: "Key Vault Secrets Officer".to_owned(), ..reader.clone() },
        ];
        let azure = LocalAzure::start(seed).await.unwrap();
        let environment = azure.environment();
        let variable = |name: &str| environment.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let ca = Certificate::from_pem(&std::fs::read(variable("SSL_CERT_FILE")).unwrap()).unwrap();
        let client =
            Client::builder().proxy(Proxy::all(variable("HTTPS_PROXY")).unwrap()).tls_certs_only([ca]).build().unwrap();
        Self {
            client,
            blob_token: azure.world().token(&writer, "https://storage.azure.com/").unwrap(),
            vault_token: azure.world().token(&reader.identity, "https://vault.azure.net").unwrap(),
            _azure: azure,
        }
    }
}
