//! The readiness of a service: whether it accepts this app now, and with which identity. It is for the person who sets
//! the app up.

use std::time::Instant;

use azure_core::credentials::TokenCredential as _;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout;

use crate::{
    connection::Connection,
    error::{Cause, Error, Service},
    failure::failure,
    identity::{Credential, Developer, TokenError, Tool, UnverifiedClaims, UserAssigned},
    time_limits::CHECK,
};

/// The result for one service: the identity used, the claims in its token, and whether the service accepts it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    service: String,
    ready: bool,
    milliseconds: u128,
    identity: CallingIdentity,
    /// The service that refused and the thing that an operator must correct, without any text of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip)]
    failure: Option<Error>,
}

impl Check {
    /// Reports whether the service accepts this app.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// The reason why the service does not accept this app.
    #[must_use]
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }
}

/// The identity that a service sees, and the claims in its token, but never the token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CallingIdentity {
    credential: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_on: Option<Timestamp>,
    #[serde(flatten)]
    token: UnverifiedClaims,
}

pub(crate) async fn check(
    service: Service,
    connection: &Connection,
    scope: &str,
    probe: impl Future<Output = Result<(), Error>>,
) -> Check {
    let started = Instant::now();
    let mut identity = CallingIdentity::new(connection.identity());
    let tried = async {
        let token = connection.tokens().get_token(&[scope], None).await.map_err(|error| failure(service, error))?;
        identity.expires_on = Timestamp::from_second(token.expires_on.unix_timestamp()).ok();
        identity.token = UnverifiedClaims::new(token.token.secret());
        probe.await
    };
    let outcome = timeout(CHECK, tried).await;
    let failure = outcome.unwrap_or_else(|_| Err(Error::unreachable(service, Cause::TooSlow(CHECK)))).err();
    Check {
        service: service.to_string(),
        ready: failure.is_none(),
        milliseconds: started.elapsed().as_millis(),
        identity,
        problem: failure.as_ref().map(problem),
        failure,
    }
}

/// Returns the message with the known details: why there is no token, or which claim does not fit.
fn problem(failure: &Error) -> String {
    let message = failure.message();
    let (Error::Refused { source, .. } | Error::Unavailable { source, .. }) = failure else { return message };
    match &**source {
        Cause::Token { mismatch, .. } => format!("{message} Of the token, {mismatch}."),
        Cause::Key { secret, .. } => format!("{message} The key is the value of the secret {secret}."),
        Cause::Sdk(error) => match TokenError::within(error) {
            Some(no_token) => format!("{message} Most likely {}.", no_token.problem()),
            None => message,
        },
        _ => message,
    }
}

impl CallingIdentity {
    fn new(credential: &Credential) -> Self {
        let (credential, client_id, object_id) = match credential {
            Credential::ManagedIdentity(None) => ("managedidentity", None, None),
            Credential::ManagedIdentity(Some(UserAssigned::ClientId(id))) => ("managedidentity", Some(*id), None),
            Credential::ManagedIdentity(Some(UserAssigned::ObjectId(id))) => ("managedidentity", None, Some(*id)),
            Credential::WorkloadIdentity(id) => ("workloadidentity", *id, None),
            Credential::Developer(Developer { tool, .. }) => (tool_name(*tool), None, None),
        };
        let (client_id, object_id) = (client_id.map(|id| id.to_string()), object_id.map(|id| id.to_string()));
        Self { credential, client_id, object_id, expires_on: None, token: UnverifiedClaims::default() }
    }
}

fn tool_name(tool: Tool) -> &'static str {
    match tool {
        Tool::Any => "developer",
        Tool::AzureCli => "azurecli",
        Tool::AzureDeveloperCli => "azuredevelopercli",
    }
}

#[cfg(test)]
mod tests;
