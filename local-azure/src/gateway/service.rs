//! The objects that policy documents refer to by name: named values, backends, credential providers and certificates of
//! the seed, and fragments of the policy folder (`fragments/{id}.xml`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use apim_policies::{Backend, Backends, CircuitBreaker, ManagedIdentityCredentials, PoolMember, Service};
use jiff::SignedDuration;

use super::{
    certificates::{self, GeneratedCertificates},
    contract,
    load_problem::LoadProblem,
    policy_folder,
};
use crate::seed::{self, CredentialProvider, NamedBackend, Seed};

/// Reads the objects that the seed and this policy folder define. Also returns their problems.
pub(super) fn read(seed: &Seed, folder: &Path, generated: &GeneratedCertificates) -> (Service, Vec<LoadProblem>) {
    let mut problems = Vec::new();
    let backends = backends(&seed.apim.backends, &mut problems);
    let fragments = fragments(folder, &mut problems);
    let named_values = seed.apim.named_values.clone();
    let certificates = certificates::read(seed, generated, &mut problems);
    let credential_providers = credential_providers(&seed.apim.credential_providers);
    let service = Service {
        named_values,
        fragments,
        backends,
        credential_providers,
        certificates,
        has_external_cache: seed.apim.external_cache,
        schemas: contract::schemas(seed, &mut problems),
        is_partial: false,
    };
    (service, problems)
}

fn credential_providers(written: &[CredentialProvider]) -> BTreeMap<String, BTreeSet<String>> {
    let connections = |one: &CredentialProvider| one.connections.iter().map(|one| one.id.clone()).collect();
    written.iter().map(|one| (one.id.clone(), connections(one))).collect()
}

fn backends(written: &[NamedBackend], problems: &mut Vec<LoadProblem>) -> Backends {
    let mut backends = Backends::new();
    for backend in written {
        let mut problem = |what: &str| {
            problems.push((PathBuf::from("apim.backends"), format!("the backend \"{}\" {what}", backend.id)));
        };
        if backends.contains_key(&backend.id) {
            problem("is there twice");
        }
        let read = match (&backend.url, backend.pool.is_empty()) {
            (Some(url), true) => {
                if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
                    problem("has a URL that is not http or https");
                }
                if url.query().is_some() {
                    problem("has a URL with a query, which Azure does not take");
                }
                let breaker = backend.circuit_breaker.as_ref().map(breaker);
                let credentials = backend.credentials.as_ref().and_then(|one| one.managed_identity.clone());
                let credentials = credentials.map(|one| ManagedIdentityCredentials {
                    resource: one.resource,
                    client_id: one.client_id.map(|id| id.to_string()),
                });
                Backend::Single { url: url.clone(), breaker, credentials }
            }
            (None, false) => {
                for member in &backend.pool {
                    if !written.iter().any(|other| other.id == member.backend && other.url.is_some()) {
                        problem(&format!("has \"{}\" in its pool, which is no backend with a URL", member.backend));
                    }
                }
                if backend.circuit_breaker.is_some() {
                    problem("is a pool with a circuit breaker, which belongs to the backends in it");
                }
                if backend.credentials.is_some() {
                    problem("is a pool with credentials, which belong to the backends in it");
                }
                Backend::Pool(backend.pool.iter().map(member).collect())
            }
            _ => {
                problem("needs either a url or a pool");
                continue;
            }
        };
        backends.insert(backend.id.clone(), read);
    }
    backends
}

fn breaker(breaker: &seed::CircuitBreaker) -> CircuitBreaker {
    CircuitBreaker {
        failures: breaker.failures.max(1),
        interval: SignedDuration::from_secs(breaker.interval.into()),
        statuses: breaker.statuses.iter().map(|[first, last]| (*first, *last)).collect(),
        trip: SignedDuration::from_secs(breaker.trip.into()),
        accepts_retry_after: breaker.accept_retry_after,
    }
}

fn member(member: &seed::PoolMember) -> PoolMember {
    PoolMember { backend: member.backend.clone(), priority: member.priority, weight: member.weight }
}

/// Returns the texts of the fragments by identifier. The caller reports an unreadable folder.
pub(super) fn fragments(folder: &Path, problems: &mut Vec<LoadProblem>) -> BTreeMap<String, String> {
    let mut files = BTreeSet::new();
    let mut fragments = BTreeMap::new();
    if policy_folder::find_policy_files(folder, Path::new(policy_folder::FRAGMENTS), &mut files).is_err() {
        return fragments;
    }
    for file in files {
        let path = folder.join(&file);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                fragments.insert(id, text);
            }
            Err(error) => problems.push((path, format!("cannot be read: {error}"))),
        }
    }
    fragments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_that_cannot_be_are_refused() {
        let written: Vec<NamedBackend> = toml::from_str::<BTreeMap<String, Vec<NamedBackend>>>(
            r#"
            [[backends]]
            id = "one"
            url = "https://one.test?a=b"
            circuit_breaker = { failures = 3, interval = 60, statuses = [[429, 429], [500, 599]], trip = 30 }
            [[backends]]
            id = "all"
            pool = [{ backend = "one" }, { backend = "two", priority = 2, weight = 3 }, { backend = "all" }]
            [[backends]]
            id = "one"
            url = "file:///etc"
            [[backends]]
            id = "none"
            "#,
        )
        .unwrap()
        .remove("backends")
        .unwrap();
        let mut problems = Vec::new();
        backends(&written, &mut problems);
        let messages: Vec<_> = problems.into_iter().map(|(_, message)| message).collect();
        assert_eq!(
            messages,
            [
                "the backend \"one\" has a URL with a query, which Azure does not take",
                "the backend \"all\" has \"two\" in its pool, which is no backend with a URL",
                "the backend \"all\" has \"all\" in its pool, which is no backend with a URL",
                "the backend \"one\" is there twice",
                "the backend \"one\" has a URL that is not http or https",
                "the backend \"none\" needs either a url or a pool",
            ]
        );
    }
}
