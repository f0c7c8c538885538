//! Identity-based connections, as in the Functions host's own extensions: the service's address, `<NAME>__credential`,
//! and the ID of a user-assigned identity. The older connection string `RunAs=…` is read too.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-reference#configure-an-identity-based-connection>

use std::borrow::Cow;
#[cfg(feature = "telemetry")]
use std::sync::Arc;

use url::Url;

use super::{
    reader::Reader,
    row::{Absent, Setting},
    run_as::{self, RunAs},
    value::SettingType,
};
#[cfg(feature = "telemetry")]
use crate::identity::TokenCache;
use crate::{
    connection::Connection,
    identity::{ClientId, Credential, Developer, ObjectId, UserAssigned},
};

/// The default client ID. The platform sets it, so it is not a row of an app.
const DEFAULT_CLIENT_ID: Setting<ClientId> =
    Setting::optional("AZURE_CLIENT_ID", "the system-assigned identity", "Which identity calls services.");

impl Reader {
    /// A connection of any kind. `<name>__<endpoint>` is the service's address. The settings of the identity are the
    /// same for all connections.
    pub fn connection(&mut self, name: &str, endpoint: &str) -> Option<Connection> {
        let key = format!("{name}__{endpoint}");
        if let Some(known) = self.connections.get(&key) {
            return known.clone();
        }
        let read = Group::new(name, endpoint).read(self);
        let connection = read.map(|(endpoint, credential)| {
            let tokens = self.identities.tokens(&credential);
            Connection::new(endpoint, credential, tokens, self.http.clone())
        });
        self.connections.insert(key, connection.clone());
        connection
    }
}

impl Reader {
    /// Returns the tokens of an identity for a service without an address. Its settings are those of a connection's
    /// identity.
    #[cfg(feature = "telemetry")]
    pub(crate) fn identity_of(&mut self, name: &str) -> Option<Arc<TokenCache>> {
        let credential = IdentityGroup::new(name).read(self);
        Some(self.identities.tokens(&credential))
    }
}

/// The settings of one connection.
struct Group {
    endpoint: Setting<Url>,
    identity: IdentityGroup,
}

/// The settings of a connection that name its identity.
struct IdentityGroup {
    credential: Setting<ConnectionKind>,
    client_id: Setting<ClientId>,
    object_id: Setting<ObjectId>,
    identity: Setting<RunAs>,
    /// The setting of the resource ID. Other languages' extensions know it; it is refused here.
    resource_id: String,
}

fn setting<T>(name: &str, part: &str, meaning: impl Into<Cow<'static, str>>, absent: Absent) -> Setting<T> {
    Setting::new(Cow::Owned(format!("{name}__{part}")), meaning.into(), absent)
}

impl Group {
    fn new(name: &str, endpoint: &str) -> Self {
        let address = setting(name, endpoint, "Address of the service.", Absent::IsAnError);
        Self { endpoint: address.with_example(example_address(endpoint)), identity: IdentityGroup::new(name) }
    }

    fn read(&self, settings: &mut Reader) -> Option<(Url, Credential)> {
        let endpoint = settings.read(&self.endpoint);
        let credential = self.identity.read(settings);
        Some((endpoint?, credential))
    }
}

impl IdentityGroup {
    fn new(name: &str) -> Self {
        let id = Absent::Means("`AZURE_CLIENT_ID`, else the system-assigned identity");
        let unused = || Absent::Means("not used");
        Self {
            credential: setting(name, "credential", "How the app gets its tokens.", Absent::Default("managedidentity"))
                .with_example("developer"),
            client_id: setting(name, "clientId", "The user-assigned identity that calls it.", id),
            object_id: setting(
                name,
                "objectId",
                "The same identity by its object ID, in place of the client ID.",
                unused(),
            ),
            identity: setting(name, "identity", "A connection string, in place of the three above.", unused()),
            resource_id: format!("{name}__managedIdentityResourceId"),
        }
    }
}

fn example_address(endpoint: &str) -> &'static str {
    match endpoint {
        "vaultUri" => "https://YOUR-VAULT.vault.azure.net",
        "blobServiceUri" => "https://YOURACCOUNT.blob.core.windows.net",
        "baseUrl" => "https://YOUR-APIM.azure-api.net",
        _ => "https://YOUR-SERVICE.example",
    }
}

impl IdentityGroup {
    fn read(&self, settings: &mut Reader) -> Credential {
        let default_id = settings.value(&DEFAULT_CLIENT_ID);
        let kind = settings.read(&self.credential);
        let client_id = settings.read(&self.client_id);
        let object_id = settings.read(&self.object_id);
        settings.declare(&self.identity);
        let run_as = run_as::read(settings, self.identity.name());
        self.refuse_contradictions(settings, kind);
        run_as.unwrap_or_else(|| match kind.unwrap_or(ConnectionKind::ManagedIdentity) {
            ConnectionKind::ManagedIdentity => {
                Credential::ManagedIdentity(match (object_id, client_id.or(default_id)) {
                    (Some(id), _) => Some(UserAssigned::ObjectId(id)),
                    (None, id) => id.map(UserAssigned::ClientId),
                })
            }
            ConnectionKind::WorkloadIdentity => Credential::WorkloadIdentity(client_id.or(default_id)),
            ConnectionKind::Developer => Credential::Developer(Developer::default()),
        })
    }

    /// Refuses settings that name more than one identity, or name it in more than one way.
    fn refuse_contradictions(&self, settings: &mut Reader, kind: Option<ConnectionKind>) {
        let (client_id, object_id, identity) = (self.client_id.name(), self.object_id.name(), self.identity.name());
        if settings.is_set(&self.resource_id) {
            let expected = format!("no resource ID: name the identity in {client_id} or {object_id}");
            settings.refuse(self.resource_id.clone(), expected);
        }
        if settings.is_set(client_id) && settings.is_set(object_id) {
            settings.refuse(object_id.to_owned(), format!("either {client_id} or {object_id}, not both"));
        }
        if settings.is_set(object_id) && matches!(kind, Some(ConnectionKind::WorkloadIdentity)) {
            settings.refuse(object_id.to_owned(), format!("{client_id}: workload identity knows client IDs alone"));
        }
        let others = [self.credential.name(), client_id, object_id].into_iter().filter(|name| settings.is_set(name));
        let others = others.collect::<Vec<_>>().join(" and ");
        if settings.is_set(identity) && !others.is_empty() {
            settings.refuse(identity.to_owned(), format!("either this connection string or {others}, not both"));
        }
    }
}

/// `<NAME>__credential`.
#[derive(Clone, Copy)]
enum ConnectionKind {
    ManagedIdentity,
    WorkloadIdentity,
    Developer,
}

impl SettingType for ConnectionKind {
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
