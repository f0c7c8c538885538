//! Every set of settings either gives connections or is refused. No refusal contains a value.

#![no_main]

use std::collections::BTreeMap;

use keyless::settings::from_lookup;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 22] = [
    "KEYVAULT__vaultUri",
    "KEYVAULT__credential",
    "KEYVAULT__clientId",
    "KEYVAULT__identity",
    "STORAGE__blobServiceUri",
    "STORAGE__clientId",
    "APIM__baseUrl",
    "APIM__audience",
    "APIM__clientId",
    "APIM__subscriptionKeySecret",
    "OPENAI__route",
    "OPENAI__endpoint",
    "OPENAI__baseUrl",
    "OPENAI__audience",
    "OPENAI__deployment",
    "OPENAI__apiVersion",
    "OTEL__tracesEndpoint",
    "OTEL__clientId",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_TRACES_SAMPLER",
    "AZURE_CLIENT_ID",
];

/// Replaces `~` in a value. The messages of this repository do not contain this text themselves.
const SECRET: &str = "n0t-t0-be-t0ld";

fuzz_target!(|text: &str| {
    // Each line holds one value; the names take the lines in order.
    let values = text.lines().map(|line| line.replace('~', SECRET));
    let values: BTreeMap<&str, String> = NAMES.into_iter().zip(values).collect();
    let read = from_lookup(
        move |name| values.get(name).cloned(),
        |env| {
            let (vault, storage, api) = (env.secrets("KEYVAULT"), env.container("STORAGE", "a"), env.api("APIM"));
            let (model, telemetry) = (env.optional_model("OPENAI"), env.telemetry("OTEL"));
            Some((vault?, storage?, api?, model?, telemetry?))
        },
    );
    let Err(refused) = read else { return };
    let told = refused.to_string();
    assert!(!told.contains(SECRET), "{told}");
});
