//! Rule: APIs, operations, products and subscriptions of the gateway are those of the seed.

use bicep_check::{DeployedResources, MadeResource};
use local_azure::seed::{Api, Product, SubscriptionScope, SubscriptionState};

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{by_id, last, plan},
};

const APIS: &str = "infra/modules/apis.bicep";

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let apim = files.seed().apim;
    let mut complaints = differences("APIs", &apis(&plan), &apim.apis.iter().map(seed_api).collect::<Vec<_>>());
    let operations = apim
        .apis
        .iter()
        .flat_map(|api| api.operations.iter().map(|o| format!("{}.{} {} {}", api.id, o.id, o.method, o.template)));
    complaints.extend(differences("operations", &self::operations(&plan), &operations.collect::<Vec<_>>()));
    let products: Vec<String> = apim.products.iter().map(seed_product).collect();
    complaints.extend(differences("products", &self::products(&plan), &products));
    let subscriptions = apim.subscriptions.iter().map(|subscription| {
        let state = if subscription.state == SubscriptionState::Active { "active" } else { "not active" };
        format!("{} for {}, {state}", subscription.name, seed_scope(&subscription.scope))
    });
    complaints.extend(differences("subscriptions", &self::subscriptions(&plan), &subscriptions.collect::<Vec<_>>()));
    complaints.extend(template_parameters(&plan));
    complaints
}

fn deployed<'a>(plan: &'a DeployedResources, below: &str) -> Vec<&'a MadeResource> {
    let of_type = format!("Microsoft.ApiManagement/service/{below}");
    plan.resources.iter().filter(|resource| resource.of_type == of_type).collect()
}

/// Returns the name of a resource's parent.
fn parent(resource: &MadeResource) -> &str {
    last(resource.name.rsplit_once('/').map(|(parent, _)| parent).unwrap_or_default())
}

fn apis(plan: &DeployedResources) -> Vec<String> {
    let api = |api: &MadeResource| {
        let of = |property: &str| api.text(&format!("properties.{property}"));
        let (header, query) = (of("subscriptionKeyParameterNames.header"), of("subscriptionKeyParameterNames.query"));
        let (id, path, needed) = (last(&api.name), of("path"), of("subscriptionRequired"));
        format!("{id} at /{path}, key needed: {needed}, in {header} or {query}")
    };
    deployed(plan, "apis").into_iter().map(api).collect()
}

fn seed_api(api: &Api) -> String {
    let Api {
        id,
        path,
        subscription_required: needed,
        subscription_key_header: header,
        subscription_key_query: query,
        ..
    } = api;
    format!("{id} at /{path}, key needed: {needed}, in {header} or {query}")
}

fn operations(plan: &DeployedResources) -> Vec<String> {
    let operation = |operation: &MadeResource| {
        let (method, template) = (operation.text("properties.method"), operation.text("properties.urlTemplate"));
        format!("{}.{} {method} {template}", parent(operation), last(&operation.name))
    };
    deployed(plan, "apis/operations").into_iter().map(operation).collect()
}

/// Finds operations with an undeclared template parameter. Azure refuses such an operation.
fn template_parameters(plan: &DeployedResources) -> Vec<String> {
    let mut complaints = Vec::new();
    for operation in deployed(plan, "apis/operations") {
        let template = operation.text("properties.urlTemplate");
        let used: Vec<String> =
            template.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
        let declared = operation.all("properties.templateParameters.name");
        complaints.extend(differences(&format!("template parameters of {}", operation.symbol), &declared, &used));
    }
    complaints
}

fn products(plan: &DeployedResources) -> Vec<String> {
    let product = |product: &MadeResource| {
        let id = last(&product.name);
        let links = deployed(plan, "products/apis").into_iter().filter(|link| parent(link) == id);
        let apis: Vec<&str> = links.map(|link| last(&link.name)).collect();
        format!("{id} with {}, key needed: {}", apis.join(" and "), product.text("properties.subscriptionRequired"))
    };
    deployed(plan, "products").into_iter().map(product).collect()
}

fn seed_product(product: &Product) -> String {
    format!("{} with {}, key needed: {}", product.id, product.apis.join(" and "), product.subscription_required)
}

fn subscriptions(plan: &DeployedResources) -> Vec<String> {
    let subscription = |subscription: &MadeResource| {
        let scope = subscription.text("properties.scope");
        let scope = match by_id(plan, &scope) {
            Some(target) => format!("{} {}", last(&target.of_type).trim_end_matches('s'), last(&target.name)),
            None => scope,
        };
        format!("{} for {scope}, {}", last(&subscription.name), subscription.text("properties.state"))
    };
    deployed(plan, "subscriptions").into_iter().map(subscription).collect()
}

fn seed_scope(scope: &SubscriptionScope) -> String {
    match (&scope.product, &scope.api) {
        (Some(product), _) => format!("product {product}"),
        (None, Some(api)) => format!("api {api}"),
        (None, None) => "all APIs".to_owned(),
    }
}

#[test]
fn the_gateway_is_that_of_the_seed() {
    assert_content(same_as_the_seed);
}

#[test]
fn an_api_at_another_path_is_seen() {
    let broken = Files::of_this_repository().with(APIS, "path: 'orders'", "path: 'order'");
    assert_complains(same_as_the_seed, &broken, "APIs: orders at /order, ");
}

#[test]
fn an_api_without_a_key_is_seen() {
    let broken = Files::of_this_repository().with(APIS, "subscriptionRequired: true", "subscriptionRequired: false");
    assert_complains(same_as_the_seed, &broken, "APIs: orders at /orders, key needed: false");
    assert_complains(same_as_the_seed, &broken, "products: internal with orders, key needed: false");
}

#[test]
fn an_operation_that_only_one_side_has_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(APIS, "urlTemplate: '/{id}'", "urlTemplate: '/by-id/{id}'");
    assert_complains(same_as_the_seed, &broken, "operations: orders.get-order GET /{id} is missing");
    let broken = files.with("local-azure/seed.toml", "id = \"list-orders\"", "id = \"all-orders\"");
    assert_complains(same_as_the_seed, &broken, "operations: orders.all-orders GET / is missing");
}

#[test]
fn an_undeclared_template_parameter_is_seen() {
    let broken = Files::of_this_repository().with(APIS, "name: 'id'", "name: 'orderId'");
    assert_complains(same_as_the_seed, &broken, "template parameters of getOrder: id is missing");
}

#[test]
fn an_api_that_left_its_product_is_seen() {
    let broken = Files::of_this_repository().with(APIS, "service/products/apis@", "service/products/groups@");
    assert_complains(same_as_the_seed, &broken, "products: internal with orders, key needed: true is missing");
}

#[test]
fn a_subscription_of_a_wider_scope_is_seen() {
    let broken = Files::of_this_repository().with(APIS, "scope: internal.id", "scope: '/apis'");
    assert_complains(
        same_as_the_seed,
        &broken,
        "subscriptions: keyless-functions for /apis, active stands in Bicep only",
    );
}
