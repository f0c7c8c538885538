//! Any settings are connections or are refused, and no refusal says a value.

#![no_main]

use std::collections::BTreeMap;

use keyless::settings::from_lookup;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 14] = [
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
    "OPENAI__endpoint",
    "OPENAI__deployment",
    "OPENAI__route",
    "AZURE_CLIENT_ID",
];

/// What refusals say of themselves: a value may be the beginning of an example.
const EXAMPLES: [&str; 3] = [
    "RunAs=App;AppId=CLIENT-ID",
    "RunAs=App (system-assigned) or RunAs=Developer;DeveloperTool=AzureCli (or AzureDeveloperCli)",
    "such as api://NAME",
];

fuzz_target!(|text: &str| {
    // One value on each line, for one name after the other.
    let values: BTreeMap<&str, String> = NAMES.into_iter().zip(text.lines().map(str::to_owned)).collect();
    let owned: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let read = from_lookup(
        move |name| owned.get(name).cloned(),
        |env| {
            let all = (env.secrets("KEYVAULT"), env.container("STORAGE", "a"), env.api("APIM"));
            Some((all.0?, all.1?, all.2?))
        },
    );
    let Err(refused) = read else { return };
    let told = refused.to_string();
    // Long and odd enough to be no word of the message itself.
    let is_telling = |value: &&String| value.len() > 12 && value.contains(|c: char| !c.is_ascii_alphanumeric());
    for value in values.values().filter(is_telling) {
        let is_own = NAMES.iter().chain(&EXAMPLES).any(|word| word.contains(value.as_str()));
        assert!(is_own || !told.contains(value.as_str()), "a value is told: {value}: {told}");
    }
});
