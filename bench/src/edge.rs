//! local-azure's own share of a call, measured by a plain client: a small blob through the edge, and the gateway with
//! the dashboard closed and open.

use std::{collections::BTreeMap, error::Error};

use local_azure::{LocalAzure, seed::Seed};
use reqwest::{Client, header};
use serde_json::{Value, json};

use crate::{
    direct::Direct,
    statistics::{Ratio, Spread},
};

/// The number of calls in a turn.
const CALLS: usize = 200;
/// The size of the small blob in bytes.
const SMALL: usize = 1_000;

/// Medians in microseconds, one for each round.
pub(crate) struct Edge {
    pub(crate) small_blob: Spread,
    closed: Spread,
    open: Spread,
    /// `open` divided by `closed`, round by round.
    ratio: Ratio,
}

pub(crate) async fn measure(seed: &Seed, rounds: usize) -> Result<Edge, Box<dyn Error>> {
    let azure = LocalAzure::start(seed.clone()).await?;
    let mut environment = azure.world().seed().function_app.settings.clone();
    environment.extend(azure.app_environment());
    let direct = Direct::new(&environment)?;
    let (gateway, blob) = (direct.gateway().await?, direct.blob(SMALL).await?);
    let (mut blobs, mut closed, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (small, alone) = (blob.turn(CALLS).await?, gateway.turn(CALLS).await?);
        let page = Page::open(&azure.dashboard().url()).await?;
        let followed = gateway.turn(CALLS).await?;
        page.close()?;
        // The first round opens connections and fills caches.
        if round > 0 {
            blobs.push(small);
            closed.push(alone);
            open.push(followed);
        }
    }
    let spread = |samples: &[f64]| Spread::from_samples(samples).ok_or("no round");
    let ratio = Ratio::from_samples(&open, &closed).ok_or("no round")?;
    Ok(Edge { small_blob: spread(&blobs)?, closed: spread(&closed)?, open: spread(&open)?, ratio })
}

/// A page that follows the journal, as a tab of the dashboard does.
struct Page(tokio::task::JoinHandle<reqwest::Result<()>>);

impl Page {
    /// Opens the page. `url` is as `start` prints it, with the token after the `#`.
    async fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        let (address, token) = url.split_once("#t=").ok_or("the dashboard's address has no token")?;
        let client = Client::builder().no_proxy().build()?;
        let sign_in = client.post(format!("{address}dashboard/session")).json(&BTreeMap::from([("token", token)]));
        let signed_in = sign_in.send().await?.error_for_status()?;
        let cookie = signed_in.headers().get(header::SET_COOKIE).ok_or("no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let events = client.get(format!("{address}dashboard/api/events")).header(header::COOKIE, cookie);
        let mut events = events.send().await?.error_for_status()?;
        Ok(Self(tokio::spawn(async move {
            while events.chunk().await?.is_some() {}
            Ok(())
        })))
    }

    /// Closes the page. Fails if the stream ended earlier.
    fn close(self) -> Result<(), Box<dyn Error>> {
        if self.0.is_finished() {
            return Err("the dashboard's stream of events ended".into());
        }
        self.0.abort();
        Ok(())
    }
}

impl Edge {
    pub(crate) fn open_by_closed(&self) -> f64 {
        self.ratio.spread.median
    }

    /// Returns a table in Markdown.
    pub(crate) fn table(&self) -> String {
        let ratio = self.ratio.spread.in_words();
        let verdict = if self.ratio.is_verdict() { "" } else { ", no verdict" };
        format!(
            "| p50 of one call by a plain client, µs | |\n|---|---|\n| a blob of {SMALL} bytes, read | {} |\n| the gateway, \
             dashboard closed | {} |\n| the gateway, a page of the dashboard open | {} |\n| open by closed | {ratio}{verdict} \
             |\n",
            self.small_blob.in_words(),
            self.closed.in_words(),
            self.open.in_words(),
        )
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "smallBlobUs": self.small_blob.to_json(), "gatewayUs": self.closed.to_json(),
            "gatewayWithDashboardUs": self.open.to_json(), "ratio": self.ratio.spread.to_json(),
        })
    }
}
