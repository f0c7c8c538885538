//! Conversions between JSON and other values, by Newtonsoft.Json's rules.

use std::sync::Arc;

use super::{Other, Scalar, Token, write::scalar_text};
use crate::{
    limits::Budget,
    problem::Failure,
    system_uri::SystemUri,
    types::{Class, Type},
    value::{Collection, CollectionKind, Dictionary, Integer, Object, Opaque, Value, change, format::date, text},
};

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Integer(value) => value.into(),
            Scalar::Float(value) => Self::Double(value),
            Scalar::Decimal(value) => Self::Decimal(value),
            Scalar::Text(text) => Self::String(text),
            Scalar::Other(kind, text) => other(kind, &text),
            Scalar::Date(time) => Self::DateTime(time),
            Scalar::Offset(time) => Self::DateTimeOffset(time),
        }
    }
}

fn other(kind: Other, text: &Arc<str>) -> Value {
    match kind {
        Other::Undefined => Value::Null,
        Other::BigInteger => text.parse().map_or_else(|_| Value::String(Arc::clone(text)), Value::Decimal),
        Other::Guid => change::parse_guid(text).unwrap_or(Value::Null),
        Other::TimeSpan => change::parse_span(text).unwrap_or(Value::Null),
        Other::Uri => SystemUri::parse(text).map_or(Value::Null, |uri| Value::object(Object::Uri(Arc::new(uri)))),
        Other::Bytes => {
            let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text.as_bytes());
            bytes.map_or(Value::Null, Value::bytes)
        }
        Other::Raw | Other::Comment => Value::String(Arc::clone(text)),
    }
}

/// Returns the name of a token's `JTokenType`.
pub(crate) fn type_name(token: &Token) -> &'static str {
    match token.as_scalar() {
        None if token.class() == Class::JObject => "Object",
        None if token.class() == Class::JConstructor => "Constructor",
        None => "Array",
        Some(Scalar::Other(kind, _)) => match kind {
            Other::BigInteger => "Integer",
            Other::Undefined => "Undefined",
            Other::Raw => "Raw",
            Other::Comment => "Comment",
            Other::Guid => "Guid",
            Other::TimeSpan => "TimeSpan",
            Other::Uri => "Uri",
            Other::Bytes => "Bytes",
        },
        Some(Scalar::Null) => "Null",
        Some(Scalar::Bool(_)) => "Boolean",
        Some(Scalar::Integer(_)) => "Integer",
        Some(Scalar::Float(_) | Scalar::Decimal(_)) => "Float",
        Some(Scalar::Text(_)) => "String",
        Some(Scalar::Date(_) | Scalar::Offset(_)) => "Date",
    }
}

/// `(T)token`
pub(crate) fn cast(value: &Value, to: &Type, budget: &mut Budget) -> Result<Value, Failure> {
    let target = to.underlying().unwrap_or(to);
    let nullable = to.is(Class::Nullable) || !to.is_value();
    let token = match value {
        Value::Json(token) => token.clone(),
        Value::Object(Opaque(Object::Property(property))) => property.value(),
        _ if nullable => return Ok(Value::Null),
        _ => return Err(Failure::argument_null("value")),
    };
    let refused = || {
        let target = target.class.description().name;
        Failure::argument(format!("Can not convert {} to {target}.", type_name(&token)))
    };
    let scalar = token.as_scalar().ok_or_else(refused)?;
    let fits = match (&scalar, target.class) {
        (Scalar::Null, _) if nullable => return Ok(Value::Null),
        (Scalar::Null, _) => false,
        (Scalar::Date(_) | Scalar::Offset(_), Class::String | Class::DateTime | Class::DateTimeOffset) => true,
        (Scalar::Date(_) | Scalar::Offset(_), _) => false,
        (Scalar::Other(Other::BigInteger, text), class) if class.is_integer() => {
            let value = text.parse::<i128>().ok().and_then(|value| Integer::fit(class, value));
            let overflow = || Failure::overflow("Value was either too large or too small for an Int64.");
            return value.map(Value::Integer).ok_or_else(overflow);
        }
        (Scalar::Other(Other::BigInteger, text), Class::Double) => {
            return Ok(Value::Double(text.parse().unwrap_or(f64::INFINITY)));
        }
        (Scalar::Other(Other::BigInteger, text), Class::Decimal) => return change::parse_decimal(text),
        (Scalar::Other(Other::Undefined, _), _) => false,
        (Scalar::Other(Other::Guid, _), Class::Guid)
        | (Scalar::Other(Other::TimeSpan, _), Class::TimeSpan)
        | (Scalar::Other(Other::Uri, _), Class::Uri) => return Ok(Value::from(scalar)),
        (Scalar::Text(_), _) => true,
        (_, Class::String) => true,
        (Scalar::Other(..), _) => false,
        (_, Class::Bool) => true,
        (_, class) => class.is_number(),
    };
    if fits { plain(&scalar, target.class, budget) } else { Err(refused()) }
}

