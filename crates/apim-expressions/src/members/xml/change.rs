//! The members that change XML.

use std::sync::Arc;

use super::{
    super::{Member, row},
    parts, plain, this,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Object, Value},
    xml::{Attribute, ElementPart, Insertion, Name, Xml},
};

pub(crate) const CONTAINER: &[Member] = &[
    row("Add", "(params object[] content) -> void", |call| insert(call, Insertion::Last)),
    row("AddFirst", "(params object[] content) -> void", |call| insert(call, Insertion::First)),
    row("RemoveNodes", "() -> void", |call| {
        this(call)?.clear();
        Ok(Value::Null)
    }),
    row("ReplaceNodes", "(params object[] content) -> void", |call| {
        let parts = list(call)?;
        let receiver = this(call)?;
        receiver.clear();
        receiver.insert(Insertion::Last, parts)?;
        Ok(Value::Null)
    }),
];

pub(crate) const NODE: &[Member] = &[
    row("Remove", "() -> void", |call| match this(call)?.remove() {
        Some(_) => Ok(Value::Null),
        None => Err(no_parent()),
    }),
    row("ReplaceWith", "(params object[] content) -> void", |call| {
        let parts = list(call)?;
        let (holder, at) = this(call)?.remove().ok_or_else(no_parent)?;
        holder.insert(Insertion::At(at), parts)?;
        Ok(Value::Null)
    }),
    row("AddBeforeSelf", "(params object[] content) -> void", |call| beside(call, 0)),
    row("AddAfterSelf", "(params object[] content) -> void", |call| beside(call, 1)),
];

pub(crate) const ELEMENT: &[Member] = &[
    row("Value=", "(string) -> void", |call| {
        let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("value"))?;
        set_text(call, &text)
    }),
    row("SetValue", "(object value) -> void", |call| {
        let text = written(call, 0)?.ok_or_else(|| Failure::argument_null("value"))?;
        set_text(call, &text)
    }),
    row("Name=", "(XName) -> void", |call| {
        let name = name(call, 0)?;
        this(call)?.rename(name);
        Ok(Value::Null)
    }),
    row("SetAttributeValue", "(XName name, object value) -> void", |call| {
        let (name, text) = (name(call, 0)?, written(call, 1)?);
        let receiver = this(call)?;
        let known = receiver.attributes().find(|one| *one.name() == name);
        match (known, text) {
            (Some(attribute), Some(text)) => attribute.set_value(text),
            (Some(attribute), None) => drop(attribute.remove()),
            (None, Some(text)) => {
                call.machine.budget.memory(text.len() + 128)?;
                receiver.insert(Insertion::Last, vec![ElementPart::Attribute(crate::xml::attribute(name, text))])?;
            }
            (None, None) => {}
        }
        Ok(Value::Null)
    }),
    row("SetElementValue", "(XName name, object value) -> void", |call| {
        let (name, text) = (name(call, 0)?, written(call, 1)?);
        let receiver = this(call)?;
        call.work(receiver.len() * 16)?;
        let known = receiver.elements().find(|one| one.name().as_ref() == Some(&name));
        match (known, text) {
            (Some(element), Some(text)) => replace_text(call, &element, &text)?,
            (Some(element), None) => drop(element.remove()),
            (None, Some(text)) => {
                call.machine.budget.memory(text.len() + 256)?;
                let element = crate::xml::element(name, vec![ElementPart::Text(text)])?;
                receiver.insert(Insertion::Last, vec![ElementPart::Node(element)])?;
            }
            (None, None) => {}
        }
        Ok(Value::Null)
    }),
    row("RemoveAttributes", "() -> void", |call| {
        this(call)?.clear_attributes();
        Ok(Value::Null)
    }),
    row("RemoveAll", "() -> void", |call| {
        let receiver = this(call)?;
        receiver.clear_attributes();
        receiver.clear();
        Ok(Value::Null)
    }),
    row("ReplaceAll", "(params object[] content) -> void", |call| {
        let parts = list(call)?;
        let receiver = this(call)?;
        receiver.clear_attributes();
        receiver.clear();
        receiver.insert(Insertion::Last, parts)?;
        Ok(Value::Null)
    }),
    row("ReplaceAttributes", "(params object[] content) -> void", |call| {
        let parts = list(call)?;
        let receiver = this(call)?;
        receiver.clear_attributes();
        receiver.insert(Insertion::Last, parts)?;
        Ok(Value::Null)
    }),
];

