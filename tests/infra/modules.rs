//! Rules: calls of modules and uses of their outputs fit what the modules declare.

use crate::{
    bicep::{Kind, Value},
    files::{Files, assert_complains, assert_content},
    resolve::MAIN,
};

/// Every call of a module gives the parameters that it needs and no others.
fn module_parameters(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let mut complaints = Vec::new();
    for call in documents[MAIN].of_kind(Kind::Module) {
        let Some(module) = documents.get(format!("infra/{}", call.of).as_str()) else {
            complaints.push(format!("main.bicep deploys {}, which does not exist", call.of));
            continue;
        };
        let given = call.get("params").map(Value::members).unwrap_or_default();
        for param in module.of_kind(Kind::Param).filter(|param| param.value.is_none()) {
            if given.iter().all(|(name, _)| *name != param.name) {
                complaints.push(format!("main.bicep gives {} no {}", call.of, param.name));
            }
        }
        for (name, _) in given {
            if module.of_kind(Kind::Param).all(|param| param.name != *name) {
                complaints.push(format!("main.bicep gives {} a {name}, which it does not take", call.of));
            }
        }
    }
    complaints
}

/// `vault.outputs.name` needs a module called `vault` whose file has an output `name`.
fn outputs_exist(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let text = files.text(MAIN).replace('!', "");
    let mut complaints = Vec::new();
    let pieces: Vec<&str> = text.split(".outputs.").collect();
    let word = |c: char| !c.is_alphanumeric() && c != '_';
    for pair in pieces.windows(2) {
        let symbol = pair[0].rsplit(word).next().unwrap_or_default();
        let output = pair[1].split(word).next().unwrap_or_default();
        let call = documents[MAIN].find(symbol).filter(|declared| declared.kind == Kind::Module);
        let module = call.and_then(|call| documents.get(format!("infra/{}", call.of).as_str()));
        if module.is_none_or(|module| module.of_kind(Kind::Output).all(|declared| declared.name != output)) {
            complaints.push(format!("main.bicep uses {symbol}.outputs.{output}, which does not exist"));
        }
    }
    complaints
}

#[test]
fn modules_get_the_parameters_they_need() {
    assert_content(module_parameters);
}

#[test]
fn a_module_parameter_missing_or_too_many_is_seen() {
    let broken = Files::of_this_repository().with(
        "infra/modules/roles.bicep",
        "param vaultName string",
        "param theVault string",
    );
    assert_complains(module_parameters, &broken, "gives modules/roles.bicep no theVault");
    assert_complains(module_parameters, &broken, "gives modules/roles.bicep a vaultName, which it does not take");
    let broken = Files::of_this_repository().with(MAIN, "modules/vault.bicep", "modules/safe.bicep");
    assert_complains(module_parameters, &broken, "modules/safe.bicep, which does not exist");
}

#[test]
fn outputs_that_main_uses_exist() {
    assert_content(outputs_exist);
}

#[test]
fn an_output_that_does_not_exist_is_seen() {
    let broken = Files::of_this_repository().with("infra/modules/gateway.bicep", "output url ", "output gatewayUrl ");
    assert_complains(outputs_exist, &broken, "main.bicep uses gateway.outputs.url, which does not exist");
}
