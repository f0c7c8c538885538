//! What every object has, and the smallest classes: `Exception`, `T?`, `KeyValuePair`, enums, `StringComparer`.

use std::sync::Arc;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    problem::{Exception, Failure},
    types::Type,
    value::{Object, Value, equality, format, lock},
};

pub(super) const OBJECT: &[Member] = &[
    row("ToString", "() -> string", to_string),
    row("Equals", "(object) -> bool", |call| Ok(Value::Bool(equality::equal(&call.receiver, call.argument(0))))),
    row("GetHashCode", "() -> int", hash_code),
    row("Equals", "static (object, object) -> bool", equals),
    row("ReferenceEquals", "static (object, object) -> bool", |call| {
        Ok(Value::Bool(equality::same(call.argument(0), call.argument(1))))
    }),
];

pub(super) const FORMATTABLE: &[Member] = &[row("ToString", "(string) -> string", to_format)];

pub(super) const NULLABLE: &[Member] = &[
    row("HasValue", "extension bool", |call| Ok(Value::Bool(!call.receiver.is_null()))),
    row("Value", "extension T", |call| match &call.receiver {
        Value::Null => Err(Failure::invalid_operation("Nullable object must have a value.")),
        value => Ok(value.clone()),
    }),
    row("GetValueOrDefault", "extension (T) -> T", |call| {
        Ok(if call.receiver.is_null() { call.argument(0).clone() } else { call.receiver.clone() })
    }),
    row("ToString", "extension () -> string", to_string),
];

pub(super) const EXCEPTION: &[Member] = &[
    row("new", "static (string) -> Exception", |call| {
        let message = call.optional_text(0).unwrap_or_default();
        Ok(Value::object(Object::Exception(Exception { class: "System.Exception", message })))
    }),
    row("Message", "string", |call| match call.receiver.as_object() {
        Some(Object::Exception(exception)) => Ok(Value::String(Arc::clone(&exception.message))),
        _ => Ok(Value::Null),
    }),
    row("InnerException", "Exception", |_| Ok(Value::Null)),
];

pub(super) const PAIR: &[Member] = &[
    row("new", "static (K, V) -> S", |call| {
        let class = Type::new(call.owner(), call.type_arguments());
        call.machine.hold(&call.arguments)?;
        let pair = (class, call.argument(0).clone(), call.argument(1).clone());
        Ok(Value::object(Object::Pair(Arc::new(pair))))
    }),
    row("Key", "K", |call| Ok(pair(call).1.clone())),
    row("Value", "V", |call| Ok(pair(call).2.clone())),
];

pub(super) const STRING_COMPARER: &[Member] = &[
    row("Ordinal", "static StringComparer", |_| Ok(comparer(false))),
    row("OrdinalIgnoreCase", "static StringComparer", |_| Ok(comparer(true))),
    row("InvariantCultureIgnoreCase", "static StringComparer", |_| Ok(comparer(true))),
    row("CurrentCultureIgnoreCase", "static StringComparer", |_| Ok(comparer(true))),
    row("Equals", "(string, string) -> bool", |call| {
        let ignore_case = ignores_case(&call.receiver);
        let (one, two) = (call.optional_text(0), call.optional_text(1));
        let fold = |text: Arc<str>| if ignore_case { text.to_lowercase() } else { text.to_string() };
        call.work(one.as_ref().map_or(0, |text| text.len()))?;
        Ok(Value::Bool(one.map(fold) == two.map(fold)))
    }),
];

fn comparer(ignore_case: bool) -> Value {
    Value::object(Object::Comparer { ignore_case })
}

/// Whether a `StringComparer` takes upper and lower case for the same.
pub(super) fn ignores_case(comparer: &Value) -> bool {
    matches!(comparer.as_object(), Some(Object::Comparer { ignore_case: true }))
}

fn pair(call: &Call<'_, '_>) -> Arc<(Type, Value, Value)> {
    match call.receiver.as_object() {
        Some(Object::Pair(pair)) => Arc::clone(pair),
        _ => Arc::new((call.type_argument(0), Value::Null, Value::Null)),
    }
}

fn to_string(call: &mut Call<'_, '_>) -> Outcome {
    let receiver = call.receiver.clone();
    if let Some(Object::Builder(text)) = receiver.as_object() {
        let text = lock(text).clone();
        return call.new_string(text);
    }
    call.machine.text_of(&receiver).map(Value::String)
}

/// `ToString("format")`
fn to_format(call: &mut Call<'_, '_>) -> Outcome {
    let format = call.optional_text(0).unwrap_or_default();
    let receiver = call.receiver.clone();
    let mut out = Writer::new(&mut call.machine.budget);
    format::write(&receiver, &format, &mut out)?;
    Ok(Value::String(out.finish()))
}

fn equals(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Value::Bool(equality::equal(call.argument(0), call.argument(1))))
}

/// .NET's hash codes of strings differ from run to run; these do not.
fn hash_code(call: &mut Call<'_, '_>) -> Outcome {
    let receiver = call.receiver.clone();
    let text = call.machine.text_of(&receiver)?;
    call.work(text.len())?;
    let hash = text.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    Ok(Value::from(hash.cast_signed()))
}
