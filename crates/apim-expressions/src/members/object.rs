//! The members of every object, and the smallest classes: `Exception`, `T?`, `KeyValuePair`, enums, `StringComparer`.

use std::{cmp::Ordering, sync::Arc};

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    lock::lock,
    problem::{Exception, Failure},
    types::Type,
    value::{
        Object, Value, equality, format,
        order::{self, Comparer},
    },
};

/// The member that `lock` calls.
pub(crate) static ENTER: Member = row("Enter", "static (object obj) -> void", |call| match call.argument(0) {
    Value::Null => Err(Failure::thrown("System.ArgumentNullException", "Value cannot be null.")),
    _ => Ok(Value::Null),
});

pub(super) const OBJECT: &[Member] = &[
    row("new", "static () -> object", |_| Ok(Value::object(Object::Bare(Arc::default())))),
    row("ToString", "() -> string", to_string),
    row("Equals", "(object obj) -> bool", |call| Ok(Value::Bool(equality::equal(&call.receiver, call.argument(0))))),
    row("GetHashCode", "() -> int", hash_code),
    row("Equals", "static (object objA, object objB) -> bool", equals),
    row("ReferenceEquals", "static (object objA, object objB) -> bool", |call| {
        Ok(Value::Bool(equality::same(call.argument(0), call.argument(1))))
    }),
];

pub(super) const FORMATTABLE: &[Member] = &[
    row("ToString", "(string format) -> string", to_format),
    row("ToString", "(string format, IFormatProvider provider) -> string", to_format),
];

pub(super) const NULLABLE: &[Member] = &[
    row("HasValue", "extension bool", |call| Ok(Value::Bool(!call.receiver.is_null()))),
    row("Value", "extension T", |call| match &call.receiver {
        Value::Null => Err(Failure::invalid_operation("Nullable object must have a value.")),
        value => Ok(value.clone()),
    }),
    row("GetValueOrDefault", "extension () -> T", |call| {
        let class = call.type_argument(0);
        Ok(if call.receiver.is_null() { Value::default_of(&class) } else { call.receiver.clone() })
    }),
    row("GetValueOrDefault", "extension (T) -> T", |call| {
        Ok(if call.receiver.is_null() { call.argument(0).clone() } else { call.receiver.clone() })
    }),
    row("ToString", "extension () -> string", to_string),
    row("Equals", "extension (object other) -> bool", |call| {
        Ok(equality::equal(&call.receiver, call.argument(0)).into())
    }),
];

pub(super) const EXCEPTION: &[Member] = &[
    row("new", "static () -> Exception", |_| {
        Ok(exception("Exception of type 'System.Exception' was thrown.".into(), None))
    }),
    row("new", "static (string message) -> Exception", |call| Ok(exception(message(call), None))),
    row("new", "static (string message, Exception innerException) -> Exception", |call| {
        let inner = match call.argument(1).as_object() {
            Some(Object::Exception(inner)) => Some(Arc::new(inner.clone())),
            _ => None,
        };
        let depth = std::iter::successors(inner.as_deref(), |inner| inner.inner.as_deref()).take(64).count();
        if depth == 64 {
            return Err(Failure::Stopped("The expression nests exceptions more than 64 deep.".to_owned()));
        }
        Ok(exception(message(call), inner))
    }),
    row("Message", "string", |call| Ok(Value::String(Arc::clone(&this_exception(call)?.message)))),
    row("Source", "string", |_| Ok(Value::Null)),
    row("HelpLink", "string", |_| Ok(Value::Null)),
    row("StackTrace", "string", |_| Ok(Value::Null)),
    row("InnerException", "Exception", |call| {
        let inner = this_exception(call)?.inner.as_deref().cloned();
        Ok(inner.map_or(Value::Null, |inner| Value::object(Object::Exception(inner))))
    }),
    row("GetBaseException", "() -> Exception", |call| {
        let mut base = this_exception(call)?;
        while let Some(inner) = &base.inner {
            base = inner;
        }
        Ok(Value::object(Object::Exception(base.clone())))
    }),
];

fn this_exception<'c>(call: &'c Call<'_, '_>) -> Result<&'c Exception, Failure> {
    match call.receiver.as_object() {
        Some(Object::Exception(exception)) => Ok(exception),
        _ => Err(Failure::null_reference()),
    }
}

fn message(call: &Call<'_, '_>) -> Arc<str> {
    call.optional_text(0).unwrap_or_else(|| "Exception of type 'System.Exception' was thrown.".into())
}

