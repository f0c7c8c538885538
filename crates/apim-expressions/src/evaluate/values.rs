//! Makes values and takes them apart, within the limits.

use std::sync::Arc;

use super::{Machine, Outcome};
use crate::{
    json::Property,
    limits::{self, Budget, Writer},
    problem::Failure,
    types::{Class, Type},
    value::{Collection, CollectionKind, Object, Opaque, Value, text},
};

/// The memory cost of an element of a collection.
pub(crate) const ELEMENT_BYTES: usize = 32;

impl Machine<'_> {
    /// `ToString()`; null is the empty string.
    pub(crate) fn text_of(&mut self, value: &Value) -> Result<Arc<str>, Failure> {
        text::of(value, &mut self.budget)
    }

    /// Returns the texts of all values in a row.
    pub(crate) fn text_of_all(&mut self, values: &[Value]) -> Outcome {
        let mut out = Writer::new(&mut self.budget);
        for value in values {
            text::write(value, &mut out)?;
        }
        Ok(Value::String(out.finish()))
    }

    /// Makes a new string.
    pub(crate) fn string(&mut self, text: impl Into<Arc<str>>) -> Outcome {
        let text = text.into();
        self.budget.string(text.len())?;
        Ok(Value::String(text))
    }

    /// Makes a new collection of existing values.
    pub(crate) fn collection(&mut self, kind: CollectionKind, element: Type, values: Vec<Value>) -> Outcome {
        let bytes = if element.is(Class::Byte) { 1 } else { ELEMENT_BYTES };
        self.budget.memory(values.len() * bytes)?;
        self.hold(&values)?;
        Ok(Collection::new(kind, element, values).into())
    }

    /// Prepares values that go into another value: see [`Collection`].
    pub(crate) fn hold(&mut self, values: &[Value]) -> Result<(), Failure> {
        for value in values {
            if height(value, &mut self.budget)? >= limits::VALUE_NESTING {
                let message = format!("The expression nests values more than {} deep.", limits::VALUE_NESTING);
                return Err(Failure::Stopped(message));
            }
            mark(value);
        }
        Ok(())
    }

    /// Prepares one value that goes into an existing collection. `held` reports whether that collection is inside
    /// another one. The other one could be the value itself.
    pub(crate) fn hold_in(&mut self, held: impl FnOnce() -> bool, value: &Value) -> Result<(), Failure> {
        self.budget.memory(ELEMENT_BYTES)?;
        self.hold(std::slice::from_ref(value))?;
        if is_composite(value) && held() {
            return Err(Failure::unsupported("putting a collection into one that is itself inside another"));
        }
        Ok(())
    }

    /// Returns the elements of any value that can be enumerated, and their type.
    pub(crate) fn items(&mut self, value: &Value) -> Result<(Type, Vec<Value>), Failure> {
        let (element, items): (Type, Vec<Value>) = match value {
            Value::Collection(Opaque(collection)) => {
                self.budget.memory(collection.len() * 16)?;
                return Ok((collection.element().clone(), collection.values()));
            }
            Value::Dictionary(Opaque(dictionary)) => {
                let class = Type::new(Class::KeyValuePair, dictionary.type_of().arguments);
                let pair = |(key, value)| Value::object(Object::Pair(Arc::new((class.clone(), key, value))));
                (class.clone(), dictionary.entries().into_iter().map(pair).collect())
            }
            Value::String(text) => {
                self.budget.memory(text.len() * 16)?;
                (Class::Char.into(), text.encode_utf16().map(Value::Char).collect())
            }
            Value::Json(token) if token.class() == Class::JObject => {
                let property = |(name, value)| {
                    Value::object(Object::Property(Arc::new(Property::new(name, value, Some(token.clone())))))
                };
                (Class::JToken.into(), token.members().into_iter().map(property).collect())
            }
            Value::Json(token) if token.class() == Class::JArray => {
                (Class::JToken.into(), token.children().into_iter().map(Value::Json).collect())
            }
            // A `JValue` has no children; a constructor has its arguments.
            Value::Json(token) => (Class::JToken.into(), token.children().into_iter().map(Value::Json).collect()),
            Value::Object(Opaque(Object::Property(property))) => {
                (Class::JToken.into(), vec![Value::Json(property.value())])
            }
            Value::Object(Opaque(Object::Grouping(group))) => {
                self.budget.memory(group.2.len() * 16)?;
                return Ok((group.2.element().clone(), group.2.values()));
            }
            Value::Object(Opaque(Object::Grid(grid))) => {
                self.budget.memory(grid.elements.len() * 16)?;
                return Ok((grid.elements.element().clone(), grid.elements.values()));
            }
            Value::Object(Opaque(Object::Groups(found))) => {
                (Class::Group.into(), found.groups().map(|group| Value::object(Object::Group(group))).collect())
            }
            Value::Null => return Err(Failure::argument_null("source")),
            other => return Err(Failure::unsupported(format!("enumerating a `{}`", other.type_of()))),
        };
        self.budget.memory(items.len() * 16)?;
        Ok((element, items))
    }

    /// Returns the members of a `JObject` as `KeyValuePair<string, JToken>`.
    pub(crate) fn member_pairs(&mut self, value: &Value) -> Result<Vec<Value>, Failure> {
        let Value::Json(token) = value else { return Ok(Vec::new()) };
        let members = token.members();
        self.budget.memory(members.len() * ELEMENT_BYTES)?;
        let class = Type::new(Class::KeyValuePair, vec![Class::String.into(), Class::JToken.into()]);
        let pair = |(name, value)| {
            Value::object(Object::Pair(Arc::new((class.clone(), Value::String(name), Value::Json(value)))))
        };
        Ok(members.into_iter().map(pair).collect())
    }

    /// Returns the number of elements of a value that can grow.
    pub(super) fn length(&self, value: &Value) -> usize {
        match value {
            Value::Collection(Opaque(collection)) => collection.len(),
            Value::Dictionary(Opaque(dictionary)) => dictionary.len(),
            Value::Json(token) => token.len(),
            _ => 0,
        }
    }
}

