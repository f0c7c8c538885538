//! Rule: APIs, operations, products and subscriptions of the gateway are those of the seed.

use local_azure::seed::{Api, Product, SubscriptionScope, SubscriptionState};

use crate::{
    bicep::{Declaration, Document, Value},
    files::{Files, assert_complains, assert_content, differences},
};

const APIS: &str = "infra/modules/apis.bicep";

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let document = &documents[APIS];
    let apim = files.seed().apim;
    let mut complaints = differences("APIs", &apis(document), &apim.apis.iter().map(seed_api).collect::<Vec<_>>());
    let operations = apim
        .apis
        .iter()
        .flat_map(|api| api.operations.iter().map(|o| format!("{}.{} {} {}", api.id, o.id, o.method, o.template)));
    complaints.extend(differences("operations", &self::operations(document), &operations.collect::<Vec<_>>()));
    let products: Vec<String> = apim.products.iter().map(seed_product).collect();
    complaints.extend(differences("products", &self::products(document), &products));
    let subscriptions = apim.subscriptions.iter().map(|subscription| {
        let state = if subscription.state == SubscriptionState::Active { "active" } else { "not active" };
        format!("{} for {}, {state}", subscription.name, seed_scope(&subscription.scope))
    });
    complaints.extend(differences("subscriptions", &self::subscriptions(document), &subscriptions.collect::<Vec<_>>()));
    complaints.extend(template_parameters(document));
    complaints
}

fn deployed<'a>(document: &'a Document, below: &str) -> impl Iterator<Item = &'a Declaration> {
    document.deployed(format!("Microsoft.ApiManagement/service/{below}"))
}

fn name_of(document: &Document, symbol: &str) -> String {
    document.find(symbol).map(|declared| declared.written("name")).unwrap_or_default()
}

fn apis(document: &Document) -> Vec<String> {
    deployed(document, "apis")
        .map(|api| {
            let of = |property: &str| api.written(&format!("properties.{property}"));
            let (header, query) =
                (of("subscriptionKeyParameterNames.header"), of("subscriptionKeyParameterNames.query"));
            format!(
                "{} at /{}, key needed: {}, in {header} or {query}",
                api.written("name"),
                of("path"),
                of("subscriptionRequired")
            )
        })
        .collect()
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

fn operations(document: &Document) -> Vec<String> {
    deployed(document, "apis/operations")
        .map(|operation| {
            let api = name_of(document, &operation.written("parent"));
            let (method, template) =
                (operation.written("properties.method"), operation.written("properties.urlTemplate"));
            format!("{api}.{} {method} {template}", operation.written("name"))
        })
        .collect()
}

/// Azure refuses an operation whose template has a parameter that it does not declare.
fn template_parameters(document: &Document) -> Vec<String> {
    let mut complaints = Vec::new();
    for operation in deployed(document, "apis/operations") {
        let template = operation.written("properties.urlTemplate");
        let used: Vec<String> =
            template.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
        let declared = operation.get("properties.templateParameters").map(Value::items).unwrap_or_default();
        let declared: Vec<String> = declared.iter().filter_map(|one| one.get("name")).map(Value::written).collect();
        complaints.extend(differences(&format!("template parameters of {}", operation.name), &declared, &used));
    }
    complaints
}

fn products(document: &Document) -> Vec<String> {
    deployed(document, "products")
        .map(|product| {
            let members = deployed(document, "products/apis").filter(|member| member.written("parent") == product.name);
            let apis: Vec<String> = members
                .map(|member| member.written("name"))
                .map(|symbol| name_of(document, symbol.trim_end_matches(".name")))
                .collect();
            let needed = product.written("properties.subscriptionRequired");
            format!("{} with {}, key needed: {needed}", product.written("name"), apis.join(" and "))
        })
        .collect()
}

fn seed_product(product: &Product) -> String {
    format!("{} with {}, key needed: {}", product.id, product.apis.join(" and "), product.subscription_required)
}

fn subscriptions(document: &Document) -> Vec<String> {
    deployed(document, "subscriptions")
        .map(|subscription| {
            let scope = subscription.written("properties.scope");
            let target = scope.strip_suffix(".id").and_then(|symbol| document.find(symbol));
            let scope = target.map_or(scope, |target| {
                let kind = target.resource_type().rsplit('/').next().unwrap_or_default().trim_end_matches('s');
                format!("{kind} {}", target.written("name"))
            });
            let state = subscription.written("properties.state");
            format!("{} for {scope}, {state}", subscription.written("name"))
        })
        .collect()
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
