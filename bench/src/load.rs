//! Sends many requests on several connections and measures the time of each.

use std::{
    cell::{Cell, RefCell},
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

use crate::http::Connection;

/// The measurements of a load.
pub(crate) struct Measured {
    /// The time of each request, sorted.
    pub(crate) times: Vec<Duration>,
    pub(crate) elapsed: Duration,
    /// The number of answers other than 2xx.
    pub(crate) failed: usize,
}

impl Measured {
    /// Returns the time within which `permille` of 1,000 requests were answered.
    pub(crate) fn permille(&self, permille: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((self.times.len() * permille / 1000).min(last)).copied().unwrap_or_default()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Sends `requests` on `connections` kept-alive connections. Each connection has one request under way at a time.
/// `make` returns the bytes of each request. The load runs on one thread: the other core is the handler's.
pub(crate) async fn run(
    port: u16,
    connections: usize,
    requests: usize,
    make: impl Fn() -> Vec<u8> + 'static,
) -> io::Result<Measured> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(port).await?);
    }
    let left = Rc::new(Cell::new(requests));
    let times = Rc::new(RefCell::new(Vec::with_capacity(requests)));
    let failed = Rc::new(Cell::new(0));
    let make = Rc::new(make);
    let tasks = LocalSet::new();
    let began = Instant::now();
    let mut running = Vec::with_capacity(connections);
    for mut connection in open {
        let (left, times, failed, make) = (left.clone(), times.clone(), failed.clone(), make.clone());
        running.push(tasks.spawn_local(async move {
            while let Some(rest) = left.get().checked_sub(1) {
                left.set(rest);
                let request = make();
                let sent = Instant::now();
                let status = connection.ask(&request).await?;
                times.borrow_mut().push(sent.elapsed());
                if !(200..300).contains(&status) {
                    failed.set(failed.get() + 1);
                }
            }
            io::Result::Ok(())
        }));
    }
    tasks
        .run_until(async {
            for task in running {
                task.await.map_err(io::Error::other)??;
            }
            io::Result::Ok(())
        })
        .await?;
    let elapsed = began.elapsed();
    let mut times = times.take();
    times.sort_unstable();
    Ok(Measured { times, elapsed, failed: failed.get() })
}
