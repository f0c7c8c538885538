//! Checks the credential manager of a seed.

use super::{Connection, Seed, check::unique};

impl Seed {
    pub(super) fn check_credentials(&self, problems: &mut Vec<String>) {
        let providers = &self.apim.credential_providers;
        unique(problems, "credential provider", providers.iter().map(|one| one.id.as_str()));
        for provider in providers {
            let what = format!("connection of credential provider \"{}\":", provider.id);
            unique(problems, &what, provider.connections.iter().map(|one| one.id.as_str()));
            for connection in &provider.connections {
                self.check_connection(problems, connection);
            }
        }
    }

    fn check_connection(&self, problems: &mut Vec<String>, connection: &Connection) {
        let Connection { id, client, secret, access } = connection;
        let place = format!("apim.credential_providers: the connection \"{id}\"");
        match self.app_registrations.iter().find(|app| app.name == *client) {
            None => problems.push(format!("{place} names no app registration: \"{client}\"")),
            Some(app) if !app.secrets.iter().any(|one| one.name == *secret) => {
                problems.push(format!("{place} names no secret of \"{client}\": \"{secret}\""));
            }
            Some(_) => {}
        }
        unique(problems, &format!("access policy of connection \"{id}\":"), access.iter().map(String::as_str));
        for name in access {
            self.check_client(problems, &place, name);
        }
    }
}
