//! Any text is a route template, or the app says why it is none.

#![no_main]

use std::sync::LazyLock;

use functions_handler::{Function, FunctionApp};
use libfuzzer_sys::fuzz_target;
use tokio::{net::TcpListener, runtime::Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fuzz_target!(|text: &str| {
    let Ok(route) = serde_json::to_string(text) else { return };
    let definition = format!(
        r#"{{"bindings":[{{"type":"httpTrigger","name":"req","route":{route}}},{{"type":"http","direction":"out","name":"res"}}]}}"#
    );
    // Registered functions live as long as their process.
    let app = FunctionApp::stateless().http(Function::new("web", definition.leak()), async || "");
    let _ = RUNTIME.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        app.serve(listener, std::future::ready(())).await
    });
});
