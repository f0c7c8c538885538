//! Takes a message from a queue, and puts a message into another queue.
//!
//! ```text
//! FUNCTIONS_CUSTOMHANDLER_PORT=7072 cargo run -p functions-handler --example queue
//! curl -X POST http://127.0.0.1:7072/arrived -d '{"Data":{"order":"\"{\\\"id\\\":7,\\\"total\\\":12.5}\""}}'
//! ```

use functions_handler::{FunctionApp, Invocation, Outputs, axum::http::StatusCode, function};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Order {
    id: u32,
    total: f64,
}

fn main() -> std::process::ExitCode {
    FunctionApp::stateless().function(function!("arrived"), arrived).run()
}

/// An error fails the invocation, and the host delivers the message again.
async fn arrived(order: Invocation<Order>) -> Result<Outputs, StatusCode> {
    if order.total < 0.0 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let attempt: u32 = order.metadata("DequeueCount").unwrap_or(1);
    let invoice = json!({ "order": order.id, "amount": order.total });
    Ok(Outputs::new().with("invoice", invoice).log(format!("order {} invoiced, attempt {attempt}", order.id)))
}
