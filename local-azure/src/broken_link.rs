//! A spoilt link of the chain, as a change of the seed, or as a fault if there is one for the link.
//!
//! Each is a mistake that people make, or an attack that must not work. No service has a special case for it:
//! the service that refuses is the same as in Azure.

use axum::body::Body;
use http::{Request, header};

pub use crate::seed::Link;
use crate::{
    seed::{
        ApimSubscription, AppRegistration, Fault, FaultKind, FaultService, ModelAccount, Product, Seed, TokenVersion,
    },
    world::{TokenRefused, World},
};

impl Link {
    /// Spoils this link in the seed.
    pub fn spoil(self, seed: &mut Seed) {
        match self {
            Self::AppRole => seed.app_role_assignments.clear(),
            Self::Audience => ask_for_another_api(seed),
            Self::Issuer => {
                for app in &mut seed.app_registrations {
                    app.token_version = TokenVersion::V1;
                }
            }
            Self::Expired => spoil_tokens(seed, FaultKind::Expired),
            Self::Signature => spoil_tokens(seed, FaultKind::Signature),
            Self::SubscriptionKey => {
                for secret in seed.vaults.iter_mut().flat_map(|vault| &mut vault.secrets) {
                    if secret.subscription_key.take().is_some() {
                        secret.generated = true;
                    }
                }
            }
            Self::VaultRole => seed.faults.push(Fault::new(FaultService::KeyVault, FaultKind::RoleRemoved)),
            Self::BlobRole => seed.faults.push(Fault::new(FaultService::BlobStorage, FaultKind::RoleRemoved)),
            Self::Identity => seed.function_app.identities.clear(),
            Self::ModelRole => seed.role_assignments.retain(|assignment| assignment.scope.model_account.is_none()),
            Self::TokenLimit => {
                for (name, value) in &mut seed.apim.named_values {
                    if name.ends_with("tokens-per-minute") {
                        *value = "0".to_owned();
                    }
                }
            }
            // `spoil_running` and `attack` spoil these links in a running world.
            Self::ModelKey | Self::CallerTokenToModel | Self::ModelTokenToApi | Self::ModelDown => {}
        }
    }

    /// Spoils this link in a running local Azure.
    pub fn spoil_running(self, world: &World) {
        if self == Self::ModelDown {
            world
                .seed()
                .model_accounts
                .iter()
                .flat_map(ModelAccount::hosts)
                .for_each(|host| world.network().cut_off(&host));
        }
    }

    /// The request of an attacker with a stolen credential. `None` for a link that is a mistake in the seed. The
    /// journal shows which service refuses the request.
    ///
    /// # Errors
    /// When the seed has no model account, no chat API, or no identity of API Management.
    pub fn attack(self, world: &World) -> Option<Result<Request<Body>, NoTarget>> {
        match self {
            Self::ModelKey => Some(model_key(world)),
            Self::CallerTokenToModel => Some(caller_token_to_model(world)),
            Self::ModelTokenToApi => Some(model_token_to_api(world)),
            _ => None,
        }
    }
}

/// The seed lacks the target of an attack.
#[derive(Debug, thiserror::Error)]
pub enum NoTarget {
    /// The seed has no such account, API or subscription.
    #[error("the seed has no {0}, so there is nothing to attack")]
    Missing(&'static str),
    /// The attacker gets no token.
    #[error(transparent)]
    Token(#[from] TokenRefused),
    /// The request cannot be built.
    #[error("the attack cannot be sent: {0}")]
    Request(#[from] http::Error),
}

const MODEL_AUDIENCE: &str = "https://cognitiveservices.azure.com";

fn model_key(world: &World) -> Result<Request<Body>, NoTarget> {
    let account = account(world)?;
    let [key, _] = world.model_account_keys(&account.name).ok_or(NoTarget::Missing("model account"))?;
    Ok(chat(&format!("{}.openai.azure.com", account.name)).header("api-key", key).body(prompt(account))?)
}

fn caller_token_to_model(world: &World) -> Result<Request<Body>, NoTarget> {
    let account = account(world)?;
    let audience =
        world.seed().function_app.settings.get("OPENAI__audience").ok_or(NoTarget::Missing("OPENAI__audience"))?;
    let holder = |app: &AppRegistration| {
        let assignments = &world.seed().app_role_assignments;
        assignments.iter().find(|one| one.app == app.name).map(|one| one.identity.clone())
    };
    let caller = world.seed().app_registration(audience).and_then(holder).ok_or(NoTarget::Missing("caller"))?;
    let token = world.token(&caller, audience)?;
    let request = chat(&format!("{}.openai.azure.com", account.name));
    Ok(request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(prompt(account))?)
}

fn model_token_to_api(world: &World) -> Result<Request<Body>, NoTarget> {
    let (seed, account) = (world.seed(), account(world)?);
    let identity = seed.apim.identities.first().ok_or(NoTarget::Missing("identity of API Management"))?;
    let token = world.api_management_token(identity, MODEL_AUDIENCE)?;
    let api = seed.apim.apis.iter().find(|api| api.path.ends_with("openai/v1")).ok_or(NoTarget::Missing("chat API"))?;
    let opens = |product: &&Product| product.apis.contains(&api.id);
    let product = seed.apim.products.iter().find(opens).ok_or(NoTarget::Missing("product of the chat API"))?;
    let of_product = |one: &&ApimSubscription| one.scope.product.as_ref() == Some(&product.id);
    let subscription = seed.apim.subscriptions.iter().find(of_product).ok_or(NoTarget::Missing("subscription"))?;
    let keys = world.subscription_keys().of(&subscription.name).ok_or(NoTarget::Missing("subscription"))?;
    let request = chat(&format!("{}.azure-api.net", seed.apim.name)).header(&api.subscription_key_header, keys.primary);
    Ok(request.header(header::AUTHORIZATION, format!("Bearer {token}")).body(prompt(account))?)
}

fn account(world: &World) -> Result<&ModelAccount, NoTarget> {
    world.seed().model_accounts.first().ok_or(NoTarget::Missing("model account"))
}

fn chat(host: &str) -> http::request::Builder {
    Request::post(format!("https://{host}/openai/v1/chat/completions")).header(header::CONTENT_TYPE, "application/json")
}

fn prompt(account: &ModelAccount) -> Body {
    let deployment = account.deployments.first().map(|deployment| deployment.name.as_str()).unwrap_or_default();
    let message = serde_json::json!({ "role": "user", "content": "Whose key is this?" });
    Body::from(serde_json::json!({ "model": deployment, "messages": [message] }).to_string())
}

fn spoil_tokens(seed: &mut Seed, kind: FaultKind) {
    let tokens = Fault::new(FaultService::IdentityEndpoint, kind);
    let faults =
        seed.app_registrations.iter().map(|app| Fault { tokens_for: Some(app.name.clone()), ..tokens.clone() });
    seed.faults.extend(faults);
}

/// Sets `APIM__audience` to the App ID URI of another API.
fn ask_for_another_api(seed: &mut Seed) {
    let Some(audience) = seed.function_app.settings.get_mut("APIM__audience") else { return };
    let other = seed.app_registrations.iter().find(|app| app.app_id_uri != *audience);
    if let Some(other) = other {
        audience.clone_from(&other.app_id_uri);
    }
}