pub(crate) const ATTRIBUTE: &[Member] = &[
    row("Value=", "(string) -> void", |call| {
        let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("value"))?;
        attribute(call)?.set_value(text);
        Ok(Value::Null)
    }),
    row("SetValue", "(object value) -> void", |call| {
        let text = written(call, 0)?.ok_or_else(|| Failure::argument_null("value"))?;
        attribute(call)?.set_value(text);
        Ok(Value::Null)
    }),
    row("Remove", "() -> void", |call| if attribute(call)?.remove() { Ok(Value::Null) } else { Err(no_parent()) }),
    row("NextAttribute", "XAttribute", |call| beside_attribute(call, 1)),
    row("PreviousAttribute", "XAttribute", |call| beside_attribute(call, -1)),
];

/// Members of `XText`, `XCData` and `XComment`.
pub(crate) const TEXT: &[Member] = &[row("Value=", "(string) -> void", |call| {
    let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("value"))?;
    this(call)?.set_own_text(text);
    Ok(Value::Null)
})];

pub(crate) const INSTRUCTION: &[Member] = &[row("Data=", "(string) -> void", |call| {
    let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("value"))?;
    this(call)?.set_own_text(text);
    Ok(Value::Null)
})];

/// The extension method of sequences of nodes or attributes.
pub(crate) const SEQUENCE: &[Member] = &[row("Remove", "extension () -> void", remove_each)];

pub(super) fn remove_each(call: &mut Call<'_, '_>) -> Outcome {
    for item in call.this_items()?.1 {
        match item.as_object() {
            Some(Object::Xml(node)) => {
                node.remove().ok_or_else(no_parent)?;
            }
            Some(Object::XmlAttribute(attribute)) if !attribute.remove() => return Err(no_parent()),
            _ => {}
        }
    }
    Ok(Value::Null)
}

fn no_parent() -> Failure {
    Failure::invalid_operation("The parent is missing.")
}

/// Returns the arguments of a `params` list as parts.
fn list(call: &mut Call<'_, '_>) -> Result<Vec<ElementPart>, Failure> {
    parts(call, 0)
}

fn insert(call: &mut Call<'_, '_>, place: Insertion) -> Outcome {
    let parts = list(call)?;
    let receiver = this(call)?;
    call.work(receiver.len() * 8)?;
    receiver.insert(place, parts)?;
    Ok(Value::Null)
}

fn beside(call: &mut Call<'_, '_>, after: usize) -> Outcome {
    let parts = list(call)?;
    let (holder, at) = this(call)?.place().ok_or_else(no_parent)?;
    holder.insert(Insertion::At(at + after), parts)?;
    Ok(Value::Null)
}

fn name(call: &Call<'_, '_>, index: usize) -> Result<Name, Failure> {
    match call.argument(index).as_object() {
        Some(Object::XmlName(name)) => Ok(name.clone()),
        _ => Err(Failure::argument_null("name")),
    }
}

/// Returns a value as XML writes it; `None` for null.
fn written(call: &mut Call<'_, '_>, index: usize) -> Result<Option<Arc<str>>, Failure> {
    let value = call.argument(index).clone();
    if value.is_null() { Ok(None) } else { plain(call, &value).map(Some) }
}

fn set_text(call: &mut Call<'_, '_>, text: &Arc<str>) -> Outcome {
    let receiver = this(call)?;
    replace_text(call, &receiver, text)?;
    Ok(Value::Null)
}

fn replace_text(call: &mut Call<'_, '_>, element: &Xml, text: &Arc<str>) -> Result<(), Failure> {
    call.machine.budget.memory(text.len() + 128)?;
    element.clear();
    element.insert(Insertion::Last, vec![ElementPart::Text(Arc::clone(text))])
}

fn attribute(call: &Call<'_, '_>) -> Result<Attribute, Failure> {
    match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(attribute.clone()),
        _ => Err(Failure::null_reference()),
    }
}

fn beside_attribute(call: &mut Call<'_, '_>, step: isize) -> Outcome {
    let own = attribute(call)?;
    let all: Vec<Attribute> = own.parent().map(|parent| parent.attributes().collect()).unwrap_or_default();
    call.work(all.len() * 16)?;
    let place = all.iter().position(|one| one.is(&own)).and_then(|place| place.checked_add_signed(step));
    let found = place.and_then(|place| all.get(place).cloned());
    Ok(found.map_or(Value::Null, |one| Value::object(Object::XmlAttribute(one))))
}
