//! A stream that ends when its client is too slow to finish a request.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use crate::{HEAD_LIMIT, IDLE_LIMIT, answering::Answering};

/// The interval at which an idle connection checks whether others wait for its place. The connection may stay this long
/// in any case.
const LOOK: Duration = Duration::from_secs(1);

/// A stream whose reads end with an error after the time limits of a request's head.
pub(crate) struct TimedStream<T> {
    stream: T,
    answering: Answering,
    crowded: Arc<AtomicBool>,
    waits: Option<Waits>,
    timer: Pin<Box<Sleep>>,
}

/// The current wait for a request, and its start.
#[derive(Clone, Copy)]
struct Waits {
    since: Instant,
    /// Whether a part of the head has arrived.
    has_begun: bool,
    /// The number of requests before this wait.
    after: u64,
}

impl<T> TimedStream<T> {
    pub(crate) fn new(stream: T, answering: Answering, crowded: Arc<AtomicBool>) -> Self {
        Self { stream, answering, crowded, waits: None, timer: Box::pin(sleep_until(Instant::now())) }
    }

    /// Returns the current wait, or nothing while a request is answered.
    fn waits(&mut self, has_begun: bool) -> Option<Waits> {
        if self.answering.is_now() {
            self.waits = None;
            return None;
        }
        let after = self.answering.requests();
        let goes_on = |waits: &Waits| waits.after == after && (waits.has_begun || !has_begun);
        let waits = self.waits.filter(goes_on).unwrap_or(Waits { since: Instant::now(), has_begun, after });
        self.waits = Some(waits);
        Some(waits)
    }

    fn is_over(&self, waits: Waits) -> bool {
        let waited = waits.since.elapsed();
        if waits.has_begun {
            return waited >= HEAD_LIMIT;
        }
        waited >= IDLE_LIMIT || waited >= LOOK && self.crowded.load(Ordering::Relaxed)
    }

    fn poll_time_limit(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            let Some(waits) = self.waits(false) else {
                self.answering.wake_at_end(context.waker());
                return Poll::Pending;
            };
            if self.is_over(waits) {
                return Poll::Ready(io::Error::from(io::ErrorKind::TimedOut));
            }
            let end = if waits.has_begun { waits.since + HEAD_LIMIT } else { Instant::now() + LOOK };
            self.timer.as_mut().reset(end);
            ready!(self.timer.as_mut().poll(context));
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for TimedStream<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > filled {
                    this.waits(true);
                }
                Poll::Ready(read)
            }
            Poll::Pending => this.poll_time_limit(context).map(Err),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for TimedStream<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
