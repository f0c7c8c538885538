//! The gateway's demands on a request: a subscription key, then the demands of its policies on the token.

use apim_policies::{LastError, Outcome, RefusedToken, UnmetClaim, ValidatedToken};
use axum::body::Body;

use super::subscription::Access;
use crate::journal::{Demand, DemandKind};

/// The policies that check a token.
const TOKEN_POLICIES: [&str; 2] = ["validate-jwt", "validate-azure-ad-token"];

/// Returns the demands in the order of the checks.
pub(super) fn of(outcome: &Outcome<Body>, access: Option<&Access<'_>>) -> Vec<Demand> {
    let mut demanded: Vec<Demand> = subscription_key(outcome.last_error.as_ref(), access).into_iter().collect();
    demanded.extend(outcome.tokens.iter().flat_map(|token| met(token)));
    let failed = outcome.last_error.as_ref().filter(|error| TOKEN_POLICIES.contains(&error.source));
    let token = outcome.refused_token.as_ref();
    demanded.extend(failed.into_iter().flat_map(|error| unmet(error, &outcome.unmet_claims, token)));
    demanded
}

fn subscription_key(error: Option<&LastError>, access: Option<&Access<'_>>) -> Option<Demand> {
    let key = Demand::new(DemandKind::SubscriptionKey, ["a key of an active subscription for this API"]);
    match access {
        Some(Access::Subscription { name, .. }) => Some(key.found(Some(format!("a key of {name}"))).met(true)),
        Some(Access::OpenProduct(_) | Access::Keyless) => None,
        // Without access, perhaps no operation matched. Then no key was looked for.
        None => error.filter(|error| error.source == "authorization").map(|_| key.met(false)),
    }
}

/// Returns the demands that a valid token met.
fn met(token: &ValidatedToken) -> Vec<Demand> {
    let [audiences, issuer] = ["aud", "iss"].map(|claim| token.jwt.values(claim).join(", "));
    let mut demanded = vec![
        Demand::new(DemandKind::Signature, [TRUSTED_KEY]).met(true),
        Demand::new(DemandKind::Lifetime, [VALID_NOW]).met(true),
        Demand::new(DemandKind::Audience, [audiences.clone()]).found(Some(audiences)).met(true),
        Demand::new(DemandKind::Issuer, [issuer.clone()]).found(Some(issuer)).met(true),
    ];
    demanded.extend(token.satisfied.iter().map(|(name, values)| {
        Demand::claim(name, values.iter().cloned()).found(Some(token.jwt.values(name).join(", "))).met(true)
    }));
    demanded
}

/// Returns the checks up to the failed one; none if the token is not at fault.
fn unmet(error: &LastError, claims: &[UnmetClaim], token: Option<&RefusedToken>) -> Vec<Demand> {
    let Some(failed) = failed_check(error) else { return Vec::new() };
    let is_signed = token.is_none_or(|token| token.is_signed);
    // Lifetime, audience and issuer are checked after the signature and before the claims. If the token names an
    // unknown key, its signature is checked after them.
    let checks = match is_signed {
        true => {
            [DemandKind::Token, DemandKind::Signature, DemandKind::Lifetime, DemandKind::Audience, DemandKind::Issuer]
        }
        false => {
            [DemandKind::Token, DemandKind::Signature, DemandKind::Lifetime, DemandKind::Issuer, DemandKind::Audience]
        }
    };
    let reached = checks.iter().position(|check| *check == failed).map_or(checks.len(), |place| place + 1);
    let mut demanded: Vec<Demand> = checks[..reached]
        .iter()
        .map(|check| {
            let met = *check != failed && (is_signed || *check != DemandKind::Signature);
            demand(*check, token).met(met)
        })
        .collect();
    if failed == DemandKind::Claim {
        demanded.extend(claims.iter().flat_map(of_claim).map(|demand| demand.met(false)));
    } else if let Some(last) = demanded.last_mut() {
        let listed = listed(&error.message);
        if !listed.is_empty() {
            last.accepted = listed;
        }
    }
    demanded
}

/// Returns the check that a token failed.
fn failed_check(error: &LastError) -> Option<DemandKind> {
    match error.reason {
        "TokenNotPresent" => Some(DemandKind::Token),
        "TokenInvalidSignature" | "TokenSignatureKeyNotFound" => Some(DemandKind::Signature),
        "TokenExpired" => Some(DemandKind::Lifetime),
        "TokenAudienceNotAllowed" => Some(DemandKind::Audience),
        "TokenIssuerNotAllowed" => Some(DemandKind::Issuer),
        "TokenClaimNotFound" | "TokenClaimValueMismatch" => Some(DemandKind::Claim),
        "JwtInvalid" if error.message.contains("Lifetime validation failed") => Some(DemandKind::Lifetime),
        "JwtInvalid" => Some(DemandKind::Token),
        // The tenant's keys were not available, or an expression failed.
        _ => None,
    }
}

const TRUSTED_KEY: &str = "a key that the policy trusts";
const VALID_NOW: &str = "valid now";

