//! Any request to any service of local-azure is answered, and none of them ends it: blobs with and without a shared access
//! signature, secrets, tokens, the directory, the gateway; with any token.

#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use http::Request;
use libfuzzer_sys::fuzz_target;
use local_azure::{LocalAzure, seed::Seed};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static AZURE: LazyLock<LocalAzure> = LazyLock::new(|| {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/../local-azure/seed.toml");
    let seed = Seed::read(seed.as_ref()).expect("the seed");
    RUNTIME.block_on(LocalAzure::start(seed)).expect("local Azure")
});

/// Tokens that services believe, so that more than the first check is tried.
static TOKENS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let token = |identity, resource| AZURE.world().token(identity, resource).expect("a token");
    [
        token("id-keyless-writer", "https://storage.azure.com"),
        token("id-keyless-reader", "https://vault.azure.net"),
        token("id-keyless-caller", "api://orders"),
    ]
});

const HOSTS: [&str; 5] = [
    "stkeyless.blob.core.windows.net",
    "kv-keyless.vault.azure.net",
    "apim-keyless.azure-api.net",
    "login.microsoftonline.com",
    "graph.microsoft.com",
];

/// The first line is method and target, as `PUT /snapshots/a?comp=block`; then headers up to an empty line; then the body.
/// `token 0` in the place of a header is a token that is believed; the first byte chooses the host.
fuzz_target!(|input: (u8, &str)| {
    let (host, text) = input;
    let host = HOSTS[usize::from(host) % HOSTS.len()];
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or(("GET", "/"));
    let mut request = Request::builder().method(method).uri(format!("https://{host}{target}")).header("host", host);
    for line in lines {
        request = match (line.strip_prefix("token "), line.split_once(':')) {
            (Some(which), _) => {
                let which = which.trim().parse().unwrap_or_default();
                request.header("authorization", format!("Bearer {}", TOKENS.get(which).unwrap_or(&TOKENS[0])))
            }
            (None, Some((name, value))) => request.header(name.trim(), value.trim()),
            (None, None) => request,
        };
    }
    let Ok(request) = request.body(Body::from(body.to_owned())) else { return };
    RUNTIME.block_on(async {
        if let Ok(response) = AZURE.world().network().send(request).await {
            let _ = axum::body::to_bytes(response.into_body(), 1 << 24).await;
        }
    });
});
