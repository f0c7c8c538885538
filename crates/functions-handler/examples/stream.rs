//! Streams an answer as server-sent events, one a second. The host passes the events on at once if host.json sets
//! `customHandler.enableProxyingHttpRequest`.
//!
//! ```text
//! FUNCTIONS_CUSTOMHANDLER_PORT=7072 cargo run -p functions-handler --example stream
//! curl -N http://127.0.0.1:7072/api/countdown/5
//! ```

use std::{convert::Infallible, time::Duration};

use functions_handler::{
    FunctionApp,
    axum::{
        extract::Path,
        response::sse::{Event, Sse},
    },
    function,
};
use futures_util::stream::{Stream, unfold};
use tokio::time::sleep;

fn main() -> std::process::ExitCode {
    FunctionApp::stateless().http(function!("countdown"), countdown).run()
}

async fn countdown(Path(from): Path<u32>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(unfold(from, async |left| {
        sleep(Duration::from_secs(1)).await;
        let next = left.checked_sub(1)?;
        Some((Ok(Event::default().data(left.to_string())), next))
    }))
}
