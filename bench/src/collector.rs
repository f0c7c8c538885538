//! A telemetry collector that accepts all telemetry and keeps none.

use std::{io, net::Ipv4Addr};

use axum::Router;
use tokio::net::TcpListener;

/// Starts the collector and returns its URL. The collector runs until this process ends.
pub(crate) async fn start() -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(async || ())).await });
    Ok(url)
}
