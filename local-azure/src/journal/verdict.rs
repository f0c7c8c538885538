//! An answer in one word.

use serde::Serialize;

use super::{CLIENT_LEFT, Entry, Service};

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A role, app role or subscription allowed the request.
    Allowed,
    /// The service answered without a decision.
    Answered,
    /// Key Vault's 401 to a request without a token, which names the audience for the token.
    Challenge,
    /// The service refused the request, or the requested object does not exist (4xx).
    Refused,
    /// The client left before there was an answer.
    Left,
    /// The service failed (5xx).
    Failed,
}

impl Entry {
    /// Returns the outcome of the request.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let is_challenge = self.service == Service::KeyVault
            && self.status == 401
            && self.decision.identity.is_none()
            && self.decision.claims.is_empty();
        match self.status {
            CLIENT_LEFT => Verdict::Left,
            500.. => Verdict::Failed,
            _ if is_challenge => Verdict::Challenge,
            400.. => Verdict::Refused,
            _ if self.decision.allowed_by.is_some() => Verdict::Allowed,
            _ => Verdict::Answered,
        }
    }
}
