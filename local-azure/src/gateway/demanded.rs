//! What the gateway demanded of a request: a subscription key, then what its policies ask of a token.

use apim_policies::{LastError, Outcome, ValidatedToken};
use axum::body::Body;

use super::subscription::Access;
use crate::journal::{Demand, DemandKind};

/// The policies that check a token.
const TOKEN_POLICIES: [&str; 2] = ["validate-jwt", "validate-azure-ad-token"];

/// In the order of the checks.
pub(super) fn of(outcome: &Outcome<Body>, access: Option<&Access<'_>>) -> Vec<Demand> {
    let mut demanded: Vec<Demand> = subscription_key(outcome.last_error.as_ref(), access).into_iter().collect();
    demanded.extend(outcome.tokens.iter().flat_map(|token| met(token)));
    let failed = outcome.last_error.as_ref().filter(|error| TOKEN_POLICIES.contains(&error.source));
    demanded.extend(failed.into_iter().flat_map(unmet));
    demanded
}

fn subscription_key(error: Option<&LastError>, access: Option<&Access<'_>>) -> Option<Demand> {
    let key = Demand::new(DemandKind::SubscriptionKey, ["a key of an active subscription for this API"]);
    match (access, error) {
        (Some(Access::Subscription { name, .. }), _) => Some(key.found(Some(format!("a key of {name}"))).met(true)),
        (None, Some(error)) if error.source == "authorization" => Some(key.met(false)),
        _ => None,
    }
}

/// What a token that passed has proved.
fn met(token: &ValidatedToken) -> Vec<Demand> {
    let [audiences, issuer] = ["aud", "iss"].map(|claim| token.jwt.values(claim).join(", "));
    let mut demanded = vec![
        Demand::new(DemandKind::Signature, ["a key that the policy trusts"]).met(true),
        Demand::new(DemandKind::Lifetime, ["valid now"]).met(true),
        Demand::new(DemandKind::Audience, [audiences.clone()]).found(Some(audiences)).met(true),
        Demand::new(DemandKind::Issuer, [issuer.clone()]).found(Some(issuer)).met(true),
    ];
    demanded.extend(token.satisfied.iter().map(|(name, values)| {
        Demand::claim(name, values.iter().cloned()).found(Some(token.jwt.values(name).join(", "))).met(true)
    }));
    demanded
}

/// The checks up to the one that a token did not pass. The policy's message names what it accepts.
fn unmet(error: &LastError) -> Vec<Demand> {
    let failed = match error.reason {
        "TokenNotPresent" => DemandKind::Token,
        "TokenInvalidSignature" | "TokenSignatureKeyNotFound" => DemandKind::Signature,
        "TokenExpired" => DemandKind::Lifetime,
        "TokenAudienceNotAllowed" => DemandKind::Audience,
        "TokenIssuerNotAllowed" => DemandKind::Issuer,
        "TokenClaimNotFound" | "TokenClaimValueMismatch" => DemandKind::Claim,
        _ if error.message.contains("Lifetime validation failed") => DemandKind::Lifetime,
        _ => DemandKind::Token,
    };
    // Lifetime, audience and issuer are looked at before the claims and after the signature.
    let order = [
        (DemandKind::Token, "a JWT"),
        (DemandKind::Signature, "a key that the policy trusts"),
        (DemandKind::Lifetime, "valid now"),
        (DemandKind::Audience, "an audience that the policy names"),
        (DemandKind::Issuer, "an issuer that the policy trusts"),
    ];
    let before = order.into_iter().take_while(|(kind, _)| *kind != failed);
    let mut demanded: Vec<Demand> = before.map(|(kind, accepted)| Demand::new(kind, [accepted]).met(true)).collect();
    let accepted = order.into_iter().find(|(kind, _)| *kind == failed).map(|(_, accepted)| accepted.to_owned());
    demanded.push(match claim(&error.message) {
        Some((name, values)) => Demand::claim(name, values),
        None => {
            let listed = listed(&error.message);
            Demand::new(failed, if listed.is_empty() { accepted.into_iter().collect() } else { listed })
        }
    });
    if let Some(last) = demanded.last_mut() {
        last.met = Some(false);
    }
    demanded
}

/// `Claim value mismatch: roles=Orders.Read.`, or `JWT is missing the following claims: roles. Access denied.`
fn claim(message: &str) -> Option<(&str, Vec<String>)> {
    if let Some(missing) = message.strip_prefix("JWT is missing the following claims: ") {
        let name = missing.split_once(". ").map_or(missing, |(names, _)| names);
        return Some((name, vec!["a value that the policy asks for".to_owned()]));
    }
    let (name, values) = message.strip_prefix("Claim value mismatch: ")?.strip_suffix('.')?.split_once('=')?;
    Some((name, values.split(',').map(str::to_owned).collect()))
}

/// The values in `validationParameters.ValidAudiences: 'a, b'` or of issuers.
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

    fn told(demanded: &[Demand]) -> Vec<(DemandKind, Option<bool>)> {
        demanded.iter().map(|demand| (demand.what, demand.met)).collect()
    }

    #[test]
    fn the_check_that_failed_is_the_last_one_and_says_what_it_accepts() {
        let demanded = unmet(&error("TokenClaimValueMismatch", "Claim value mismatch: roles=Orders.Read,Orders.All."));
        assert_eq!(demanded.len(), 6);
        let last = demanded.last().unwrap();
        assert_eq!(
            (last.claim.as_deref(), &last.accepted[..]),
            (Some("roles"), &["Orders.Read", "Orders.All"].map(str::to_owned)[..])
        );
        let demanded =
            unmet(&error("TokenClaimNotFound", "JWT is missing the following claims: roles. Access denied."));
        assert_eq!(demanded.last().unwrap().claim.as_deref(), Some("roles"));
        let message = "IDX10214: Audience validation failed. Audiences: 'api://b'. Did not match: \
            validationParameters.ValidAudience: '' or validationParameters.ValidAudiences: 'api://a, api://c'. Access denied.";
        let demanded = unmet(&error("TokenAudienceNotAllowed", message));
        assert_eq!(demanded.last().unwrap().accepted, ["api://a", "api://c"]);
        let (yes, no) = (Some(true), Some(false));
        use DemandKind::{Audience, Lifetime, Signature, Token};
        assert_eq!(told(&demanded), [(Token, yes), (Signature, yes), (Lifetime, yes), (Audience, no)]);
        assert_eq!(told(&unmet(&error("TokenNotPresent", "JWT not present."))), [(Token, no)]);
        assert_eq!(told(&unmet(&error("TokenExpired", "late"))), [(Token, yes), (Signature, yes), (Lifetime, no)]);
    }
}
