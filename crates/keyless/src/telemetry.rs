//! Traces, logs and metrics over OTLP: to Azure Monitor as the app's identity, or to any collector without one.
//!
//! An app reads the settings with all others, lets its log go through [`beside`], and flushes at its end:
//!
//! ```
//! use keyless::{settings::Reader, telemetry::Telemetry};
//!
//! #[derive(Clone)]
//! struct App { telemetry: Telemetry }
//!
//! impl App {
//!     fn read(env: &mut Reader) -> Option<Self> {
//!         Some(Self { telemetry: env.telemetry("TELEMETRY")? })
//!     }
//! }
//! # let app = keyless::from_lookup(|_| None, App::read).unwrap();
//! # let _ = app.telemetry.flush();
//! ```
//!
//! With `functions-handler`: `.subscriber(keyless::telemetry::beside)` and `.on_stop(async |app: App|
//! app.telemetry.flush().await)`. With any other server: put [`Telemetry::layer`] on a `tracing_subscriber::registry()`,
//! open a span named `invocation` with the fields `faas.invocation_id`, `faas.name`, `faas.trigger` and `traceparent`
//! for each piece of work, and [`TraceLayer`](crate::trace::TraceLayer) within it.
//!
//! | what | is |
//! |---|---|
//! | a span `invocation` | a server span below the caller's `traceparent`, and what the invocation counts in metrics |
//! | a span within it | a span below it |
//! | each try of a call through this crate's clients | a client span, which the service sees as its parent |
//! | a question to a model | a client span, from the request to the last event |
//! | an event within an invocation | a line of the log with invocation, trace and span |
//!
//! Where no setting names an endpoint nothing is recorded. Nothing is made or sent before the first invocation; it is
//! sent in the background, a second after the first record, and no answer waits for it. What waits is bounded: 4096
//! spans and as many lines, 4 MiB of each. What is more, and what an endpoint refuses, is dropped and counted.
//!
//! Signatures, keys and tokens are taken out of URLs and texts before they are kept. Bodies, prompts and header values
//! are not recorded.
//!
//! Why not the OpenTelemetry SDK: it sends from threads of its own with a client of its own, fixes the headers of a
//! request when it is made, so that a token could not be renewed, and brings fourteen crates whose version an app's other
//! crates must share. This needs `prost` and the clients that are here.

mod encode;
mod endpoint;
mod exporter;
mod layer;
mod protobuf;
#[cfg(feature = "telemetry-relay")]
mod relay;
mod resource;
mod sampling;
mod sending;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tracing_subscriber::{
    Registry,
    filter::{FilterExt as _, Targets},
    layer::Layer,
};

use self::{
    exporter::Exporter,
    layer::{NotSent, Place, Recorded, Recording},
};

/// A layer of any kind on the registry of `tracing`.
pub type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What this app sends, and where to. By the settings it may be nothing.
#[derive(Clone, Debug)]
pub struct Telemetry(Option<Arc<Exporter>>);

impl Telemetry {
    /// Whether anything is sent.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Sends what is recorded by now, and returns when that is done, or has failed once.
    pub async fn flush(&self) {
        if let Some(exporter) = self.0.clone() {
            // In a task of its own: what sends belongs to no invocation, and makes no span.
            let sending = tokio::spawn(async move { exporter.export(true).await });
            // It ends with its runtime.
            let _ = sending.await;
        }
    }

    /// Records what `levels` take within invocations: for a subscriber that is made after the settings are read.
    /// `None` where nothing is sent.
    #[must_use]
    pub fn layer(&self, levels: Targets) -> Option<BoxedLayer> {
        let place = Place::Own(self.0.as_ref()?.signals.clone());
        Some(recording(place, levels))
    }
}

/// Puts a layer that records beside the one that writes the log's lines, both with the same levels. It records nothing
/// until the settings are read.
///
/// Where the log is sent, the lines are what is not: warnings and errors, and what happens outside of invocations.
#[must_use]
pub fn beside(lines: BoxedLayer, levels: Targets) -> BoxedLayer {
    let lines = lines.with_filter(levels.clone().and(NotSent(Place::OfProcess)));
    Box::new(lines.and_then(recording(Place::OfProcess, levels)))
}

fn recording(place: Place, levels: Targets) -> BoxedLayer {
    Box::new(Recording(place.clone()).with_filter(Recorded { place, levels }))
}
