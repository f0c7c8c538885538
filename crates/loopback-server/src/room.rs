//! The limit of concurrent connections, and the admission of further ones.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::{connection::Connection, descriptors::descriptor_limit};

/// Out of descriptors, for example: some are closed soon.
const PAUSE: Duration = Duration::from_millis(50);

/// Where the system knows no limit.
const WITHOUT_LIMIT: usize = 10_000;

/// The places for connections of one listener.
#[derive(Clone, Debug)]
pub struct Room {
    places: Arc<Semaphore>,
    crowded: Arc<AtomicBool>,
}

impl Room {
    /// Room for this many connections, and for one at least.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(connections.clamp(1, WITHOUT_LIMIT))), crowded: Arc::default() }
    }

    /// Room for one connection for every `descriptors` that this process may have open.
    ///
    /// A connection costs more than its own descriptor: a file that is written, a call that it causes.
    #[must_use]
    pub fn one_in(descriptors: usize) -> Self {
        Self::new(descriptor_limit().map_or(WITHOUT_LIMIT, |limit| limit / descriptors.max(1)))
    }
}

/// A listener whose connections have a place each.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    room: Room,
}

impl Listener {
    /// Gives each connection of `listener` a place in `room`.
    #[must_use]
    pub fn new(listener: TcpListener, room: Room) -> Self {
        Self { listener, room }
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection, once there is a place for it, and the address of its client.
    ///
    /// Failures, such as too many open files, are waited out: they concern one connection, or pass.
    pub async fn accept(&self) -> (TcpStream, SocketAddr, Connection) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // Small answers must not wait for the acknowledgement of the piece before.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer, self.place().await);
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn place(&self) -> Connection {
        let Room { places, crowded } = &self.room;
        let free = Arc::clone(places).try_acquire_owned().ok();
        let place = match free {
            Some(place) => Some(place),
            None => {
                crowded.store(true, Ordering::Relaxed);
                // Never closed, so never an error.
                let place = Arc::clone(places).acquire_owned().await.ok();
                crowded.store(false, Ordering::Relaxed);
                place
            }
        };
        Connection::new(place, Arc::clone(crowded))
    }
}
