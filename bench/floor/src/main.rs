//! An axum server with one route. It gives the same answer as the handler's `health` and reads its port as a custom
//! handler does.

use std::{net::Ipv4Addr, process::ExitCode, time::Instant};

use axum::{Json, Router, extract::State, routing::get, serve::ListenerExt};
use serde::Serialize;
use tokio::net::TcpListener;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(port) = port() else {
        eprintln!("FUNCTIONS_CUSTOMHANDLER_PORT is not a port");
        return ExitCode::FAILURE;
    };
    let routes = Router::new().route("/api/health", get(health)).with_state(Instant::now());
    let served = async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        axum::serve(listener.tap_io(|socket| drop(socket.set_nodelay(true))), routes).await
    };
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "its one setting")]
fn port() -> Option<u16> {
    std::env::var("FUNCTIONS_CUSTOMHANDLER_PORT").ok()?.parse().ok()
}

async fn health(State(started): State<Instant>) -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION"), uptime_seconds: started.elapsed().as_secs() })
}
