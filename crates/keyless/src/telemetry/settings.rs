//! The settings of telemetry: OpenTelemetry's own, and a group of this library for endpoints that require a token.

use std::borrow::Cow;

use super::{
    Telemetry, encode,
    endpoint::{Export, Guarded, Open, Protobuf},
    exporter::{Endpoints, Exporter},
    layer, resource,
    sending::Sender,
};
use crate::{
    settings::{Absent, Reader, Setting},
    signals::{Recorder, Rule, Sampler, SentSignals, Share},
};

const COLLECTOR: Setting<Open> = Setting::optional(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "nothing is sent to a collector",
    "A collector that takes OTLP over HTTP without a token.",
);
const PROTOCOL: Setting<Protobuf> =
    Setting::with_default("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "The protocol between app and collector.");
const DISABLED: Setting<bool> = Setting::with_default("OTEL_SDK_DISABLED", "false", "Whether no telemetry is sent.");
const SAMPLER: Setting<Rule> =
    Setting::with_default("OTEL_TRACES_SAMPLER", "parentbased_always_on", "The sampler: which traces are sent.");
const SHARE: Setting<Share> = Setting::optional(
    "OTEL_TRACES_SAMPLER_ARG",
    "all of them",
    "The share of the traces that begin in this app and are sent.",
);

/// Settings of other libraries, which are refused if there is a collector. A header may hold a key, and the other
/// settings would change the sent data.
const REFUSED: [(&str, &str); 12] = [
    ("OTEL_EXPORTER_OTLP_HEADERS", HEADERS),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", HEADERS),
    ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", HEADERS),
    ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", HEADERS),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", COMPRESSION),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", ONE_PROTOCOL),
    ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", ONE_PROTOCOL),
    ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", ONE_PROTOCOL),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", KEY),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", KEY),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "nothing: EXTRA_CA_CERTS names further certificate authorities"),
    ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "nothing: metrics are cumulative"),
];
const HEADERS: &str = "nothing: a header may hold a key, and this app has none; an endpoint that takes a token has \
    its own settings";
const COMPRESSION: &str = "nothing: requests are not compressed";
const ONE_PROTOCOL: &str = "nothing: all signals go by OTEL_EXPORTER_OTLP_PROTOCOL";
const KEY: &str = "nothing: this app has no key";

/// The names of a signal in settings and URLs.
#[derive(Clone, Copy)]
struct Names {
    /// `OTEL_EXPORTER_OTLP_…_ENDPOINT`
    otel: &'static str,
    exporter: &'static str,
    path: &'static str,
    /// `<NAME>__…`
    own: &'static str,
}

const SIGNALS: [Names; 3] = [
    Names {
        otel: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        exporter: "OTEL_TRACES_EXPORTER",
        path: "v1/traces",
        own: "tracesEndpoint",
    },
    Names {
        otel: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        exporter: "OTEL_LOGS_EXPORTER",
        path: "v1/logs",
        own: "logsEndpoint",
    },
    Names {
        otel: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        exporter: "OTEL_METRICS_EXPORTER",
        path: "v1/metrics",
        own: "metricsEndpoint",
    },
];

impl Reader {
    /// Traces, logs and metrics. They go to the endpoints `<name>__tracesEndpoint`, `<name>__logsEndpoint` and
    /// `<name>__metricsEndpoint` with a token of the group's identity, or else to the collector of
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` without a token. Without either, nothing is sent.
    ///
    /// Call it after [`Reader::user_agent`], which names the app.
    pub fn telemetry(&mut self, name: &str) -> Option<Telemetry> {
        let guarded = SIGNALS.map(|signal| self.read(&own(name, signal)).map(|Guarded(url)| url));
        let takes_token = SIGNALS.iter().any(|signal| self.is_set(&format!("{name}__{}", signal.own)));
        let tokens = takes_token.then(|| self.identity_of(name)).flatten();
        let collector = self.collectors(takes_token && !self.lists_rows());
        #[cfg(feature = "telemetry-relay")]
        let relay = super::relay::read(self, name, takes_token);
        let disabled = self.read(&DISABLED).unwrap_or_default();
        let sampler = self.sampler();
        let app = self.http.user_agent().map(str::to_owned);
        let (attributes, site) = resource::read(self, app.as_deref());
        let [traces, logs, metrics] = if takes_token { guarded } else { collector };
        let endpoints = Endpoints { traces, logs, metrics };
        let wanted = SentSignals {
            traces: endpoints.traces.is_some(),
            logs: endpoints.logs.is_some(),
            metrics: endpoints.metrics.is_some(),
        };
        if disabled || self.lists_rows() || !(wanted.traces || wanted.logs || wanted.metrics) {
            return Some(Telemetry(None));
        }
        self.calls_others();
        let mut recorder = Recorder::new(wanted, sampler);
        (recorder.site, recorder.resource_id) = (site.name, site.resource_id);
        let sender = Sender { http: self.http.clone(), tokens };
        let exporter = Exporter::start(recorder, sender, endpoints, encode::resource(&attributes));
        layer::record_by(&exporter.signals);
        #[cfg(feature = "telemetry-relay")]
        if let Some(port) = relay {
            super::relay::start(port, exporter.clone());
        }
        Some(Telemetry(Some(exporter)))
    }

    /// Returns the collector's address for each signal. The host has the same environment. If this app's telemetry goes
    /// elsewhere, these settings are only for the host.
    fn collectors(&mut self, are_the_hosts: bool) -> [Option<url::Url>; 3] {
        if are_the_hosts {
            return [None, None, None];
        }
        let base = self.read(&COLLECTOR);
        let ends = SIGNALS.map(|signal| {
            let setting: Setting<Open> =
                Setting::optional(signal.otel, "its own path below the collector's", "The collector of one signal.");
            let wanted = Setting::with_default(signal.exporter, "otlp", "Whether one signal is sent.");
            let own = self.read(&setting).map(|Open(url)| url);
            let below = || base.as_ref().map(|Open(url)| Open(url.clone()).below(signal.path));
            let wanted = self.read::<Export>(&wanted).unwrap_or(Export::Otlp);
            own.or_else(below).filter(|_| wanted == Export::Otlp)
        });
        self.read(&PROTOCOL);
        if ends.iter().any(Option::is_some) {
            for (name, expected) in REFUSED {
                if self.is_set(name) && !(name.ends_with("COMPRESSION") && self.text(name).as_deref() == Some("none")) {
                    self.refuse(name, expected);
                }
            }
        }
        ends
    }

    fn sampler(&mut self) -> Sampler {
        let rule = self.read(&SAMPLER).unwrap_or_default();
        let share = self.read(&SHARE);
        Sampler { rule, share: share.filter(|_| rule.needs_share()) }
    }
}

fn own(name: &str, signal: Names) -> Setting<Guarded> {
    Setting::new(
        Cow::Owned(format!("{name}__{}", signal.own)),
        Cow::Borrowed("The endpoint of one signal at Azure Monitor. The app sends a token with it."),
        Absent::Means("the signal does not go to Azure Monitor"),
    )
}
