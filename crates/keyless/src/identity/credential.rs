//! The names of identities.

use std::fmt;

use uuid::Uuid;

/// The source of an identity's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// The identity endpoint of the function app. Without an ID, it is the system-assigned identity.
    ManagedIdentity(Option<UserAssigned>),
    /// A federated token file, as AKS mounts it.
    WorkloadIdentity(Option<ClientId>),
    /// The login of a developer's tool on this machine.
    Developer(Developer),
}

/// The name of a user-assigned identity for the identity endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserAssigned {
    /// The client ID.
    ClientId(ClientId),
    /// The object ID.
    ObjectId(ObjectId),
}

/// A developer's login on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Developer {
    /// The tool with the login.
    pub tool: Tool,
    /// The tenant; `None` for the tool's default.
    pub tenant: Option<Tenant>,
}

/// A developer's tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tool {
    /// The Azure CLI, or the Azure Developer CLI if the first gives no token.
    #[default]
    Any,
    /// `az`.
    AzureCli,
    /// `azd`.
    AzureDeveloperCli,
}

/// The client ID of a user-assigned identity.
///
/// It is not the object ID ([`ObjectId`]) and not the resource ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(Uuid);

impl ClientId {
    /// Reads a GUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The object ID of a user-assigned identity, also called its principal ID. Role assignments use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectId(Uuid);

impl ObjectId {
    /// Reads a GUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A directory, by its ID or one of its domains.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(String);

impl Tenant {
    /// Reads a text of letters, digits, dots and hyphens only, because it becomes part of a command line.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        (letters && text.starts_with(|c: char| c.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    /// The ID or the domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
