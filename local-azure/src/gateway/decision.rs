//! What the journal says of an answer: who was let through and why, or what went wrong.

use std::sync::Arc;

use apim_policies::{Outcome, ValidatedToken};
use axum::body::Body;
use http::Response;
use uuid::Uuid;

use super::{Gateway, demanded, subscription::Access};
use crate::journal::Decision;

impl Gateway {
    /// The response, with what the journal will say of it.
    pub(super) fn answer_with(&self, outcome: Outcome<Body>, access: Option<&Access<'_>>) -> Response<Body> {
        let token = outcome.tokens.last();
        let decision = Decision {
            identity: token.and_then(|token| self.identity(token)),
            audience: token.map(|token| token.jwt.values("aud").join(", ")),
            allowed_by: access
                .filter(|_| outcome.last_error.is_none())
                .map(|access| allowed_by(access, &outcome.tokens)),
            reason: outcome.last_error.as_ref().map(|error| match error.source {
                "authorization" => error.message.clone(),
                _ => error.to_string(),
            }),
            demanded: demanded::of(&outcome, access),
            ..Decision::default()
        };
        let mut response = outcome.response;
        // Where a policy gave the status a text of its own.
        if Some(outcome.reason.as_str()) != response.status().canonical_reason()
            && let Ok(reason) = hyper::ext::ReasonPhrase::try_from(outcome.reason)
        {
            response.extensions_mut().insert(reason);
        }
        response.extensions_mut().insert(decision);
        response
    }

    /// The seed's name for the identity that a validated token speaks for.
    fn identity(&self, token: &ValidatedToken) -> Option<String> {
        let principal: Uuid = token.jwt.text("oid")?.parse().ok()?;
        Some(self.world.seed.principal(principal)?.name.clone())
    }
}

/// The subscription or product, then the claims that validated tokens proved.
fn allowed_by(access: &Access<'_>, tokens: &[Arc<ValidatedToken>]) -> String {
    let mut reasons = vec![match access {
        Access::Subscription { name, .. } => format!("subscription {name}"),
        Access::OpenProduct(product) => format!("open product {product}"),
        Access::Keyless => "no subscription required".to_owned(),
    }];
    for (claim, values) in tokens.iter().flat_map(|token| &token.satisfied) {
        let what = match claim.as_str() {
            "roles" => "app role",
            "scp" => "scope",
            other => other,
        };
        reasons.extend(values.iter().map(|value| format!("{what} {value}")));
    }
    reasons.join(", ")
}
