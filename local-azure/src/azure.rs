//! One run of local-azure: every service of the seed, reachable, until dropped.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use tempfile::TempDir;

use crate::{
    control,
    dashboard::{self, Dashboard},
    edge::Edge,
    gateway::PolicyFinding,
    identity_endpoint::{self, IdentityEndpoint},
    issuer,
    journal::{Journal, Service, observe},
    own_folder::{FolderUse, OwnFolder},
    private_files,
    running::{self, Running},
    seed::{Seed, VaultFault},
    services::services,
    start_error::StartError,
    world::World,
};

/// The variables that name a CA file to programs: OpenSSL and Go, this project's app, Python's requests, Node, curl,
/// pip.
const CA_FILE_NAMES: [&str; 6] =
    ["SSL_CERT_FILE", "EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "PIP_CERT"];

/// A running Azure with the services of the seed. Everything ends when this value is dropped.
pub struct LocalAzure {
    world: Arc<World>,
    edge: Edge,
    dashboard: Dashboard,
    dashboard_file: PathBuf,
    identity_endpoint: IdentityEndpoint,
    ca_file: PathBuf,
    /// The token of the seed's workload issuer.
    workload_token_file: Option<PathBuf>,
    certificate_files: BTreeMap<String, PathBuf>,
    policy_findings: Vec<PolicyFinding>,
    /// Locks are dropped before the folder that may hold them.
    _run_lock: OwnFolder,
    _data_lock: OwnFolder,
    /// Holds these files and, without a data folder, the blobs.
    _scratch: TempDir,
}

impl LocalAzure {
    /// Starts every service of the seed on loopback, with new keys.
    ///
    /// Blobs are in a temporary folder, which is deleted with this value.
    ///
    /// # Errors
    /// [`StartError`] names the problem to fix.
    pub async fn start(seed: Seed) -> Result<Self, StartError> {
        Self::start_in(seed, None).await
    }

    /// Like [`Self::start`], with blobs in `data` if given. That folder must be new, empty, or made by an earlier run.
    /// It is locked until this value is dropped.
    ///
    /// # Errors
    /// [`StartError`] names the problem to fix.
    pub async fn start_in(seed: Seed, data: Option<&Path>) -> Result<Self, StartError> {
        running::sweep();
        let scratch = private_files::temporary_folder()
            .map_err(|source| StartError::Prepare { path: std::env::temp_dir(), source })?;
        let run = OwnFolder::claim(scratch.path(), FolderUse::Run)?;
        let data = data.map_or_else(|| scratch.path().join("data"), Path::to_owned);
        let lock = OwnFolder::claim(&data, FolderUse::Data)?;
        let world = Arc::new(World::new(seed)?);
        let (services, policy_findings) = services(&world, &data)?;
        world.network.open(services);
        make_second_key(&world);
        cut_off_what_the_seed_says(&world);
        let identity_endpoint = IdentityEndpoint::start(&world).await.map_err(StartError::Listen)?;
        let control = control::routes(world.clone(), identity_endpoint.header.clone());
        let imds =
            observe(identity_endpoint::imds_routes(world.entra.clone()), &world.journal, Service::IdentityEndpoint);
        let listener = Edge::listen().await?;
        let dashboard = Dashboard::new(world.clone(), listener.address()).map_err(|_| StartError::NoRandomNumbers)?;
        let own = dashboard::router(&dashboard, control);
        let edge = listener.serve(world.network.clone(), own, imds, asking(&world))?;
        let ca_file = scratch.path().join("ca.pem");
        private_files::write(&ca_file, edge.ca_pem())
            .map_err(|source| StartError::Prepare { path: ca_file.clone(), source })?;
        let dashboard_file = write_dashboard_file(&dashboard, scratch.path())?;
        let workload_token_file = write_workload_token(&world, scratch.path())?;
        let certificate_files = write_certificates(&world, &scratch.path().join("certificates"))?;
        let running = Running::new(edge.proxy_url(), identity_endpoint.header.reveal().to_owned());
        running
            .write(scratch.path())
            .map_err(|source| StartError::Prepare { path: scratch.path().to_owned(), source })?;
        Ok(Self {
            world,
            edge,
            dashboard,
            dashboard_file,
            identity_endpoint,
            ca_file,
            workload_token_file,
            certificate_files,
            policy_findings,
            _run_lock: run,
            _data_lock: lock,
            _scratch: scratch,
        })
    }

    /// Every request and the decision of its service.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.world.journal
    }

    /// The page that shows this run.
    #[must_use]
    pub fn dashboard(&self) -> &Dashboard {
        &self.dashboard
    }

    /// A file that leads a browser to the dashboard. Only this user can read the file; other users could read the
    /// address itself in a browser's command line.
    #[must_use]
    pub fn dashboard_file(&self) -> &Path {
        &self.dashboard_file
    }

    /// The resources of this run and their keys.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The variables that a process needs to use this Azure instead of the real one, with managed identities.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let identity = [
            ("IDENTITY_ENDPOINT", self.identity_endpoint.url.clone()),
            ("IDENTITY_HEADER", self.identity_endpoint.header.reveal().to_owned()),
        ];
        identity.map(|(name, value)| (name.to_owned(), value)).into_iter().chain(self.network_environment()).collect()
    }

    /// The variables for a process that gets its tokens like a pod with workload identity; `None` when the seed has no
    /// workload issuer.
    ///
    /// They name no identity endpoint: if both are set, some client libraries (.NET's) use the token file for every
    /// credential, and others use the endpoint.
    #[must_use]
    pub fn workload_environment(&self) -> Option<Vec<(String, String)>> {
        let workload = self.workload_variables();
        (!workload.is_empty()).then(|| workload.into_iter().chain(self.network_environment()).collect())
    }

    /// The variables through which a process reaches the hosts of the seed.
    fn network_environment(&self) -> Vec<(String, String)> {
        let ca_file = self.ca_file.display().to_string();
        let mut environment = [
            ("HTTPS_PROXY", self.edge.proxy_url()),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
            // Node's own fetch uses the proxy only if this variable is set, from version 24 on.
            ("NODE_USE_ENV_PROXY", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        environment.extend(CA_FILE_NAMES.map(|name| (name.to_owned(), ca_file.clone())));
        environment
    }

    /// The variables for the function app's processes: its app settings, and [`environment`](Self::environment). If a
    /// setting such as `KEYVAULT__credential` is `workloadidentity`, the variables of a workload are among them.
    #[must_use]
    pub fn app_environment(&self) -> Vec<(String, String)> {
        let settings = &self.world.seed.function_app.settings;
        let is_asked = |(name, value): (&String, &String)| {
            name.ends_with("__credential") && value.eq_ignore_ascii_case("workloadidentity")
        };
        let workload = if settings.iter().any(is_asked) { self.workload_variables() } else { Vec::new() };
        settings.clone().into_iter().chain(self.environment()).chain(workload).collect()
    }

    /// The files of API Management's certificates that were made for this run, with their private keys, by identifier.
    #[must_use]
    pub fn certificate_files(&self) -> &BTreeMap<String, PathBuf> {
        &self.certificate_files
    }

    /// The problems of policy documents. Calls in the scope of a refused document are answered 500.
    #[must_use]
    pub fn policy_findings(&self) -> &[PolicyFinding] {
        &self.policy_findings
    }

    /// The token endpoint of virtual machines (IMDS): the value of `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    ///
    /// [`LocalAzure::environment`] does not contain it, because a process with `IDENTITY_ENDPOINT` never uses it.
    #[must_use]
    pub fn imds_authority(&self) -> &str {
        &self.identity_endpoint.origin
    }

    /// The variables that Kubernetes sets in a pod with workload identity; empty when the seed has no workload issuer.
    fn workload_variables(&self) -> Vec<(String, String)> {
        let seed = &self.world.seed;
        let (Some(workload), Some(file)) = (&seed.workload_identity, &self.workload_token_file) else {
            return Vec::new();
        };
        let client = self.world.directory().principals().iter().find(|one| one.name == workload.client);
        let client_id = client.map(|client| client.app_id.to_string());
        let mut variables = vec![
            ("AZURE_FEDERATED_TOKEN_FILE".to_owned(), file.display().to_string()),
            ("AZURE_AUTHORITY_HOST".to_owned(), format!("{}/", issuer::AUTHORITY)),
            ("AZURE_TENANT_ID".to_owned(), seed.tenant.id.to_string()),
        ];
        variables.extend(client_id.map(|id| ("AZURE_CLIENT_ID".to_owned(), id)));
        variables
    }
}

/// Makes the tenant's second key while the rest starts, so that the first reader of the key set does not wait for it.
fn make_second_key(world: &Arc<World>) {
    let world = world.clone();
    // A failure appears again when the key set is read.
    std::thread::spawn(move || drop(world.entra.signing_keys.add_second()));
}

fn write_dashboard_file(dashboard: &Dashboard, folder: &Path) -> Result<PathBuf, StartError> {
    let file = folder.join("dashboard.html");
    let page = format!("<!doctype html><meta http-equiv=\"refresh\" content=\"0; url={}\">\n", dashboard.url());
    private_files::write(&file, page).map_err(|source| StartError::Prepare { path: file.clone(), source })?;
    Ok(file)
}

/// Writes the token of the seed's workload issuer, if there is one. Like the folder, the file is readable by this user
/// alone.
fn write_workload_token(world: &World, folder: &Path) -> Result<Option<PathBuf>, StartError> {
    let Some(workload) = &world.entra.workload else { return Ok(None) };
    let file = folder.join("azure-identity-token");
    let token = workload.token(Timestamp::now())?;
    private_files::write(&file, token).map_err(|source| StartError::Prepare { path: file.clone(), source })?;
    Ok(Some(file))
}

/// Writes the certificates of this run with their keys. Like the folder above them, only this user can read them.
fn write_certificates(world: &World, folder: &Path) -> Result<BTreeMap<String, PathBuf>, StartError> {
    let prepare = |path: &Path, source| StartError::Prepare { path: path.to_owned(), source };
    let mut files = BTreeMap::new();
    if !world.api_management.certificates.is_empty() {
        private_files::create_folder(folder).map_err(|source| prepare(folder, source))?;
    }
    for (id, certificate) in &world.api_management.certificates {
        let file = folder.join(format!("{id}.pem"));
        private_files::write(&file, certificate.pem()).map_err(|source| prepare(&file, source))?;
        files.insert(id.clone(), file);
    }
    Ok(files)
}

/// Returns the hosts that ask clients for a certificate.
fn asking(world: &World) -> std::collections::BTreeSet<String> {
    let apim = &world.seed.apim;
    let host = format!("{}.azure-api.net", apim.name).to_ascii_lowercase();
    apim.negotiate_client_certificate.then_some(host).into_iter().collect()
}

fn cut_off_what_the_seed_says(world: &World) {
    let unreachable = world.seed.vaults.iter().filter(|vault| vault.fault == Some(VaultFault::Unreachable));
    for vault in unreachable.filter_map(|vault| world.vaults().get(&vault.name)) {
        world.network.cut_off(&vault.host());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::{Body, to_bytes};
    use http::Request;

    use super::*;
    use crate::default_world::{bearer, seed};

    #[tokio::test]
    async fn nothing_is_left_of_a_world_that_is_dropped() {
        let azure = LocalAzure::start(seed()).await.unwrap();
        let world = azure.world();
        let bearer = bearer(world, "id-keyless-caller", "api://orders");
        let request = Request::get("https://apim-keyless.azure-api.net/orders").header("authorization", bearer);
        let answer = world.network.send(request.body(Body::empty()).unwrap()).await.unwrap();
        to_bytes(answer.into_body(), usize::MAX).await.unwrap();

        let left_world = Arc::downgrade(world);
        let (entra, gateway) = (Arc::downgrade(&world.entra), Arc::downgrade(&world.api_management));
        let (vault, models) = (Arc::downgrade(&world.key_vault), Arc::downgrade(&world.models));
        drop(azure);
        let is_left = || {
            let holders = [
                left_world.strong_count(),
                entra.strong_count(),
                gateway.strong_count(),
                vault.strong_count(),
                models.strong_count(),
            ];
            holders.iter().any(|&holders| holders > 0)
        };
        // The aborted tasks end when they are polled next, and a thread may still make the tenant's second key.
        let gone = async {
            while is_left() {
                tokio::task::yield_now().await
            }
        };
        tokio::time::timeout(Duration::from_secs(60), gone).await.unwrap();
    }
}
