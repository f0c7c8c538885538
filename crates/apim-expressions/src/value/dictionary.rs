//! Dictionaries, in the order in which their entries were added.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use indexmap::IndexMap;
use uuid::Uuid;

use super::Value;
use crate::{
    lock::lock,
    types::{Class, Type},
};

#[derive(Clone)]
pub(crate) struct Dictionary(Arc<Shared>);

struct Shared {
    class: Type,
    ignore_case: bool,
    inside: AtomicBool,
    entries: Mutex<IndexMap<Key, (Value, Value)>>,
}

/// The part of a key that decides whether two keys are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Number(i64),
    Bool(bool),
    Guid(Uuid),
}

impl Dictionary {
    /// Makes a dictionary. `class` is `Dictionary<K, V>` or one of its interfaces.
    pub(crate) fn new(class: Type, ignore_case: bool) -> Self {
        Self(Arc::new(Shared { class, ignore_case, inside: AtomicBool::new(false), entries: Mutex::default() }))
    }

    /// Makes a dictionary from strings to arrays of strings: headers, query parameters, claims.
    pub(crate) fn from_texts(entries: Vec<(Arc<str>, Vec<Value>)>, ignore_case: bool) -> Self {
        let texts = Type::array(Class::String.into());
        let dictionary =
            Self::new(Type::new(Class::ReadOnlyDictionary, vec![Class::String.into(), texts]), ignore_case);
        for (name, values) in entries {
            let values = super::Collection::new(super::CollectionKind::Array, Class::String.into(), values);
            dictionary.insert(&Value::String(name), values.into());
        }
        dictionary
    }

    fn key(&self, value: &Value) -> Option<Key> {
        match value {
            Value::String(text) if self.0.ignore_case => Some(Key::Text(text.to_lowercase())),
            Value::String(text) => Some(Key::Text(text.to_string())),
            Value::Integer(number) => Some(Key::Number(number.value())),
            Value::Char(unit) => Some(Key::Number((*unit).into())),
            Value::Bool(value) => Some(Key::Bool(*value)),
            Value::Guid(guid) => Some(Key::Guid(*guid)),
            _ => None,
        }
    }

    /// Reports whether values of the type can be keys here.
    pub(crate) fn is_key(class: &Type) -> bool {
        class.class.is_integer() || matches!(class.class, Class::String | Class::Char | Class::Bool | Class::Guid)
    }

    pub(crate) fn type_of(&self) -> Type {
        self.0.class.clone()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn hold(&self) {
        self.0.inside.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_held(&self) -> bool {
        self.0.inside.load(Ordering::Relaxed)
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.0.entries).len()
    }

    pub(crate) fn get(&self, key: &Value) -> Option<Value> {
        let key = self.key(key)?;
        lock(&self.0.entries).get(&key).map(|(_, value)| value.clone())
    }

    /// Adds or replaces an entry. Returns false when the key was already there.
    pub(crate) fn insert(&self, key: &Value, value: Value) -> bool {
        let Some(inner) = self.key(key) else { return true };
        lock(&self.0.entries).insert(inner, (key.clone(), value)).is_none()
    }

    pub(crate) fn remove(&self, key: &Value) -> bool {
        let Some(key) = self.key(key) else { return false };
        lock(&self.0.entries).shift_remove(&key).is_some()
    }

    pub(crate) fn clear(&self) {
        lock(&self.0.entries).clear();
    }

    pub(crate) fn entries(&self) -> Vec<(Value, Value)> {
        lock(&self.0.entries).values().cloned().collect()
    }
}
