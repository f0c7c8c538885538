//! The settings that switch telemetry on, and those that are refused by name.

use crate::{from_lookup, settings::SettingsError, telemetry::Telemetry};

fn read(settings: &'static [(&str, &str)]) -> Result<Telemetry, SettingsError> {
    let lookup = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    from_lookup(lookup, |env| env.telemetry("TELEMETRY"))
}

fn refusal(settings: &'static [(&str, &str)]) -> String {
    read(settings).unwrap_err().to_string()
}

#[test]
fn without_an_endpoint_nothing_is_sent() {
    assert!(!read(&[]).unwrap().is_on());
    assert!(
        !read(&[("TELEMETRY__credential", "managedidentity"), ("OTEL_EXPORTER_OTLP_HEADERS", "k=v")]).unwrap().is_on()
    );
    let off = &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_SDK_DISABLED", "true")];
    assert!(!read(off).unwrap().is_on());
    assert!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")]).unwrap().is_on());
}

#[test]
fn a_token_is_not_sent_in_clear_and_no_host_name_decides_whether_one_is() {
    let wrong = refusal(&[("TELEMETRY__tracesEndpoint", "http://a.ingest.monitor.azure.com/v1/traces")]);
    assert!(wrong.contains("TELEMETRY__tracesEndpoint is wrong"), "{wrong}");
    let Telemetry(open) = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://a.ingest.monitor.azure.com")]).unwrap();
    assert!(open.unwrap().sender.tokens.is_none());
    let Telemetry(guarded) = read(&[("TELEMETRY__logsEndpoint", "https://collector.example/v1/logs")]).unwrap();
    let guarded = guarded.unwrap();
    assert!(guarded.sender.tokens.is_some() && guarded.endpoints.traces.is_none());
}

#[test]
fn what_is_not_supported_is_refused_by_name_where_it_would_count() {
    for name in [
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    ] {
        let lookup = move |asked: &str| match asked {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://c:4318".to_owned()),
            asked => (asked == name).then(|| "api-key=S3CRET".to_owned()),
        };
        let error = from_lookup(lookup, |env| env.telemetry("TELEMETRY")).unwrap_err().to_string();
        assert!(error.contains(&format!("{name} is wrong")) && !error.contains("S3CRET"), "{error}");
    }
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "c:4317"),
    ] {
        let lookup = move |asked: &str| (asked == name).then(|| value.to_owned());
        let error = from_lookup(lookup, |env| env.telemetry("TELEMETRY")).unwrap_err().to_string();
        assert!(error.contains(&format!("{name} is wrong")), "{error}");
    }
}

/// The host reads the same variables, and may send to the relay of this app.
#[test]
fn where_a_token_is_sent_the_collectors_settings_are_the_hosts() {
    let Telemetry(sent) = read(&[
        ("TELEMETRY__tracesEndpoint", "https://a.example/v1/traces"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "k=v"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ])
    .unwrap();
    let endpoints = &sent.unwrap().endpoints;
    assert!(endpoints.logs.is_none() && endpoints.traces.as_ref().unwrap().as_str() == "https://a.example/v1/traces");
}

#[test]
fn a_signal_can_be_left_out_or_go_elsewhere() {
    let Telemetry(sent) = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m/all"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ])
    .unwrap();
    let endpoints = &sent.unwrap().endpoints;
    assert_eq!(endpoints.traces.as_ref().unwrap().as_str(), "http://c:4318/v1/traces");
    assert_eq!(endpoints.metrics.as_ref().unwrap().as_str(), "http://m/all");
    assert!(endpoints.logs.is_none());
}

#[cfg(feature = "telemetry-relay")]
#[test]
fn a_relay_without_an_endpoint_is_refused() {
    let wrong = refusal(&[("TELEMETRY__relayPort", "4318")]);
    assert!(
        wrong.contains("TELEMETRY__relayPort is wrong: expected nothing, without TELEMETRY__tracesEndpoint"),
        "{wrong}"
    );
}
