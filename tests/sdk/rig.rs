//! local-azure, with the options for a client of the SDK that uses one of its identities.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    http::{ClientOptions, Transport},
    time::OffsetDateTime,
};
use local_azure::{LocalAzure, seed::Seed};
use reqwest::{Certificate, Client, Proxy};
use serde_json::Value;

pub(crate) struct Rig {
    pub(crate) azure: LocalAzure,
    environment: BTreeMap<String, String>,
}

impl Rig {
    /// Starts the world of the other languages' clients.
    pub(crate) async fn start() -> Self {
        let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/seed.toml");
        let azure = LocalAzure::start(Seed::read(&seed).unwrap()).await.unwrap();
        let environment = azure.environment().into_iter().collect();
        Self { azure, environment }
    }

    /// Returns the seed's setting that names a service or an identity.
    pub(crate) fn setting(&self, name: &str) -> &str {
        &self.azure.world().seed().function_app.settings[name]
    }

    pub(crate) fn identity(&self, setting: &str) -> Arc<dyn TokenCredential> {
        let variable = |name: &str| self.environment[name].clone();
        Arc::new(Identity {
            endpoint: variable("IDENTITY_ENDPOINT"),
            header: variable("IDENTITY_HEADER"),
            client_id: self.setting(setting).to_owned(),
        })
    }

    /// Returns the client options. A process reads the same proxy and CA from its environment.
    pub(crate) fn client_options(&self) -> ClientOptions {
        let ca = fs::read(&self.environment["SSL_CERT_FILE"]).unwrap();
        let http = Client::builder()
            .proxy(Proxy::https(&self.environment["HTTPS_PROXY"]).unwrap())
            .tls_certs_only(Certificate::from_pem_bundle(&ca).unwrap())
            .build()
            .unwrap();
        ClientOptions { transport: Some(Transport::new(Arc::new(http))), ..Default::default() }
    }
}

/// A managed identity. The SDK's own reads the environment of the process, which all tests share.
#[derive(Debug)]
struct Identity {
    endpoint: String,
    header: String,
    client_id: String,
}

#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let resource = scopes[0].trim_end_matches("/.default");
        let query = [("resource", resource), ("client_id", &self.client_id), ("api-version", "2019-08-01")];
        let url = reqwest::Url::parse_with_params(&self.endpoint, query).unwrap();
        let request = Client::builder().no_proxy().build().unwrap().get(url).header("x-identity-header", &self.header);
        let token: Value = request.send().await.unwrap().json().await.unwrap();
        let expires_on = OffsetDateTime::now_utc() + Duration::from_secs(3600);
        Ok(AccessToken::new(token["access_token"].as_str().unwrap().to_owned(), expires_on))
    }
}
