//! Checks the API Management service of a seed.

use super::{Api, IdentityKind, ModelAccount, Seed, VersionScheme, VersionSet, check::unique};

impl Seed {
    pub(super) fn check_apim(&self, problems: &mut Vec<String>) {
        self.check_apim_names(problems);
        self.check_apim_identities(problems);
        self.check_certificates(problems);
        for api in &self.apim.apis {
            self.check_backend(problems, api);
            check_names(problems, api);
            check_operations(problems, api);
            check_responses(problems, api);
            self.check_version(problems, api);
            self.check_open_products(problems, api);
        }
        for set in &self.apim.version_sets {
            check_version_set(problems, set);
        }
        self.check_apim_scopes(problems);
        self.check_credentials(problems);
    }

    /// Checks the number of identities:
    /// learn.microsoft.com/azure/api-management/api-management-howto-use-managed-service-identity.
    fn check_apim_identities(&self, problems: &mut Vec<String>) {
        let mut count = (0, 0);
        for name in &self.apim.identities {
            self.check_identity(problems, "apim.identities", name);
            match self.identity(name).map(|identity| identity.kind) {
                Some(IdentityKind::UserAssigned) => count.0 += 1,
                Some(IdentityKind::SystemAssigned) => count.1 += 1,
                None => {}
            }
            let system_assigned = self.identity(name).is_some_and(|one| one.kind == IdentityKind::SystemAssigned);
            if system_assigned && self.function_app.identities.contains(name) {
                problems.push(format!("apim.identities: \"{name}\" is the function app's own and cannot be shared"));
            }
        }
        if count.0 > 10 || count.1 > 1 {
            problems.push("apim.identities: ten user-assigned and one system-assigned are the most".to_owned());
        }
    }

    fn check_apim_names(&self, problems: &mut Vec<String>) {
        let apim = &self.apim;
        for name in apim.secret_named_values.iter().filter(|name| !apim.named_values.contains_key(*name)) {
            problems.push(format!("apim.secret_named_values: there is no named value \"{name}\""));
        }
        unique(problems, "API", apim.apis.iter().map(|api| api.id.as_str()));
        unique(problems, "version set", apim.version_sets.iter().map(|set| set.id.as_str()));
        unique(problems, "product", apim.products.iter().map(|product| product.id.as_str()));
        unique(problems, "subscription", apim.subscriptions.iter().map(|one| one.name.as_str()));
        let addresses: Vec<_> = apim.apis.iter().map(|api| self.address(api)).collect();
        unique(problems, "API path", addresses.iter().map(String::as_str));
        self.check_paths(problems);
        for api in &apim.apis {
            let what = format!("operation of API \"{}\":", api.id);
            unique(problems, &what, api.operations.iter().map(|operation| operation.id.as_str()));
        }
    }

    /// Checks that only APIs of one version set share a path, as in API Management (its error when an API is put:
    /// "Cannot create API 'x' with the same Path 'p' as API 'y' unless it's a part of the same version set").
    fn check_paths(&self, problems: &mut Vec<String>) {
        for (index, api) in self.apim.apis.iter().enumerate() {
            let shares = |other: &&Api| {
                let in_one_set = api.version_set.is_some() && api.version_set == other.version_set;
                // A shared address is reported already.
                api.path == other.path && !in_one_set && self.address(api) != self.address(other)
            };
            if let Some(other) = self.apim.apis[..index].iter().find(shares) {
                problems.push(format!(
                    "apim.apis: \"{}\" has the path \"{}\" of \"{}\", which only APIs of one version set share",
                    api.id, api.path, other.id
                ));
            }
        }
    }

    /// Returns the parts of a request that select an API: its path, and its version.
    fn address(&self, api: &Api) -> String {
        let path = self.apim.url_path(api);
        let named_elsewhere = self.apim.version_set(api).filter(|set| set.scheme != VersionScheme::Path);
        match (named_elsewhere, &api.version) {
            (Some(set), Some(version)) => format!("{path} version {version} of {}", set.id),
            _ => path,
        }
    }

    fn check_version(&self, problems: &mut Vec<String>, api: &Api) {
        if let Some(id) = &api.version_set
            && self.apim.version_set(api).is_none()
        {
            problems.push(format!("apim.apis: \"{}\" names no version set: \"{id}\"", api.id));
        }
        if let Some(version) = &api.version {
            if api.version_set.is_none() {
                problems.push(format!("apim.apis: \"{}\" has a version and no version_set", api.id));
            }
            if version.is_empty() || version.contains('/') {
                problems.push(format!("apim.apis: the version of \"{}\" is empty or holds a slash", api.id));
            }
        }
    }

