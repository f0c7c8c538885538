//! Subscription keys: checked before any policy runs
//! (learn.microsoft.com/azure/api-management/api-management-subscriptions).

use http::{HeaderValue, header, request::Parts};

use crate::{
    gateway::ApiManagement,
    seed::{Api, ApimSubscription, Product, Seed, SubscriptionState},
};

/// Why a request may go on to the policies.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access<'w> {
    /// Its key belongs to this subscription, and when that is for a product, its policies apply.
    Subscription { name: &'w str, product: Option<&'w str> },
    /// The API is in a product that needs no key.
    OpenProduct(&'w str),
    /// The API needs no key.
    Keyless,
}

impl Access<'_> {
    /// The product whose policies apply.
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

/// Decides by the request's key, or the lack of one.
pub(super) fn decide<'w>(world: &'w ApiManagement, api: &Api, request: &Parts) -> Result<Access<'w>, KeyRefusal> {
    let seed = &world.seed;
    let key = key(world, api, request);
    let owner = key.as_deref().and_then(|key| owner(world, key));
    if let Some(subscription) = owner
        && covers(seed, subscription, api)
    {
        return Ok(Access::Subscription { name: &subscription.name, product: subscription.scope.product.as_deref() });
    }
    // The documentation contradicts itself on a working key for something else where the API asks for a key and is in
    // an open product too; the reading that refuses is taken.
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

/// The key as sent: in the API's header, or when that is absent in its query parameter, or, where the API says so, as a
/// bearer. An empty one counts as absent. Two of them are one value with a comma: no subscription has such a key.
pub(super) fn key(world: &ApiManagement, api: &Api, request: &Parts) -> Option<Vec<u8>> {
    plain_key(api, request).or_else(|| bearer_key(world, api, request))
}

/// A bearer that is the key of some subscription. Which credential wins is not documented: header and query come first,
/// and what is no key may be a token, which policies look at.
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

/// The active subscription that a key belongs to.
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

/// The `WWW-Authenticate` header of both refusals, as live gateways send it.
pub(super) fn challenge(
    service: &str,
    path: &str,
    header: &str,
) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    HeaderValue::try_from(format!(
        "AzureApiManagementKey realm=\"https://{service}.azure-api.net/{path}\",name=\"{header}\",type=\"header\""
    ))
}
