//! The handler as a process: its start, its refusal to start, and its end.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use crate::rig::{HANDLER, seed};

fn run_with(settings: &BTreeMap<String, String>) -> Output {
    Command::new(HANDLER).env_clear().envs(settings).stdin(Stdio::null()).output().unwrap()
}

fn good_settings() -> BTreeMap<String, String> {
    let mut settings = seed().function_app.settings;
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT".to_owned(), "0".to_owned());
    settings
}

#[test]
fn every_bad_setting_is_named_in_one_message_and_no_value_is_shown() {
    let mut settings = good_settings();
    settings.remove("APIM__audience");
    settings.insert("KEYVAULT__vaultUri".to_owned(), "not-a-url-s3cret".to_owned());
    settings.insert("STORAGE__clientId".to_owned(), "not-a-guid-s3cret".to_owned());
    let output = run_with(&settings);
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    for name in ["APIM__audience", "KEYVAULT__vaultUri", "STORAGE__clientId"] {
        assert!(message.contains(name), "{name} is not named in: {message}");
    }
    assert!(!message.contains("s3cret"), "a value is shown: {message}");
}

#[test]
fn a_port_in_use_ends_the_process_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut settings = good_settings();
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT".to_owned(), port.clone());
    let output = run_with(&settings);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains(&port));
}

#[test]
fn a_missing_port_is_an_error() {
    let mut settings = good_settings();
    settings.remove("FUNCTIONS_CUSTOMHANDLER_PORT");
    let output = run_with(&settings);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("FUNCTIONS_CUSTOMHANDLER_PORT"));
}
