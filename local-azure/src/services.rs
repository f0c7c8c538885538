//! The services of the seed under their host names. Each is wrapped by its faults, and observed by the journal.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use axum::Router;

use crate::{
    blob,
    fault::inject,
    gateway::{self, PolicyFinding},
    graph, issuer,
    journal::{Service, observe},
    management,
    seed::FaultService,
    start_error::StartError,
    vault,
    world::World,
};

/// Builds every service, and lists the problems of policy documents.
pub(crate) fn services(
    world: &Arc<World>,
    data: &Path,
) -> Result<(BTreeMap<String, Router>, Vec<PolicyFinding>), StartError> {
    let mut findings = Vec::new();
    let observed = |routes, service, faulty| {
        observe(inject(routes, &world.faults, faulty, Arc::downgrade(world)), &world.journal, service)
    };
    let mut services = BTreeMap::from([
        (
            "login.microsoftonline.com".to_owned(),
            observed(issuer::routes(world.entra.clone()), Service::Entra, FaultService::Entra),
        ),
        (
            "graph.microsoft.com".to_owned(),
            observe(graph::routes(world.entra.clone()), &world.journal, Service::MicrosoftGraph),
        ),
        (
            "management.azure.com".to_owned(),
            observe(management::routes(world.entra.clone()), &world.journal, Service::ResourceManager),
        ),
    ]);
    if world.seed.has_api_management() {
        let (gateway, found) = gateway::routes(world.api_management.clone())?;
        findings = found;
        let host = format!("{}.azure-api.net", world.seed.apim.name);
        services.insert(host, observed(gateway, Service::ApiManagement, FaultService::ApiManagement));
    }
    for vault in world.vaults().all() {
        let routes = vault::routes(world.key_vault.clone(), vault.clone());
        services.insert(vault.host(), observed(routes, Service::KeyVault, FaultService::KeyVault));
    }
    for (host, routes) in world.models.hosts() {
        services.insert(host, observed(routes, Service::ModelAccount, FaultService::ModelAccount));
    }
    for (host, routes) in world.monitor.hosts() {
        services.insert(host, observed(routes, Service::AzureMonitor, FaultService::AzureMonitor));
    }
    let mut accounts = Vec::new();
    for account in &world.seed.storage_accounts {
        let folder = data.join(&account.name);
        let open = blob::open(world.entra.clone(), account, &folder)
            .map_err(|source| StartError::Prepare { path: folder, source })?;
        accounts.push(open.clone());
        let routes = observed(blob::routes(open), Service::BlobStorage, FaultService::BlobStorage);
        services.insert(format!("{}.blob.core.windows.net", account.name), routes);
        let data_lake = blob::data_lake_routes(world.entra.clone(), &account.name);
        let data_lake = observed(data_lake, Service::BlobStorage, FaultService::BlobStorage);
        services.insert(format!("{}.dfs.core.windows.net", account.name), data_lake);
    }
    // Set once: no other code opens the accounts.
    let _ = world.accounts.set(blob::Accounts::new(accounts));
    Ok((services, findings))
}
