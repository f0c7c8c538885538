//! Arrays, lists, sets, and the results of LINQ.
//!
//! A collection inside another one accepts no further collections. So no collection can contain itself. Nor can a
//! collection nest deeper than the check allowed when it was put there.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::{Value, number::Integer};
use crate::{
    lock::lock,
    types::{Class, Type},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CollectionKind {
    Array,
    List,
    Set,
    /// The result of LINQ: an `IEnumerable<T>`, here already computed.
    Sequence,
    /// The result of `OrderBy`, with the rank of each element. Equal elements share a rank.
    Ordered,
    /// The result of `ToLookup`: its groups.
    Lookup,
    Queue,
    /// A stack: the last element that was pushed is the first.
    Stack,
}

#[derive(Clone)]
pub(crate) struct Collection(Arc<Shared>);

struct Shared {
    kind: CollectionKind,
    element: Type,
    ignore_case: bool,
    inside: AtomicBool,
    ranks: Vec<usize>,
    items: Mutex<Items>,
}

/// Bytes stay bytes, because a body can be megabytes of them.
enum Items {
    Values(Vec<Value>),
    Bytes(Vec<u8>),
}

fn byte(value: u8) -> Value {
    Value::Integer(value.into())
}

fn to_byte(value: &Value) -> u8 {
    let number = value.as_integer().unwrap_or_default();
    u8::try_from(Integer::wrap(Class::Byte, number.into()).value()).unwrap_or_default()
}

impl Collection {
    pub(crate) fn new(kind: CollectionKind, element: Type, values: Vec<Value>) -> Self {
        Self::with_case(kind, element, values, false)
    }

    /// Makes a collection. A set can treat strings as equal that differ only in case.
    pub(crate) fn with_case(kind: CollectionKind, element: Type, values: Vec<Value>, ignore_case: bool) -> Self {
        let items = if kind == CollectionKind::Array && element.is(Class::Byte) {
            Items::Bytes(values.iter().map(to_byte).collect())
        } else {
            Items::Values(values)
        };
        Self(Arc::new(Shared {
            kind,
            element,
            ignore_case,
            inside: AtomicBool::new(false),
            ranks: Vec::new(),
            items: Mutex::new(items),
        }))
    }

    /// Makes a collection of elements in an order; elements with equal ranks are equal in it.
    pub(crate) fn ordered(element: Type, values: Vec<Value>, ranks: Vec<usize>) -> Self {
        let (kind, inside, items) =
            (CollectionKind::Ordered, AtomicBool::new(false), Mutex::new(Items::Values(values)));
        Self(Arc::new(Shared { kind, element, ignore_case: false, inside, ranks, items }))
    }

    pub(crate) fn ranks(&self) -> &[usize] {
        &self.0.ranks
    }

    pub(crate) fn bytes(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Shared {
            kind: CollectionKind::Array,
            element: Class::Byte.into(),
            ignore_case: false,
            inside: AtomicBool::new(false),
            ranks: Vec::new(),
            items: Mutex::new(Items::Bytes(bytes)),
        }))
    }

    pub(crate) fn kind(&self) -> CollectionKind {
        self.0.kind
    }

    pub(crate) fn element(&self) -> &Type {
        &self.0.element
    }

    pub(crate) fn ignores_case(&self) -> bool {
        self.0.ignore_case
    }

    pub(crate) fn type_of(&self) -> Type {
        let class = match self.0.kind {
            CollectionKind::Array => Class::Array,
            CollectionKind::List => Class::List,
            CollectionKind::Set => Class::HashSet,
            CollectionKind::Sequence => Class::Enumerable,
            CollectionKind::Ordered => Class::OrderedEnumerable,
            CollectionKind::Queue => Class::Queue,
            CollectionKind::Stack => Class::Stack,
            CollectionKind::Lookup => return Type::new(Class::Lookup, self.0.element.arguments.clone()),
        };
        Type::new(class, vec![self.0.element.clone()])
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Marks the collection as being inside another.
    pub(crate) fn hold(&self) {
        self.0.inside.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_held(&self) -> bool {
        self.0.inside.load(Ordering::Relaxed)
    }

    pub(crate) fn len(&self) -> usize {
        match &*lock(&self.0.items) {
            Items::Values(values) => values.len(),
            Items::Bytes(bytes) => bytes.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        match &*lock(&self.0.items) {
            Items::Values(values) => values.get(index).cloned(),
            Items::Bytes(bytes) => bytes.get(index).copied().map(byte),
        }
    }

    /// Replaces an element. Returns false when the index does not exist.
    pub(crate) fn set(&self, index: usize, value: Value) -> bool {
        match &mut *lock(&self.0.items) {
            Items::Values(values) => values.get_mut(index).map(|place| *place = value).is_some(),
            Items::Bytes(bytes) => bytes.get_mut(index).map(|place| *place = to_byte(&value)).is_some(),
        }
    }

    /// Returns a copy of the elements.
    pub(crate) fn values(&self) -> Vec<Value> {
        match &*lock(&self.0.items) {
            Items::Values(values) => values.clone(),
            Items::Bytes(bytes) => bytes.iter().copied().map(byte).collect(),
        }
    }

    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        match &*lock(&self.0.items) {
            Items::Values(_) => None,
            Items::Bytes(bytes) => Some(bytes.clone()),
        }
    }

    /// Changes the elements of a list or set.
    pub(crate) fn change<T: Default>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        match &mut *lock(&self.0.items) {
            Items::Values(values) => change(values),
            // Arrays have a fixed length, and only arrays hold bytes.
            Items::Bytes(_) => T::default(),
        }
    }
}
