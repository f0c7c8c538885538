//! Identifies the caller and checks its roles.

use http::{HeaderMap, HeaderValue, header};
use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    account::Account,
    call::Permit,
    error::BlobError,
    operation::{BlobPlace, Operation},
    operation_table::Letters,
    query::Query,
    sas::{self, Signed},
};
use crate::{
    access_token::{self, Caller, TokenRefusal},
    issuer::Entra,
    journal::Decision,
    rbac::{self, Operation as Right, Target},
};

/// The audiences that Storage accepts, besides the account's own address.
const AUDIENCES: [&str; 3] =
    ["https://storage.azure.com", "https://storage.azure.com/", "e406a681-f3d4-42a8-90b6-c2b029497af1"];
/// The first version that refuses a token with 401 and a challenge.
const CHALLENGES_FROM: &str = "2019-12-12";

/// The parts of a request that decide which rights it needs.
pub(super) struct RequestedAccess<'a> {
    pub(super) operation: Operation,
    pub(super) place: BlobPlace,
    /// The container's name; empty for an operation on the account.
    pub(super) container: &'a str,
    pub(super) blob: Option<&'a str>,
    pub(super) query: &'a Query,
    pub(super) headers: &'a HeaderMap,
}

/// Authorizes a request, or returns the reason for the refusal. The caller's identity and role go into the decision.
pub(super) fn authorize(
    account: &Account,
    asked: &RequestedAccess<'_>,
    decision: &mut Decision,
) -> Result<Permit, BlobError> {
    if asked.query.signature.are_there() {
        return by_signature(account, asked, decision);
    }
    let caller = verify(&account.entra, &account.name, asked.headers, decision)?;
    for right in asked.rights() {
        decision.allowed_by = Some(check(account, caller.principal_id, right, asked.scope(), decision)?);
    }
    Ok(Permit { principal_id: caller.principal_id, only_new: false })
}

/// Authorizes a signed request. It may do only what both the signature's letters and the signer's roles allow at this
/// time.
fn by_signature(account: &Account, asked: &RequestedAccess<'_>, decision: &mut Decision) -> Result<Permit, BlobError> {
    if asked.headers.contains_key(header::AUTHORIZATION) {
        return Err(BlobError::MalformedAuthorization);
    }
    if let Some(value) = asked.headers.get("x-ms-version") {
        version(value)?;
    }
    let request = Signed {
        account: &account.name,
        container: asked.container,
        blob: asked.blob,
        place: asked.place,
        headers: asked.headers,
        query: asked.query,
        tags: asked.writes_tags() || asked.reads_tags(),
    };
    let grant = sas::check(&account.delegation_secret, &request, asked.operation, Timestamp::now())?;
    decision.identity = account.entra.seed.principal_name(grant.signer).map(str::to_owned);
    if asked.operation.shape().letters != Letters::Any {
        for right in asked.rights() {
            let role = check(account, grant.signer, right, asked.scope(), decision)?;
            decision.allowed_by = Some(format!("a signature of the identity, and {role}"));
        }
    }
    Ok(Permit { principal_id: grant.signer, only_new: grant.only_new })
}

/// Authorizes a copy to read its source. The source's URL may hold a signature, or the request may hold a separate
/// token for the source. Otherwise, for a copy of a whole blob in the background, the caller of the copy must be
/// allowed to read it.
pub(super) fn authorize_source(
    account: &Account,
    headers: &HeaderMap,
    query: &Query,
    has_own_token: bool,
    (container, blob): (&str, &str),
) -> Result<(), BlobError> {
    let mut rights = vec![Right::ReadBlob];
    if copies_tags(headers) || headers.contains_key("x-ms-source-if-tags") {
        rights.push(Right::ReadBlobTags);
    }
    let principal_id = if query.signature.are_there() {
        let place = BlobPlace::Blob;
        let none = HeaderMap::new();
        let request = Signed {
            account: &account.name,
            container,
            blob: Some(blob),
            place,
            headers: &none,
            query,
            tags: rights.len() > 1,
        };
        sas::check(&account.delegation_secret, &request, Operation::GetBlob, Timestamp::now())?.signer
    } else {
        let own = has_own_token.then(|| source_headers(headers));
        let headers = own.as_ref().unwrap_or(headers);
        verify(&account.entra, &account.name, headers, &mut Decision::default())?.principal_id
    };
    for right in rights {
        check(account, principal_id, right, container, &mut Decision::default())?;
    }
    Ok(())
}

impl<'a> RequestedAccess<'a> {
    /// Returns the rights that the request needs. Tags need their own rights, besides the right of the operation that
    /// carries them. The operation's own right comes last, because the journal shows the role that gives the last
    /// right.
    fn rights(&self) -> impl Iterator<Item = Right> {
        let writes_tags = self.writes_tags().then_some(Right::WriteBlobTags);
        let reads_tags = self.reads_tags().then_some(Right::ReadBlobTags);
        let own = match self.operation {
            Operation::DeleteBlob if self.query.get("versionid").is_some() => Some(Right::DeleteBlobVersion),
            Operation::BatchOfAccount | Operation::BatchOfContainer => Some(Right::WriteContainer),
            other => other.needs(),
        };
        [writes_tags, reads_tags, own].into_iter().flatten()
    }

    fn writes_tags(&self) -> bool {
        self.headers.contains_key("x-ms-tags") || copies_tags(self.headers)
    }

