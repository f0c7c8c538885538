//! A plain client of the edge, with tokens and the subscription key. It measures a service without the handler.

use std::{collections::BTreeMap, error::Error, time::Instant};

use reqwest::{Certificate, Client, Method, Proxy, RequestBuilder};
use serde_json::Value;
use url::Url;

pub(crate) struct Direct {
    client: Client,
    environment: BTreeMap<String, String>,
}

/// One call that is repeated.
pub(crate) struct DirectCall(RequestBuilder);

impl Direct {
    /// Makes a client. `environment` is that of a running local-azure.
    pub(crate) fn new(environment: &BTreeMap<String, String>) -> Result<Self, Box<dyn Error>> {
        let environment = environment.clone();
        let variable = |name: &str| environment.get(name).ok_or_else(|| format!("{name} is not set"));
        let authority = Certificate::from_pem_bundle(&std::fs::read(variable("EXTRA_CA_CERTS")?)?)?;
        let proxy = Proxy::https(variable("HTTPS_PROXY")?)?;
        let client = Client::builder().proxy(proxy).tls_certs_only(authority).build()?;
        Ok(Self { client, environment })
    }

    fn variable(&self, name: &str) -> Result<&str, String> {
        self.environment.get(name).map(String::as_str).ok_or_else(|| format!("{name} is not set"))
    }

    /// Returns a token for `resource`. The setting `identity` names the identity.
    async fn token(&self, resource: &str, identity: &str) -> Result<String, Box<dyn Error>> {
        let mut endpoint: Url = self.variable("IDENTITY_ENDPOINT")?.parse()?;
        let query = [("api-version", "2019-08-01"), ("resource", resource), ("client_id", self.variable(identity)?)];
        endpoint.query_pairs_mut().extend_pairs(query);
        let request = self.client.get(endpoint).header("X-IDENTITY-HEADER", self.variable("IDENTITY_HEADER")?);
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(answer["access_token"].as_str().unwrap_or_default().to_owned())
    }

    /// Returns a call of the API behind the gateway.
    pub(crate) async fn gateway(&self) -> Result<DirectCall, Box<dyn Error>> {
        let reader = self.token("https://vault.azure.net", "KEYVAULT__clientId").await?;
        let name = self.variable("APIM__subscriptionKeySecret")?;
        let vault: Url = self.variable("KEYVAULT__vaultUri")?.parse()?;
        let secret = self.client.get(vault.join(&format!("secrets/{name}?api-version=7.4"))?).bearer_auth(reader);
        let secret: Value = secret.send().await?.error_for_status()?.json().await?;
        let token = self.token(self.variable("APIM__audience")?, "APIM__clientId").await?;
        let request = self.client.get(format!("{}/orders", self.variable("APIM__baseUrl")?)).bearer_auth(token);
        let header = self.variable("APIM__subscriptionKeyHeader")?;
        Ok(DirectCall(request.header(header, secret["value"].as_str().unwrap_or_default())))
    }

    /// Writes a blob of `bytes` bytes and returns a call that reads it.
    pub(crate) async fn blob(&self, bytes: usize) -> Result<DirectCall, Box<dyn Error>> {
        let token = self.token("https://storage.azure.com", "STORAGE__clientId").await?;
        let account: Url = self.variable("STORAGE__blobServiceUri")?.parse()?;
        let url = account.join("snapshots/bench-small")?;
        let request = |method| {
            let request = self.client.request(method, url.clone()).bearer_auth(&token);
            request.header("x-ms-version", "2026-04-06")
        };
        let write = request(Method::PUT).header("x-ms-blob-type", "BlockBlob").body("x".repeat(bytes));
        write.send().await?.error_for_status()?;
        Ok(DirectCall(request(Method::GET)))
    }
}

impl DirectCall {
    /// Returns the median of `calls` calls, one after the other, in microseconds.
    pub(crate) async fn turn(&self, calls: usize) -> Result<f64, Box<dyn Error>> {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let request = self.0.try_clone().ok_or("a body that is read once")?;
            let began = Instant::now();
            request.send().await?.error_for_status()?.bytes().await?;
            times.push(began.elapsed());
        }
        Ok(median(times))
    }
}

/// Returns the median in microseconds.
pub(crate) fn median(mut times: Vec<std::time::Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}