/// Returns the demand of a check, with the value in the refused token if its claims were read.
fn demand(check: DemandKind, token: Option<&RefusedToken>) -> Demand {
    let of_claim = |claim: &str, accepted: &[String], any: &str| match accepted {
        [] => Demand::new(check, [any]).found(found(claim, token)),
        accepted => Demand::new(check, accepted).found(found(claim, token)),
    };
    let accepted = |list: fn(&RefusedToken) -> &[String]| token.map(list).unwrap_or_default();
    match check {
        DemandKind::Token => Demand::new(check, ["a JWT"]),
        DemandKind::Signature => Demand::new(check, [TRUSTED_KEY]),
        DemandKind::Lifetime => Demand::new(check, [VALID_NOW]),
        DemandKind::Audience => of_claim("aud", accepted(|token| &token.audiences), "any audience"),
        DemandKind::Issuer => of_claim("iss", accepted(|token| &token.issuers), "any issuer"),
        DemandKind::IdentityHeader
        | DemandKind::Identity
        | DemandKind::SubscriptionKey
        | DemandKind::Claim
        | DemandKind::Role => Demand::new(check, [""; 0]),
    }
}

fn found(claim: &str, token: Option<&RefusedToken>) -> Option<String> {
    token.map(|token| token.jwt.values(claim).join(", ")).filter(|text| !text.is_empty())
}

/// Returns one demand, or one for each value if the policy requires all values: a demand accepts any of its values.
fn of_claim(UnmetClaim { name, values, any }: &UnmetClaim) -> Vec<Demand> {
    match &values[..] {
        [] => vec![Demand::claim(name, ["any value"])],
        values if *any => vec![Demand::claim(name, values)],
        values => values.iter().map(|value| Demand::claim(name, [value])).collect(),
    }
}

/// Returns the values in `validationParameters.ValidAudiences: 'a, b'`, or those of issuers.
fn listed(message: &str) -> Vec<String> {
    let list = ["ValidAudiences: '", "ValidIssuers: '"].into_iter().find_map(|name| message.split_once(name));
    let list = list.and_then(|(_, rest)| rest.split_once('\'')).map(|(list, _)| list).unwrap_or_default();
    list.split(", ").filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reason: &'static str, message: &str) -> LastError {
        let (source, message) = ("validate-jwt", message.to_owned());
        LastError { source, reason, message, scope: None, section: None, path: String::new(), policy_id: None }
    }

    fn claim(name: &str, values: &[&str], any: bool) -> UnmetClaim {
        UnmetClaim { name: name.to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect(), any }
    }

    /// Returns the lines for a failure: each check, whether the token passed it, and the accepted values.
    fn shown(reason: &'static str, message: &str, claims: &[UnmetClaim]) -> Vec<String> {
        let demanded = unmet(&error(reason, message), claims, None);
        let one = |demand: Demand| {
            let claim = demand.claim.map(|claim| format!(" {claim}")).unwrap_or_default();
            let met = if demand.met == Some(true) { "yes" } else { "no" };
            format!("{met} {:?}{claim}: {}", demand.what, demand.accepted.join(" or "))
        };
        demanded.into_iter().map(one).collect()
    }

    #[test]
    fn the_check_that_failed_is_the_last_one() {
        assert_eq!(shown("TokenNotPresent", "JWT not present.", &[]), ["no Token: a JWT"]);
        let key = "no Signature: a key that the policy trusts";
        assert_eq!(shown("TokenInvalidSignature", "bad", &[]), ["yes Token: a JWT", key]);
        assert_eq!(shown("JwtInvalid", "JWT is not well formed", &[]), ["no Token: a JWT"]);
        let late = "IDX10225: Lifetime validation failed. The token is missing an Expiration Time. Access denied.";
        assert_eq!(shown("JwtInvalid", late, &[]).last().unwrap(), "no Lifetime: valid now");
    }

    #[test]
    fn a_failure_that_is_not_the_tokens_demands_nothing_of_it() {
        assert_eq!(shown("", "IDX20803: Unable to obtain configuration from: 'https://a'.", &[]), [""; 0]);
        assert_eq!(shown("ExpressionValueEvaluationFailure", "Expression evaluation failed.", &[]), [""; 0]);
    }

    #[test]
    fn a_claim_that_is_missing_or_holds_something_else_is_told_with_the_values_asked_for() {
        let any = claim("roles", &["Orders.Read", "Orders.All"], true);
        let all = claim("scp", &["read", "write"], false);
        let told = |reason, claims: &[UnmetClaim]| shown(reason, "its words do not count", claims).split_off(5);
        let roles = "no Claim roles: Orders.Read or Orders.All";
        assert_eq!(told("TokenClaimValueMismatch", std::slice::from_ref(&any)), [roles]);
        assert_eq!(
            told("TokenClaimNotFound", &[any, all, claim("group", &[], false)]),
            [roles, "no Claim scp: read", "no Claim scp: write", "no Claim group: any value"]
        );
    }
}
