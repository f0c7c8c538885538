//! No query opens Blob Storage without a token: a query needs a signature, and this target has no key.

#![no_main]

use axum::{body::Body, http::Request};
use fuzz::send;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    for (method, path) in [("GET", "/snapshots/a"), ("PUT", "/snapshots/a"), ("GET", "/snapshots")] {
        let request = Request::builder().method(method).uri(format!("{path}?{query}"));
        let request = request.header("x-ms-version", "2026-04-06").header("x-ms-blob-type", "BlockBlob");
        let Ok(request) = request.body(Body::from("a")) else { return };
        let status = send("stkeyless.blob.core.windows.net", request);
        assert!((400..500).contains(&status), "{method} {path}?{query}: {status}");
    }
});
