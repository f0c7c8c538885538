//! The on-behalf-of grant: an API exchanges a user's token for another token of that user.
//!
//! There are no users here, and Entra does not exchange app-only tokens. So every request is refused with Entra's
//! reason: the assertion is wrong, or it is app-only. Protocol:
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow>.

use http::StatusCode;
use jiff::Timestamp;

use super::{assertion::Assertion, client::ClientKind, form::Form, refusal::EntraRefusal, v1_issuer, v2_issuer};
use crate::issuer::Entra;

/// `grant_type` of the request.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Returns the reason why this request of an authenticated client gets no token.
pub(super) fn refuse(entra: &Entra, client: ClientKind<'_>, form: &Form, now: Timestamp) -> EntraRefusal {
    check(entra, client, form, now).unwrap_or_else(|refusal| refusal)
}

fn check(entra: &Entra, client: ClientKind<'_>, form: &Form, now: Timestamp) -> Result<EntraRefusal, EntraRefusal> {
    let token = form.required("assertion")?;
    let used = form.required("requested_token_use")?;
    if used != "on_behalf_of" {
        return Err(EntraRefusal::not_understood(format!("requested_token_use is on_behalf_of, not {used}")));
    }
    let invalid_grant = |code, text: String| EntraRefusal::new(StatusCode::BAD_REQUEST, "invalid_grant", code, text);
    let unsigned =
        |reason: &str| invalid_grant(50_013, format!("Assertion failed signature validation. [Reason - {reason}]"));
    let assertion = Assertion::read(token).ok_or_else(|| unsigned("The token is malformed."))?;
    let tenant = entra.seed.tenant.id;
    let is_ours = assertion.issuer() == v1_issuer(tenant) || assertion.issuer() == v2_issuer(tenant);
    let key = assertion.key_id().filter(|_| is_ours).and_then(|id| entra.signing_keys.decoding_key(id));
    let key = key.ok_or_else(|| unsigned("The key was not found."))?;
    if !assertion.verify_with_key(&key) {
        return Err(unsigned("The signature is wrong."));
    }
    let id = client.client_id();
    let names = match client {
        ClientKind::App(app) => vec![id.to_string(), app.app_id_uri.clone()],
        ClientKind::ManagedIdentity(_) => vec![id.to_string()],
    };
    if !names.iter().any(|name| assertion.is_for(name)) {
        let text = format!(
            "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '{}' and the expected audience is '{id}' or one of the Application Uris of this application with App ID '{id}'.",
            assertion.audience()
        );
        return Err(invalid_grant(500_131, text));
    }
    if assertion.has_ended(now) {
        return Err(invalid_grant(500_133, "Assertion is not within its valid time range.".to_owned()));
    }
    // AzureAD/microsoft-authentication-library-for-dotnet#2130: Entra's answer to an app-only token.
    let text = format!("Application '{}' is not allowed to make application on-behalf-of calls.", client.client_id());
    Ok(EntraRefusal::new(StatusCode::BAD_REQUEST, "unauthorized_client", 7_000_114, text))
}
