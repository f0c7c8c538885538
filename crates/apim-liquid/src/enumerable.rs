//! Values that hold items.

use std::sync::Arc;

use crate::value::{Object, Value};

/// The items of a list, the characters of a text, or the pairs of a dictionary.
#[derive(Clone, Copy)]
pub(crate) enum Enumerable<'v> {
    List(&'v [Value]),
    Text(&'v str),
    Object(&'v Object),
}

impl<'v> Enumerable<'v> {
    /// Returns the value as an enumerable; `None` if it holds no items.
    pub(crate) fn from_value(value: &'v Value) -> Option<Self> {
        match value {
            Value::List(items) => Some(Self::List(items)),
            Value::Text(text) => Some(Self::Text(text)),
            Value::Object(object) => Some(Self::Object(object)),
            Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Long(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Pair(_)
            | Value::Empty => None,
        }
    }

    pub(crate) fn items(self) -> Vec<Value> {
        match self {
            Self::List(items) => items.to_vec(),
            Self::Text(text) => text.chars().map(character).collect(),
            Self::Object(object) => object.members.iter().map(pair).collect(),
        }
    }

    pub(crate) fn first(self) -> Option<Value> {
        match self {
            Self::List(items) => items.first().cloned(),
            Self::Text(text) => text.chars().next().map(character),
            Self::Object(object) => object.members.first().map(pair),
        }
    }

    pub(crate) fn last(self) -> Option<Value> {
        match self {
            Self::List(items) => items.last().cloned(),
            Self::Text(text) => text.chars().next_back().map(character),
            Self::Object(object) => object.members.last().map(pair),
        }
    }

    /// Returns the number of items. The size of a text is in UTF-16 units, so the whole text is read.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Text(text) if text.is_ascii() => text.len(),
            Self::Text(text) => text.encode_utf16().count(),
            Self::Object(object) => object.members.len(),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Text(text) => text.is_empty(),
            Self::Object(object) => object.members.is_empty(),
        }
    }
}

fn character(c: char) -> Value {
    Value::from(c.to_string())
}

fn pair((name, value): (&Arc<str>, &Value)) -> Value {
    Value::Pair(Arc::new((Arc::clone(name), value.clone())))
}
