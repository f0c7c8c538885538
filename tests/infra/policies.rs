//! Rules: the deployed policies are the policy documents of `apim/`, each at the scope that its path names. Every name
//! in them exists.

use std::collections::BTreeSet;

use bicep_check::{DeployedResources, MadeResource};

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{last, plan},
};

const SERVICE: &str = "Microsoft.ApiManagement/service";

/// Compares every document of `apim/`, with the scope that its path names, with the deployed policies in Bicep.
fn deployed_where_they_belong(files: &Files) -> Vec<String> {
    let expected: Vec<String> =
        files.ending("apim", ".xml").map(|(path, _)| format!("{path} at {}", scope(path))).collect();
    if expected.is_empty() {
        return vec!["apim/ holds no policy document".to_owned()];
    }
    let plan = plan(files);
    let deployed: Vec<String> = policies(&plan).map(|policy| deployed(files, policy)).collect();
    differences("policy documents", &deployed, &expected)
}

/// Returns the scope of a path: `apis orders` for `apim/apis/orders.xml`, the service for `apim/global.xml`.
fn scope(path: &str) -> String {
    let inner = path.trim_start_matches("apim/").trim_end_matches(".xml");
    inner.split_once('/').map_or_else(|| inner.to_owned(), |(kind, name)| format!("{kind} {name}"))
}

fn policies(plan: &DeployedResources) -> impl Iterator<Item = &MadeResource> {
    plan.resources
        .iter()
        .filter(|resource| resource.of_type.strip_prefix(SERVICE).is_some_and(|below| below.ends_with("/policies")))
}

/// Returns the file whose bytes a policy deploys, and its scope: `apim/apis/orders.xml at apis orders`.
fn deployed(files: &Files, policy: &MadeResource) -> String {
    let document = policy.text("properties.value");
    let file = files.ending("apim", ".xml").find(|(_, text)| *text == document).map(|(path, _)| path);
    let kind = policy.of_type.trim_start_matches(SERVICE).trim_end_matches("/policies");
    let names: Vec<&str> = policy.name.trim_end_matches("/policy").split('/').skip(1).collect();
    let at = if kind.is_empty() { "global".to_owned() } else { format!("{} {}", last(kind), names.join(".")) };
    format!("{} at {at}", file.unwrap_or("a document that is not in apim/"))
}

fn named_values_exist(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let values = plan.resources.iter().filter(|resource| resource.of_type == format!("{SERVICE}/namedValues"));
    let values: Vec<(String, String)> =
        values.map(|value| (last(&value.name).to_owned(), value.text("properties.value"))).collect();
    let deployed: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
    let seed = files.seed().apim.named_values;
    let mut complaints = differences("named values", &deployed, &seed.keys().cloned().collect::<Vec<_>>());
    // A value that is the same everywhere has its text in both places. A value that only a deployment knows is `‹…›`
    // here.
    for (name, value) in values.iter().filter(|(_, value)| !value.contains('‹')) {
        if let Some(other) = seed.get(name).filter(|other| *other != value) {
            complaints.push(format!("named value {name} is {value} in Bicep and {other} in the seed"));
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

/// Checks that backends exist. A policy that chooses a backend by its ID needs that backend deployed.
fn backends_exist(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let backends = plan.resources.iter().filter(|resource| resource.of_type == format!("{SERVICE}/backends"));
    let deployed: Vec<&str> = backends.map(|backend| last(&backend.name)).collect();
    let used = files.ending("apim", ".xml").flat_map(|(path, text)| {
        text.split("backend-id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(move |id| (path, id))
    });
    used.filter(|(_, id)| !deployed.contains(id))
        .map(|(path, id)| format!("{path} sends to the backend {id}, which Bicep does not deploy"))
        .collect()
}

/// Checks for straight quotes. The curved quotes of a word processor end no attribute.
fn quotes_are_straight(files: &Files) -> Vec<String> {
    files
        .ending("apim", ".xml")
        .filter(|(_, text)| text.contains(['“', '”', '‘', '’', '″']))
        .map(|(path, _)| format!("{path} has curly quotes"))
        .collect()
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
    assert_complains(deployed_where_they_belong, &broken, "apim/apis/orders.xml at apis internal stands in Bicep only");
}

#[test]
fn a_document_that_is_written_out_is_seen() {
    let broken = Files::of_this_repository().with(
        "infra/modules/apis.bicep",
        "loadTextContent('../../apim/global.xml')",
        "'<policies />'",
    );
    assert_complains(
        deployed_where_they_belong,
        &broken,
        "a document that is not in apim/ at global stands in Bicep only",
    );
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
