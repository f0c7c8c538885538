//! Greets a caller by the name in the path.

use functions_handler::axum::extract::Path;

pub(crate) async fn run(Path(name): Path<String>) -> String {
    format!("Hello, {name}!\n")
}
