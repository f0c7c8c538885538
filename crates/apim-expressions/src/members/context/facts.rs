//! The objects of `context` that are plain data.

use std::sync::Arc;

use crate::{
    context::{Api, Deployment, LastError, Operation, Product, Subscription, Url, User},
    evaluate::{Call, Outcome},
    members::{Member, row},
    problem::Failure,
    types::{Class, Type},
    value::{Collection, CollectionKind, DateTime, Dictionary, Object, Opaque, Value},
};

const fn text(name: &'static str) -> Member {
    row(name, "string", fact)
}

pub(crate) const API: &[Member] = &[
    text("Id"),
    text("Name"),
    text("Path"),
    text("Revision"),
    text("Version"),
    row("IsCurrentRevision", "bool", fact),
    row("ServiceUrl", "IUrl", fact),
    row("SubscriptionKeyParameterNames", "ISubscriptionKeyParameterNames", fact),
];
pub(crate) const KEY_NAMES: &[Member] = &[text("Header"), text("Query")];
pub(crate) const OPERATION: &[Member] = &[text("Id"), text("Method"), text("Name"), text("UrlTemplate")];
pub(crate) const PRODUCT: &[Member] = &[
    text("Id"),
    text("Name"),
    row("State", "ProductState", fact),
    row("ApprovalRequired", "bool", fact),
    row("SubscriptionRequired", "bool", fact),
    row("SubscriptionLimit", "int?", fact),
    row("SubscriptionsLimit", "int?", fact),
    row("Groups", "IEnumerable<IGroup>", fact),
];
pub(crate) const SUBSCRIPTION: &[Member] = &[
    text("Id"),
    text("Name"),
    text("Key"),
    text("PrimaryKey"),
    text("SecondaryKey"),
    row("CreatedDate", "DateTime", fact),
    row("StartDate", "DateTime?", fact),
    row("EndDate", "DateTime?", fact),
];
pub(crate) const USER: &[Member] = &[
    text("Id"),
    text("Email"),
    text("FirstName"),
    text("LastName"),
    text("Note"),
    row("RegistrationDate", "DateTime", fact),
    row("Groups", "IEnumerable<IGroup>", fact),
    row("Identities", "IEnumerable<IUserIdentity>", fact),
];
pub(crate) const GROUP: &[Member] = &[text("Id"), text("Name")];
pub(crate) const IDENTITY: &[Member] = &[text("Id"), text("Provider")];
pub(crate) const DEPLOYMENT: &[Member] = &[
    text("GatewayId"),
    text("Region"),
    text("ServiceId"),
    text("ServiceName"),
    row("Gateway", "IGateway", fact),
    row("Certificates", "IReadOnlyDictionary<string, X509Certificate2>", fact),
];
pub(crate) const GATEWAY: &[Member] = &[text("Id"), text("InstanceId"), row("IsManaged", "bool", fact)];
pub(crate) const LAST_ERROR: &[Member] =
    &[text("Source"), text("Reason"), text("Message"), text("Scope"), text("Section"), text("Path"), text("PolicyId")];

