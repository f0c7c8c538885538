//! Who asks, and whether a role lets them.

use http::HeaderMap;
use jiff::{Timestamp, civil::Date};

use super::{Account, copy, error::BlobError, operation::Operation};
use crate::{
    access_token::{self, Caller, Refusal},
    journal::Decision,
    rbac::{self, Operation as Right, Target},
};

/// Storage accepts these audiences, and its own account's address.
const AUDIENCES: [&str; 3] =
    ["https://storage.azure.com", "https://storage.azure.com/", "e406a681-f3d4-42a8-90b6-c2b029497af1"];

/// Lets the request pass, or says why not. What is learnt goes into the decision.
pub(super) fn authorize(
    account: &Account,
    headers: &HeaderMap,
    asked: &Asked<'_>,
    decision: &mut Decision,
) -> Result<Caller, BlobError> {
    let caller = verify(account, headers, decision)?;
    for right in asked.rights() {
        decision.allowed_by = Some(check(account, &caller, right, asked.container)?);
    }
    Ok(caller)
}

/// Lets a copy read its source. Only the copy of a whole blob in the background speaks for both with one token.
pub(super) fn authorize_source(
    account: &Account,
    headers: &HeaderMap,
    has_own_token: bool,
    container: &str,
) -> Result<(), BlobError> {
    let own = has_own_token.then(|| copy::source_headers(headers));
    let caller = verify(account, own.as_ref().unwrap_or(headers), &mut Decision::default())?;
    check(account, &caller, Right::ReadBlob, container)?;
    if headers.get("x-ms-copy-source-tag-option").is_some_and(|option| option == "COPY") {
        check(account, &caller, Right::ReadBlobTags, container)?;
    }
    Ok(())
}

/// What a request asks for, as far as rights are concerned.
pub(super) struct Asked<'a> {
    pub(super) operation: Operation,
    /// Empty for the account.
    pub(super) container: &'a str,
    pub(super) writes_tags: bool,
    pub(super) reads_tags: bool,
}

impl Asked<'_> {
    /// Tags have rights of their own, beside that of the operation that carries them. The operation's own comes last,
    /// because its role is what the journal tells.
    fn rights(&self) -> impl Iterator<Item = Right> {
        let writes_tags = self.writes_tags.then_some(Right::WriteBlobTags);
        let reads_tags = self.reads_tags.then_some(Right::ReadBlobTags);
        [writes_tags, reads_tags, self.operation.needs()].into_iter().flatten()
    }
}

fn verify(account: &Account, headers: &HeaderMap, decision: &mut Decision) -> Result<Caller, BlobError> {
    let own = format!("https://{}.blob.core.windows.net", account.name);
    let own_with_slash = format!("{own}/");
    let audiences = [AUDIENCES.as_slice(), &[&own, &own_with_slash]].concat();
    let caller = access_token::verify(&account.entra, headers, &audiences, Timestamp::now()).map_err(|refusal| {
        decision.audience = refusal.audience().map(str::to_owned);
        explain(refusal)
    })?;
    decision.identity.clone_from(&caller.identity);
    decision.audience = Some(caller.audience.clone());
    check_version(headers)?;
    Ok(caller)
}

/// The role assignment that gives a right, in words.
fn check(account: &Account, caller: &Caller, right: Right, container: &str) -> Result<String, BlobError> {
    let target = match container {
        "" => Target::Account { name: &account.name },
        name => Target::Container { account: &account.name, name },
    };
    let assignment = rbac::allowed(&account.entra.seed, caller.principal_id, right, &target);
    assignment.map(rbac::describe).ok_or(BlobError::AuthorizationPermissionMismatch)
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
