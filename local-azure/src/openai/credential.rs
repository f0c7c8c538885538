//! The caller's credential: a token with a role on the account, or one of the account's keys
//! (learn.microsoft.com/azure/foundry/openai/how-to/managed-identity).

use std::time::Instant;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::{HeaderMap, header};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    ask::{ModelRequest, Surface},
    refusal::ModelRefusal,
};
use crate::{
    access_token,
    issuer::Entra,
    journal::Decision,
    rbac::{self, Target},
    seed,
};

const COGNITIVE_SERVICES: &str = "https://cognitiveservices.azure.com";
const AI: &str = "https://ai.azure.com";

/// The keys of an account, and the time from which roles on it take effect.
pub(super) struct Credentials {
    keys: [String; 2],
    started: Instant,
}

impl Credentials {
    pub(super) fn generate() -> Self {
        // 84 characters, like Azure's current keys.
        let key = || [(); 3].map(|()| Uuid::new_v4().simple().to_string()).concat()[..84].to_owned();
        Self { keys: [key(), key()], started: Instant::now() }
    }

    /// Returns both keys; either one opens the account.
    pub(super) fn keys(&self) -> &[String; 2] {
        &self.keys
    }

    /// Authorizes a request, or returns the reason for the refusal.
    pub(super) fn check(
        &self,
        entra: &Entra,
        account: &seed::ModelAccount,
        ask: &ModelRequest<'_>,
        headers: &HeaderMap,
        decision: &mut Decision,
    ) -> Result<(), ModelRefusal> {
        let bearer = bearer(headers);
        let has_authorization = headers.contains_key(header::AUTHORIZATION);
        match headers.get("api-key") {
            Some(_) if has_authorization => Err(ModelRefusal::TwoCredentials),
            Some(key) => self.check_key(account, key.as_bytes(), decision),
            None if !has_authorization => Err(ModelRefusal::InvalidKey),
            // Clients of the v1 surface can send a key only in this way.
            None if ask.surface == Surface::V1 && bearer.is_some_and(|text| text.split('.').count() != 3) => {
                self.check_key(account, bearer.unwrap_or_default().as_bytes(), decision)
            }
            None => self.check_token(entra, account, ask, headers, decision),
        }
    }

    fn check_key(&self, account: &seed::ModelAccount, key: &[u8], decision: &mut Decision) -> Result<(), ModelRefusal> {
        if account.disable_local_auth {
            return Err(ModelRefusal::KeysDisabled);
        }
        let is_key = |own: &String| verify_slices_are_equal(own.as_bytes(), key).is_ok();
        if !self.keys.each_ref().map(is_key).contains(&true) {
            return Err(ModelRefusal::InvalidKey);
        }
        decision.allowed_by = Some(format!("a key of {}", account.name));
        Ok(())
    }

    fn check_token(
        &self,
        entra: &Entra,
        account: &seed::ModelAccount,
        ask: &ModelRequest<'_>,
        headers: &HeaderMap,
        decision: &mut Decision,
    ) -> Result<(), ModelRefusal> {
        let audiences: &[&'static str] = match ask.surface {
            Surface::V1 => &[AI, COGNITIVE_SERVICES],
            Surface::Dated(_) | Surface::ContentSafety => &[COGNITIVE_SERVICES],
        };
        let with_slash = audiences.iter().map(|audience| format!("{audience}/")).collect::<Vec<_>>();
        let accepted: Vec<&str> = audiences.iter().copied().chain(with_slash.iter().map(String::as_str)).collect();
        let now = Timestamp::now();
        let verified = access_token::verify(entra, headers, &accepted, now);
        decision.demanded = access_token::demands(entra, headers, &accepted, now, verified.as_ref());
        let caller = verified.map_err(|cause| {
            decision.audience = cause.audience().map(str::to_owned);
            // The documentation names this audience for v1. Azure's text there was never captured.
            ModelRefusal::InvalidToken { audience: audiences.first().copied().unwrap_or(COGNITIVE_SERVICES), cause }
        })?;
        decision.identity.clone_from(&caller.identity);
        decision.audience = Some(caller.audience.clone());
        let operation = ask.operation();
        let target = Target::ModelAccount { name: &account.name };
        let assignment = rbac::allowed(&entra.seed, caller.principal_id, operation, &target);
        decision.demanded.push(rbac::demand(&entra.seed, caller.principal_id, operation, &target, assignment));
        match assignment {
            None => Err(ModelRefusal::NoRole {
                principal: caller.principal_id,
                action: operation.action(),
                operation: ask.described(),
            }),
            Some(_) if self.started.elapsed().as_secs() < u64::from(account.role_delay_seconds) => {
                Err(ModelRefusal::RoleIsSpreading)
            }
            Some(assignment) => {
                decision.allowed_by = Some(rbac::describe(assignment));
                Ok(())
            }
        }
    }
}

/// Returns the credential of a Bearer header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
