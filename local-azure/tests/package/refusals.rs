//! Script roots that Azure could not run.

use crate::rig::{AARCH64, HOST_JSON, ScriptRoot, X86_64, elf};

#[test]
fn an_executable_of_another_processor_is_refused() {
    let refusal = ScriptRoot::new().file("handler", elf(AARCH64, None)).refusal();
    assert!(refusal.starts_with("ROOT/handler: built for 64-bit Arm, where Azure runs x86-64"), "{refusal}");
}

#[test]
fn a_dynamic_executable_is_refused_with_the_loader_it_asks_for() {
    let refusal = ScriptRoot::new().file("handler", elf(X86_64, Some("/lib64/ld-linux-x86-64.so.2"))).refusal();
    assert!(refusal.contains("linked dynamically (it asks for /lib64/ld-linux-x86-64.so.2)"), "{refusal}");
}

#[test]
fn what_is_no_linux_executable_is_refused() {
    let mut thirty_two_bits = elf(X86_64, None);
    thirty_two_bits[4] = 1;
    let mut free_bsd = elf(X86_64, None);
    free_bsd[7] = 9;
    let cases: [&[u8]; 5] = [b"#!/bin/sh\nexec other\n", b"MZ\x90", b"", &thirty_two_bits, &free_bsd];
    for bytes in cases {
        let refusal = ScriptRoot::new().file("handler", bytes).refusal();
        assert!(refusal.starts_with("ROOT/handler: not a 64-bit Linux executable (ELF)"), "{bytes:?}: {refusal}");
    }
}

#[test]
fn an_elf_file_that_cannot_be_started_is_refused() {
    let mut object_file = elf(X86_64, None);
    object_file[16] = 1;
    let mut without_entry = elf(X86_64, None);
    without_entry[24..32].fill(0);
    let truncated = elf(X86_64, None)[..80].to_vec();
    for bytes in [object_file, without_entry, truncated] {
        let refusal = ScriptRoot::new().file("handler", &bytes).refusal();
        assert_eq!(refusal, "ROOT/handler: an ELF file, but not an executable");
    }
}

#[test]
fn a_script_root_without_its_parts_is_refused() {
    let refusal = ScriptRoot::new().without("host.json").refusal();
    assert_eq!(refusal, "no host.json in ROOT");
    let refusal = ScriptRoot::new().without("handler").refusal();
    assert!(refusal.starts_with("the handler \"handler\" is neither in ROOT"), "{refusal}");
    let refusal = ScriptRoot::new().without("where/function.json").without("tick/function.json").refusal();
    assert_eq!(refusal, "ROOT holds no function: each is a folder with a function.json");
}

#[test]
fn functions_that_the_host_would_leave_out_are_refused_by_name() {
    let broken = r#"{ "bindings": [{ "type": "queueTrigger", "name": "item" }] }"#;
    let refusal = ScriptRoot::new().file("orders/function.json", broken).without_settings().refusal();
    let expected = "the Functions host would leave out orders: the trigger type \"queueTrigger\" is not supported by \
                    this host (httpTrigger and timerTrigger are); tick: '%TICK%' does not resolve to a value";
    assert_eq!(refusal, expected);
}

#[test]
fn a_handler_under_another_name_is_refused_since_it_would_not_be_executable() {
    for name in ["./handler", "handler.exe", "Handler", "%HANDLER%", "bin/handler", ""] {
        let host_json = HOST_JSON.replace("\"handler\"", &format!("{name:?}"));
        let refusal = ScriptRoot::new().file("host.json", host_json).refusal();
        let expected = format!(
            "host.json: \"customHandler.description.defaultExecutablePath\" is \"{name}\"; it must be \"handler\""
        );
        assert!(refusal.starts_with(&expected), "{refusal}");
    }
}

#[test]
fn host_json_is_read_as_the_host_reads_it() {
    let commented = format!("// the handler\n{}", HOST_JSON.replace("customHandler", "CustomHandler"));
    assert!(ScriptRoot::new().file("host.json", commented).package().is_ok());
    let elsewhere = HOST_JSON.replace("\"handler\"", "\"handler\", \"workerDirectory\": \"bin\"");
    let root = ScriptRoot::new().file("host.json", elsewhere).file("bin/handler", elf(X86_64, None));
    let refusal = root.refusal();
    assert!(
        refusal.starts_with("host.json: \"customHandler.description.workerDirectory\" is \"bin\"; leave it out"),
        "{refusal}"
    );
}

#[test]
fn whatever_else_lies_in_the_script_root_is_refused() {
    let cases = [
        ("local.settings.json", "local.settings.json"),
        ("where/notes.txt", "where/notes.txt"),
        ("tick/deep/function.json", "tick/deep"),
        ("other/readme", "other"),
    ];
    for (path, stray) in cases {
        let refusal = ScriptRoot::new().file(path, "{}").refusal();
        assert_eq!(refusal, format!("ROOT/{stray} has no business in a package: remove it"));
    }
}

#[test]
fn a_function_that_host_json_excludes_has_no_business_in_a_package() {
    let host_json = HOST_JSON.replacen('{', "{ \"functions\": [\"tick\"],", 1);
    let refusal = ScriptRoot::new().file("host.json", host_json).refusal();
    assert_eq!(refusal, "ROOT/where has no business in a package: remove it");
}
