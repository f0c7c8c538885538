//! Any request of the identity that writes is answered by Blob Storage, and never with 500.

#![no_main]

use axum::{body::Body, http::HeaderValue};
use fuzz::{Text, azure, send};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(mut request) = Text::request(bytes) else { return };
    let token = azure(|azure| azure.world().token("id-keyless-writer", "https://storage.azure.com").unwrap());
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    request.headers_mut().insert("authorization", bearer);
    request.headers_mut().entry("x-ms-version").or_insert(HeaderValue::from_static("2026-04-06"));
    let status = send("stkeyless.blob.core.windows.net", request.map(Body::from));
    assert_ne!(status, 500);
});
