//! What policies and their expressions can know of a request from the seed.

use apim_policies::{
    Facts,
    expression::{self, Deployment, Product, Subscription},
};
use http::request::Parts;

use super::{Api, Operation, subscription::Access};
use crate::seed::Seed;

/// The members of `context` for a request of this operation; `below` is its path below the API's.
pub(super) fn of(
    seed: &Seed,
    request: &Parts,
    api: &Api,
    operation: &Operation,
    access: &Access<'_>,
    below: &str,
) -> Facts {
    let service = &seed.apim.name;
    let host = format!("{service}.azure-api.net");
    let text = |text: &str| text.to_owned();
    Facts {
        api: expression::Api {
            id: text(&api.seed.id),
            name: text(&api.seed.id),
            path: text(&api.seed.path),
            revision: text("1"),
            is_current_revision: true,
            service_url: expression::Url::parse(&api.backend.url()),
            key_header: text(&api.seed.subscription_key_header),
            key_query: text(&api.seed.subscription_key_query),
            ..expression::Api::default()
        },
        operation: expression::Operation {
            id: text(&operation.seed.id),
            method: text(&operation.seed.method),
            name: text(&operation.seed.id),
            url_template: text(&operation.seed.template),
        },
        product: access.product().map(|id| product(seed, id)),
        subscription: match access {
            Access::Subscription { name, .. } => {
                Some(Subscription { id: text(name), name: text(name), ..Subscription::default() })
            }
            Access::OpenProduct(_) | Access::Keyless => None,
        },
        user: None,
        deployment: Deployment { service_id: text(&host), service_name: text(&host), ..Deployment::default() },
        ip_address: text("127.0.0.1"),
        matched_parameters: operation.template.parameters(below),
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

fn product(seed: &Seed, id: &str) -> Product {
    let subscription_required =
        seed.apim.products.iter().find(|product| product.id == id).is_none_or(|product| product.subscription_required);
    Product { id: id.to_owned(), name: id.to_owned(), published: true, subscription_required, ..Product::default() }
}
