//! The gateway's decision for the journal: the caller and the reason for the access, or the problem.

use std::sync::Arc;

use apim_policies::{ExpressionValue, Outcome, PolicyEnd, PolicyRun, Scope, ValidatedToken};
use axum::body::Body;
use http::Response;
use uuid::Uuid;

use super::{Gateway, demanded, outside::GatewayCall, policy_folder, subscription::Access};
use crate::journal::{self, Decision, PolicyDecision, PolicyValue};

impl Gateway {
    /// Returns the response, together with its decision for the journal.
    pub(super) fn answer_with(
        &self,
        outcome: Outcome<Body>,
        access: Option<&Access<'_>>,
        call: &GatewayCall<'_>,
    ) -> Response<Body> {
        call.lines.add(&self.world, &outcome.policies);
        let token = outcome.tokens.last();
        let decision = Decision {
            identity: token.and_then(|token| self.identity(token)),
            audience: token.map(|token| token.jwt.values("aud").join(", ")),
            allowed_by: access
                .filter(|_| outcome.last_error.is_none())
                .map(|access| allowed_by(access, &outcome.tokens)),
            reason: reason(&outcome),
            demanded: demanded::of(&outcome, access),
            policies: outcome.policies.into_iter().map(policy_decision).collect(),
            ..Decision::default()
        };
        let mut response = outcome.response;
        // A policy may give the status another reason phrase.
        if Some(outcome.reason.as_str()) != response.status().canonical_reason()
            && let Ok(reason) = hyper::ext::ReasonPhrase::try_from(outcome.reason)
        {
            response.extensions_mut().insert(reason);
        }
        response.extensions_mut().insert(decision);
        response
    }

    /// Returns the seed's name for the identity in a validated token.
    fn identity(&self, token: &ValidatedToken) -> Option<String> {
        let principal: Uuid = token.jwt.text("oid")?.parse().ok()?;
        Some(self.world.seed.principal(principal)?.name.clone())
    }
}

/// Why the caller did not get the requested answer.
fn reason(outcome: &Outcome<Body>) -> Option<String> {
    if let Some(error) = &outcome.last_error {
        return Some(match error.source {
            "authorization" => error.message.clone(),
            _ => error.to_string(),
        });
    }
    if outcome.backend_unavailable.is_some() {
        return outcome.backend_unavailable.clone();
    }
    let status = outcome.response.status();
    let refused = |run: &&PolicyRun| run.end == PolicyEnd::Answered && status.as_u16() >= 400;
    // Of nested policies, the innermost begins last.
    let policy = outcome.policies.iter().rfind(refused)?;
    Some(format!("{} in {} answers {status}", policy.policy, place(policy)))
}

/// Converts a policy run for the journal.
fn policy_decision(run: PolicyRun) -> PolicyDecision {
    let value = |ExpressionValue { name, value }| PolicyValue { name, value };
    PolicyDecision {
        policy: run.policy.to_owned(),
        section: run.section.to_string(),
        scope: if run.fragment.is_some() { "fragment".to_owned() } else { run.scope.to_string() },
        place: place(&run),
        outcome: run.decisions.join("; "),
        end: match run.end {
            PolicyEnd::Passed => journal::PolicyEnd::Passed,
            PolicyEnd::Answered => journal::PolicyEnd::Answered,
            PolicyEnd::Failed => journal::PolicyEnd::Failed,
        },
        microseconds: u64::try_from(run.duration.as_micros()).unwrap_or(u64::MAX),
        path: run.path,
        values: run.values.into_iter().map(value).collect(),
    }
}

/// Returns the file, relative to the policy folder, and the line.
fn place(run: &PolicyRun) -> String {
    match (&run.fragment, &run.document) {
        (Some(id), _) => format!("{}:{}", policy_folder::fragment_file(id).display(), run.line),
        (None, Some(name)) => format!("{name}:{}", run.line),
        (None, None) => match run.scope {
            Scope::Global => "the global document that every service begins with".to_owned(),
            Scope::Product | Scope::Api | Scope::Operation => format!("the document of the {}", run.scope),
        },
    }
}

/// Returns the subscription or product, then the claims that validated tokens proved.
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
