//! A backend, local-azure in front of it, and the clients that call them.

use std::{collections::BTreeMap, error::Error, path::Path};

use axum::{Router, routing::get};
use local_azure::{LocalAzure, seed::Seed};
use reqwest::{Certificate, Client, Proxy};
use tokio::net::TcpListener;
use url::Url;

use super::contender::Contender;

/// All servers of this measurement. They end when this value is dropped.
pub(crate) struct World {
    azure: LocalAzure,
    backend: Url,
}

impl World {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let backend: Url = format!("http://{}", listener.local_addr()?).parse()?;
        let routes = Router::new().route("/", get(async || r#"{"orders":[]}"#));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let mut seed = Seed::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/world/seed.toml")))?;
        for api in &mut seed.apim.apis {
            api.backend.url = Some(backend.clone());
        }
        Ok(Self { azure: LocalAzure::start(seed).await?, backend })
    }

    pub(crate) fn contenders(&self) -> Result<Vec<Contender>, Box<dyn Error>> {
        let world = self.azure.world();
        let token = world.token("caller", "api://orders")?;
        let gateway: Url = format!("https://{}.azure-api.net", world.seed().apim.name).parse()?;
        let through = self.client()?;
        let contender = |name, client, url| Contender { name, client, url, token: token.clone() };
        Ok(vec![
            contender("the backend, directly", Client::new(), self.backend.clone()),
            contender("through the gateway, no policies", through.clone(), gateway.join("open")?),
            contender("validate-jwt and two set-header", through, gateway.join("guarded")?),
        ])
    }

    /// Returns a client that finds this Azure as any program does: by its proxy and its CA.
    fn client(&self) -> Result<Client, Box<dyn Error>> {
        let environment: BTreeMap<_, _> = self.azure.environment().into_iter().collect();
        let ca = std::fs::read(&environment["SSL_CERT_FILE"])?;
        let proxy = Proxy::https(&environment["HTTPS_PROXY"])?;
        Ok(Client::builder().proxy(proxy).tls_certs_merge(Certificate::from_pem_bundle(&ca)?).build()?)
    }
}
