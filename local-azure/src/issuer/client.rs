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

/// How a client proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It runs on the function app, which carries the identity.
    Platform,
    /// It is the API Management service, which carries the identity.
    ApiManagement,
    /// A client secret.
    Secret,
    /// An assertion, signed with its certificate or by an issuer that it trusts.
    Assertion,
}

impl<'a> Client<'a> {
    /// A managed identity, through the endpoint of the resource that carries it.
    pub(crate) fn on_platform(identity: &'a Identity) -> Self {
        Self { kind: ClientKind::ManagedIdentity(identity), proof: Proof::Platform }
    }

    /// A managed identity of the API Management service.
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

    /// `appidacr` and `azpacr`: a managed identity proves itself with a certificate of the platform.
    pub(super) fn authentication(&self) -> &'static str {
        if self.proof == Proof::Secret { "1" } else { "2" }
    }

    /// `xms_mirid`: resource ID of the managed identity.
    pub(super) fn identity_resource_id(&self, entra: &Entra) -> Option<String> {
        match self.kind {
            ClientKind::ManagedIdentity(identity) => Some(entra.seed.identity_resource_id(identity)),
            ClientKind::App(_) => None,
        }
    }

    /// `xms_az_rid`: the resource on which a user-assigned identity was used.
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
