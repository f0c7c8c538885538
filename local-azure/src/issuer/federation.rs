//! Workload identity federation: a token of an issuer that the client trusts proves the client.
//!
//! Rules: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>. Two issuers can be verified here:
//! this tenant, for managed identities, and the workload issuer of the seed.

use jiff::Timestamp;

use super::{
    assertion::Assertion, client::ClientKind, refusal::Refusal, resource::TOKEN_EXCHANGE,
    resource::TOKEN_EXCHANGE_APP_ID, v1_issuer, v2_issuer,
};
use crate::{
    issuer::Entra,
    seed::{FederatedCredential, IdentityKind},
};

const NO_MATCH: &str = "No matching federated identity record found for presented assertion";

/// Checks an assertion that another issuer made for the client.
pub(super) fn check(
    entra: &Entra,
    kind: ClientKind<'_>,
    assertion: &Assertion<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let credentials = match kind {
        ClientKind::App(app) => &app.federated_credentials,
        ClientKind::ManagedIdentity(identity) => &identity.federated_credentials,
    };
    let of_tenant = is_of_tenant(entra, assertion)?;
    let credential = matching(credentials, assertion)?;
    check_audience(credential, assertion, of_tenant)?;
    let key = if of_tenant {
        assertion.key_id().and_then(|id| entra.signing_keys.decoding_key(id))
    } else {
        match &entra.workload {
            Some(workload) if workload.issuer() == assertion.issuer() => Some(workload.decoding_key()),
            _ => {
                let text = format!("local-azure has no keys of the issuer {}", assertion.issuer());
                return Err(Refusal::not_understood(text));
            }
        }
    };
    if !key.is_some_and(|key| assertion.verify_with_key(&key)) {
        let text =
            "Client assertion failed signature validation. Reason - The key was not found or the signature is wrong.";
        return Err(Refusal::invalid_client(700_027, text));
    }
    assertion.check_lifetime(now)
}

/// Whether this tenant issued the assertion; then it must be for a user-assigned identity.
fn is_of_tenant(entra: &Entra, assertion: &Assertion<'_>) -> Result<bool, Refusal> {
    let tenant = entra.seed.tenant.id;
    if assertion.issuer() != v2_issuer(tenant) && assertion.issuer() != v1_issuer(tenant) {
        return Ok(false);
    }
    let identity = assertion.subject().parse().ok().and_then(|subject| entra.seed.principal(subject));
    let user_assigned = identity.is_some_and(|identity| identity.kind == IdentityKind::UserAssigned);
    if assertion.is_of_managed_identity() && user_assigned {
        Ok(true)
    } else {
        Err(Refusal::invalid_client(700_222, "AAD-issued tokens may not be used for federated identity flows."))
    }
}

/// The credential with the assertion's issuer and subject; each is compared letter by letter.
fn matching<'c>(
    credentials: &'c [FederatedCredential],
    assertion: &Assertion<'_>,
) -> Result<&'c FederatedCredential, Refusal> {
    if credentials.is_empty() {
        return Err(Refusal::invalid_client(70_021, format!("{NO_MATCH}.")));
    }
    let mut trusted = credentials.iter().filter(|one| one.issuer == assertion.issuer()).peekable();
    if trusted.peek().is_none() {
        return Err(Refusal::invalid_client(700_211, format!("{NO_MATCH} issuer '{}'.", assertion.issuer())));
    }
    trusted
        .find(|one| one.subject == assertion.subject())
        .ok_or_else(|| Refusal::invalid_client(700_213, format!("{NO_MATCH} subject '{}'.", assertion.subject())))
}

/// A managed identity's token shows the ID of the exchange as audience, while the credential must name its URI.
fn check_audience(credential: &FederatedCredential, assertion: &Assertion<'_>, of_tenant: bool) -> Result<(), Refusal> {
    if of_tenant && credential.audience != TOKEN_EXCHANGE {
        let text = format!("{NO_MATCH}: the audience of the credential must be {TOKEN_EXCHANGE}.");
        return Err(Refusal::invalid_client(700_214, text));
    }
    let exchange = TOKEN_EXCHANGE_APP_ID.to_string();
    let expected = if of_tenant { exchange.as_str() } else { credential.audience.as_str() };
    if assertion.is_for(expected) {
        Ok(())
    } else {
        Err(Refusal::invalid_client(700_212, format!("{NO_MATCH} audience '{}'.", assertion.audience())))
    }
}
