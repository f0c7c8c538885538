//! Reads the policy folder and joins its documents into one pipeline for each operation and product.
//!
//! A missing file means the default document. A file that belongs to nothing in the seed is a mistake, most likely in
//! its name, and would otherwise leave an API open without a word.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use apim_policies::{Document, OperationResponse, Pipeline, Position, Problem, Scope, Service as Resources, State};

use super::{
    Api, Backend, Gateway, Operation, credentials::Credentials, identity::Identities, policy_folder, routing::Template,
    service, subscription, version::Version,
};
use crate::{
    gateway::ApiManagement,
    journal::{self, Journal, Service},
    sample_api,
    seed::{self, Seed},
};

/// Why the gateway does not start: every problem, one line each, as `path:line:column: message`.
#[derive(Debug, thiserror::Error)]
#[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError {
    problems: Vec<LoadProblem>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LoadProblem {
    /// The file, or the part of the seed.
    path: PathBuf,
    position: Option<Position>,
    message: String,
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(Position { line, column }) = self.position {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

/// Documents by file name relative to the folder, and what is wrong so far.
struct Loader<'s> {
    seed: &'s Seed,
    folder: PathBuf,
    service: Resources,
    documents: BTreeMap<PathBuf, Document>,
    default_global: Document,
    problems: Vec<LoadProblem>,
}

/// Loads everything the gateway needs, or says all that is wrong.
pub(super) fn load(world: Arc<ApiManagement>) -> Result<Gateway, LoadError> {
    let seed = &world.seed;
    let folder = seed.path(&seed.apim.policies);
    let (service, troubles) = service::read(seed, &folder, &world.certificates);
    let mut loader = Loader {
        seed,
        folder,
        service,
        documents: BTreeMap::new(),
        default_global: Document::default_global(),
        problems: troubles.into_iter().map(|(path, message)| LoadProblem { path, position: None, message }).collect(),
    };
    loader.read_documents();
    let global = loader.pipeline(&[policy_folder::global_file()]);
    let mut apis: Vec<_> = seed.apim.apis.iter().filter_map(|api| loader.api(api, &world.journal)).collect();
    // The longest path decides.
    apis.sort_by_key(|api| Reverse(api.path.len()));
    let mut problems = loader.problems;
    // Scopes share documents, so pipelines repeat what is wrong with them.
    problems.sort();
    problems.dedup();
    match global {
        Some(global) if problems.is_empty() => {
            let (identities, credentials) = (Identities::default(), Credentials::default());
            let certificates = loader.service.certificates.into_values().map(Arc::new).collect();
            Ok(Gateway { global, apis, state: State::default(), identities, credentials, certificates, world })
        }
        _ => Err(LoadError { problems }),
    }
}

impl Loader<'_> {
    fn read_documents(&mut self) {
        let expected = policy_folder::expected_files(self.seed);
        let mut found = BTreeSet::new();
        if let Err(error) = policy_folder::find_policy_files(&self.folder, Path::new(""), &mut found) {
            self.problem(Path::new(""), None, format!("the policy folder cannot be read: {error}"));
        }
        for file in &found {
            match expected.get(file) {
                _ if policy_folder::is_fragment(file) => self.check_fragment(file),
                Some(scope) => self.read_document(file, *scope),
                None => self.problem(file, None, "nothing in the seed has a policy document of this name".to_owned()),
            }
        }
    }

    fn read_document(&mut self, file: &Path, scope: Scope) {
        let text = match std::fs::read_to_string(self.folder.join(file)) {
            Ok(text) => text,
            Err(error) => return self.problem(file, None, format!("cannot be read: {error}")),
        };
        match Document::load(scope, &text, &self.service) {
            Ok(document) => {
                self.documents.insert(file.to_owned(), document);
            }
            Err(problems) => {
                for Problem { position, message } in problems {
                    self.problem(file, Some(position), message);
                }
            }
        }
    }

    fn check_fragment(&mut self, file: &Path) {
        let id = file.file_stem().unwrap_or_default().to_string_lossy();
        let Some(text) = self.service.fragments.get(&*id) else { return };
        for Problem { position, message } in Document::check_fragment(text, &self.service).err().unwrap_or_default() {
            self.problem(file, Some(position), message);
        }
    }

    fn api(&mut self, api: &seed::Api, journal: &Journal) -> Option<Api> {
        let scopes = [policy_folder::global_file(), policy_folder::api_file(&api.id)];
        let unmatched = self.pipeline(&scopes);
        let mut operations: Vec<_> =
            api.operations.iter().filter_map(|operation| self.operation(api, operation)).collect();
        operations.sort_by_key(|operation| operation.template.vagueness());
        let backend = self.backend(api, journal);
        let path = self.seed.apim.url_path(api);
        let challenge = subscription::challenge(&self.seed.apim.name, &path, &api.subscription_key_header).ok();
        if challenge.is_none() {
            self.seed_problem(format!("the path or the key header of API \"{}\" cannot stand in a header", api.id));
        }
        let (unmatched, backend, challenge) = (unmatched?, backend?, challenge?);
        let version = Version::of(&self.seed.apim, api);
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
            products.extend(self.pipeline(&files).map(|pipeline| (product.id.clone(), pipeline)));
        }
        match Template::parse(&operation.template) {
            Ok(template) => {
                let responses = operation.responses.iter().map(documented).collect();
                Some(Operation { seed: operation.clone(), template, responses, plain: plain?, products })
            }
            Err(reason) => {
                let what = format!("operation \"{}\" of API \"{}\"", operation.id, api.id);
                self.seed_problem(format!("the URL template of the {what} is not understood: {reason}"));
                None
            }
        }
    }

    /// Joins the documents that exist among these files.
    fn pipeline(&mut self, files: &[PathBuf]) -> Option<Pipeline> {
        let mut documents: Vec<_> = files.iter().filter_map(|file| self.documents.get(file)).collect();
        if !self.documents.contains_key(&policy_folder::global_file()) {
            documents.push(&self.default_global);
        }
        match Pipeline::compose(&documents) {
            Ok(pipeline) => Some(pipeline),
            Err(problems) => {
                for (scope, Problem { position, message }) in problems {
                    let file =
                        files.iter().find(|file| policy_folder::scope_of(file) == scope).cloned().unwrap_or_default();
                    self.problem(&file, Some(position), message);
                }
                None
            }
        }
    }

    fn backend(&mut self, api: &seed::Api, journal: &Journal) -> Option<Backend> {
        if let Some(url) = &api.backend.url {
            return Some(Backend::Loopback(url.clone()));
        }
        let folder = self.seed.path(api.backend.sample.as_deref().unwrap_or(Path::new("")));
        match sample_api::routes(&folder) {
            Ok(routes) => Some(Backend::Sample(journal::observe(routes, journal, Service::Backend))),
            Err(error) => {
                let problem = LoadProblem { path: error.path().to_owned(), position: None, message: error.to_string() };
                self.problems.push(problem);
                None
            }
        }
    }

    fn seed_problem(&mut self, message: String) {
        self.problems.push(LoadProblem { path: PathBuf::from("apim.apis"), position: None, message });
    }

    fn problem(&mut self, file: &Path, position: Option<Position>, message: String) {
        self.problems.push(LoadProblem { path: self.folder.join(file), position, message });
    }
}

fn documented(response: &seed::OperationResponse) -> OperationResponse {
    OperationResponse {
        status: response.status,
        content_type: response.content_type.clone(),
        example: response.example.clone(),
    }
}
