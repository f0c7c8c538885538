//! Traces, logs and metrics over OTLP: to Azure Monitor with the app's identity, or to any collector without one.
//!
//! An app reads these settings with all others, writes its log through [`beside`], and flushes at its end:
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
//! app.telemetry.flush().await)`. With any other server: put [`Telemetry::layer`] on a
//! `tracing_subscriber::registry()`. For each piece of work, open a span named `invocation` with the fields
//! `faas.invocation_id`, `faas.name`, `faas.trigger` and `traceparent`, and put
//! [`TraceLayer`](crate::trace::TraceLayer) within it.
//!
//! | in the app | is recorded as |
//! |---|---|
//! | a span `invocation` | a server span below the caller's `traceparent`, and the metrics of the invocation |
//! | a span within it | a span below it |
//! | each try of a call through this crate's clients | a client span, which is the parent of the service's spans |
//! | a call of a model | a client span, from the request to the last event |
//! | an event within an invocation | a line of the log with invocation, trace and span |
//!
//! If no setting names an endpoint, nothing is recorded. Nothing is made or sent before the first invocation. Records
//! are sent in the background, a second after the first record, and no answer waits for them. At most 4096 spans and as
//! many lines wait, 4 MiB of each. Further records, and records that an endpoint refuses, are dropped and counted.
//!
//! Signatures, keys and tokens are removed from URLs and texts before they are recorded. Bodies, prompts and header
//! values are not recorded.
//!
//! Why not the OpenTelemetry SDK? It sends from its own threads with its own client, and fixes the headers when that
//! client is made, so a token could not be renewed. It also brings fourteen crates, and an app's other crates would
//! have to share their version. This module needs `prost` and the HTTP client of this crate.

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
    layer::{NotSent, Recorded, Recording, RecordingPlace},
};

/// A layer of any kind on the registry of `tracing`.
pub type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The telemetry of this app and its endpoints. Without settings, nothing is sent.
#[derive(Clone, Debug)]
pub struct Telemetry(Option<Arc<Exporter>>);

impl Telemetry {
    /// Reports whether anything is sent.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Sends all records made so far. Returns when they are sent or have failed once.
    pub async fn flush(&self) {
        if let Some(exporter) = self.0.clone() {
            // The sending runs in its own task: it belongs to no invocation, and makes no span.
            let sending = tokio::spawn(async move { exporter.export(true).await });
            // The task ends with its runtime.
            let _ = sending.await;
        }
    }

    /// Makes a layer that records the events within invocations that `levels` admit. It is for a subscriber that you
    /// make after reading the settings. `None` if nothing is sent.
    #[must_use]
    pub fn layer(&self, levels: Targets) -> Option<BoxedLayer> {
        let place = RecordingPlace::Own(self.0.as_ref()?.signals.clone());
        Some(recording(place, levels))
    }
}

/// Adds a recording layer beside the layer that writes the log's lines, both with the same levels. It records nothing
/// until the settings are read.
///
/// If the log is sent, the written lines are only warnings, errors, and events outside invocations.
#[must_use]
pub fn beside(lines: BoxedLayer, levels: Targets) -> BoxedLayer {
    let lines = lines.with_filter(levels.clone().and(NotSent(RecordingPlace::OfProcess)));
    Box::new(lines.and_then(recording(RecordingPlace::OfProcess, levels)))
}

fn recording(place: RecordingPlace, levels: Targets) -> BoxedLayer {
    Box::new(Recording(place.clone()).with_filter(Recorded { place, levels }))
}
