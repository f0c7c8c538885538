//! A request's body: whether it may be sent again, and whether it keeps flowing.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    body::Body,
    error::{Cause, Error, Service},
    time_limits::ending,
};

/// The largest body, in bytes, that is kept so that its request can be repeated. Most calls of APIs are smaller.
const KEPT: u64 = 64 * 1024;

/// A body that is small and kept, or that is passed on as it arrives.
pub(crate) enum Payload {
    Kept(Bytes),
    Stream(Option<Body>, Flow),
}

impl Payload {
    /// Reads a body that is known to be small. Each pause may last up to `limit`, as for a body that is passed on.
    pub(super) async fn new(body: Body, limit: Duration) -> Result<Self, Error> {
        if body.length().is_none_or(|length| length > KEPT) {
            return Ok(Self::Stream(Some(body), Flow::default()));
        }
        let pieces = stream::unfold(body, move |mut body| async move {
            let piece = timeout(limit, body.next()).await;
            let piece = piece.unwrap_or_else(|_| Some(Err(Error::invalid_by(Cause::Paused(limit)))));
            piece.map(|piece| (piece, body))
        });
        Ok(Self::Kept(Body::from_stream(pieces).bytes(usize::try_from(KEPT).unwrap_or(usize::MAX)).await?))
    }

    pub(super) fn may_be_repeated(&self) -> bool {
        match self {
            Self::Kept(_) => true,
            Self::Stream(..) => false,
        }
    }

    /// The progress of the body while it is sent.
    pub(super) fn flow(&self) -> Flow {
        match self {
            Self::Kept(_) => Flow::default(),
            Self::Stream(_, flow) => flow.clone(),
        }
    }

    /// Returns the body to send. A stream can be sent only once.
    pub(super) fn take(&mut self) -> reqwest::Body {
        match self {
            Self::Kept(bytes) => bytes.clone().into(),
            Self::Stream(body, flow) => flow.watched(body.take().unwrap_or_else(Body::empty)),
        }
    }
}

/// The progress of a caller's body: the time of its last move, whether the caller must send the next piece, and the
/// error if it broke off.
#[derive(Clone)]
pub(crate) struct Flow(Arc<Mutex<Moves>>);

struct Moves {
    last: Instant,
    waits_for_caller: bool,
    broken_off: Option<Error>,
}

impl Default for Flow {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Moves { last: Instant::now(), waits_for_caller: false, broken_off: None })))
    }
}

impl Flow {
    /// Runs `work`, which sends the body. It fails if it takes longer than `limit` from the body's last move, so a body
    /// that keeps flowing has no limit. The error names the slow side: the caller or `service`.
    pub(super) async fn limited<T>(
        &self,
        service: Service,
        limit: Duration,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut work = Box::pin(ending(self.with(|moves| moves.last) + limit, work));
        loop {
            let moved = self.with(|moves| moves.last);
            if let Ok(outcome) = timeout_at(moved + limit, &mut work).await {
                return outcome;
            }
            let (last, waits_for_caller) = self.with(|moves| (moves.last, moves.waits_for_caller));
            if last == moved {
                return Err(match waits_for_caller {
                    true => Error::invalid_by(Cause::Paused(limit)),
                    false => Error::unreachable(service, Cause::TooSlow(limit)),
                });
            }
        }
    }

    /// Returns the caller's failure. The HTTP client hides it in an error that looks like the API's.
    pub(super) fn broken_off(&self) -> Option<Error> {
        self.with(|moves| moves.broken_off.clone())
    }

    fn with<T>(&self, read: impl FnOnce(&mut Moves) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn watched(&self, body: Body) -> reqwest::Body {
        let pieces = stream::unfold((body, self.clone()), async |(mut body, flow)| {
            flow.with(|moves| moves.waits_for_caller = true);
            let piece = body.next().await;
            flow.with(|moves| {
                (moves.last, moves.waits_for_caller) = (Instant::now(), false);
                if let Some(Err(error)) = &piece {
                    moves.broken_off = Some(error.clone());
                }
            });
            piece.map(|piece| (piece, (body, flow)))
        });
        reqwest::Body::wrap_stream(pieces.boxed())
    }
}