fn exception(message: Arc<str>, inner: Option<Arc<Exception>>) -> Value {
    Value::object(Object::Exception(Exception { class: "System.Exception", message, inner }))
}

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
    row("Ordinal", "static StringComparer", |_| Ok(comparer(false, false))),
    row("OrdinalIgnoreCase", "static StringComparer", |_| Ok(comparer(true, false))),
    row("InvariantCulture", "static StringComparer", |_| Ok(comparer(false, true))),
    row("InvariantCultureIgnoreCase", "static StringComparer", |_| Ok(comparer(true, true))),
    row("CurrentCulture", "static StringComparer", |_| Ok(comparer(false, true))),
    row("CurrentCultureIgnoreCase", "static StringComparer", |_| Ok(comparer(true, true))),
    row("Equals", "(string x, string y) -> bool", |call| {
        Ok(Value::Bool(
            compared(call)?.is_some_and(Ordering::is_eq) || call.argument(0).is_null() && call.argument(1).is_null(),
        ))
    }),
    row("Compare", "(string x, string y) -> int", |call| {
        let comparer = comparer_of(&call.receiver).ok_or_else(Failure::null_reference)?;
        if let (Some(one), Some(two), false) = (call.optional_text(0), call.optional_text(1), comparer.culture) {
            call.work(one.len() + two.len())?;
            return Ok(Value::from(order::distance(&one, &two, comparer.ignore_case)));
        }
        let order = compared(call)?.unwrap_or_else(|| call.argument(1).is_null().cmp(&call.argument(0).is_null()));
        Ok(Value::from(order as i32))
    }),
];

/// Compares two strings; `None` where one is null.
fn compared(call: &mut Call<'_, '_>) -> Result<Option<Ordering>, Failure> {
    let comparer = comparer_of(&call.receiver).ok_or_else(Failure::null_reference)?;
    let (Some(one), Some(two)) = (call.optional_text(0), call.optional_text(1)) else { return Ok(None) };
    call.work(one.len() + two.len())?;
    Ok(Some(comparer.compare(&one, &two)))
}

fn comparer(ignore_case: bool, culture: bool) -> Value {
    Value::object(Object::Comparer(Comparer { ignore_case, culture }))
}

/// Returns the `StringComparer` in a value.
pub(super) fn comparer_of(value: &Value) -> Option<Comparer> {
    if let Some(Object::Comparer(comparer)) = value.as_object() { Some(*comparer) } else { None }
}

/// Reports whether a `StringComparer` ignores upper and lower case.
pub(super) fn ignores_case(comparer: &Value) -> bool {
    comparer_of(comparer).is_some_and(|comparer| comparer.ignore_case)
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

/// Returns a hash code. .NET's hash codes of strings differ from run to run; these do not.
fn hash_code(call: &mut Call<'_, '_>) -> Outcome {
    let receiver = call.receiver.clone();
    let text = call.machine.text_of(&receiver)?;
    call.work(text.len())?;
    let hash = text.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    Ok(Value::from(hash.cast_signed()))
}

/// Members of `Type`, which only `typeof` gives.
pub(super) const RUNTIME_TYPE: &[Member] = &[
    row("Name", "string", |call| {
        let name = runtime_type(call)?;
        // The arguments of a generic type are not part of its name.
        let plain = name.split('[').next().unwrap_or_default();
        let short = plain.rsplit('.').next().unwrap_or_default().to_owned();
        let array = if name.ends_with("[]") { "[]" } else { "" };
        call.new_string(format!("{short}{array}"))
    }),
    row("FullName", "string", |call| {
        let name = runtime_type(call)?;
        if name.contains('`') {
            return Err(Failure::unsupported("`FullName` of a generic type"));
        }
        call.new_string(name)
    }),
    row("Namespace", "string", |call| {
        let name = runtime_type(call)?;
        let plain = name.split(['[', '`']).next().unwrap_or_default();
        let space = plain.rsplit_once('.').map(|(space, _)| space.to_owned()).unwrap_or_default();
        call.new_string(space)
    }),
    row("ToString", "() -> string", |call| {
        let name = runtime_type(call)?;
        call.new_string(name)
    }),
];

fn runtime_type(call: &Call<'_, '_>) -> Result<String, Failure> {
    match call.receiver.as_object() {
        Some(Object::RuntimeType(class)) => Ok(class.runtime_name()),
        _ => Err(Failure::null_reference()),
    }
}
