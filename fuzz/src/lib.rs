//! The shared parts of the targets: requests from bytes, and local Azure without sockets.

use std::cell::RefCell;

use axum::{
    body::Body,
    http::{HeaderValue, Request},
};
use local_azure::{LocalAzure, seed::Seed};
use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
};
use tower::ServiceExt as _;

/// The number of requests after which the world is replaced: the data that they write would fill memory and disk.
const REQUESTS: usize = 10_000;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

struct World {
    azure: LocalAzure,
    /// `Bearer` and a token of the identity that writes blobs.
    writer: HeaderValue,
    requests: usize,
}

impl World {
    fn start() -> Self {
        let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/../local-azure/seed.toml");
        let seed = Seed::read(seed.as_ref()).unwrap();
        let azure = runtime(|runtime| runtime.block_on(LocalAzure::start(seed))).unwrap();
        let token = azure.world().token("id-keyless-writer", "https://storage.azure.com").unwrap();
        Self { writer: HeaderValue::try_from(format!("Bearer {token}")).unwrap(), azure, requests: 0 }
    }
}

/// A request as text: a line with method and target, headers, an empty line, and the body.
pub struct Text;

impl Text {
    /// Returns the request, if these bytes are one.
    pub fn request(bytes: &[u8]) -> Option<Request<Vec<u8>>> {
        let end = bytes.windows(2).position(|end| end == b"\n\n").unwrap_or(bytes.len());
        let (head, body) = (std::str::from_utf8(&bytes[..end]).ok()?, bytes.get(end + 2..).unwrap_or_default());
        let mut lines = head.lines();
        let (method, target) = lines.next()?.split_once(' ')?;
        let request = Request::builder().method(method).uri(target.starts_with('/').then_some(target)?);
        let headers = lines.filter_map(|line| line.split_once(": "));
        let request = headers.fold(request, |request, (name, value)| request.header(name, value));
        request.body(body.to_vec()).ok()
    }
}

/// Calls `with` with the only runtime of this thread.
pub fn runtime<T>(with: impl FnOnce(&Runtime) -> T) -> T {
    RUNTIME.with(with)
}

/// Calls `with` with a local Azure of the default seed.
fn world<T>(with: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| {
        if world.as_ref().is_some_and(|world| world.requests >= REQUESTS) {
            *world = None;
        }
        with(world.get_or_insert_with(World::start))
    })
}

/// Returns the `Authorization` header of the identity that writes blobs.
pub fn writer() -> HeaderValue {
    world(|world| world.writer.clone())
}

/// Sends a request to a service, reads its answer to the end and returns the status.
pub fn send(host: &str, request: Request<Body>) -> u16 {
    let service = world(|world| {
        world.requests += 1;
        world.azure.world().network().service(host)
    })
    .unwrap();
    runtime(|runtime| {
        runtime.block_on(async {
            let answer = service.oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            let _ = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
            // The runtime runs other tasks only while this task waits. These are the tasks of a dropped world, and
            // those that read on after a refusal.
            yield_now().await;
            status
        })
    })
}
