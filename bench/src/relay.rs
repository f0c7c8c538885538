//! What `relay` adds to a call of the gateway: the same call by a plain client and through the handler, in turns.

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use reqwest::{Certificate, Client, Proxy};
use serde_json::Value;
use url::Url;

use crate::{
    http::{self, Connection},
    process::{Process, Start},
    statistics::Spread,
};

/// Requests in a turn.
const REQUESTS: usize = 200;

/// Medians in microseconds, one of each round.
pub(crate) struct Relay {
    pub(crate) direct: Spread,
    pub(crate) relayed: Spread,
    /// The difference of the two in the same round.
    pub(crate) added: Spread,
}

/// The call, without the handler.
struct Direct {
    client: Client,
    url: Url,
    token: String,
    key: (String, String),
}

/// `environment` is that of a running local-azure.
pub(crate) async fn measure(
    handler: &Path,
    environment: &BTreeMap<String, String>,
    rounds: usize,
    folder: &Path,
) -> Result<Relay, Box<dyn Error>> {
    let mut environment = environment.clone();
    let direct = Direct::new(&environment).await?;
    environment.remove("SSL_CERT_FILE");
    let (log, arguments): (PathBuf, [PathBuf; 0]) = (folder.join("relay.log"), []);
    let mut process =
        Process::start(&Start { program: handler, arguments: &arguments, environment: &environment, log: &log })?;
    let (_, mut connection) = process.first_answer().await?;
    let (mut directly, mut relayed) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (one, other) = (direct.turn().await?, through(&mut connection).await?);
        // The first round opens connections and fills caches.
        if round > 0 {
            directly.push(median(one));
            relayed.push(median(other));
        }
    }
    let added: Vec<_> = relayed.iter().zip(&directly).map(|(relayed, direct)| relayed - direct).collect();
    let spread = |samples: &[f64]| Spread::of(samples).ok_or("no round");
    Ok(Relay { direct: spread(&directly)?, relayed: spread(&relayed)?, added: spread(&added)? })
}

impl Direct {
    async fn new(environment: &BTreeMap<String, String>) -> Result<Self, Box<dyn Error>> {
        let variable = |name: &str| environment.get(name).cloned().ok_or_else(|| format!("{name} is not set"));
        let authority = Certificate::from_pem_bundle(&std::fs::read(variable("EXTRA_CA_CERTS")?)?)?;
        let proxy = Proxy::https(variable("HTTPS_PROXY")?)?;
        let client = Client::builder().proxy(proxy).tls_certs_only(authority).build()?;
        let text = |answer: Value, member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        let token = async |resource: &str, identity: &str| {
            let mut endpoint: Url = variable("IDENTITY_ENDPOINT")?.parse()?;
            let query = [("api-version", "2019-08-01"), ("resource", resource), ("client_id", &variable(identity)?)];
            endpoint.query_pairs_mut().extend_pairs(query);
            let request = client.get(endpoint).header("X-IDENTITY-HEADER", variable("IDENTITY_HEADER")?);
            let answer = request.send().await?.error_for_status()?.json().await?;
            Ok::<_, Box<dyn Error>>(text(answer, "access_token"))
        };
        let reader = token("https://vault.azure.net", "KEYVAULT__clientId").await?;
        let name = variable("APIM__subscriptionKeySecret")?;
        let vault: Url = variable("KEYVAULT__vaultUri")?.parse()?;
        let secret = client.get(vault.join(&format!("secrets/{name}?api-version=7.4"))?).bearer_auth(reader);
        let key = text(secret.send().await?.error_for_status()?.json().await?, "value");
        let caller = token(&variable("APIM__audience")?, "APIM__clientId").await?;
        let url = format!("{}/orders", variable("APIM__baseUrl")?).parse()?;
        Ok(Self { client, url, token: caller, key: (variable("APIM__subscriptionKeyHeader")?, key) })
    }

    async fn turn(&self) -> Result<Vec<Duration>, Box<dyn Error>> {
        let mut times = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let began = Instant::now();
            let request = self.client.get(self.url.clone()).bearer_auth(&self.token);
            let response = request.header(&self.key.0, &self.key.1).send().await?;
            response.error_for_status()?.bytes().await?;
            times.push(began.elapsed());
        }
        Ok(times)
    }
}

async fn through(connection: &mut Connection) -> Result<Vec<Duration>, Box<dyn Error>> {
    let request = http::request("GET", "/api/relay/orders", "");
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let began = Instant::now();
        let status = connection.ask(&request).await?;
        if status != 200 {
            return Err(format!("relay is answered with {status}").into());
        }
        times.push(began.elapsed());
    }
    Ok(times)
}

/// In microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

impl Relay {
    /// A table in Markdown.
    pub(crate) fn table(&self) -> String {
        let Self { direct, relayed, added } = self;
        format!(
            "| p50 of one call, µs | |\n|---|---|\n| the gateway, by a plain client | {} |\n| through `relay` | {} |\n| \
             added | {} |\n",
            direct.in_words(),
            relayed.in_words(),
            added.in_words()
        )
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "directUs": self.direct.to_json(), "relayedUs": self.relayed.to_json(), "addedUs": self.added.to_json(),
        })
    }
}
