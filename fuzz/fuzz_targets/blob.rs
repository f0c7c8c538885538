//! Blob Storage answers every request of the writing identity, and never with 500.

#![no_main]

use axum::{
    body::Body,
    http::{HeaderValue, Request},
};
use fuzz::{Text, send, writer};
use libfuzzer_sys::fuzz_target;

const HOST: &str = "stkeyless.blob.core.windows.net";
const VERSION: HeaderValue = HeaderValue::from_static("2026-04-06");

fuzz_target!(|bytes: &[u8]| {
    let Some(mut request) = Text::request(bytes) else { return };
    let writer = writer();
    // An earlier input may have deleted the container.
    let container = Request::put("/snapshots?restype=container").header("content-length", "0");
    let container = container.header("authorization", &writer).header("x-ms-version", VERSION);
    send(HOST, container.body(Body::empty()).unwrap());
    request.headers_mut().insert("authorization", writer);
    request.headers_mut().entry("x-ms-version").or_insert(VERSION);
    let status = send(HOST, request.map(Body::from));
    assert_ne!(status, 500);
});
