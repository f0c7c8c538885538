//! Both endpoints on a loopback port, over plain HTTP: App Service's, protected by a header, and that of virtual
//! machines.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::Body,
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
};
use http::{Request, StatusCode};
use loopback_server::{Foreign, Listener, Room};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tower::ServiceExt as _;

use super::{app_service::routes as app_service_routes, imds::imds_routes};
use crate::{
    fault::{inject, uncut},
    journal::{Service, observe},
    run_secret::RunSecret,
    seed::FaultService,
    world::World,
};

/// File descriptors reserved for connections of the identity endpoint, whose calls are short and few.
const DESCRIPTORS: usize = 16;

/// The running endpoints.
pub(crate) struct IdentityEndpoint {
    pub(crate) origin: String,
    pub(crate) url: String,
    pub(crate) header: RunSecret,
    task: JoinHandle<()>,
}

impl IdentityEndpoint {
    pub(crate) async fn start(world: &Arc<World>) -> io::Result<Self> {
        let header = RunSecret::generate();
        let imds = imds_routes(world.entra.clone());
        let routes = app_service_routes(world.entra.clone(), header.clone()).merge(imds);
        let routes = inject(routes, &world.faults, FaultService::IdentityEndpoint, Arc::downgrade(world));
        let routes = observe(routes, &world.journal, Service::IdentityEndpoint).layer(from_fn(refuse_foreign));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let url = format!("{origin}/msi/token");
        let task = tokio::spawn(serve(Listener::new(listener, Room::one_in(DESCRIPTORS)), routes));
        Ok(Self { origin, url, header, task })
    }
}

/// Refuses foreign requests. Otherwise a web page whose host name resolves to this machine could call the endpoint of
/// virtual machines, which needs no secret.
async fn refuse_foreign(request: Request<Body>, next: Next) -> Response {
    match Foreign::check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(foreign) => (StatusCode::FORBIDDEN, format!("{foreign}\n")).into_response(),
    }
}

/// Serves until it is dropped. The drop closes every connection.
async fn serve(listener: Listener, routes: Router) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _, connection) = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let routes = routes.clone();
        connections.spawn(async move {
            let answer = |request| async { uncut(routes.clone().oneshot(request).await) };
            connection.serve(stream, answer).await;
        });
    }
}

impl Drop for IdentityEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}
