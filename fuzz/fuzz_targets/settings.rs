//! Any values of settings are taken or refused by name, and no value is told again.

#![no_main]

use keyless::settings;
use libfuzzer_sys::fuzz_target;

/// One setting a line, `NAME=value`.
fuzz_target!(|text: &str| {
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.to_owned())
    };
    let read = settings::from_lookup(value, |env| {
        let (api, vault, archive) = (env.api("APIM"), env.secrets("KEYVAULT"), env.container("STORAGE", "archive"));
        Some((api?, vault?, archive?))
    });
    drop(read);
});
