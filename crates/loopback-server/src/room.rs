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

/// The pause after a failed accept. For example, the process has no descriptors left, and some are closed soon.
const PAUSE: Duration = Duration::from_millis(50);

/// The number of connections where the system has no limit.
const WITHOUT_LIMIT: usize = 10_000;

/// The places for connections of one listener.
#[derive(Clone, Debug)]
pub struct Room {
    places: Arc<Semaphore>,
    crowded: Arc<AtomicBool>,
}

impl Room {
    /// Makes room for this many connections, but for at least one.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(connections.clamp(1, WITHOUT_LIMIT))), crowded: Arc::default() }
    }

    /// Makes room for one connection for every `descriptors` descriptors that this process may open.
    ///
    /// A connection needs more than its own descriptor, for example for a file that it writes or a call that it causes.
    #[must_use]
    pub fn one_in(descriptors: usize) -> Self {
        Self::new(descriptor_limit().map_or(WITHOUT_LIMIT, |limit| limit / descriptors.max(1)))
    }
}

/// A listener that gives each connection a place.
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

    /// Returns the address of the listener.
    ///
    /// # Errors
    /// Fails if the system does not report the address.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Returns the next connection and the address of its client, once there is a place for the connection.
    ///
    /// After a failure, such as too many open files, it waits: a failure concerns one connection, or passes.
    pub async fn accept(&self) -> (TcpStream, SocketAddr, Connection) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // Otherwise a small answer would wait for the acknowledgement of the piece before it.
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
                // The semaphore is never closed, so this never fails.
                let place = Arc::clone(places).acquire_owned().await.ok();
                crowded.store(false, Ordering::Relaxed);
                place
            }
        };
        Connection::new(place, Arc::clone(crowded))
    }
}
