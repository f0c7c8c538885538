//! Rules: `azure.yaml` and the parameters file fit the templates.

use serde_json::Value as Json;

use crate::{
    files::{Files, assert_complains, assert_content},
    plan::MAIN,
};

const PARAMETERS: &str = "infra/main.parameters.json";

/// Checks the lines of `azure.yaml` that azd needs for a custom handler. azd zips the script root unchanged, under the
/// app's service name.
fn azure_yaml(files: &Files) -> Vec<String> {
    let text = files.text("azure.yaml");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut complaints: Vec<String> = ["language: custom", "host: function", "dist: target/app"]
        .into_iter()
        .filter(|needed| !lines.contains(needed))
        .map(|needed| format!("azure.yaml lacks {needed}"))
        .collect();
    let scripts = lines.iter().filter_map(|line| line.strip_prefix("run: ")).filter(|run| run.starts_with("infra/"));
    complaints.extend(
        scripts
            .filter(|script| files.get(script).is_none())
            .map(|script| format!("azure.yaml runs {script}, which does not exist")),
    );
    let tagged = files.text(MAIN).split("'azd-service-name': '").nth(1).and_then(|rest| rest.split('\'').next());
    match tagged {
        Some(service) if lines.contains(&format!("{service}:").as_str()) => {}
        other => {
            complaints.push(format!("no service of azure.yaml has the name in the tag azd-service-name, {other:?}"))
        }
    }
    complaints
}

fn parameters(files: &Files) -> Vec<String> {
    let document: Json = serde_json::from_str(files.text(PARAMETERS)).expect("the parameters file is JSON");
    let given = document["parameters"].as_object().expect("it has parameters");
    let declared = files.program().parameters(MAIN);
    let unknown = given.keys().filter(|name| declared.iter().all(|param| param.name != **name));
    let unknown = unknown.map(|name| format!("{PARAMETERS} gives {name}, which main.bicep does not declare"));
    let missing = declared.iter().filter(|param| param.default.is_none() && !given.contains_key(&param.name));
    let missing = missing.map(|param| format!("{PARAMETERS} lacks {}, which has no default", param.name));
    // Defaults in both places would become different. If the variable is unset, azd leaves the parameter to Bicep.
    let doubled = given.iter().filter(|(_, value)| value["value"].as_str().is_none_or(|text| text.contains('=')));
    let doubled = doubled.map(|(name, _)| format!("{PARAMETERS} has its own value for {name}"));
    unknown.chain(missing).chain(doubled).collect()
}

#[test]
fn azure_yaml_fits_the_templates() {
    assert_content(azure_yaml);
}

#[test]
fn a_service_without_its_script_root_is_seen() {
    let files = Files::of_this_repository();
    assert_complains(
        azure_yaml,
        &files.with("azure.yaml", "dist: target/app", "dist: target"),
        "lacks dist: target/app",
    );
    assert_complains(
        azure_yaml,
        &files.with("azure.yaml", "  handler:", "  api:"),
        "azd-service-name, Some(\"handler\")",
    );
}

#[test]
fn a_hook_that_is_not_there_is_seen() {
    let broken = Files::of_this_repository().with("azure.yaml", "store-subscription-key.sh", "store-key.sh");
    assert_complains(azure_yaml, &broken, "runs infra/scripts/store-key.sh, which does not exist");
}

#[test]
fn the_parameters_file_fits_the_template() {
    assert_content(parameters);
}

#[test]
fn parameters_that_do_not_fit_are_seen() {
    let files = Files::of_this_repository();
    assert_complains(
        parameters,
        &files.with(PARAMETERS, "\"publisherEmail\"", "\"publisher\""),
        "lacks publisherEmail",
    );
    assert_complains(parameters, &files.with(PARAMETERS, "\"publisherEmail\"", "\"publisher\""), "gives publisher,");
    assert_complains(
        parameters,
        &files.with(PARAMETERS, "${GATEWAY_SKU}", "${GATEWAY_SKU=Developer}"),
        "has its own value for gatewaySku",
    );
}
