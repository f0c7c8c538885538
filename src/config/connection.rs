//! Identity-based connections, as the Functions host's own extensions have them: `<NAME>__credential` and
//! `<NAME>__clientId` beside the service's address. The older connection string `RunAs=…` is understood too.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-reference#configure-an-identity-based-connection>

use url::Url;

use super::{reader::Reader, values::ClientId, values::Setting};

/// Where a service is and who this app is to it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) endpoint: Url,
    pub(crate) credential: Credential,
}

/// How a token is got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Credential {
    /// The identity endpoint of the function app; without a client ID, the system-assigned identity.
    ManagedIdentity(Option<ClientId>),
    /// A federated token file, as AKS mounts it.
    WorkloadIdentity(Option<ClientId>),
    /// Whoever is logged in to the Azure CLI, else to the Azure Developer CLI.
    Developer,
    /// Whoever is logged in to the Azure CLI.
    AzureCli,
}

/// The settings of one connection, by their full names.
pub(super) struct Names {
    pub(super) endpoint: &'static str,
    pub(super) credential: &'static str,
    pub(super) client_id: &'static str,
    pub(super) identity: &'static str,
}

impl Names {
    /// Reads the connection. `default_id` is the client ID where the connection names none.
    pub(super) fn read(
        &self,
        settings: &mut Reader<impl Fn(&str) -> Option<String>>,
        default_id: Option<ClientId>,
    ) -> Option<Connection> {
        let endpoint = settings.required(self.endpoint);
        let kind = settings.optional::<Kind>(self.credential);
        let client_id = settings.optional::<ClientId>(self.client_id);
        let run_as = settings.optional::<RunAs>(self.identity);
        if run_as.is_some() && (kind.is_some() || client_id.is_some()) {
            settings.refuse(self.identity, "either this connection string or __credential and __clientId, not both");
        }
        let client_id = client_id.or(default_id);
        let credential = match (run_as, kind.unwrap_or(Kind::ManagedIdentity)) {
            (Some(RunAs(credential)), _) => credential,
            (None, Kind::ManagedIdentity) => Credential::ManagedIdentity(client_id),
            (None, Kind::WorkloadIdentity) => Credential::WorkloadIdentity(client_id),
            (None, Kind::Developer) => Credential::Developer,
        };
        Some(Connection { endpoint: endpoint?, credential })
    }
}

/// `<NAME>__credential`; absent means a managed identity.
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

/// `<NAME>__identity`, a connection string of the former App Authentication library. A form with a key or a
/// certificate is refused: this app has neither.
struct RunAs(Credential);

impl Setting for RunAs {
    const EXPECTED: &'static str =
        "RunAs=App;AppId=CLIENT-ID, RunAs=App (system-assigned) or RunAs=Developer;DeveloperTool=AzureCli";

    fn parse(text: &str) -> Option<Self> {
        let (mut run_as, mut app_id, mut tool) = (None, None, None);
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            let place = match key.trim().to_ascii_lowercase().as_str() {
                "runas" => &mut run_as,
                "appid" => &mut app_id,
                "developertool" => &mut tool,
                _ => return None,
            };
            if place.replace(value.trim().to_ascii_lowercase()).is_some() {
                return None;
            }
        }
        match (run_as.as_deref()?, app_id, tool.as_deref()) {
            ("app", None, None) => Some(Self(Credential::ManagedIdentity(None))),
            ("app", Some(id), None) => Some(Self(Credential::ManagedIdentity(Some(ClientId::parse(&id)?)))),
            ("developer", None, Some("azurecli")) => Some(Self(Credential::AzureCli)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "b1a7c0de-0001-4a6b-8c1d-5f2e3d4c5b6a";

    fn run_as(text: &str) -> Option<Credential> {
        RunAs::parse(text).map(|RunAs(credential)| credential)
    }

    #[test]
    fn the_connection_string_names_an_identity() {
        let id = ClientId::parse(ID);
        assert_eq!(run_as(&format!("RunAs=App;AppId={ID}")), Some(Credential::ManagedIdentity(id)));
        assert_eq!(run_as(&format!(" runas = app ; appid = {ID} ; ")), Some(Credential::ManagedIdentity(id)));
        assert_eq!(run_as("RunAs=App"), Some(Credential::ManagedIdentity(None)));
        assert_eq!(run_as("RunAs=Developer;DeveloperTool=AzureCli"), Some(Credential::AzureCli));
    }

    #[test]
    fn a_connection_string_with_a_key_or_of_another_kind_is_refused() {
        for wrong in [
            &format!("RunAs=App;AppId={ID};TenantId={ID};AppKey=k"),
            "RunAs=App;AppId=name",
            "RunAs=App;RunAs=App",
            "RunAs=CurrentUser",
            "RunAs=Developer;DeveloperTool=VisualStudio",
            "AccountKey=k",
            "App",
        ] {
            assert_eq!(run_as(wrong), None, "{wrong}");
        }
    }
}
