//! The client of a token request, and the method of its authentication.

use uuid::Uuid;

use crate::{
    issuer::Entra,
    seed::{AppRegistration, Identity, IdentityKind},
};

/// A client of the tenant.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(super) kind: ClientKind<'a>,
    pub(super) proof: Proof,
}

#[derive(Clone, Copy)]
pub(super) enum ClientKind<'a> {
    ManagedIdentity(&'a Identity),
    App(&'a AppRegistration),
}

/// The method by which a client authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The client runs on the function app, which has the identity.
    Platform,
    /// The client is the API Management service, which has the identity.
    ApiManagement,
    /// A client secret.
    Secret,
    /// An assertion, signed with the client's certificate or by an issuer that the client trusts.
    Assertion,
}

impl<'a> Client<'a> {
    /// Returns a managed identity that uses the endpoint of its resource.
    pub(crate) fn on_platform(identity: &'a Identity) -> Self {
        Self { kind: ClientKind::ManagedIdentity(identity), proof: Proof::Platform }
    }

    /// Returns a managed identity of the API Management service.
    pub(crate) fn on_api_management(identity: &'a Identity) -> Self {
        Self { kind: ClientKind::ManagedIdentity(identity), proof: Proof::ApiManagement }
    }

    pub(crate) fn client_id(&self) -> Uuid {
        self.kind.client_id()
    }

    pub(crate) fn name(&self) -> &'a str {
        self.kind.name()
    }

    pub(super) fn principal_id(&self) -> Uuid {
        match self.kind {
            ClientKind::ManagedIdentity(identity) => identity.principal_id,
            ClientKind::App(app) => app.principal_id(),
        }
    }

    /// Returns `appidacr` and `azpacr`: a managed identity authenticates with a certificate of the platform.
    pub(super) fn authentication(&self) -> &'static str {
        if self.proof == Proof::Secret { "1" } else { "2" }
    }

    /// Returns `xms_mirid`: the resource ID of the managed identity.
    pub(super) fn identity_resource_id(&self, entra: &Entra) -> Option<String> {
        match self.kind {
            ClientKind::ManagedIdentity(identity) => Some(entra.seed.identity_resource_id(identity)),
            ClientKind::App(_) => None,
        }
    }

    /// Returns `xms_az_rid`: the resource on which a user-assigned identity was used.
    pub(super) fn host_resource_id(&self, entra: &Entra) -> Option<String> {
        match self.kind {
            ClientKind::ManagedIdentity(identity) if identity.kind == IdentityKind::UserAssigned => match self.proof {
                Proof::Platform => Some(entra.seed.function_app_resource_id()),
                Proof::ApiManagement => Some(entra.seed.api_management_resource_id()),
                Proof::Secret | Proof::Assertion => None,
            },
            _ => None,
        }
    }
}

impl<'a> ClientKind<'a> {
    pub(super) fn name(&self) -> &'a str {
        match self {
            Self::ManagedIdentity(identity) => &identity.name,
            Self::App(app) => &app.name,
        }
    }

    pub(super) fn client_id(&self) -> Uuid {
        match self {
            Self::ManagedIdentity(identity) => identity.client_id,
            Self::App(app) => app.client_id,
        }
    }
}