    /// An API may belong to one open product at most
    /// (learn.microsoft.com/azure/api-management/api-management-subscriptions).
    fn check_open_products(&self, problems: &mut Vec<String>, api: &Api) {
        let open = self.apim.products.iter().filter(|one| !one.subscription_required && one.apis.contains(&api.id));
        if open.count() > 1 {
            problems.push(format!("apim.products: \"{}\" is in several open products; one is allowed", api.id));
        }
    }

    fn check_backend(&self, problems: &mut Vec<String>, api: &Api) {
        if api.backend.sample.is_some() == api.backend.url.is_some() {
            problems.push(format!("apim.apis: backend of \"{}\" needs either sample or url", api.id));
        }
        if let Some(url) = &api.backend.url
            && !is_loopback(url)
            && !(url.scheme() == "https" && self.has_host(url.host_str().unwrap_or_default()))
        {
            problems.push(format!(
                "apim.apis: backend of \"{}\" must be a loopback http URL, such as http://127.0.0.1:8080, or the https \
                 URL of a host of the seed",
                api.id
            ));
        }
    }

    /// Reports whether local-azure serves the host.
    fn has_host(&self, host: &str) -> bool {
        let accounts = self.storage_accounts.iter().map(|account| format!("{}.blob.core.windows.net", account.name));
        let vaults = self.vaults.iter().map(|vault| format!("{}.vault.azure.net", vault.name));
        let models = self.model_accounts.iter().flat_map(ModelAccount::hosts);
        let mut hosts = accounts.chain(vaults).chain(models).chain([format!("{}.azure-api.net", self.apim.name)]);
        hosts.any(|known| known.eq_ignore_ascii_case(host))
    }

    fn check_apim_scopes(&self, problems: &mut Vec<String>) {
        let known = |id: &str| self.apim.apis.iter().any(|api| api.id == id);
        for product in &self.apim.products {
            for api in product.apis.iter().filter(|id| !known(id)) {
                problems.push(format!("apim.products: \"{}\" lists no known API: \"{api}\"", product.id));
            }
        }
        for subscription in &self.apim.subscriptions {
            let scope = &subscription.scope;
            if let Some(product) = &scope.product
                && !self.apim.products.iter().any(|one| one.id == *product)
            {
                problems.push(format!("apim.subscriptions: \"{}\" names no product: \"{product}\"", subscription.name));
            }
            if let Some(api) = &scope.api
                && !known(api)
            {
                problems.push(format!("apim.subscriptions: \"{}\" names no API: \"{api}\"", subscription.name));
            }
            if scope.product.is_some() && scope.api.is_some() {
                problems
                    .push(format!("apim.subscriptions: \"{}\" has one scope: a product or an API", subscription.name));
            }
        }
    }
}

/// Refuses names that no request could match.
fn check_names(problems: &mut Vec<String>, api: &Api) {
    if api.path.starts_with('/') || api.path.ends_with('/') {
        problems.push(format!("apim.apis: the path of \"{}\" begins or ends with a slash", api.id));
    }
    if api.subscription_key_header.parse::<http::HeaderName>().is_err() {
        problems.push(format!("apim.apis: subscription_key_header of \"{}\" is not a header name", api.id));
    }
}

/// Checks that no two operations have the same method and URL template. API Management refuses them ("duplicate
/// signature operations", when an API is imported).
fn check_operations(problems: &mut Vec<String>, api: &Api) {
    let signatures: Vec<_> =
        api.operations.iter().map(|one| format!("{} {}", one.method.to_ascii_uppercase(), one.template)).collect();
    unique(problems, &format!("operation of API \"{}\":", api.id), signatures.iter().map(String::as_str));
}

fn check_responses(problems: &mut Vec<String>, api: &Api) {
    for operation in &api.operations {
        for response in &operation.responses {
            let what = format!("apim.apis: the operation \"{}\" of \"{}\" has a response", operation.id, api.id);
            if !(200..600).contains(&response.status) {
                problems.push(format!("{what} with the status {}, which is not one from 200 to 599", response.status));
            }
            if http::HeaderValue::from_str(&response.content_type).is_err() || !response.content_type.contains('/') {
                problems.push(format!("{what} whose content_type \"{}\" is no media type", response.content_type));
            }
        }
    }
}

fn check_version_set(problems: &mut Vec<String>, set: &VersionSet) {
    let id = &set.id;
    match (set.scheme, &set.name) {
        (VersionScheme::Path, Some(_)) => {
            problems.push(format!("apim.version_sets: \"{id}\" names its version in the path, so it has no name"));
        }
        (VersionScheme::Header, Some(name)) if name.parse::<http::HeaderName>().is_err() => {
            problems.push(format!("apim.version_sets: the name of \"{id}\" is not a header name"));
        }
        (VersionScheme::Header | VersionScheme::Query, None) => {
            problems.push(format!("apim.version_sets: \"{id}\" needs the name of its header or query parameter"));
        }
        _ => {}
    }
}

fn is_loopback(url: &url::Url) -> bool {
    let host = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    host && url.scheme() == "http"
}
