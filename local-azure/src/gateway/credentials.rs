//! The credential manager: the tokens that connections to credential providers hold for backends
//! (learn.microsoft.com/azure/api-management/credentials-process-flow).
//!
//! The user of a connection presents a token for the credential manager. It is checked like a token for any Azure
//! service. The service's system-assigned identity gets such a token itself. Then access policies decide about each
//! request. The connection's own token comes from Entra's token endpoint, and is cached as documented for the dedicated
//! tiers.
//!
//! Error texts begin with the texts that are known from live gateways: `Permission denied`, `Bad authorization token`.
//! The rest of each text is ours. The limit of 250 requests a minute is not implemented.

use std::time::Duration;

use apim_policies::{ConnectionIdentity, NoReply, Outside as _, expression::Authorization};
use axum::body::Bytes;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{identity::NoToken, kept_tokens::KeptToken, outside::GatewayCall};
use crate::{
    access_token::{self, TokenRefusal},
    issuer::AUTHORITY,
    seed::{Connection, CredentialProvider},
};

/// The audience of tokens for the credential manager.
const AUDIENCE: &str = "https://azure-api.net/authorization-manager";

/// The time limit for an answer of the token endpoint. Azure does not document its limit.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The seconds before a token's expiry at which a new token is fetched.
const BEFORE_ITS_END: i64 = 3 * 60;

/// Why a request gets no authorization. Callers learn only that something went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAuthorization {
    #[error("the API Management service has no credential provider \"{0}\"")]
    Provider(String),
    #[error("the credential provider \"{provider}\" has no connection \"{connection}\"")]
    Connection { provider: String, connection: String },
    #[error(transparent)]
    NoIdentity(#[from] NoToken),
    #[error("Bad authorization token: {0}")]
    BadToken(#[from] TokenRefusal),
    #[error("Permission denied: {who} is in no access policy of the connection \"{connection}\"")]
    Denied { who: String, connection: String },
    #[error("the token endpoint of the credential provider \"{provider}\" answered {status}: {why}")]
    Refused { provider: String, status: StatusCode, why: String },
    #[error("the token endpoint does not answer: {0}")]
    NoReply(#[from] NoReply),
    #[error("the request to the token endpoint cannot be made: {0}")]
    Request(#[from] http::Error),
}

impl GatewayCall<'_> {
    /// Returns a connection's authorization to a caller that the connection's access policies name.
    pub(super) async fn connect(
        &self,
        provider: &str,
        connection: &str,
        identity: ConnectionIdentity<'_>,
    ) -> Result<Authorization, NoAuthorization> {
        let providers = &self.world.seed.apim.credential_providers;
        let provider = providers
            .iter()
            .find(|one| one.id == provider)
            .ok_or_else(|| NoAuthorization::Provider(provider.to_owned()))?;
        let connection = provider.connections.iter().find(|one| one.id == connection).ok_or_else(|| {
            NoAuthorization::Connection { provider: provider.id.clone(), connection: connection.to_owned() }
        })?;
        self.check_access(connection, identity)?;
        let slot = self.credentials.slot(&provider.id, &connection.id);
        let mut slot = slot.lock().await;
        let now = Timestamp::now().as_second();
        if let Some(kept) = slot.as_ref().filter(|kept| now < kept.until) {
            return Ok(kept.authorization.clone());
        }
        let authorization = self.fetch_token(provider, connection).await?;
        let until = kept_until(now, &authorization);
        *slot = Some(KeptToken { authorization: authorization.clone(), until });
        Ok(authorization)
    }

    fn check_access(&self, connection: &Connection, identity: ConnectionIdentity<'_>) -> Result<(), NoAuthorization> {
        let own;
        let token = match identity {
            ConnectionIdentity::Jwt(token) => token,
            ConnectionIdentity::Managed => {
                own = self.identities.token(self.world, AUDIENCE, None)?;
                &own
            }
        };
        let caller = access_token::verify_token(&self.world.entra, token, &[AUDIENCE], Timestamp::now())?;
        match caller.identity {
            Some(name) if connection.access.contains(&name) => Ok(()),
            name => Err(NoAuthorization::Denied {
                who: name.map_or_else(|| caller.principal_id.to_string(), |name| format!("\"{name}\"")),
                connection: connection.id.clone(),
            }),
        }
    }

    /// Fetches a token from the tenant's version 1 endpoint, which checks the client. Credential providers for Entra
    /// use only this endpoint (learn.microsoft.com/azure/api-management/credentials-configure-common-providers).
    async fn fetch_token(
        &self,
        provider: &CredentialProvider,
        connection: &Connection,
    ) -> Result<Authorization, NoAuthorization> {
        let seed = &self.world.seed;
        let client = seed.app_registrations.iter().find(|app| app.name == connection.client);
        let client_id = client.map(|app| app.client_id.to_string()).unwrap_or_default();
        let secret = self.world.entra.directory.client_secret(&connection.client, &connection.secret);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &client_id)
            .append_pair("client_secret", secret.unwrap_or_default())
            .append_pair("resource", &provider.resource)
            .finish();
        let request = Request::post(format!("{AUTHORITY}/{}/oauth2/token", seed.tenant.id))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))?;
        let reply = self.send(request, TIMEOUT).await?;
        let claims: Map<String, Value> = serde_json::from_slice(reply.body()).unwrap_or_default();
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        match text("access_token") {
            Some(access_token) if reply.status() == StatusCode::OK => Ok(Authorization { access_token, claims }),
            _ => Err(NoAuthorization::Refused {
                provider: provider.id.clone(),
                status: reply.status(),
                why: text("error_description").unwrap_or_default(),
            }),
        }
    }
}

/// Returns when a cached token ends: three minutes before its expiry, or at its expiry if that is nearer. A token
/// without a known lifetime is not cached (learn.microsoft.com/azure/api-management/credentials-overview).
fn kept_until(now: i64, authorization: &Authorization) -> i64 {
    // Version 1 endpoints write this number as text.
    let lasts: i64 =
        authorization.claims.get("expires_in").and_then(|lasts| lasts.as_str()?.parse().ok()).unwrap_or_default();
    now.saturating_add(if lasts > BEFORE_ITS_END { lasts - BEFORE_ITS_END } else { lasts })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_kept_until_three_minutes_before_its_end_or_to_an_end_that_is_nearer() {
        for (expires_in, kept) in [
            (json!("3599"), 3419),
            (json!("181"), 1),
            (json!("180"), 180),
            (json!("60"), 60),
            (json!("-60"), -60),
            (json!(3599), 0),
            (json!("soon"), 0),
        ] {
            let claims = Map::from_iter([("expires_in".to_owned(), expires_in)]);
            let authorization = Authorization { access_token: String::new(), claims };
            assert_eq!(kept_until(1000, &authorization), 1000 + kept);
        }
    }
}
