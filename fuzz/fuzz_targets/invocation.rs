//! Any body is an invocation of a timer or a queue, or is refused with a 4xx; any path and query is a call or is not one.

#![no_main]

use std::sync::LazyLock;

use functions_handler::{
    Function, FunctionApp, TestApp, Timer,
    axum::{Json, extract::Path},
    http::Request,
};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static APP: LazyLock<TestApp> = LazyLock::new(|| {
    let http = r#"{"bindings":[{"type":"httpTrigger","name":"req","route":"a/{id:int}/{*rest}"},
        {"type":"http","direction":"out","name":"res"}]}"#;
    let timer = r#"{"bindings":[{"type":"timerTrigger","name":"timer","schedule":"0 * * * * *"}]}"#;
    FunctionApp::stateless()
        .http(Function::new("web", http), async |Path((id, rest)): Path<(i32, String)>| format!("{id} {rest}"))
        .timer(Function::new("tick", timer), async |timer: Timer| drop(Json(format!("{timer:?}"))))
        .test()
});

fuzz_target!(|input: (&str, &[u8])| {
    let (target, body) = input;
    for path in ["/tick".to_owned(), "/web".to_owned(), format!("/api/a/{target}")] {
        let Ok(request) = Request::post(path).header("content-type", "application/json").body(body.to_vec()) else {
            continue;
        };
        let status = RUNTIME.block_on(APP.http(request)).status();
        assert!(!status.is_server_error(), "{status}");
    }
});
