//! `Equals` compares values by content, and objects by identity.

use std::{cmp::Ordering, sync::Arc};

use super::{Object, Opaque, Value, order};

/// `a.Equals(b)`; two nulls are equal.
pub(crate) fn equal(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Char(a), Value::Char(b)) => a == b,
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Double(a), Value::Double(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::Single(a), Value::Single(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::Decimal(a), Value::Decimal(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Guid(a), Value::Guid(b)) => a == b,
        (Value::DateTime(a), Value::DateTime(b)) => a.ticks == b.ticks,
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.utc().ticks == b.utc().ticks,
        (Value::TimeSpan(a), Value::TimeSpan(b)) => a == b,
        (Value::Json(a), Value::Json(b)) => match (a.as_scalar(), b.as_scalar()) {
            (Some(a), Some(b)) => a == b,
            _ => a.is(b),
        },
        (Value::Object(Opaque(a)), Value::Object(Opaque(b))) => equal_objects(a, b),
        _ => same(one, two),
    }
}

fn equal_objects(one: &Object, two: &Object) -> bool {
    match (one, two) {
        (Object::Enum(a, x), Object::Enum(b, y)) => a == b && x == y,
        (Object::Constant(a, x), Object::Constant(b, y)) => a == b && x == y,
        (Object::Certificate(a), Object::Certificate(b)) => a.der() == b.der(),
        (Object::Address(a), Object::Address(b)) => a == b,
        (Object::Record(a), Object::Record(b)) => a.0 == b.0 && a.1.iter().zip(&b.1).all(|(a, b)| equal(a, b)),
        (Object::Pair(a), Object::Pair(b)) => equal(&a.1, &b.1) && equal(&a.2, &b.2),
        (Object::Uri(a), Object::Uri(b)) => a == b,
        (Object::Zone(a), Object::Zone(b)) => a == b,
        _ => same_objects(one, two),
    }
}

/// Reports whether two references lead to the same object. Values that are not objects are boxed, each in its own box.
pub(crate) fn same(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Null, Value::Null) => true,
        // Equal literals are one object, and so is the empty string.
        (Value::String(a), Value::String(b)) => Arc::ptr_eq(a, b) || a.is_empty() && b.is_empty(),
        (Value::Json(a), Value::Json(b)) => a.is(b),
        (Value::Jwt(a), Value::Jwt(b)) => Arc::ptr_eq(a, b),
        (Value::Response(a), Value::Response(b)) => Arc::ptr_eq(a, b),
        (Value::Collection(a), Value::Collection(b)) => a.0.is(&b.0),
        (Value::Dictionary(a), Value::Dictionary(b)) => a.0.is(&b.0),
        (Value::Object(Opaque(a)), Value::Object(Opaque(b))) => same_objects(a, b),
        _ => false,
    }
}

fn same_objects(one: &Object, two: &Object) -> bool {
    match (one, two) {
        (Object::Bare(a), Object::Bare(b)) => Arc::ptr_eq(a, b),
        (Object::Builder(a), Object::Builder(b)) => Arc::ptr_eq(a, b),
        (Object::Property(a), Object::Property(b)) => Arc::ptr_eq(a, b),
        (Object::Record(a), Object::Record(b)) => Arc::ptr_eq(a, b),
        (Object::Lambda(a), Object::Lambda(b)) => Arc::ptr_eq(a, b),
        (Object::Grid(a), Object::Grid(b)) => Arc::ptr_eq(a, b),
        (Object::Certificate(a), Object::Certificate(b)) => Arc::ptr_eq(a, b),
        (Object::Writer(a), Object::Writer(b)) => Arc::ptr_eq(a, b),
        (Object::Reader(a), Object::Reader(b)) => Arc::ptr_eq(a, b),
        (Object::Hasher(a), Object::Hasher(b)) => Arc::ptr_eq(a, b),
        (Object::RuntimeType(a), Object::RuntimeType(b)) => a == b,
        (Object::Part(a), Object::Part(b)) => a == b,
        (Object::Encoding(a), Object::Encoding(b)) => a == b,
        (Object::Match(a), Object::Match(b)) => Arc::ptr_eq(a, b),
        (Object::Xml(a), Object::Xml(b)) => a.is(b),
        (Object::XmlName(a), Object::XmlName(b)) => a == b,
        (Object::XmlNamespace(a), Object::XmlNamespace(b)) => a == b,
        _ => false,
    }
}

/// Returns the order of two values of one type; null comes first. Returns `None` for types without an order.
pub(crate) fn compare(one: &Value, two: &Value) -> Option<Ordering> {
    match (one, two) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Char(a), Value::Char(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => Some(a.wide().cmp(&b.wide())),
        (Value::Double(a), Value::Double(b)) => Some(a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))),
        (Value::Single(a), Value::Single(b)) => Some(a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(order::culture(a, b, false)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.ticks.cmp(&b.ticks)),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => Some(a.utc().ticks.cmp(&b.utc().ticks)),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => Some(a.cmp(b)),
        (Value::Json(a), Value::Json(b)) => compare(&Value::from(a.as_scalar()?), &Value::from(b.as_scalar()?)),
        _ => None,
    }
}
