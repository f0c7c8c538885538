//! Greets a caller over HTTP.
//!
//! ```text
//! FUNCTIONS_CUSTOMHANDLER_PORT=7072 cargo run -p functions-handler --example hello
//! curl http://127.0.0.1:7072/api/hello/you
//! ```

use functions_handler::{FunctionApp, axum::extract::Path, function};

fn main() -> std::process::ExitCode {
    FunctionApp::stateless().http(function!("hello"), hello).run()
}

async fn hello(Path(name): Path<String>) -> String {
    format!("Hello, {name}!\n")
}