/// Returns the value of a scalar as a value of the class.
fn plain(scalar: &Scalar, class: Class, budget: &mut Budget) -> Result<Value, Failure> {
    let value = Value::from(scalar.clone());
    match (&value, class) {
        (_, Class::String) => Ok(Value::String(scalar_text(scalar))),
        (Value::DateTimeOffset(time), Class::DateTime) => Ok(Value::DateTime(time.utc())),
        (Value::DateTime(time), Class::DateTimeOffset) => Ok(Value::DateTimeOffset((*time).into())),
        (Value::String(text), Class::DateTimeOffset) => change::parse_offset(text),
        (Value::String(text), Class::Guid) => change::parse_guid(text),
        (Value::String(text), Class::TimeSpan) => change::parse_span(text),
        _ => change::change(&value, class, budget),
    }
}

/// `token.Value<T>()`, and the conversion that `Value<T>(key)` makes of the token it finds.
pub(crate) fn value_of(value: &Value, to: &Type, budget: &mut Budget) -> Result<Value, Failure> {
    let Value::Json(token) = value else { return Ok(Value::default_of(to)) };
    if to.is(Class::Object) || to.class.is_json() && is_a(token, to.class) {
        return Ok(value.clone());
    }
    let Some(scalar) = token.as_scalar() else {
        let (from, to) = (value.type_of().runtime_name(), to.runtime_name());
        return Err(Failure::bad_cast(format!("Cannot cast {from} to {to}.")));
    };
    let target = to.underlying().unwrap_or(to);
    match &scalar {
        Scalar::Null if to.is_value() && !to.is(Class::Nullable) => {
            Err(Failure::bad_cast("Null object cannot be converted to a value type."))
        }
        Scalar::Null => Ok(Value::Null),
        Scalar::Text(text) if target.is(Class::String) => Ok(Value::String(Arc::clone(text))),
        _ => change::change(&Value::from(scalar), target.class, budget),
    }
}

fn is_a(token: &Token, class: Class) -> bool {
    let own = token.class();
    class == Class::JToken || class == own || class == Class::JContainer && own != Class::JValue
}

/// `token.ToObject<T>()` and `JsonConvert.DeserializeObject<T>`
pub(crate) fn to_object(token: &Token, to: &Type, budget: &mut Budget) -> Result<Value, Failure> {
    budget.memory(32)?;
    let mismatch = || {
        let (from, to) = (type_name(token), to.runtime_name());
        Failure::json(format!("Cannot deserialize the current JSON ({from}) into type '{to}'."))
    };
    match to.class {
        Class::Object => Ok(token.as_scalar().map_or_else(|| token.clone().into(), Value::from)),
        class if class.is_json() => {
            if is_a(token, class) {
                Ok(token.clone().into())
            } else {
                Err(mismatch())
            }
        }
        _ if token.as_scalar() == Some(Scalar::Null) && (!to.is_value() || to.is(Class::Nullable)) => Ok(Value::Null),
        Class::List | Class::Array | Class::Enumerable | Class::IList | Class::Collection => {
            if token.class() != Class::JArray {
                return Err(mismatch());
            }
            let element = to.argument(0);
            let items =
                token.children().iter().map(|item| to_object(item, &element, budget)).collect::<Result<_, _>>()?;
            let kind = if to.is(Class::Array) { CollectionKind::Array } else { CollectionKind::List };
            Ok(Collection::new(kind, element, items).into())
        }
        Class::Dictionary | Class::IDictionary | Class::ReadOnlyDictionary if to.argument(0).is(Class::String) => {
            if token.class() != Class::JObject {
                return Err(mismatch());
            }
            let dictionary = Dictionary::new(Type::new(Class::Dictionary, to.arguments.clone()), false);
            for (name, member) in token.members() {
                dictionary.insert(&Value::String(name), to_object(&member, &to.argument(1), budget)?);
            }
            Ok(dictionary.into())
        }
        _ if super::super::types::convert::becomes_plain(to.underlying().unwrap_or(to)) => {
            cast(&token.clone().into(), to, budget)
        }
        _ => Err(Failure::unsupported(format!("deserializing into `{to}`"))),
    }
}

