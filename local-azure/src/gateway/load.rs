//! Reads the policy folder and joins its documents into one pipeline for each operation and product.
//!
//! A refused document stops only its own scope: calls there are answered 500. A missing file means the default
//! document. A file without a counterpart in the seed is an error: its name is probably wrong, and ignoring it would
//! silently leave an API open.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use apim_policies::{Certificate, Document, Pipeline, Problem, Scope, Service as Resources, State};

use super::{
    Api, Backend, Gateway, Operation, PolicyFinding, contract,
    identity::Identities,
    kept_tokens::Credentials,
    policy_folder,
    refusal::{RefusedDocument, Scoped},
    routing::Template,
    service, subscription,
    tls_backend::TlsBackends,
    version::Version,
};
use crate::{
    fault::{FaultService, inject},
    gateway::ApiManagement,
    journal::{self, Service},
    sample_api,
    seed::{self, Seed},
};

/// Why the gateway does not start: every problem, one per line.
#[derive(Debug, thiserror::Error)]
#[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    problems: Vec<PolicyFinding>,
}

/// Documents by file name relative to the folder, and the problems so far.
struct Loader<'s> {
    seed: &'s Seed,
    folder: PathBuf,
    service: Resources,
    documents: BTreeMap<PathBuf, Result<Document, RefusedDocument>>,
    default_global: Document,
    /// Warnings, and problems that stop only their own scope.
    findings: Vec<PolicyFinding>,
    /// Problems that stop the start.
    problems: Vec<PolicyFinding>,
}

/// Loads the gateway and returns it with the findings in policy documents, or returns all problems that stop the start.
pub(super) fn load(world: Arc<ApiManagement>) -> Result<(Gateway, Vec<PolicyFinding>), LoadError> {
    let seed = &world.seed;
    let folder = seed.path(&seed.apim.policies);
    let (service, troubles) = service::read(seed, &folder, &world.certificates);
    let problems = troubles.into_iter().map(|(path, message)| PolicyFinding::whole_file(path, message)).collect();
    let (documents, findings) = (BTreeMap::new(), Vec::new());
    let default_global = Document::default_global();
    let mut loader = Loader { seed, folder, service, documents, default_global, findings, problems };
    loader.read_documents();
    for message in contract::problems(&seed.apim, &loader.service.schemas) {
        loader.seed_problem(message);
    }
    let global = loader.pipeline(&[policy_folder::global_file()]);
    let mut apis: Vec<_> = seed.apim.apis.iter().filter_map(|api| loader.api(api, &world)).collect();
    // The API with the longest path wins.
    apis.sort_by_key(|api| Reverse(api.path.len()));
    let (mut problems, mut findings) = (loader.problems, loader.findings);
    // Scopes share documents, so several pipelines report the same problems.
    for list in [&mut problems, &mut findings] {
        list.sort();
        list.dedup();
    }
    if !problems.is_empty() {
        problems.extend(findings);
        problems.sort();
        return Err(LoadError { problems });
    }
    let (identities, credentials) = (Identities::default(), Credentials::default());
    let is_authority = |id: &str| seed.apim.certificates.iter().any(|one| one.authority && one.id == id);
    let known: Vec<(String, Arc<Certificate>)> =
        loader.service.certificates.into_iter().map(|(id, one)| (id, Arc::new(one))).collect();
    let authorities: Vec<Arc<Certificate>> =
        known.iter().filter(|(id, _)| is_authority(id)).map(|(_, one)| Arc::clone(one)).collect();
    let certificates = known.into_iter().map(|(_, one)| one).collect();
    let (state, tls_backends) = (State::with_metrics(world.metrics.clone()), TlsBackends::new(&authorities));
    let gateway = Gateway {
        global,
        apis,
        state,
        identities,
        credentials,
        certificates,
        authorities,
        tls_backends,
        world: Arc::clone(&world),
    };
    Ok((gateway, findings))
}

