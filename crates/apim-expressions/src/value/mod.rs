//! Values while an expression runs, and its input and output values.

pub(crate) mod address;
pub(crate) mod change;
pub(crate) mod cipher;
pub(crate) mod collection;
mod date_text;
pub(crate) mod decimal;
mod detached;
pub(crate) mod dictionary;
pub(crate) mod equality;
pub(crate) mod format;
pub(crate) mod hasher;
pub(crate) mod number;
pub(crate) mod object;
pub(crate) mod order;
pub(crate) mod reader;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod zone;

use std::{
    fmt,
    sync::{Arc, Mutex},
};

pub(crate) use self::collection::{Collection, CollectionKind};
pub(crate) use self::dictionary::Dictionary;
pub use self::number::{Integer, double_text};
pub(crate) use self::object::Object;
pub use self::time::{DateTime, DateTimeOffset, TimeSpan};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    context::Response,
    json::Token,
    jwt::Jwt,
    lock::lock,
    types::{Class, Type},
};

/// A .NET value. `Debug` shows the type alone, as values may be secrets.
#[derive(Clone)]
#[non_exhaustive]
#[expect(private_interfaces, reason = "what only expressions can look into, they alone can name")]
pub enum Value {
    /// No object.
    Null,
    /// `bool`
    Bool(bool),
    /// `char`: a UTF-16 code unit.
    Char(u16),
    /// `int`, `long` and the other whole numbers.
    Integer(Integer),
    /// `double`
    Double(f64),
    /// `float`
    Single(f32),
    /// `decimal`
    Decimal(Decimal),
    /// `string`
    String(Arc<str>),
    /// `Guid`
    Guid(Uuid),
    /// `DateTime`
    DateTime(DateTime),
    /// `DateTimeOffset`
    DateTimeOffset(DateTimeOffset),
    /// `TimeSpan`
    TimeSpan(TimeSpan),
    /// `JObject`, `JArray` or `JValue`
    Json(Token),
    /// `Jwt`
    Jwt(Arc<Jwt>),
    /// `IResponse`, as `send-request` stores it
    Response(Arc<Mutex<Response>>),
    /// Arrays, lists, sets, and the results of LINQ
    Collection(Opaque<Collection>),
    /// Dictionaries
    Dictionary(Opaque<Dictionary>),
    /// Everything else
    Object(Opaque<Object>),
}

/// A value that only expressions can look into.
#[derive(Clone)]
pub struct Opaque<T>(pub(crate) T);

impl<T> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.type_name())
    }
}

impl Value {
    /// `byte[]`
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::from(Collection::bytes(bytes))
    }

    /// The full .NET name of the value's type, `null` for null.
    #[must_use]
    pub fn type_name(&self) -> String {
        if matches!(self, Self::Null) { "null".to_owned() } else { self.type_of().runtime_name() }
    }

    /// The value of a `bool`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The value of a `string`.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The value of any whole number.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(number.value()) } else { None }
    }

    /// The content of a `byte[]`.
    #[must_use]
    pub fn as_bytes(&self) -> Option<Vec<u8>> {
        if let Self::Collection(Opaque(collection)) = self { collection.to_bytes() } else { None }
    }

    /// A copy of the response that the value holds.
    #[must_use]
    pub fn as_response(&self) -> Option<Response> {
        if let Self::Response(response) = self { Some(lock(response).clone()) } else { None }
    }

    pub(crate) fn object(object: Object) -> Self {
        Self::Object(Opaque(object))
    }

    pub(crate) fn as_object(&self) -> Option<&Object> {
        if let Self::Object(Opaque(object)) = self { Some(object) } else { None }
    }

    pub(crate) fn enumerator(class: Class, value: i32) -> Self {
        Self::object(Object::Enum(class, value))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value's own type.
    pub(crate) fn type_of(&self) -> Type {
        match self {
            Self::Null => Class::Null.into(),
            Self::Bool(_) => Class::Bool.into(),
            Self::Char(_) => Class::Char.into(),
            Self::Integer(number) => number.class().into(),
            Self::Single(_) => Class::Single.into(),
            Self::Double(_) => Class::Double.into(),
            Self::Decimal(_) => Class::Decimal.into(),
            Self::String(_) => Class::String.into(),
            Self::Guid(_) => Class::Guid.into(),
            Self::DateTime(_) => Class::DateTime.into(),
            Self::DateTimeOffset(_) => Class::DateTimeOffset.into(),
            Self::TimeSpan(_) => Class::TimeSpan.into(),
            Self::Json(token) => token.class().into(),
            Self::Jwt(_) => Class::Jwt.into(),
            Self::Response(_) => Class::Response.into(),
            Self::Collection(Opaque(collection)) => collection.type_of(),
            Self::Dictionary(Opaque(dictionary)) => dictionary.type_of(),
            Self::Object(Opaque(object)) => object.type_of(),
        }
    }

    /// Returns the initial value of a variable of the type.
    pub(crate) fn default_of(class: &Type) -> Self {
        match class.class {
            Class::Bool => Self::Bool(false),
            Class::Char => Self::Char(0),
            Class::Single => Self::Single(0.0),
            Class::Double => Self::Double(0.0),
            Class::Decimal => Self::Decimal(Decimal::ZERO),
            Class::Guid => Self::Guid(Uuid::nil()),
            Class::DateTime => Self::DateTime(DateTime::MIN),
            Class::DateTimeOffset => Self::DateTimeOffset(DateTimeOffset::MIN),
            Class::TimeSpan => Self::TimeSpan(TimeSpan(0)),
            Class::KeyValuePair => {
                let inner = |index| Self::default_of(&class.argument(index));
                Self::object(Object::Pair(Arc::new((class.clone(), inner(0), inner(1)))))
            }
            Class::ValueTuple => {
                let elements = class.arguments.iter().map(Self::default_of).collect();
                Self::object(Object::Record(Arc::new((class.clone(), elements))))
            }
            other if other.is_integer() => Self::Integer(Integer::wrap(other, 0)),
            other if !other.enumerators().is_empty() => Self::enumerator(other, 0),
            _ => Self::Null,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Self {
        Self::String(value)
    }
}

impl From<Token> for Value {
    fn from(value: Token) -> Self {
        Self::Json(value)
    }
}

impl From<Jwt> for Value {
    fn from(value: Jwt) -> Self {
        Self::Jwt(Arc::new(value))
    }
}

impl From<Response> for Value {
    fn from(value: Response) -> Self {
        Self::Response(Arc::new(Mutex::new(value)))
    }
}

impl From<Collection> for Value {
    fn from(value: Collection) -> Self {
        Self::Collection(Opaque(value))
    }
}

impl From<Dictionary> for Value {
    fn from(value: Dictionary) -> Self {
        Self::Dictionary(Opaque(value))
    }
}
