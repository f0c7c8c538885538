//! Runs the check on the templates of this repository. It finds nothing in them, and it finds the mistakes that the
//! tests plant in them.
#![allow(clippy::expect_used, reason = "a file of ours that cannot be read as expected ends the test")]

mod command;
mod options;
mod planted;
mod sources;

use bicep_check::{Options, Program};

#[test]
fn the_templates_of_this_repository_have_no_mistake() {
    let findings = Program::read(sources::texts()).check(sources::MAIN, &sources::option_sets());
    assert!(findings.is_empty(), "{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>());
}

#[test]
fn the_templates_of_the_deployer_have_no_mistake() {
    let subject = "repo:someone/keyless-functions:environment:azure";
    let sets = [Options::new("GitHub", &[("location", "westeurope".into()), ("subject", subject.into())])];
    let findings = Program::read(sources::texts()).check("infra/deployer/main.bicep", &sets);
    assert!(findings.is_empty(), "{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>());
}
