//! Subscription keys: checked before any policy runs
//! (learn.microsoft.com/azure/api-management/api-management-subscriptions).

use http::{HeaderValue, header, request::Parts};

use crate::{
    gateway::ApiManagement,
    seed::{Api, ApimSubscription, Product, Seed, SubscriptionState},
};

/// Why a request may pass to the policies.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access<'w> {
    /// The key belongs to this subscription. If the subscription is for a product, the product's policies apply.
    Subscription { name: &'w str, product: Option<&'w str> },
    /// The API is in a product that needs no key.
    OpenProduct(&'w str),
    /// The API needs no key.
    Keyless,
}

impl Access<'_> {
    /// Returns the product whose policies apply.
    pub(super) fn product(&self) -> Option<&str> {
        match self {
            Self::Subscription { product, .. } => *product,
            Self::OpenProduct(product) => Some(product),
            Self::Keyless => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyRefusal {
    Missing,
    Invalid,
}

/// Decides about a request by its key, or by the absence of a key.
pub(super) fn decide<'w>(world: &'w ApiManagement, api: &Api, request: &Parts) -> Result<Access<'w>, KeyRefusal> {
    let seed = &world.seed;
    let key = key(world, api, request);
    let owner = key.as_deref().and_then(|key| owner(world, key));
    if let Some(subscription) = owner
        && covers(seed, subscription, api)
    {
        return Ok(Access::Subscription { name: &subscription.name, product: subscription.scope.product.as_deref() });
    }
    // The documentation contradicts itself about one case: a valid key for another scope, and an API that needs a key
    // and is also in an open product. local-azure follows the reading that refuses.
    let elsewhere = owner.is_some() && api.subscription_required;
    if !elsewhere && let Some(product) = open_product(seed, api) {
        return Ok(Access::OpenProduct(&product.id));
    }
    match key {
        _ if !api.subscription_required => Ok(Access::Keyless),
        None => Err(KeyRefusal::Missing),
        Some(_) => Err(KeyRefusal::Invalid),
    }
}

/// Returns the key of a request: from the API's header, else from its query parameter, else, if the API allows it, from
/// a bearer credential. An empty key counts as absent. Two keys become one value with a comma, which is no
/// subscription's key.
pub(super) fn key(world: &ApiManagement, api: &Api, request: &Parts) -> Option<Vec<u8>> {
    plain_key(api, request).or_else(|| bearer_key(world, api, request))
}

/// Returns a bearer credential that is the key of some subscription. Azure does not document which credential wins.
/// Here header and query win. A bearer credential that is no key may be a token for policies.
fn bearer_key(world: &ApiManagement, api: &Api, request: &Parts) -> Option<Vec<u8>> {
    if !api.subscription_key_bearer {
        return None;
    }
    let (scheme, key) = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let key = key.trim().as_bytes();
    (scheme.eq_ignore_ascii_case("bearer") && world.subscription_keys.owner(key).is_some()).then(|| key.to_vec())
}

fn plain_key(api: &Api, request: &Parts) -> Option<Vec<u8>> {
    let lines = request.headers.get_all(&api.subscription_key_header).iter();
    let mut keys: Vec<Vec<u8>> = lines.map(|line| line.as_bytes().to_vec()).collect();
    if keys.is_empty() {
        let query = url::form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes());
        let named = query.filter(|(name, _)| *name == api.subscription_key_query);
        keys.extend(named.map(|(_, value)| value.into_owned().into_bytes()));
    }
    let key = keys.join(&b',');
    (!key.is_empty()).then_some(key)
}

/// Returns the active subscription to which a key belongs.
fn owner<'w>(world: &'w ApiManagement, key: &[u8]) -> Option<&'w ApimSubscription> {
    let name = world.subscription_keys.owner(key)?;
    let owner = world.seed.apim.subscriptions.iter().find(|subscription| subscription.name == name)?;
    (owner.state == SubscriptionState::Active).then_some(owner)
}

fn covers(seed: &Seed, subscription: &ApimSubscription, api: &Api) -> bool {
    match (&subscription.scope.product, &subscription.scope.api) {
        (None, None) => true,
        (Some(product), _) => seed.apim.products.iter().any(|one| one.id == *product && one.apis.contains(&api.id)),
        (None, Some(only)) => *only == api.id,
    }
}

fn open_product<'s>(seed: &'s Seed, api: &Api) -> Option<&'s Product> {
    seed.apim.products.iter().find(|product| !product.subscription_required && product.apis.contains(&api.id))
}

/// Returns the `WWW-Authenticate` header of both refusals, as live gateways send it.
pub(super) fn challenge(
    service: &str,
    path: &str,
    header: &str,
) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    HeaderValue::try_from(format!(
        "AzureApiManagementKey realm=\"https://{service}.azure-api.net/{path}\",name=\"{header}\",type=\"header\""
    ))
}