impl Loader<'_> {
    fn read_documents(&mut self) {
        let expected = policy_folder::expected_files(self.seed);
        let mut found = BTreeSet::new();
        if let Err(error) = policy_folder::find_policy_files(&self.folder, Path::new(""), &mut found) {
            self.problem(Path::new(""), format!("the policy folder cannot be read: {error}"));
        }
        for file in &found {
            match expected.get(file) {
                _ if policy_folder::is_fragment(file) => self.check_fragment(file),
                Some(scope) => self.read_document(file, *scope),
                None => self.problem(file, "nothing in the seed has a policy document of this name".to_owned()),
            }
        }
    }

    fn read_document(&mut self, file: &Path, scope: Scope) {
        let path = self.folder.join(file);
        let (document, findings) = match std::fs::read_to_string(&path) {
            Err(error) => (None, vec![PolicyFinding::whole_file(path, format!("cannot be read: {error}"))]),
            Ok(text) => match Document::load(scope, &text, &self.service) {
                Ok(document) => {
                    let document = document.named(&file.display().to_string());
                    let warnings = findings(&path, document.warnings().to_vec());
                    (Some(document), warnings)
                }
                Err(problems) => (None, findings(&path, problems)),
            },
        };
        if let Some(loaded) = document.map(Ok).or_else(|| RefusedDocument::new(&findings).map(Err)) {
            self.documents.insert(file.to_owned(), loaded);
        }
        self.findings.extend(findings);
    }

    fn check_fragment(&mut self, file: &Path) {
        let id = file.file_stem().unwrap_or_default().to_string_lossy();
        let Some(text) = self.service.fragments.get(&*id) else { return };
        let (Ok(problems) | Err(problems)) = Document::check_fragment(text, &self.service);
        self.findings.extend(findings(&self.folder.join(file), problems));
    }

    fn api(&mut self, api: &seed::Api, world: &ApiManagement) -> Option<Api> {
        let scopes = [policy_folder::global_file(), policy_folder::api_file(&api.id)];
        let unmatched = self.pipeline(&scopes);
        let mut operations: Vec<_> =
            api.operations.iter().filter_map(|operation| self.operation(api, operation)).collect();
        operations.sort_by_key(|operation| operation.template.vagueness());
        let backend = self.backend(api, world);
        let path = self.seed.apim.url_path(api);
        let challenge = subscription::challenge(&self.seed.apim.name, &path, &api.subscription_key_header).ok();
        if challenge.is_none() {
            self.seed_problem(format!("the path or the key header of API \"{}\" cannot stand in a header", api.id));
        }
        let (backend, challenge) = (backend?, challenge?);
        let version = Version::from_api(&self.seed.apim, api);
        Some(Api { seed: api.clone(), path, version, operations, unmatched, backend, challenge })
    }

    fn operation(&mut self, api: &seed::Api, operation: &seed::Operation) -> Option<Operation> {
        let narrow = [
            policy_folder::global_file(),
            policy_folder::api_file(&api.id),
            policy_folder::operation_file(&api.id, &operation.id),
        ];
        let plain = self.pipeline(&narrow);
        let mut products = BTreeMap::new();
        for product in self.seed.apim.products.iter().filter(|product| product.apis.contains(&api.id)) {
            let files: Vec<_> = narrow.iter().cloned().chain([policy_folder::product_file(&product.id)]).collect();
            products.insert(product.id.clone(), self.pipeline(&files));
        }
        match Template::parse(&operation.template) {
            Ok(template) => {
                // A fault of the contract is reported once for all operations.
                let contract = contract::read(operation, &self.service.schemas).unwrap_or_default();
                Some(Operation { seed: operation.clone(), template, contract: Arc::new(contract), plain, products })
            }
            Err(reason) => {
                let what = format!("operation \"{}\" of API \"{}\"", operation.id, api.id);
                self.seed_problem(format!("the URL template of the {what} is not understood: {reason}"));
                None
            }
        }
    }

    /// Joins the existing documents among these files. A refused document stops the whole scope.
    fn pipeline(&mut self, files: &[PathBuf]) -> Scoped {
        let mut documents = Vec::new();
        for document in files.iter().filter_map(|file| self.documents.get(file)) {
            documents.push(document.as_ref().map_err(RefusedDocument::clone)?);
        }
        if !self.documents.contains_key(&policy_folder::global_file()) {
            documents.push(&self.default_global);
        }
        match Pipeline::compose(&documents) {
            Ok(pipeline) => Ok(pipeline),
            Err(problems) => {
                let path = |scope| {
                    let file = files.iter().find(|file| policy_folder::scope_of(file) == scope);
                    file.map_or_else(|| self.folder.clone(), |file| self.folder.join(file))
                };
                let found = problems.into_iter().map(|(scope, problem)| PolicyFinding::new(path(scope), problem));
                let found: Vec<_> = found.collect();
                self.findings.extend(found.iter().cloned());
                Err(RefusedDocument::new(&found).unwrap_or_default())
            }
        }
    }

    fn backend(&mut self, api: &seed::Api, world: &ApiManagement) -> Option<Backend> {
        if let Some(url) = &api.backend.url {
            return Some(Backend::Url(url.clone()));
        }
        let folder = self.seed.path(api.backend.sample.as_deref().unwrap_or(Path::new("")));
        match sample_api::routes(&folder) {
            Ok(routes) => {
                let routes = inject(routes, &world.faults, FaultService::Backend, Weak::new());
                Some(Backend::Sample(journal::observe(routes, &world.journal, Service::Backend)))
            }
            Err(error) => {
                self.problems.push(PolicyFinding::whole_file(error.path().to_owned(), error.to_string()));
                None
            }
        }
    }

    fn seed_problem(&mut self, message: String) {
        self.problems.push(PolicyFinding::whole_file(PathBuf::from("apim.apis"), message));
    }

    fn problem(&mut self, file: &Path, message: String) {
        self.problems.push(PolicyFinding::whole_file(self.folder.join(file), message));
    }
}

fn findings(path: &Path, problems: Vec<Problem>) -> Vec<PolicyFinding> {
    problems.into_iter().map(|problem| PolicyFinding::new(path.to_owned(), problem)).collect()
}
