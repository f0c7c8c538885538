//! Only the tenant's own tokens open Key Vault, Blob Storage or the gateway.

#![no_main]

use axum::{
    body::Body,
    http::{HeaderValue, Request},
};
use fuzz::send;
use libfuzzer_sys::fuzz_target;

const PLACES: [(&str, &str); 3] = [
    ("kv-keyless.vault.azure.net", "/secrets/orders-subscription-key?api-version=7.6"),
    ("stkeyless.blob.core.windows.net", "/snapshots?restype=container&comp=list"),
    ("apim-keyless.azure-api.net", "/orders"),
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(bearer) = HeaderValue::from_bytes(&[b"Bearer ", bytes].concat()) else { return };
    for (host, path) in PLACES {
        let request = Request::get(path).header("authorization", &bearer).header("x-ms-version", "2026-04-06");
        let status = send(host, request.body(Body::empty()).unwrap());
        assert!((400..500).contains(&status), "{host}: {status}");
    }
});