fn is_composite(value: &Value) -> bool {
    matches!(
        value,
        Value::Collection(_)
            | Value::Dictionary(_)
            | Value::Object(Opaque(Object::Record(_) | Object::Pair(_) | Object::Grouping(_)))
    )
}

/// Reports whether values of the type contain no other values.
fn holds_nothing(class: &Type) -> bool {
    class.class.is_number()
        || matches!(class.class, Class::String | Class::Bool | Class::Char | Class::Guid | Class::DateTime)
}

fn inner(value: &Value) -> Vec<Value> {
    match value {
        Value::Collection(Opaque(collection)) if holds_nothing(collection.element()) => Vec::new(),
        Value::Collection(Opaque(collection)) => collection.values(),
        Value::Dictionary(Opaque(dictionary)) => dictionary.entries().into_iter().map(|(_, value)| value).collect(),
        Value::Object(Opaque(Object::Record(record))) => record.1.clone(),
        Value::Object(Opaque(Object::Pair(pair))) => vec![pair.1.clone(), pair.2.clone()],
        Value::Object(Opaque(Object::Grouping(group))) => vec![group.1.clone(), group.2.clone().into()],
        _ => Vec::new(),
    }
}

/// Returns how deep values nest inside this one. This ends: a value that is already held is not deeper than the limit,
/// and does not contain its holder.
fn height(value: &Value, budget: &mut Budget) -> Result<usize, Failure> {
    if !is_composite(value) {
        return Ok(0);
    }
    let mut deepest = 0;
    for value in inner(value) {
        budget.steps(1)?;
        deepest = deepest.max(height(&value, budget)?);
    }
    Ok(deepest + 1)
}

/// Marks a value as held by another. A record needs no mark: it holds its parts as a collection does, but cannot
/// change, and its parts were marked when it was made.
fn mark(value: &Value) {
    match value {
        Value::Collection(Opaque(collection)) => collection.hold(),
        Value::Dictionary(Opaque(dictionary)) => dictionary.hold(),
        _ => {}
    }
}
