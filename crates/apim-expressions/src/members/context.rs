//! `context` and its objects.

use std::sync::{Arc, Mutex};

use super::{Member, row};
use crate::{
    context::{Context, Response, Url},
    evaluate::{Call, Outcome},
    lock::lock,
    problem::Failure,
    types::Class,
    value::{DateTime, Dictionary, Object, TimeSpan, Value, object::ContextPart, time::TICKS_PER_SECOND},
};

mod facts;

use self::facts::url;
pub(super) use self::facts::{
    API, DEPLOYMENT, GATEWAY, GROUP, IDENTITY, KEY_NAMES, LAST_ERROR, OPERATION, PRODUCT, SUBSCRIPTION, USER, fact,
};

pub(super) const CONTEXT: &[Member] = &[
    row("Request", "IRequest", |_| Ok(part(ContextPart::Request))),
    row("Response", "IResponse", |call| {
        Ok(if call.machine.context.response.is_some() { part(ContextPart::Response) } else { Value::Null })
    }),
    row("Variables", "IVariables", variables),
    row("Api", "IApi", |call| Ok(facts::api(&call.machine.context.api))),
    row("Operation", "IOperation", |call| Ok(facts::operation(&call.machine.context.operation))),
    row("Product", "IProduct", |call| Ok(call.machine.context.product.as_ref().map_or(Value::Null, facts::product))),
    row("Subscription", "ISubscription", |call| {
        Ok(call.machine.context.subscription.as_ref().map_or(Value::Null, facts::subscription))
    }),
    row("User", "IUser", |call| Ok(call.machine.context.user.as_ref().map_or(Value::Null, facts::user))),
    row("LastError", "ILastError", |call| {
        Ok(call.machine.context.last_error.as_ref().map_or(Value::Null, facts::last_error))
    }),
    row("Deployment", "IDeployment", |call| {
        call.work(call.machine.context.deployment.certificates.len() * 1024)?;
        Ok(facts::deployment(&call.machine.context.deployment))
    }),
    row("RequestId", "Guid", |call| Ok(Value::Guid(call.machine.context.request_id))),
    row("Timestamp", "DateTime", |call| Ok(Value::DateTime(call.machine.context.timestamp.into()))),
    row("Elapsed", "TimeSpan", |call| {
        let ticks = call.machine.context.elapsed.as_nanos() / 100;
        Ok(Value::TimeSpan(TimeSpan(i64::try_from(ticks).unwrap_or(i64::MAX))))
    }),
    row("Tracing", "bool", |call| Ok(Value::Bool(call.machine.context.tracing))),
    row("Trace", "(string) -> void", |call| {
        let text = call.optional_text(0).unwrap_or_default();
        call.machine.budget.string(text.len())?;
        call.machine.context.traces.push(text.to_string());
        Ok(Value::Null)
    }),
];

pub(super) const REQUEST: &[Member] = &[
    row("Method", "string", |call| Ok(call.machine.context.request.method.as_str().into())),
    row("Url", "IUrl", |call| Ok(url(&call.machine.context.request.url))),
    row("OriginalUrl", "IUrl", |call| Ok(url(&call.machine.context.request.original_url))),
    row("Headers", "ITextLists", |call| {
        let headers = header_lists(&call.machine.context.request.headers);
        text_lists(call, headers, true)
    }),
    row("Body", "IMessageBody", |call| {
        Ok(if call.machine.context.request.body.is_some() { part(ContextPart::RequestBody) } else { Value::Null })
    }),
    row("IpAddress", "string", |call| {
        Ok(call.machine.context.request.ip_address.as_deref().map_or(Value::Null, Value::from))
    }),
    row("MatchedParameters", "IReadOnlyDictionary<string, string>", matched_parameters),
    row("Certificate", "X509Certificate2", |call| {
        let certificate = call.machine.context.request.certificate.clone();
        Ok(certificate.map_or(Value::Null, |one| Value::object(Object::Certificate(one))))
    }),
];

pub(super) const RESPONSE: &[Member] = &[
    row("StatusCode", "int", |call| with_response(call, |response| i32::from(response.status_code).into())),
    row("StatusReason", "string", |call| with_response(call, |response| response.status_reason.as_str().into())),
    row("Headers", "ITextLists", |call| {
        let mut headers = Vec::new();
        with_response(call, |response| {
            headers = header_lists(&response.headers);
            Value::Null
        })?;
        text_lists(call, headers, true)
    }),
    row("Body", "IMessageBody", |call| {
        let shared = shared_response(call);
        with_response(call, |response| match (&response.body, shared) {
            (None, _) => Value::Null,
            (Some(_), Some(response)) => Value::object(Object::Body(response)),
            (Some(_), None) => part(ContextPart::ResponseBody),
        })
    }),
];

