//! A proxy before the edge. Each of its connections breaks after a number of bytes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// A listening proxy. It ends when it is dropped.
pub(crate) struct BreakingProxy {
    pub(crate) url: String,
    pub(crate) breaks: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl BreakingProxy {
    /// Starts a proxy to `edge` (`http://host:port`) that passes on `limit` bytes on each connection.
    pub(crate) async fn start(edge: &str, limit: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let breaks = Arc::new(AtomicUsize::new(0));
        let counted = breaks.clone();
        let edge = edge.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (edge, counted) = (edge.clone(), counted.clone());
                connections.spawn(async move {
                    if pass(client, &edge, limit).await {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { url, breaks, task: task.abort_handle() }
    }
}

impl Drop for BreakingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes bytes on. Reports whether it broke the connection.
async fn pass(mut client: TcpStream, edge: &str, limit: usize) -> bool {
    let Ok(mut server) = TcpStream::connect(edge).await else { return false };
    let (mut from_server, mut to_server) = server.split();
    let (mut from_client, mut to_client) = client.split();
    let forth = async {
        let (mut buffer, mut left) = (vec![0; 64 * 1024], limit);
        loop {
            match from_client.read(&mut buffer).await {
                Ok(0) | Err(_) => return false,
                Ok(read) if read > left => return true,
                Ok(read) => {
                    left -= read;
                    if to_server.write_all(&buffer[..read]).await.is_err() {
                        return false;
                    }
                }
            }
        }
    };
    tokio::select! {
        broken = forth => broken,
        _ = copy(&mut from_server, &mut to_client) => false,
    }
}
