//! Workload identity federation: a client authenticates with a token of an issuer that its app registration trusts.
//!
//! Rules: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>. local-azure can verify tokens
//! of two issuers: this tenant, for managed identities, and the workload issuer of the seed.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    AUTHORITY, assertion::Assertion, client::ClientKind, refusal::EntraRefusal, resource::TOKEN_EXCHANGE,
    resource::TOKEN_EXCHANGE_APP_ID, v1_issuer, v2_issuer,
};
use crate::{
    issuer::Entra,
    seed::{FederatedCredential, IdentityKind},
};

const NO_MATCH: &str = "No matching federated identity record found for presented assertion";
const ADVICE: &str = "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

/// Checks an assertion that another issuer made for the client.
pub(super) fn check(
    entra: &Entra,
    kind: ClientKind<'_>,
    assertion: &Assertion<'_>,
    now: Timestamp,
) -> Result<(), EntraRefusal> {
    let credentials = match kind {
        ClientKind::App(app) => &app.federated_credentials,
        ClientKind::ManagedIdentity(identity) => &identity.federated_credentials,
    };
    let of_tenant = is_of_tenant(entra, assertion)?;
    if credentials.is_empty() {
        let text = format!(
            "The client '{}'({}) has no configured federated identity credentials.",
            kind.client_id(),
            kind.name()
        );
        return Err(EntraRefusal::invalid_client(70_025, text));
    }
    let credential = matching(credentials, assertion)?;
    check_audience(credential, assertion, of_tenant)?;
    let key = if of_tenant {
        assertion.key_id().and_then(|id| entra.signing_keys.decoding_key(id))
    } else {
        match &entra.workload {
            Some(workload) if workload.issuer() == assertion.issuer() => Some(workload.decoding_key()),
            _ => {
                let text = format!("local-azure has no keys of the issuer {}", assertion.issuer());
                return Err(EntraRefusal::not_understood(text));
            }
        }
    };
    if !key.is_some_and(|key| assertion.verify_with_key(&key)) {
        let text =
            "Client assertion failed signature validation. Reason - The key was not found or the signature is wrong.";
        return Err(EntraRefusal::invalid_client(700_027, text));
    }
    assertion.check_lifetime(now)
}

/// Reports whether this tenant issued the assertion. Then it must be a version 2 token of a user-assigned identity.
fn is_of_tenant(entra: &Entra, assertion: &Assertion<'_>) -> Result<bool, EntraRefusal> {
    let tenant = entra.seed.tenant.id;
    let issuer = assertion.issuer();
    let foreign = |issuer: &str| {
        let rest = issuer
            .strip_prefix("https://sts.windows.net/")
            .or_else(|| issuer.strip_prefix(AUTHORITY)?.strip_prefix('/'));
        rest.and_then(|rest| rest.split('/').next()?.parse::<Uuid>().ok()).is_some_and(|other| other != tenant)
    };
    if foreign(issuer) {
        let text = format!("Forbidden token issuer. The issuer '{issuer}' is another tenant.");
        return Err(EntraRefusal::invalid_client(700_236, text));
    }
    if issuer == v1_issuer(tenant) {
        let text = format!("Forbidden token audience. The audience of the assertion was '{}'.", assertion.audience());
        return Err(EntraRefusal::invalid_client(700_227, text));
    }
    if issuer != v2_issuer(tenant) {
        return Ok(false);
    }
    let identity = assertion.subject().parse().ok().and_then(|subject| entra.seed.principal(subject));
    let user_assigned = identity.is_some_and(|identity| identity.kind == IdentityKind::UserAssigned);
    if assertion.is_of_managed_identity() && user_assigned {
        Ok(true)
    } else {
        let text = "Only MSI tokens may be used as Federated Identity Credentials for AAD issuer.";
        Err(EntraRefusal::invalid_client(700_226, text))
    }
}

/// Returns the credential with the assertion's issuer and subject. The comparison is exact, including letter case.
fn matching<'c>(
    credentials: &'c [FederatedCredential],
    assertion: &Assertion<'_>,
) -> Result<&'c FederatedCredential, EntraRefusal> {
    let trusted: Vec<_> = credentials.iter().filter(|one| one.issuer == assertion.issuer()).collect();
    if trusted.is_empty() {
        let text = format!("{NO_MATCH} issuer '{}'. {ADVICE}", assertion.issuer());
        return Err(EntraRefusal::invalid_client(700_211, text));
    }
    let subject = assertion.subject();
    if let Some(found) = trusted.iter().find(|one| one.subject == subject) {
        return Ok(found);
    }
    if trusted.iter().any(|one| one.subject.to_lowercase() == subject.to_lowercase()) {
        let text = format!(
            "{NO_MATCH} subject '{subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. {ADVICE}"
        );
        return Err(EntraRefusal::invalid_client(7_002_138, text));
    }
    Err(EntraRefusal::invalid_client(700_213, format!("{NO_MATCH} subject '{subject}'. {ADVICE}")))
}

/// Checks the audience. A managed identity's token has the ID of the exchange as audience, but the credential must name
/// its URI.
fn check_audience(
    credential: &FederatedCredential,
    assertion: &Assertion<'_>,
    of_tenant: bool,
) -> Result<(), EntraRefusal> {
    if of_tenant && credential.audience != TOKEN_EXCHANGE {
        let text = format!("{NO_MATCH}: the audience of the credential must be {TOKEN_EXCHANGE}.");
        return Err(EntraRefusal::invalid_client(700_214, text));
    }
    let exchange = TOKEN_EXCHANGE_APP_ID.to_string();
    let expected = if of_tenant { exchange.as_str() } else { credential.audience.as_str() };
    if assertion.is_for(expected) {
        return Ok(());
    }
    // Entra has a different code for its own tokens.
    let code = if of_tenant { 7_002_121 } else { 700_212 };
    Err(EntraRefusal::invalid_client(code, format!("{NO_MATCH} audience '{}'. {ADVICE}", assertion.audience())))
}
