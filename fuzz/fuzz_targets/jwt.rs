//! No token but those of the tenant is believed, however much it looks like one.

#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use http::{Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use local_azure::{LocalAzure, seed::Seed};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static AZURE: LazyLock<LocalAzure> = LazyLock::new(|| {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/../local-azure/seed.toml");
    let seed = Seed::read(seed.as_ref()).expect("the seed");
    RUNTIME.block_on(LocalAzure::start(seed)).expect("local Azure")
});
static GENUINE: LazyLock<String> = LazyLock::new(|| {
    AZURE.world().token("id-keyless-reader", "https://vault.azure.net").expect("a token")
});

/// A token, or one made of the genuine one: at `position` a piece of it is replaced.
fuzz_target!(|input: (&str, usize, bool)| {
    let (text, position, is_changed) = input;
    let mut token = text.to_owned();
    if is_changed {
        token.clone_from(&GENUINE);
        let from = position % token.len();
        let to = (from + text.len()).min(token.len());
        token.replace_range(from..to, text);
    }
    // The last character of a signature may hold bits that mean nothing.
    if token.as_bytes().get(..GENUINE.len() - 1) == GENUINE.as_bytes().get(..GENUINE.len() - 1) {
        return;
    }
    let request = Request::get("https://kv-keyless.vault.azure.net/secrets?api-version=7.5")
        .header("host", "kv-keyless.vault.azure.net")
        .header("authorization", format!("Bearer {token}"));
    let Ok(request) = request.body(Body::empty()) else { return };
    let status = RUNTIME.block_on(AZURE.world().network().send(request)).expect("an answer").status();
    assert!(status == StatusCode::UNAUTHORIZED || status == StatusCode::BAD_REQUEST, "{status} for {token}");
});