    fn reads_tags(&self) -> bool {
        let included = self.query.get("include").unwrap_or_default();
        included.split(',').any(|part| part.trim().eq_ignore_ascii_case("tags"))
            || self.headers.contains_key("x-ms-if-tags")
    }

    /// Returns the container whose role assignments count; it is empty for an operation on the account.
    fn scope(&self) -> &'a str {
        if self.place == BlobPlace::Account { "" } else { self.container }
    }
}

/// Reports whether a copy gets the tags of its source. The option is written in any letter case.
fn copies_tags(headers: &HeaderMap) -> bool {
    let option = headers.get("x-ms-copy-source-tag-option");
    option.is_some_and(|option| option.as_bytes().eq_ignore_ascii_case(b"COPY"))
}

/// Checks the token of a request to an account.
pub(super) fn verify(
    entra: &Entra,
    account: &str,
    headers: &HeaderMap,
    decision: &mut Decision,
) -> Result<Caller, BlobError> {
    let own = format!("https://{account}.blob.core.windows.net");
    let own_with_slash = format!("{own}/");
    let audiences = [AUDIENCES.as_slice(), &[&own, &own_with_slash]].concat();
    if uses_key(headers) {
        return Err(BlobError::KeyBasedAuthenticationNotPermitted);
    }
    let version = headers.get("x-ms-version").and_then(|value| value.to_str().ok());
    let now = Timestamp::now();
    let verified = access_token::verify(entra, headers, &audiences, now);
    decision.demanded = access_token::demands(entra, headers, &audiences, now, verified.as_ref());
    let caller = verified.map_err(|refusal| {
        decision.audience = refusal.audience().map(str::to_owned);
        explain(refusal, version)
    })?;
    decision.identity.clone_from(&caller.identity);
    decision.audience = Some(caller.audience.clone());
    check_version(headers)?;
    Ok(caller)
}

/// Reports whether the request is signed with a key of the account, in either form.
fn uses_key(headers: &HeaderMap) -> bool {
    let scheme = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.split_once(' '));
    scheme.is_some_and(|(scheme, _)| {
        scheme.eq_ignore_ascii_case("SharedKey") || scheme.eq_ignore_ascii_case("SharedKeyLite")
    })
}

/// Returns the role assignment that gives a right, in words.
fn check(
    account: &Account,
    principal_id: Uuid,
    right: Right,
    container: &str,
    decision: &mut Decision,
) -> Result<String, BlobError> {
    let target = match container {
        "" => Target::Account { name: &account.name },
        name => Target::Container { account: &account.name, name },
    };
    let seed = &account.entra.seed;
    let assignment = rbac::allowed(seed, principal_id, right, &target);
    decision.demanded.push(rbac::demand(seed, principal_id, right, &target, assignment));
    assignment.map(rbac::describe).ok_or(BlobError::AuthorizationPermissionMismatch)
}

/// Checks the version of a request with a bearer token: 2017-11-09 is the first one, and any later date is accepted.
fn check_version(headers: &HeaderMap) -> Result<(), BlobError> {
    let old = || {
        let detail = "Authentication scheme Bearer is not supported in this version.";
        Err(BlobError::AuthenticationFailed(detail.to_owned()))
    };
    let Some(value) = headers.get("x-ms-version") else { return old() };
    if version(value)? >= Date::constant(2017, 11, 9) { Ok(()) } else { old() }
}

/// Parses a version of the service, which is a date.
fn version(value: &HeaderValue) -> Result<Date, BlobError> {
    let text = value.to_str().unwrap_or_default();
    let date = text.parse().ok().filter(|_| text.len() == 10);
    date.ok_or_else(|| BlobError::header_value("x-ms-version", text))
}

/// Returns Storage's message for a refused token, as seen in Azure. The message for a malformed token is ours.
fn explain(refusal: TokenRefusal, version: Option<&str>) -> BlobError {
    let detail = match refusal {
        // No container of this account can be read without a token.
        TokenRefusal::Missing if version.is_none() => return BlobError::PublicAccessNotPermitted,
        TokenRefusal::Missing => return BlobError::NoAuthenticationInformation,
        TokenRefusal::NotBearer => return BlobError::MalformedAuthorization,
        TokenRefusal::Malformed => "Token validation failed. The token is malformed.",
        TokenRefusal::UnknownKey(_) => "Signature validation failed. Signature key not found.",
        TokenRefusal::Signature => "Signature validation failed. The signature is invalid.",
        TokenRefusal::NotYetValid => "Lifetime validation failed. The token is not yet valid.",
        TokenRefusal::Expired => "Lifetime validation failed. The token is expired.",
        TokenRefusal::Audience(_) => "Audience validation failed. Audience did not match.",
        TokenRefusal::Issuer { .. } => "Issuer validation failed. Issuer did not match.",
    };
    if version.is_some_and(|version| version < CHALLENGES_FROM) {
        BlobError::AuthenticationFailed(detail.to_owned())
    } else {
        BlobError::InvalidToken(detail.to_owned())
    }
}

/// Returns the authorization that a request gives for its source, as the headers of a request to the source.
fn source_headers(headers: &HeaderMap) -> HeaderMap {
    let mut source = HeaderMap::new();
    let token = headers.get("x-ms-copy-source-authorization");
    source.extend(token.map(|value| (header::AUTHORIZATION, value.clone())));
    source.extend(
        headers.get("x-ms-version").map(|value| (http::HeaderName::from_static("x-ms-version"), value.clone())),
    );
    source
}
