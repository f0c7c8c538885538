//! Rules: the policy documents of `apim/` are what gets deployed, each at the scope its path names, and every name in them exists.

use std::collections::BTreeSet;

use crate::{
    bicep::{Declaration, Document, Value},
    files::{Files, assert_complains, assert_content, differences},
};

const SERVICE: &str = "Microsoft.ApiManagement/service";

fn files_exist(files: &Files) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in files.ending("infra", ".bicep") {
        let loads = text.split("loadTextContent('").skip(1).filter_map(|rest| rest.split('\'').next());
        for load in loads.map(|relative| from_root(path, relative)) {
            if files.get(&load).is_none() {
                complaints.push(format!("{path} loads {load}, which does not exist"));
            }
        }
    }
    complaints
}

/// Every document of `apim/`, with the scope that its path names, against what Bicep deploys.
fn deployed_where_they_belong(files: &Files) -> Vec<String> {
    let expected: Vec<String> =
        files.ending("apim", ".xml").map(|(path, _)| format!("{path} at {}", scope(path))).collect();
    if expected.is_empty() {
        return vec!["apim/ holds no policy document".to_owned()];
    }
    let documents = files.bicep();
    let deployed: Vec<String> = documents
        .iter()
        .flat_map(|(path, document)| policies(document).map(move |policy| deployed(path, document, policy)))
        .collect();
    differences("policy documents", &deployed, &expected)
}

/// `apim/apis/orders.xml` is for `apis orders`, `apim/global.xml` for the service.
fn scope(path: &str) -> String {
    let inner = path.trim_start_matches("apim/").trim_end_matches(".xml");
    inner.split_once('/').map_or_else(|| inner.to_owned(), |(kind, name)| format!("{kind} {name}"))
}

fn policies(document: &Document) -> impl Iterator<Item = &Declaration> {
    ["", "/apis", "/products", "/apis/operations"]
        .into_iter()
        .flat_map(|below| document.deployed(format!("{SERVICE}{below}/policies")))
}

fn deployed(path: &str, document: &Document, policy: &Declaration) -> String {
    let parent = document.find(&policy.written("parent"));
    let at = match parent {
        Some(parent) if parent.resource_type() == SERVICE => "global".to_owned(),
        Some(parent) => {
            let kind = parent.resource_type().rsplit('/').next().unwrap_or_default();
            let api = document.find(&parent.written("parent")).filter(|_| kind == "operations");
            let above = api.map(|api| api.written("name") + ".").unwrap_or_default();
            format!("{kind} {above}{}", parent.written("name"))
        }
        None => "no parent".to_owned(),
    };
    let value = policy.written("properties.value");
    let load = value.strip_prefix("loadTextContent('").and_then(|rest| rest.strip_suffix("')"));
    let file = load.map_or_else(|| format!("{} has no loadTextContent", policy.name), |load| from_root(path, load));
    // Without rawxml the gateway takes the file for XML with escaped expressions.
    let format = policy.written("properties.format");
    let format = if format == "rawxml" { String::new() } else { format!(" as {format}, not rawxml") };
    let name = policy.written("name");
    let name = if name == "policy" { String::new() } else { format!(" named {name}, not policy") };
    format!("{file} at {at}{format}{name}")
}

/// A path relative to a file, from the repository's root.
fn from_root(file: &str, relative: &str) -> String {
    let mut folders: Vec<&str> = file.split('/').collect();
    folders.pop();
    for part in relative.split('/') {
        match part {
            ".." => {
                folders.pop();
            }
            "." => {}
            part => folders.push(part),
        }
    }
    folders.join("/")
}

fn named_values_exist(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let texts = documents.values().find_map(|document| document.find("namedValueTexts")?.value.clone());
    let deployed: Vec<String> = texts.iter().flat_map(Value::members).map(|(name, _)| name.clone()).collect();
    let seed = files.seed().apim.named_values;
    let mut complaints = differences("named values", &deployed, &seed.keys().cloned().collect::<Vec<_>>());
    // What is the same everywhere has its text in both places.
    for (name, value) in texts.iter().flat_map(Value::members) {
        if let (Value::Text(_), Some(other)) = (value, seed.get(name))
            && value.written() != *other
        {
            complaints.push(format!("named value {name} is {} in Bicep and {other} in the seed", value.written()));
        }
    }
    for (path, text) in files.ending("apim", ".xml") {
        for name in named_values_in(text).iter().filter(|name| !deployed.contains(name) || !seed.contains_key(*name)) {
            complaints.push(format!("{path} uses {{{{{name}}}}}, which Bicep and the seed do not both define"));
        }
    }
    complaints
}

