//! Rules: the workflow that deploys holds no secret, does not run for strangers, and passes on every option.

use crate::files::{Files, assert_complains, assert_content};

const WORKFLOW: &str = ".github/workflows/azure-dev.yml";
const PARAMETERS: &str = "infra/main.parameters.json";

fn without_secrets(files: &Files) -> Vec<String> {
    let text = files.text(WORKFLOW);
    let mut complaints: Vec<String> = ["secrets.", "creds:", "client-secret", "AZURE_CREDENTIALS"]
        .into_iter()
        .filter(|word| text.contains(word))
        .map(|word| format!("{WORKFLOW} uses {word}"))
        .collect();
    // These triggers run another person's code with the repository's token.
    for trigger in ["pull_request", "pull_request_target", "workflow_run"] {
        if text.lines().any(|line| line.trim_start().starts_with(trigger)) {
            complaints.push(format!("{WORKFLOW} runs on {trigger}"));
        }
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for needed in ["id-token: write", "contents: read", "environment: azure", "if: vars.AZURE_CLIENT_ID != ''"] {
        if !lines.contains(&needed) {
            complaints.push(format!("{WORKFLOW} lacks {needed}"));
        }
    }
    complaints
}

/// Checks that every variable of the parameters file reaches azd.
fn options_reach_azd(files: &Files) -> Vec<String> {
    let variables = files.text(PARAMETERS).split("${").skip(1).filter_map(|rest| rest.split('}').next());
    let text = files.text(WORKFLOW);
    variables
        .filter(|name| !text.contains(&format!("{name}: ")) && !text.contains(&format!("\"{name}\"")))
        .map(|name| format!("{WORKFLOW} does not pass on {name}"))
        .collect()
}

#[test]
fn the_workflow_holds_no_secret_and_runs_for_no_stranger() {
    assert_content(without_secrets);
}

#[test]
fn a_secret_or_a_stranger_in_the_workflow_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(WORKFLOW, "${{ vars.AZURE_CLIENT_ID }}", "${{ secrets.AZURE_CLIENT_ID }}");
    assert_complains(without_secrets, &broken, "uses secrets.");
    let broken = files.with(WORKFLOW, "  workflow_dispatch:", "  workflow_dispatch:\n  pull_request_target:");
    assert_complains(without_secrets, &broken, "runs on pull_request_target");
    let broken = files.with(WORKFLOW, "    environment: azure\n", "");
    assert_complains(without_secrets, &broken, "lacks environment: azure");
}

#[test]
fn every_option_reaches_azd_in_the_workflow() {
    assert_content(options_reach_azd);
}

#[test]
fn an_option_that_the_workflow_forgets_is_seen() {
    let broken = Files::of_this_repository().with(WORKFLOW, "\"GATEWAY_SKU\", ", "");
    assert_complains(options_reach_azd, &broken, "does not pass on GATEWAY_SKU");
}