fn facts<const N: usize>(class: Class, facts: [(&'static str, Value); N]) -> Value {
    Value::object(Object::Facts(class, facts.into()))
}

pub(super) fn api(api: &Api) -> Value {
    let keys = [("Header", api.key_header.as_str().into()), ("Query", api.key_query.as_str().into())];
    facts(
        Class::Api,
        [
            ("Id", api.id.as_str().into()),
            ("Name", api.name.as_str().into()),
            ("Path", api.path.as_str().into()),
            ("Revision", api.revision.as_str().into()),
            ("Version", api.version.as_deref().map_or(Value::Null, Value::from)),
            ("IsCurrentRevision", api.is_current_revision.into()),
            ("ServiceUrl", api.service_url.as_ref().map_or(Value::Null, url)),
            ("SubscriptionKeyParameterNames", facts(Class::KeyNames, keys)),
        ],
    )
}

pub(super) fn operation(operation: &Operation) -> Value {
    facts(
        Class::Operation,
        [
            ("Id", operation.id.as_str().into()),
            ("Method", operation.method.as_str().into()),
            ("Name", operation.name.as_str().into()),
            ("UrlTemplate", operation.url_template.as_str().into()),
        ],
    )
}

pub(super) fn product(product: &Product) -> Value {
    let limit = || product.subscriptions_limit.map_or(Value::Null, Value::from);
    facts(
        Class::Product,
        [
            ("Id", product.id.as_str().into()),
            ("Name", product.name.as_str().into()),
            ("State", Value::enumerator(Class::ProductState, product.published.into())),
            ("ApprovalRequired", product.approval_required.into()),
            ("SubscriptionRequired", product.subscription_required.into()),
            ("SubscriptionLimit", limit()),
            ("SubscriptionsLimit", limit()),
            ("Groups", named_list(Class::UserGroup, ["Id", "Name"], &product.groups)),
        ],
    )
}

pub(super) fn subscription(subscription: &Subscription) -> Value {
    let date = |date: Option<jiff::Timestamp>| date.map_or(Value::Null, |date| Value::DateTime(DateTime::from(date)));
    facts(
        Class::Subscription,
        [
            ("Id", subscription.id.as_str().into()),
            ("Name", subscription.name.as_str().into()),
            ("Key", subscription.key.as_str().into()),
            ("PrimaryKey", subscription.primary_key.as_str().into()),
            ("SecondaryKey", subscription.secondary_key.as_str().into()),
            ("CreatedDate", date(Some(subscription.created_date))),
            ("StartDate", date(subscription.start_date)),
            ("EndDate", date(subscription.end_date)),
        ],
    )
}

pub(super) fn user(user: &User) -> Value {
    facts(
        Class::User,
        [
            ("Id", user.id.as_str().into()),
            ("Email", user.email.as_str().into()),
            ("FirstName", user.first_name.as_str().into()),
            ("LastName", user.last_name.as_str().into()),
            ("Note", user.note.as_str().into()),
            ("RegistrationDate", Value::DateTime(DateTime::from(user.registration_date))),
            ("Groups", named_list(Class::UserGroup, ["Id", "Name"], &user.groups)),
            ("Identities", named_list(Class::UserIdentity, ["Id", "Provider"], &user.identities)),
        ],
    )
}

fn certificates(deployment: &Deployment) -> Value {
    let class = Type::new(Class::ReadOnlyDictionary, vec![Class::String.into(), Class::Certificate.into()]);
    let dictionary = Dictionary::new(class, false);
    for certificate in &deployment.certificates {
        let value = Value::object(Object::Certificate(certificate.clone()));
        dictionary.insert(&certificate.thumbprint().as_str().into(), value);
    }
    dictionary.into()
}

pub(super) fn deployment(deployment: &Deployment) -> Value {
    let gateway = [
        ("Id", deployment.gateway_id.as_str().into()),
        ("InstanceId", deployment.gateway_id.as_str().into()),
        ("IsManaged", (deployment.gateway_id == "managed").into()),
    ];
    facts(
        Class::Deployment,
        [
            ("GatewayId", deployment.gateway_id.as_str().into()),
            ("Region", deployment.region.as_str().into()),
            ("ServiceId", deployment.service_id.as_str().into()),
            ("ServiceName", deployment.service_name.as_str().into()),
            ("Certificates", certificates(deployment)),
            ("Gateway", facts(Class::Gateway, gateway)),
        ],
    )
}

pub(super) fn last_error(error: &LastError) -> Value {
    facts(
        Class::LastError,
        [
            ("Source", error.source.as_str().into()),
            ("Reason", error.reason.as_str().into()),
            ("Message", error.message.as_str().into()),
            ("Scope", error.scope.as_str().into()),
            ("Section", error.section.as_str().into()),
            ("Path", error.path.as_str().into()),
            ("PolicyId", error.policy_id.as_str().into()),
        ],
    )
}

pub(super) fn url(url: &Url) -> Value {
    Value::object(Object::Url(Arc::new(url.clone())))
}

/// Returns a plain member of an object of `context`, by the name of the called member.
pub(crate) fn fact(call: &mut Call<'_, '_>) -> Outcome {
    let name = call.name();
    match call.receiver.as_object() {
        Some(Object::Facts(_, facts)) => {
            let found = facts.iter().find(|(known, _)| *known == name);
            Ok(found.map_or(Value::Null, |(_, value)| value.clone()))
        }
        _ => Err(Failure::null_reference()),
    }
}

/// Makes a list of small objects with two members.
fn named_list(class: Class, names: [&'static str; 2], rows: &[(String, String)]) -> Value {
    let object = |(one, two): &(String, String)| {
        let facts = [(names[0], one.as_str().into()), (names[1], two.as_str().into())];
        Value::object(Object::Facts(class, facts.into()))
    };
    let values = rows.iter().map(object).collect();
    Value::Collection(Opaque(Collection::new(CollectionKind::Sequence, class.into(), values)))
}