fn named_values_in(text: &str) -> BTreeSet<String> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim().to_owned()).collect()
}

/// A policy that chooses a backend by its ID needs that backend deployed.
fn backends_exist(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let deployed: Vec<String> = documents
        .values()
        .flat_map(|document| document.deployed(format!("{SERVICE}/backends")))
        .map(|backend| backend.written("name"))
        .collect();
    let used = files.ending("apim", ".xml").flat_map(|(path, text)| {
        text.split("backend-id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(move |id| (path, id))
    });
    used.filter(|(_, id)| !deployed.iter().any(|name| name == id))
        .map(|(path, id)| format!("{path} sends to the backend {id}, which Bicep does not deploy"))
        .collect()
}

/// Quotes that a word processor bends end no attribute.
fn quotes_are_straight(files: &Files) -> Vec<String> {
    files
        .ending("apim", ".xml")
        .filter(|(_, text)| text.contains(['“', '”', '‘', '’', '″']))
        .map(|(path, _)| format!("{path} has curly quotes"))
        .collect()
}

#[test]
fn every_loaded_file_exists() {
    assert_content(files_exist);
}

#[test]
fn a_file_that_is_not_there_is_seen() {
    let broken = Files::of_this_repository().with("infra/modules/apis.bicep", "apis/orders.xml", "apis/order.xml");
    assert_complains(files_exist, &broken, "loads apim/apis/order.xml, which does not exist");
    assert_complains(deployed_where_they_belong, &broken, "apim/apis/orders.xml at apis orders is missing");
}

#[test]
fn policy_documents_are_deployed_where_they_belong() {
    assert_content(deployed_where_they_belong);
}

#[test]
fn a_document_that_is_not_deployed_is_seen() {
    let files = Files::of_this_repository().with_file("apim/operations/orders.get-order.xml", "<policies />");
    assert_complains(
        deployed_where_they_belong,
        &files,
        "apim/operations/orders.get-order.xml at operations orders.get-order is missing",
    );
}

#[test]
fn a_document_at_another_scope_is_seen() {
    let broken = Files::of_this_repository().with(
        "infra/modules/apis.bicep",
        "parent: orders\n  name: 'policy'",
        "parent: internal\n  name: 'policy'",
    );
    assert_complains(
        deployed_where_they_belong,
        &broken,
        "apim/apis/orders.xml at products internal stands in Bicep only",
    );
}

#[test]
fn a_document_in_another_format_is_seen() {
    let broken = Files::of_this_repository().with("infra/modules/apis.bicep", "format: 'rawxml'", "format: 'xml'");
    assert_complains(deployed_where_they_belong, &broken, "apim/global.xml at global as xml, not rawxml");
}

#[test]
fn named_values_are_those_of_the_seed_and_the_documents() {
    assert_content(named_values_exist);
}

#[test]
fn a_named_value_that_nobody_defines_is_seen() {
    let files = Files::of_this_repository().with_file("apim/apis/orders.xml", "<issuer>{{tenantID}}</issuer>");
    assert_complains(named_values_exist, &files, "apim/apis/orders.xml uses {{tenantID}}");
}

#[test]
fn a_named_value_missing_on_one_side_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with("infra/modules/apis.bicep", "'orders-read-role': 'Orders.Read'", "");
    assert_complains(named_values_exist, &broken, "orders-read-role is missing in Bicep");
    let broken = files.with("local-azure/seed.toml", "orders-read-role = \"Orders.Read\"", "");
    assert_complains(named_values_exist, &broken, "orders-read-role stands in Bicep only");
}

#[test]
fn a_named_value_with_another_text_is_seen() {
    let broken = Files::of_this_repository().with("infra/modules/apis.bicep", "'Orders.Read'", "'Orders.Write'");
    assert_complains(
        named_values_exist,
        &broken,
        "orders-read-role is Orders.Write in Bicep and Orders.Read in the seed",
    );
}

#[test]
fn backends_that_policies_choose_are_deployed() {
    assert_content(backends_exist);
}

#[test]
fn a_backend_that_is_not_deployed_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with_file("apim/apis/orders.xml", "<set-backend-service backend-id=\"orders\" />");
    assert_complains(backends_exist, &broken, "sends to the backend orders");
}

#[test]
fn quotes_in_policy_documents_are_straight() {
    assert_content(quotes_are_straight);
}

#[test]
fn curly_quotes_are_seen() {
    let files = Files::of_this_repository();
    let broken = files.with_file("apim/global.xml", "<authentication-managed-identity resource=”resource” />");
    assert_complains(quotes_are_straight, &broken, "apim/global.xml has curly quotes");
}
