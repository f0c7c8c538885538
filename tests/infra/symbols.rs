//! Rules: every name that a Bicep file uses is declared in it, and every parameter and variable is used. The compiler says so too,
//! where there is one.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::{
    bicep::{Kind, tree, without_extensions},
    files::{Files, assert_complains, assert_content},
};

/// Functions and decorators of <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions> that we use.
const FUNCTIONS: [&str; 21] = [
    "allowed",
    "concat",
    "contains",
    "description",
    "empty",
    "environment",
    "fail",
    "guid",
    "items",
    "loadTextContent",
    "map",
    "maxLength",
    "metadata",
    "minLength",
    "resourceId",
    "subscription",
    "subscriptionResourceId",
    "tenant",
    "toObject",
    "union",
    "uniqueString",
];

fn declared_and_used(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let mut complaints = Vec::new();
    for (path, text) in files.ending("infra", ".bicep") {
        let text = without_extensions(text);
        let mut used = BTreeSet::new();
        let mut local = BTreeSet::new();
        names(tree(&text).root_node(), &text, &mut used, &mut local);
        let document = &documents[path];
        for name in &used {
            let known = FUNCTIONS.contains(&name.as_str());
            if !known && !local.contains(name) && document.find(name).is_none() {
                complaints.push(format!("{path} uses {name}, which it does not declare"));
            }
        }
        for declared in document.of_kind(Kind::Param).chain(document.of_kind(Kind::Var)) {
            if !used.contains(&declared.name) {
                complaints.push(format!("{path} declares {} and does not use it", declared.name));
            }
        }
    }
    complaints
}

/// Gathers the names used in expressions, and those that loops and lambdas declare.
fn names(node: Node<'_>, text: &str, used: &mut BTreeSet<String>, local: &mut BTreeSet<String>) {
    let mut cursor = node.walk();
    let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
    let source = |node: &Node<'_>| text[node.byte_range()].to_owned();
    let skipped = match node.kind() {
        // The first part is a name being declared, a key, or a parameter's type follows it.
        "parameter_declaration" | "output_declaration" => 2,
        "variable_declaration" | "resource_declaration" | "module_declaration" | "object_property" => 1,
        "type_declaration" => {
            local.insert(source(&parts[0]));
            1
        }
        "lambda_expression" | "for_statement" if parts[0].kind() == "identifier" => {
            local.insert(source(&parts[0]));
            1
        }
        _ => 0,
    };
    match node.kind() {
        "identifier" => {
            used.insert(source(&node));
        }
        "loop_variable" | "loop_enumerator" => {
            local.insert(source(&node));
        }
        _ => {}
    }
    for part in parts.into_iter().skip(skipped) {
        names(part, text, used, local);
    }
}

#[test]
fn names_are_declared_and_used() {
    assert_content(declared_and_used);
}

#[test]
fn a_name_that_is_not_declared_is_seen() {
    let broken =
        Files::of_this_repository().with("infra/modules/vault.bicep", "location: location", "location: region");
    assert_complains(declared_and_used, &broken, "infra/modules/vault.bicep uses region, which it does not declare");
    assert_complains(declared_and_used, &broken, "infra/modules/vault.bicep declares location and does not use it");
}

#[test]
fn a_function_that_does_not_exist_is_seen() {
    let broken = Files::of_this_repository().with("infra/modules/roles.bicep", "guid(vault.id", "uuid(vault.id");
    assert_complains(declared_and_used, &broken, "infra/modules/roles.bicep uses uuid");
}
