//! Blob Storage over HTTP, with the requests of clients.

mod access;
mod blocks;
mod containers;
mod copying;
mod listing;
mod reading;
mod roles;
mod searching;
mod signatures;
mod snapshots;
mod structured_bodies;
mod surviving;
mod writing;

use crate::world::World;
use std::{path::PathBuf, sync::LazyLock};

use http::{HeaderValue, Method, StatusCode};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::default_world::{bearer, world, world_where};

/// The default world, except that the writer's role covers the whole account and the reader may read the container.
static OPEN_WORLD: LazyLock<Arc<World>> = LazyLock::new(|| {
    world_where(|seed| {
        seed.role_assignments[1].scope.container = None;
        let mut reader = seed.role_assignments[1].clone();
        reader.identity = "id-keyless-reader".to_owned();
        reader.role = "Storage Blob Data Reader".to_owned();
        seed.role_assignments.push(reader);
    })
});

struct Service {
    world: Arc<World>,
    routes: Router,
    data: TempDir,
}

struct BlobAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    decision: Decision,
}

impl Service {
    fn start() -> Self {
        Self::from_world(OPEN_WORLD.clone())
    }

    fn from_world(world: Arc<World>) -> Self {
        let data = TempDir::new().unwrap();
        let routes = routes(open(world.entra.clone(), &world.seed.storage_accounts[0], data.path()).unwrap());
        Self { world, routes, data }
    }

    /// Opens the same folder in a new process.
    fn restart(self) -> Self {
        let Self { world, routes: old, data } = self;
        drop(old);
        let routes = routes(open(world.entra.clone(), &world.seed.storage_accounts[0], data.path()).unwrap());
        Self { world, routes, data }
    }

    /// Returns a request of the writer with the headers that every client sends.
    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", bearer(&self.world, "id-keyless-writer", "https://storage.azure.com/"))
            .header("x-ms-version", "2026-04-06")
    }

    /// Sends a request. As every client does, it adds the length of a missing body.
    async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> BlobAnswer {
        let mut request = request.body(body.into()).unwrap();
        if [Method::PUT, Method::POST].contains(request.method()) {
            request.headers_mut().entry("content-length").or_insert(HeaderValue::from_static("0"));
        }
        self.send_request(request).await
    }

    async fn send_request(&self, request: Request) -> BlobAnswer {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        BlobAnswer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
            decision: parts.extensions.get().cloned().unwrap(),
        }
    }

    async fn get(&self, path: &str) -> BlobAnswer {
        self.send(self.request(Method::GET, path), Body::empty()).await
    }

    async fn put(&self, path: &str, content: &str, headers: &[(&str, &str)]) -> BlobAnswer {
        let mut request = self.request(Method::PUT, path).header("content-length", content.len());
        if !path.contains("comp=") && headers.iter().all(|(name, _)| *name != "x-ms-blob-type") {
            request = request.header("x-ms-blob-type", "BlockBlob");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request, content.to_owned()).await
    }

    /// Returns the content files and records of the container "snapshots".
    fn files(&self) -> Vec<PathBuf> {
        let folder = self.data.path().join("snapshots");
        let of = |name: &str| std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path());
        of("content").chain(of("blobs")).collect()
    }
}

impl BlobAnswer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    /// Asserts that the answer is this refusal, in XML and in the header.
    fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.header("x-ms-error-code")), (status, code), "{}", self.text());
        assert!(self.text().contains(&format!("<Error><Code>{code}</Code><Message>")), "{}", self.text());
        assert!(self.body.starts_with(b"\xEF\xBB\xBF<?xml "), "a refusal begins with a byte order mark");
        assert!(self.decision.reason.is_some());
    }

    /// Returns the refusal's XML without the parts that change each time.
    fn stable_text(&self) -> String {
        let mut text = self.text().to_owned();
        for (label, end) in [("RequestId:", "\n"), ("Time:", "<")] {
            let start = text.find(label).unwrap() + label.len();
            let length = text[start..].find(end).unwrap();
            text.replace_range(start..start + length, "*");
        }
        text
    }
}