pub(super) const URL: &[Member] = &[
    row("Scheme", "string", |call| Ok(this_url(call)?.scheme.as_str().into())),
    row("Host", "string", |call| Ok(this_url(call)?.host.as_str().into())),
    row("Port", "int", |call| Ok(i32::from(this_url(call)?.port).into())),
    row("Path", "string", |call| Ok(this_url(call)?.path.as_str().into())),
    // The text includes the question mark: policies write `Url.Path + Url.QueryString`.
    row("QueryString", "string", |call| {
        let url = this_url(call)?;
        let text = if url.query.is_empty() { String::new() } else { format!("?{}", url.query) };
        call.new_string(text)
    }),
    // `ToUri` is not on the documentation page for expressions, but deployed policies use it.
    row("ToUri", "() -> Uri", |call| {
        let text = this_url(call)?.to_string();
        super::uri::made(call, crate::SystemUri::parse(&text))
    }),
    row("Query", "ITextLists", |call| {
        let url = this_url(call)?;
        let lists = super::encoding::form(&url.query, &mut call.machine.budget)?;
        text_lists(call, lists, false)
    }),
];

fn part(part: ContextPart) -> Value {
    Value::object(Object::Part(part))
}

fn this_url(call: &Call<'_, '_>) -> Result<Arc<Url>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Url(url)) => Ok(Arc::clone(url)),
        _ => Err(Failure::null_reference()),
    }
}

fn shared_response(call: &Call<'_, '_>) -> Option<Arc<Mutex<Response>>> {
    if let Value::Response(response) = &call.receiver { Some(Arc::clone(response)) } else { None }
}

/// Reads the response that the member belongs to: the context's, or one in a variable.
fn with_response(call: &mut Call<'_, '_>, read: impl FnOnce(&Response) -> Value) -> Outcome {
    match (shared_response(call), &call.machine.context.response) {
        (Some(response), _) => Ok(read(&lock(&response))),
        (None, Some(response)) => Ok(read(response)),
        (None, None) => Err(Failure::null_reference()),
    }
}

fn variables(call: &mut Call<'_, '_>) -> Outcome {
    let Context { variables, .. } = &*call.machine.context;
    let class = crate::types::Type::new(Class::ReadOnlyDictionary, vec![Class::String.into(), Class::Object.into()]);
    let dictionary = Dictionary::new(class, false);
    for (name, value) in variables {
        dictionary.insert(&name.as_str().into(), value.clone());
    }
    call.work(dictionary.len() * 64)?;
    Ok(dictionary.into())
}

fn matched_parameters(call: &mut Call<'_, '_>) -> Outcome {
    let string = || Class::String.into();
    let class = crate::types::Type::new(Class::ReadOnlyDictionary, vec![string(), string()]);
    let dictionary = Dictionary::new(class, false);
    for (name, value) in &call.machine.context.request.matched_parameters {
        dictionary.insert(&name.as_str().into(), value.as_str().into());
    }
    call.work(dictionary.len() * 64)?;
    Ok(dictionary.into())
}

type Lists = Vec<(Arc<str>, Vec<Value>)>;

fn header_lists(headers: &http::HeaderMap) -> Lists {
    let values =
        |name| headers.get_all(name).iter().map(|value| Value::from(&*String::from_utf8_lossy(value.as_bytes())));
    headers.keys().map(|name| (name.as_str().into(), values(name).collect())).collect()
}

/// Makes a dictionary of `string[]`, such as headers and query parameters.
pub(super) fn text_lists(call: &mut Call<'_, '_>, lists: Lists, ignore_case: bool) -> Outcome {
    let bytes = |values: &[Value]| values.iter().filter_map(Value::as_str).map(str::len).sum::<usize>();
    call.machine.budget.memory(lists.iter().map(|(name, values)| 64 + name.len() + bytes(values)).sum())?;
    Ok(Dictionary::from_texts(lists, ignore_case).into())
}

/// `DateTime.UtcNow`
pub(super) fn now(context: &Context) -> DateTime {
    let start = DateTime::from(context.timestamp);
    let ticks = i64::try_from(context.elapsed.as_nanos() / 100).unwrap_or(TICKS_PER_SECOND);
    start.plus(ticks).unwrap_or(start)
}
