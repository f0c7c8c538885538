//! Identity-based connections, as the Functions host's own extensions have them: `<NAME>__credential` and the ID of a
//! user-assigned identity beside the service's address. The older connection string `RunAs=…` is understood too.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-reference#configure-an-identity-based-connection>

use url::Url;

use super::{
    reader::Reader,
    run_as,
    values::{ClientId, ObjectId, Setting, Tenant},
};

/// Where a service is and who this app is to it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) endpoint: Url,
    pub(crate) credential: Credential,
}

/// How a token is got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Credential {
    /// The identity endpoint of the function app; without an ID, the system-assigned identity.
    ManagedIdentity(Option<UserAssigned>),
    /// A federated token file, as AKS mounts it.
    WorkloadIdentity(Option<ClientId>),
    /// Whoever is logged in to a tool on this machine.
    Developer(Developer),
}

/// How a user-assigned identity is named to the identity endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum UserAssigned {
    ClientId(ClientId),
    ObjectId(ObjectId),
}

/// A login on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Developer {
    pub(crate) tool: Tool,
    /// The tool's own when absent.
    pub(crate) tenant: Option<Tenant>,
}

/// Whose login it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Tool {
    /// The Azure CLI's, else the Azure Developer CLI's.
    #[default]
    Any,
    AzureCli,
    AzureDeveloperCli,
}

/// The settings of one connection, by their full names.
pub(super) struct Names {
    pub(super) endpoint: &'static str,
    pub(super) credential: &'static str,
    pub(super) client_id: &'static str,
    pub(super) object_id: &'static str,
    /// Known to other languages' extensions, and refused: App Service's endpoint wants it under a name that the SDK
    /// does not send.
    pub(super) resource_id: &'static str,
    pub(super) identity: &'static str,
}

impl Names {
    /// Reads the connection. `default_id` is the client ID where the connection names no identity.
    pub(super) fn read(
        &self,
        settings: &mut Reader<impl Fn(&str) -> Option<String>>,
        default_id: Option<ClientId>,
    ) -> Option<Connection> {
        let endpoint = settings.required(self.endpoint);
        let kind = settings.optional::<Kind>(self.credential);
        let client_id = settings.optional::<ClientId>(self.client_id);
        let object_id = settings.optional::<ObjectId>(self.object_id);
        let run_as = run_as::read(settings, self.identity);
        self.refuse_contradictions(settings, kind);
        let credential = run_as.unwrap_or_else(|| match kind.unwrap_or(Kind::ManagedIdentity) {
            Kind::ManagedIdentity => Credential::ManagedIdentity(match (object_id, client_id.or(default_id)) {
                (Some(id), _) => Some(UserAssigned::ObjectId(id)),
                (None, id) => id.map(UserAssigned::ClientId),
            }),
            Kind::WorkloadIdentity => Credential::WorkloadIdentity(client_id.or(default_id)),
            Kind::Developer => Credential::Developer(Developer::default()),
        });
        Some(Connection { endpoint: endpoint?, credential })
    }

    /// One connection is one identity, named in one way.
    fn refuse_contradictions(&self, settings: &mut Reader<impl Fn(&str) -> Option<String>>, kind: Option<Kind>) {
        let Self { credential, client_id, object_id, resource_id, identity, .. } = *self;
        if settings.is_set(resource_id) {
            settings.refuse(resource_id, format!("no resource ID: name the identity in {client_id} or {object_id}"));
        }
        if settings.is_set(client_id) && settings.is_set(object_id) {
            settings.refuse(object_id, format!("either {client_id} or {object_id}, not both"));
        }
        if settings.is_set(object_id) && matches!(kind, Some(Kind::WorkloadIdentity)) {
            settings.refuse(object_id, format!("{client_id}: workload identity knows client IDs alone"));
        }
        let others = [credential, client_id, object_id].into_iter().filter(|name| settings.is_set(name));
        let others = others.collect::<Vec<_>>().join(" and ");
        if settings.is_set(identity) && !others.is_empty() {
            settings.refuse(identity, format!("either this connection string or {others}, not both"));
        }
    }
}

/// `<NAME>__credential`; absent means a managed identity.
#[derive(Clone, Copy)]
enum Kind {
    ManagedIdentity,
    WorkloadIdentity,
    Developer,
}

impl Setting for Kind {
    const EXPECTED: &'static str = "managedidentity, workloadidentity or developer";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "managedidentity" => Some(Self::ManagedIdentity),
            "workloadidentity" => Some(Self::WorkloadIdentity),
            "developer" => Some(Self::Developer),
            _ => None,
        }
    }
}
