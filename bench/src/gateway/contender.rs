//! One way to call the backend.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, Error};
use url::Url;

/// Calls one URL repeatedly.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) client: Client,
    pub(crate) url: Url,
    /// The token that every contender sends, so that all requests are the same.
    pub(crate) token: String,
}

impl Contender {
    /// Sends `requests` requests from `callers` concurrent callers and returns the time of each.
    pub(crate) async fn turn(&self, callers: usize, requests: usize) -> Result<Vec<Duration>, Error> {
        stream::iter(0..requests).map(|_| self.request()).buffer_unordered(callers).try_collect().await
    }

    async fn request(&self) -> Result<Duration, Error> {
        let start = Instant::now();
        let response = self.client.get(self.url.clone()).bearer_auth(&self.token).send().await?;
        response.error_for_status()?.bytes().await?;
        Ok(start.elapsed())
    }
}