/// Collects the tokens that go into a container one by one: the elements of a sequence, and of sequences inside it.
pub(crate) fn contents(value: &Value, budget: &mut Budget, depth: usize, out: &mut Vec<Token>) -> Result<(), Failure> {
    if depth > 32 {
        return Err(Failure::Stopped("The expression nests lists more than 32 deep.".to_owned()));
    }
    if let Value::Collection(Opaque(collection)) = value
        && collection.to_bytes().is_none()
    {
        for item in collection.values() {
            contents(&item, budget, depth + 1, out)?;
        }
        return Ok(());
    }
    out.push(content(value, budget)?);
    budget.memory(8)
}

/// Converts a value to one token inside a container. Refuses a value that no `JValue` can hold.
pub(crate) fn content(value: &Value, budget: &mut Budget) -> Result<Token, Failure> {
    let plain = match value {
        Value::Char(_) | Value::Dictionary(_) | Value::Jwt(_) | Value::Response(_) => false,
        Value::Collection(Opaque(collection)) => collection.to_bytes().is_some(),
        Value::Object(Opaque(object)) => matches!(object, Object::Enum(..) | Object::Uri(_)),
        _ => true,
    };
    if plain {
        return from_value(value, budget);
    }
    let class = value.type_of().runtime_name();
    Err(Failure::argument(format!("Could not determine JSON object type for type {class}.")))
}

/// `JToken.FromObject`, and the token that `JsonConvert.SerializeObject` writes.
pub(crate) fn from_value(value: &Value, budget: &mut Budget) -> Result<Token, Failure> {
    let scalar = match value {
        Value::Null => Scalar::Null,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Integer(number) => match i64::try_from(number.wide()) {
            Ok(number) => Scalar::Integer(number),
            Err(_) => Scalar::Other(Other::BigInteger, number.wide().to_string().into()),
        },
        Value::Double(number) => Scalar::Float(*number),
        Value::Single(number) => {
            Scalar::Float(super::super::value::number::single_text(*number).parse().unwrap_or_default())
        }
        Value::Decimal(number) => Scalar::Decimal(*number),
        Value::String(text) => Scalar::Text(Arc::clone(text)),
        Value::DateTime(time) => Scalar::Date(*time),
        Value::DateTimeOffset(time) => Scalar::Offset(*time),
        Value::TimeSpan(span) => Scalar::Other(Other::TimeSpan, date::span(span.0).into()),
        Value::Guid(_) => Scalar::Other(Other::Guid, text::of(value, budget)?),
        Value::Char(_) => Scalar::Text(text::of(value, budget)?),
        Value::Json(token) => return Ok(token.clone()),
        Value::Collection(Opaque(collection)) => return from_collection(collection, budget),
        Value::Dictionary(Opaque(dictionary)) => {
            let object = Token::object(budget)?;
            for (key, value) in dictionary.entries() {
                object.insert(&text::of(&key, budget)?, &from_value(&value, budget)?, budget)?;
            }
            return Ok(object);
        }
        Value::Object(Opaque(object)) => return from_object(object, value, budget),
        Value::Jwt(_) | Value::Response(_) => {
            return Err(Failure::unsupported(format!("turning a `{}` into JSON", value.type_of())));
        }
    };
    Token::scalar(scalar, budget)
}

fn from_collection(collection: &Collection, budget: &mut Budget) -> Result<Token, Failure> {
    if let Some(bytes) = collection.to_bytes() {
        budget.string(bytes.len() * 4 / 3 + 4)?;
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        return Token::scalar(Scalar::Other(Other::Bytes, text.into()), budget);
    }
    let array = Token::array(budget)?;
    for item in collection.values() {
        array.push(&from_value(&item, budget)?, budget)?;
    }
    Ok(array)
}

fn from_object(object: &Object, value: &Value, budget: &mut Budget) -> Result<Token, Failure> {
    let members: Vec<(Arc<str>, Value)> = match object {
        Object::Enum(_, number) => return Token::scalar(Scalar::Integer((*number).into()), budget),
        Object::Uri(uri) => return Token::scalar(Scalar::Other(Other::Uri, uri.original().into()), budget),
        Object::Record(record) if matches!(record.0.class, Class::ValueTuple | Class::Tuple) => {
            let name = |index: usize| Arc::from(format!("Item{}", index + 1));
            record.1.iter().cloned().enumerate().map(|(index, value)| (name(index), value)).collect()
        }
        Object::Record(record) => record.0.names.iter().cloned().zip(record.1.iter().cloned()).collect(),
        Object::Pair(pair) => vec![("Key".into(), pair.1.clone()), ("Value".into(), pair.2.clone())],
        _ => return Err(Failure::unsupported(format!("turning a `{}` into JSON", value.type_of()))),
    };
    let token = Token::object(budget)?;
    for (name, value) in members {
        token.insert(&name, &from_value(&value, budget)?, budget)?;
    }
    Ok(token)
}
