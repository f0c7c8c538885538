//! `Body.As<T>()`: reads a message body, and consumes it unless `preserveContent` is true.

use std::sync::Arc;

use bytes::Bytes;

use super::{Member, row};
use crate::{
    context::Body,
    evaluate::{Call, Outcome},
    json::read,
    lock::lock,
    problem::Failure,
    types::Class,
    value::{Object, Value, object::ContextPart},
};

pub(super) const BODY: &[Member] = &[
    row("As", "<T>() -> T", read_as),
    row("As", "<T>(bool preserveContent) -> T", read_as),
    row("AsFormUrlEncodedContent", "() -> IDictionary<string, IList<string>>", read_form),
    row("AsFormUrlEncodedContent", "(bool preserveContent) -> IDictionary<string, IList<string>>", read_form),
];

/// Returns the content, and consumes it unless `preserve` is true.
fn take(body: &mut Option<Body>, preserve: bool) -> Result<Bytes, Failure> {
    let body = body.as_mut().ok_or_else(Failure::null_reference)?;
    let content = body.content().cloned().ok_or_else(|| {
        // The message of a live gateway is not known.
        Failure::invalid_operation(
            "The message body was already read by an expression that did not set preserveContent to true.",
        )
    })?;
    body.consumed = !preserve;
    Ok(content)
}

fn content(call: &mut Call<'_, '_>) -> Result<Bytes, Failure> {
    let preserve = call.bool(0);
    let receiver = call.receiver.clone();
    let context = &mut *call.machine.context;
    let content = match receiver.as_object() {
        Some(Object::Part(ContextPart::RequestBody)) => take(&mut context.request.body, preserve)?,
        Some(Object::Part(ContextPart::ResponseBody)) => {
            take(&mut context.response.as_mut().ok_or_else(Failure::null_reference)?.body, preserve)?
        }
        Some(Object::Body(response)) => take(&mut lock(response).body, preserve)?,
        _ => return Err(Failure::null_reference()),
    };
    call.machine.budget.memory(content.len())?;
    Ok(content)
}

fn text(content: &[u8]) -> Arc<str> {
    let without_mark = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    String::from_utf8_lossy(without_mark).into()
}

fn read_as(call: &mut Call<'_, '_>) -> Outcome {
    let content = content(call)?;
    let wanted = call.type_argument(0).class;
    match wanted {
        Class::String => return Ok(Value::String(text(&content))),
        Class::Array => return Ok(Value::bytes(content.to_vec())),
        Class::XDocument | Class::XElement => return read_xml(call, &text(&content), wanted),
        _ => {}
    }
    let invalid = |failure| match failure {
        // The wording is from a trace of a live gateway.
        Failure::Thrown(exception) => {
            Failure::json(format!("The message body is not a valid JSON. {}", exception.message))
        }
        stopped => stopped,
    };
    let token = read::content(&text(&content), &mut call.machine.budget).map_err(invalid)?;
    if wanted == Class::JToken || token.class() == wanted {
        return Ok(Value::Json(token));
    }
    Err(invalid(super::json::wrong_kind(&token, wanted)))
}

fn read_xml(call: &mut Call<'_, '_>, text: &str, wanted: Class) -> Outcome {
    let document = crate::xml::document(text, &mut call.machine.budget).map_err(|failure| match failure {
        // The message of a live gateway is not known; this is its sentence about JSON.
        Failure::Thrown(exception) => {
            Failure::xml(format!("The message body is not a valid XML. {}", exception.message))
        }
        stopped => stopped,
    })?;
    Ok(super::xml::node(if wanted == Class::XElement { super::xml::root(document) } else { document }))
}

fn read_form(call: &mut Call<'_, '_>) -> Outcome {
    let content = content(call)?;
    let lists = super::encoding::form(&text(&content), &mut call.machine.budget)?;
    let string = || crate::types::Type::from(Class::String);
    let class = crate::types::Type::new(
        Class::IDictionary,
        vec![string(), crate::types::Type::new(Class::IList, vec![string()])],
    );
    let dictionary = crate::value::Dictionary::new(class, false);
    for (name, values) in lists {
        call.machine.budget.memory(64 + name.len())?;
        let values = call.machine.collection(crate::value::CollectionKind::List, string(), values)?;
        dictionary.insert(&Value::String(name), values);
    }
    Ok(dictionary.into())
}
