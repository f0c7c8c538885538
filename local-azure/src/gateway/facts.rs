//! The facts of the seed that policies and their expressions can read for a request.

use std::sync::Arc;

use apim_policies::{
    Certificate, Facts,
    expression::{self, Deployment, Product, Subscription},
};
use http::request::Parts;

use super::{
    Api, Operation, region,
    subscription::{Access, key},
    trust,
};
use crate::{
    edge::ShownCertificates,
    gateway::ApiManagement,
    seed::{self, Seed},
};

/// Certificates of the service.
#[derive(Clone, Copy)]
pub(super) struct Certificates<'c> {
    pub(super) own: &'c [Arc<Certificate>],
    /// Authorities: other certificates may chain to them.
    pub(super) authorities: &'c [Arc<Certificate>],
}

/// Returns the members of `context` for a request of this operation. `below` is the request's path below the API's
/// path.
pub(super) fn of(
    world: &ApiManagement,
    certificates: Certificates<'_>,
    request: &Parts,
    api: &Api,
    operation: &Operation,
    access: &Access<'_>,
    below: &str,
) -> Facts {
    let seed = &world.seed;
    let service = &seed.apim.name;
    let host = format!("{service}.azure-api.net");
    let text = |text: &str| text.to_owned();
    Facts {
        api: expression::Api {
            id: text(&api.seed.id),
            name: text(&api.seed.id),
            path: text(&api.seed.path),
            revision: text("1"),
            version: api.seed.version.clone(),
            is_current_revision: true,
            service_url: expression::Url::parse(&api.backend.url()),
            key_header: text(&api.seed.subscription_key_header),
            key_query: text(&api.seed.subscription_key_query),
        },
        operation: expression::Operation {
            id: text(&operation.seed.id),
            method: text(&operation.seed.method),
            name: text(&operation.seed.id),
            url_template: text(&operation.seed.template),
        },
        contract: Arc::clone(&operation.contract),
        product: access.product().map(|id| product(seed, id)),
        subscription: match access {
            Access::Subscription { name, .. } => Some(subscription(world, name, &api.seed, request)),
            Access::OpenProduct(_) | Access::Keyless => None,
        },
        user: None,
        deployment: Deployment {
            region: text(region::display_name(&seed.subscription.location)),
            service_id: text(service),
            service_name: text(&host),
            certificates: certificates.own.to_vec(),
            ..Deployment::default()
        },
        client_certificate: request
            .extensions
            .get::<ShownCertificates>()
            .and_then(|shown| trust::client_certificate(shown, certificates.authorities)),
        // The gateway listens on this machine only.
        ip_address: Some(text("127.0.0.1")),
        matched_parameters: operation.template.parameters(below, request.uri.query().unwrap_or_default()),
        original_url: expression::Url {
            scheme: text("https"),
            host,
            port: 443,
            path: text(request.uri.path()),
            query: text(request.uri.query().unwrap_or_default()),
        },
        path: text(below),
    }
}

fn subscription(world: &ApiManagement, name: &str, api: &seed::Api, request: &Parts) -> Subscription {
    let keys = world.subscription_keys.of(name).unwrap_or_default();
    Subscription {
        id: name.to_owned(),
        name: name.to_owned(),
        key: key(world, api, request).map(|key| String::from_utf8_lossy(&key).into_owned()).unwrap_or_default(),
        primary_key: keys.primary,
        secondary_key: keys.secondary,
        ..Subscription::default()
    }
}

fn product(seed: &Seed, id: &str) -> Product {
    let subscription_required =
        seed.apim.products.iter().find(|product| product.id == id).is_none_or(|product| product.subscription_required);
    Product { id: id.to_owned(), name: id.to_owned(), published: true, subscription_required, ..Product::default() }
}
