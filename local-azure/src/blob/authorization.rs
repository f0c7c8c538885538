//! Who asks, and whether a role lets them.

use http::HeaderMap;
use jiff::{Timestamp, civil::Date};

use super::{Account, error::BlobError, request::Operation};
use crate::{
    access_token::{self, Refusal},
    journal::Decision,
    rbac::{self, Target},
};

/// Storage accepts these audiences, and its own account's address.
const AUDIENCES: [&str; 3] =
    ["https://storage.azure.com", "https://storage.azure.com/", "e406a681-f3d4-42a8-90b6-c2b029497af1"];

/// Lets the request pass, or says why not. What is learnt goes into the decision.
pub(super) fn authorize(
    account: &Account,
    headers: &HeaderMap,
    operation: Operation,
    container: &str,
    decision: &mut Decision,
) -> Result<(), BlobError> {
    let own = format!("https://{}.blob.core.windows.net", account.name);
    let own_with_slash = format!("{own}/");
    let audiences = [AUDIENCES.as_slice(), &[&own, &own_with_slash]].concat();
    let caller = access_token::verify(&account.world, headers, &audiences, Timestamp::now()).map_err(|refusal| {
        decision.audience = refusal.audience().map(str::to_owned);
        explain(refusal)
    })?;
    decision.identity.clone_from(&caller.identity);
    decision.audience = Some(caller.audience);
    check_version(headers)?;
    let target = Target::Container { account: &account.name, name: container };
    let assignment = rbac::allowed(&account.world.seed, caller.principal_id, operation.needs(), &target)
        .ok_or(BlobError::AuthorizationPermissionMismatch)?;
    decision.allowed_by = Some(rbac::describe(assignment));
    Ok(())
}

/// Bearer tokens came with version 2017-11-09 of the service; any later date is accepted.
fn check_version(headers: &HeaderMap) -> Result<(), BlobError> {
    const OLD: BlobError =
        BlobError::AuthenticationFailed("Authentication scheme Bearer is not supported in this version.");
    let Some(value) = headers.get("x-ms-version") else { return Err(OLD) };
    let text = value.to_str().unwrap_or_default();
    let first = Date::constant(2017, 11, 9);
    match text.parse::<Date>() {
        Ok(version) if text.len() == 10 && version >= first => Ok(()),
        Ok(_) if text.len() == 10 => Err(OLD),
        _ => Err(BlobError::InvalidHeaderValue { name: "x-ms-version".to_owned(), value: text.to_owned() }),
    }
}

/// Storage's words for a token that did not pass. Those for the audience and the end of the lifetime were seen in Azure.
fn explain(refusal: Refusal) -> BlobError {
    let detail = match refusal {
        Refusal::Missing => return BlobError::NoAuthenticationInformation,
        Refusal::NotBearer => return BlobError::MalformedAuthorization,
        Refusal::Malformed => "Token validation failed. The token is malformed.",
        Refusal::UnknownKey(_) | Refusal::Signature => "Signature validation failed. The signature is invalid.",
        Refusal::NotYetValid => "Lifetime validation failed. The token is not yet valid.",
        Refusal::Expired => "Lifetime validation failed. The token is expired.",
        Refusal::Audience(_) => "Audience validation failed. Audience did not match.",
        Refusal::Issuer { .. } => "Issuer validation failed. Issuer did not match.",
    };
    BlobError::InvalidToken(detail.to_owned())
}
