//! The outside of the tests.

use std::{
    collections::VecDeque,
    sync::{Mutex, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use super::World;
use crate::{
    ConnectionIdentity, Meter, NoReply, Outside, Secrets, Unreachable, Unread, UsageTap,
    expression::{Authorization, Entropy},
};

/// Takes the next of the answers; `None` if there are no more.
fn next<T>(answers: &Mutex<VecDeque<T>>) -> Option<T> {
    answers.lock().unwrap().pop_front()
}

impl Outside for World {
    type Body = Bytes;

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn request_id(&self) -> Uuid {
        Uuid::from_u128(1)
    }

    fn entropy(&self) -> Entropy {
        Entropy::seeded(1)
    }

    fn is_empty(&self, body: &Bytes) -> bool {
        body.is_empty()
    }

    async fn read(&self, body: Bytes) -> Result<Bytes, Unread> {
        *self.reads.lock().unwrap() += 1;
        next(&self.unread).map_or(Ok(body), Err)
    }

    fn metered(&self, body: Bytes, meter: Meter) -> Bytes {
        meter.passed(body.len());
        body
    }

    fn tapped(&self, body: Bytes, mut tap: UsageTap) -> Bytes {
        // A streamed body arrives in pieces.
        body.chunks(7).for_each(|piece| tap.passed(piece));
        body
    }

    async fn fetch(&self, url: &Url) -> Result<Bytes, Unreachable> {
        self.fetched.lock().unwrap().push(url.to_string());
        // A fetch takes some time, in which other requests run.
        tokio::task::yield_now().await;
        let documents = self.documents.lock().unwrap();
        let document = documents.get(url.as_str()).ok_or_else(|| Unreachable("404 Not Found".to_owned()))?;
        Ok(Bytes::from(document.to_string()))
    }

    async fn forward(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, NoReply> {
        if self.backend_is_down {
            return Err(NoReply::Unreachable("connection refused".to_owned()));
        }
        self.forwarded.lock().unwrap().push(request);
        self.timeouts.lock().unwrap().push(timeout);
        next(&self.answers).unwrap_or_else(|| Ok(Response::new(Bytes::from_static(b"backend"))))
    }

    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, NoReply> {
        self.sent.lock().unwrap().push(request);
        self.timeouts.lock().unwrap().push(timeout);
        let count = |by: isize| {
            let mut on_their_way = self.on_their_way.lock().unwrap();
            on_their_way.0 = on_their_way.0.strict_add_signed(by);
            on_their_way.1 = on_their_way.1.max(on_their_way.0);
        };
        count(1);
        // An answer takes some time, in which other requests are sent.
        tokio::task::yield_now().await;
        count(-1);
        next(&self.replies).unwrap_or_else(|| Err(NoReply::Unreachable("connection refused".to_owned())))
    }

    async fn managed_identity_token(&self, resource: &str, client_id: Option<&str>) -> Result<String, Unreachable> {
        self.tokens_asked.lock().unwrap().push((resource.to_owned(), client_id.map(str::to_owned)));
        self.tokens.get(resource).cloned().ok_or_else(|| Unreachable(format!("no token for {resource}")))
    }

    async fn authorization(
        &self,
        provider: &str,
        connection: &str,
        identity: ConnectionIdentity<'_>,
    ) -> Result<Authorization, Unreachable> {
        let token = match identity {
            ConnectionIdentity::Managed => None,
            ConnectionIdentity::Jwt(token) => Some(token.to_owned()),
        };
        let key = (provider.to_owned(), connection.to_owned());
        self.authorizations_asked.lock().unwrap().push((key.0.clone(), key.1.clone(), token));
        self.authorizations.get(&key).cloned().ok_or_else(|| Unreachable("Permission denied".to_owned()))
    }

    async fn sleep(&self, time: Duration) {
        self.slept.lock().unwrap().push(time);
    }

    fn traces(&self) -> bool {
        self.is_watched
    }

    fn stopwatch(&self) -> Duration {
        Duration::from_micros(self.looks.fetch_add(1, Ordering::Relaxed))
    }

    fn secrets(&self) -> Secrets {
        Secrets::new(self.secrets.clone())
    }
}
