//! The gateway's demands on a request: a subscription key, then the demands of its policies on the token.

use apim_policies::{LastError, Outcome, UnmetClaim, ValidatedToken};
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
    demanded.extend(failed.into_iter().flat_map(|error| unmet(error, &outcome.unmet_claims)));
    demanded
}

fn subscription_key(error: Option<&LastError>, access: Option<&Access<'_>>) -> Option<Demand> {
    let key = Demand::new(DemandKind::SubscriptionKey, ["a key of an active subscription for this API"]);
    match access {
        Some(Access::Subscription { name, .. }) => Some(key.found(Some(format!("a key of {name}"))).met(true)),
        Some(Access::OpenProduct(_) | Access::Keyless) => None,
        // Without access it may be that no operation matched; then no key was looked for.
        None => error.filter(|error| error.source == "authorization").map(|_| key.met(false)),
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

/// The checks up to the one that a token did not pass. The policy's message names the audiences and issuers that it accepts.
fn unmet(error: &LastError, claims: &[UnmetClaim]) -> Vec<Demand> {
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
    match order.into_iter().find(|(kind, _)| *kind == failed) {
        Some((_, accepted)) => {
            let listed = listed(&error.message);
            let accepted = if listed.is_empty() { vec![accepted.to_owned()] } else { listed };
            demanded.push(Demand::new(failed, accepted).met(false));
        }
        None => demanded.extend(claims.iter().flat_map(of_claim).map(|demand| demand.met(false))),
    }
    demanded
}

/// One demand, or one for each value where all of them are asked for: a demand accepts any of its values.
fn of_claim(UnmetClaim { name, values, any }: &UnmetClaim) -> Vec<Demand> {
    match &values[..] {
        [] => vec![Demand::claim(name, ["any value"])],
        values if *any => vec![Demand::claim(name, values)],
        values => values.iter().map(|value| Demand::claim(name, [value])).collect(),
    }
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

    fn claim(name: &str, values: &[&str], any: bool) -> UnmetClaim {
        UnmetClaim { name: name.to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect(), any }
    }

    #[test]
    fn the_check_that_failed_is_the_last_one_and_says_what_it_accepts() {
        let message = "IDX10214: Audience validation failed. Audiences: 'api://b'. Did not match: \
            validationParameters.ValidAudience: '' or validationParameters.ValidAudiences: 'api://a, api://c'. Access denied.";
        let demanded = unmet(&error("TokenAudienceNotAllowed", message), &[]);
        assert_eq!(demanded.last().unwrap().accepted, ["api://a", "api://c"]);
        let (yes, no) = (Some(true), Some(false));
        use DemandKind::{Audience, Lifetime, Signature, Token};
        assert_eq!(told(&demanded), [(Token, yes), (Signature, yes), (Lifetime, yes), (Audience, no)]);
        assert_eq!(told(&unmet(&error("TokenNotPresent", "JWT not present."), &[])), [(Token, no)]);
        assert_eq!(told(&unmet(&error("TokenExpired", "late"), &[])), [(Token, yes), (Signature, yes), (Lifetime, no)]);
    }

    #[test]
    fn a_claim_that_is_missing_or_holds_something_else_is_told_with_the_values_asked_for() {
        let any = claim("roles", &["Orders.Read", "Orders.All"], true);
        let all = claim("scp", &["read", "write"], false);
        let shown = |reason, claims: &[UnmetClaim]| {
            let demanded = unmet(&error(reason, "its words do not count"), claims);
            assert!(demanded[..5].iter().all(|demand| demand.met == Some(true)), "{demanded:?}");
            let of_claims = demanded.into_iter().skip(5).map(|demand| {
                assert_eq!(demand.met, Some(false));
                format!("{} = {}", demand.claim.unwrap(), demand.accepted.join(" or "))
            });
            of_claims.collect::<Vec<_>>()
        };
        assert_eq!(shown("TokenClaimValueMismatch", std::slice::from_ref(&any)), ["roles = Orders.Read or Orders.All"]);
        assert_eq!(
            shown("TokenClaimNotFound", &[any, all, claim("group", &[], false)]),
            ["roles = Orders.Read or Orders.All", "scp = read", "scp = write", "group = any value"]
        );
    }
}
