//! The query of a token request, for both endpoints.

use url::form_urlencoded;
use uuid::Uuid;

use crate::{issuer::Entra, seed::Identity};

/// The ID by which a request names a user-assigned identity.
pub(super) enum IdentityId {
    Client(String),
    Principal(String),
    Resource(String),
}

impl IdentityId {
    /// Reports whether this is the identity's ID; letter case does not matter.
    pub(super) fn is(&self, identity: &Identity, entra: &Entra) -> bool {
        match self {
            Self::Client(id) => Uuid::parse_str(id).is_ok_and(|id| id == identity.client_id),
            Self::Principal(id) => Uuid::parse_str(id).is_ok_and(|id| id == identity.principal_id),
            Self::Resource(id) => entra.seed.identity_resource_id(identity).eq_ignore_ascii_case(id),
        }
    }
}

/// The parameter names that differ between the endpoints.
pub(super) struct Dialect {
    /// The parameter with a client ID.
    pub(super) client_id: &'static str,
    /// The parameter with a resource ID.
    pub(super) resource_id: &'static str,
    /// The parameters with a principal ID.
    pub(super) principal_id: &'static [&'static str],
}

/// The parameters of a request; absent members were omitted or empty.
#[derive(Default)]
pub(super) struct Query {
    pub(super) version: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) identity: Option<IdentityId>,
}

impl Query {
    /// Reads a query whose values may be percent-encoded or not: some clients send the resource unencoded. The error is
    /// a sentence about the fault.
    pub(super) fn parse(text: &str, dialect: &Dialect) -> Result<Self, String> {
        const ONE_NAME: &str = "one name too many: a request names one identity at most";
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name, value.into_owned())) {
            let (repeated, problem) = match name.as_ref() {
                "api-version" => (query.version.replace(value).is_some(), "given twice"),
                "resource" => (query.resource.replace(value).is_some(), "given twice"),
                other if other == dialect.client_id => {
                    (query.identity.replace(IdentityId::Client(value)).is_some(), ONE_NAME)
                }
                other if dialect.principal_id.contains(&other) => {
                    (query.identity.replace(IdentityId::Principal(value)).is_some(), ONE_NAME)
                }
                other if other == dialect.resource_id => {
                    (query.identity.replace(IdentityId::Resource(value)).is_some(), ONE_NAME)
                }
                unknown => return Err(format!("the query parameter {unknown} is not known")),
            };
            if repeated {
                return Err(format!("{name} is {problem}"));
            }
        }
        query.version = query.version.filter(|version| !version.is_empty());
        query.resource = query.resource.filter(|resource| !resource.is_empty());
        Ok(query)
    }
}
