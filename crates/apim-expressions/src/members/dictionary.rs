//! Dictionaries of the program and of `context`.

use super::{Member, access::length, object, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::{Class, Type},
    value::{CollectionKind, Dictionary, Opaque, Value},
};

pub(super) const READ_ONLY_DICTIONARY: &[Member] = &[
    row("[]", "(K) -> V", get),
    row("ContainsKey", "(K key) -> bool", |call| {
        let key = key(call)?;
        Ok(Value::Bool(call.this_dictionary()?.get(&key).is_some()))
    }),
    row("TryGetValue", "(K key, out V value) -> bool", try_get),
    row("Count", "int", |call| Ok(length(call.this_dictionary()?.len()))),
    row("Keys", "IEnumerable<K>", |call| parts(call, 0, |(key, _)| key)),
    row("Values", "IEnumerable<V>", |call| parts(call, 1, |(_, value)| value)),
    row("GetValueOrDefault", "(K) -> V", get_or_default),
    row("GetValueOrDefault", "(K, V) -> V", get_or_default),
];

/// The interface of a dictionary that can be changed also has the members above.
pub(super) const WRITABLE: &[Member] = &[
    row("[]=", "(K, V) -> void", |call| {
        let key = key(call)?;
        put(call, &key, false)
    }),
    row("Add", "(K key, V value) -> void", |call| {
        let key = key(call)?;
        put(call, &key, true)
    }),
    row("Remove", "(K key) -> bool", |call| {
        let key = key(call)?;
        let dictionary = call.this_dictionary()?;
        call.work(dictionary.len() * 8)?;
        Ok(Value::Bool(dictionary.remove(&key)))
    }),
    row("Clear", "() -> void", |call| {
        call.this_dictionary()?.clear();
        Ok(Value::Null)
    }),
];

pub(super) const DICTIONARY: &[Member] = &[
    row("new", "static () -> S", create),
    row("new", "static (int capacity) -> S", create),
    row("new", "static (StringComparer comparer) -> S", create),
    row("new", "static (IDictionary<K, V> dictionary) -> S", create),
    row("new", "static (int capacity, StringComparer comparer) -> S", create),
    row("new", "static (IDictionary<K, V> dictionary, StringComparer comparer) -> S", create),
];

pub(super) const VARIABLES: &[Member] = &[
    row("GetValueOrDefault", "(string variableName) -> object", get_or_default),
    row("GetValueOrDefault", "<T>(string variableName) -> T", typed),
    row("GetValueOrDefault", "<T>(string variableName, T defaultValue) -> T", typed),
];

/// Members of headers, query parameters and claims. Commas join several values.
pub(super) const TEXT_LISTS: &[Member] = &[
    row("GetValueOrDefault", "(string headerName) -> string", joined),
    row("GetValueOrDefault", "(string headerName, string defaultValue) -> string", joined),
];

fn key(call: &mut Call<'_, '_>) -> Result<Value, Failure> {
    let key = call.argument(0).clone();
    if key.is_null() {
        return Err(Failure::argument_null("key"));
    }
    call.work(key.as_str().map_or(0, str::len))?;
    Ok(key)
}

fn get(call: &mut Call<'_, '_>) -> Outcome {
    let key = key(call)?;
    match call.this_dictionary()?.get(&key) {
        Some(value) => Ok(value),
        None => Err(Failure::key_not_found(call.machine.text_of(&key)?)),
    }
}

fn try_get(call: &mut Call<'_, '_>) -> Outcome {
    let key = key(call)?;
    let dictionary = call.this_dictionary()?;
    let found = dictionary.get(&key);
    let present = found.is_some();
    let absent = || Value::default_of(&dictionary.type_of().argument(1));
    call.set_out(1, found.unwrap_or_else(absent));
    Ok(Value::Bool(present))
}

fn get_or_default(call: &mut Call<'_, '_>) -> Outcome {
    let key = key(call)?;
    let dictionary = call.this_dictionary()?;
    if let Some(value) = dictionary.get(&key) {
        return Ok(value);
    }
    if call.count() == 2 {
        Ok(call.argument(1).clone())
    } else {
        Ok(Value::default_of(&dictionary.type_of().argument(1)))
    }
}

/// `Variables.GetValueOrDefault<T>`: a variable of another type is an error, not the default.
fn typed(call: &mut Call<'_, '_>) -> Outcome {
    let key = key(call)?;
    let class = call.type_argument(0);
    match call.this_dictionary()?.get(&key) {
        Some(value) => call.machine.cast(value, &class),
        None if call.count() == 2 => Ok(call.argument(1).clone()),
        None => Ok(Value::default_of(&class)),
    }
}

fn joined(call: &mut Call<'_, '_>) -> Outcome {
    let key = key(call)?;
    let Some(values) = call.this_dictionary()?.get(&key) else { return Ok(call.argument(1).clone()) };
    let values = call.machine.items(&values)?.1;
    let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    call.new_string(values.join(","))
}

fn parts(call: &mut Call<'_, '_>, argument: usize, part: impl Fn((Value, Value)) -> Value) -> Outcome {
    let dictionary = call.this_dictionary()?;
    let element = dictionary.type_of().argument(argument);
    let values = dictionary.entries().into_iter().map(part).collect();
    call.machine.collection(CollectionKind::Sequence, element, values)
}

fn put(call: &mut Call<'_, '_>, key: &Value, only_new: bool) -> Outcome {
    let dictionary = call.this_dictionary()?;
    let value = call.argument(1).clone();
    if only_new && dictionary.get(key).is_some() {
        let key = call.machine.text_of(key)?;
        return Err(Failure::argument(format!("An item with the same key has already been added. Key: {key}")));
    }
    call.machine.hold_in(|| dictionary.is_held(), &value)?;
    call.machine.budget.memory(64 + key.as_str().map_or(0, str::len))?;
    dictionary.insert(key, value);
    Ok(Value::Null)
}

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let class = Type::new(Class::Dictionary, call.type_arguments());
    let dictionary = Dictionary::new(class, call.arguments.iter().any(object::ignores_case));
    if let Value::Dictionary(Opaque(source)) = call.argument(0).clone() {
        call.machine.budget.memory(source.len() * 64)?;
        for (key, value) in source.entries() {
            call.machine.hold(std::slice::from_ref(&value))?;
            dictionary.insert(&key, value);
        }
    }
    Ok(dictionary.into())
}
