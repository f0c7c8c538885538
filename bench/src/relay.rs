//! Measures the time that `relay` adds to a call of the gateway. A plain client and the handler make the same call, in
//! turns.

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
    time::Instant,
};

use crate::{
    direct::{Direct, median},
    http::{self, Connection},
    process::{Process, Start},
    statistics::Spread,
};

/// The number of requests in a turn.
const REQUESTS: usize = 200;

/// Medians in microseconds, one for each round.
pub(crate) struct Relay {
    pub(crate) direct: Spread,
    pub(crate) relayed: Spread,
    /// The difference between the two in the same round.
    pub(crate) added: Spread,
}

/// Measures in `rounds` rounds. `environment` is that of a running local-azure.
pub(crate) async fn measure(
    handler: &Path,
    environment: &BTreeMap<String, String>,
    rounds: usize,
    folder: &Path,
) -> Result<Relay, Box<dyn Error>> {
    let mut environment = environment.clone();
    let direct = Direct::new(&environment)?.gateway().await?;
    environment.remove("SSL_CERT_FILE");
    let (log, arguments): (PathBuf, [PathBuf; 0]) = (folder.join("relay.log"), []);
    let mut process =
        Process::start(&Start { program: handler, arguments: &arguments, environment: &environment, log: &log })?;
    let (_, mut connection) = process.first_answer().await?;
    let (mut directly, mut relayed) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (one, other) = (direct.turn(REQUESTS).await?, through(&mut connection).await?);
        // The first round opens connections and fills caches.
        if round > 0 {
            directly.push(one);
            relayed.push(other);
        }
    }
    let added: Vec<_> = relayed.iter().zip(&directly).map(|(relayed, direct)| relayed - direct).collect();
    let spread = |samples: &[f64]| Spread::from_samples(samples).ok_or("no round");
    Ok(Relay { direct: spread(&directly)?, relayed: spread(&relayed)?, added: spread(&added)? })
}

/// Sends a turn of requests to `relay` and returns the median in microseconds.
async fn through(connection: &mut Connection) -> Result<f64, Box<dyn Error>> {
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
    Ok(median(times))
}

impl Relay {
    /// Returns a table in Markdown.
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
