//! The members of sequences of tokens.

use super::super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    json::convert,
    problem::Failure,
    types::Class,
    value::{CollectionKind, Value},
};

/// The static forms of the extension methods (`Newtonsoft.Json.Linq.Extensions.Value(…)`).
pub(crate) const EXTENSIONS: &[Member] = &[row("Value", "static <T>(IEnumerable<JToken> value) -> T", |call| {
    call.receiver = call.arguments.remove(0);
    if call.receiver.is_null() {
        return Err(Failure::argument_null("value"));
    }
    let token = Value::Json(call.this_token()?);
    let class = call.type_argument(0);
    convert::value_of(&token, &class, &mut call.machine.budget)
})];

/// The extension methods of sequences of tokens.
pub(crate) const SEQUENCE: &[Member] = &[
    row("Children", "extension () -> IJEnumerable<JToken>", |call| {
        let found = of_each(call, None)?;
        sequence(call, found)
    }),
    row("Values", "extension () -> IJEnumerable<JToken>", |call| {
        let found = of_each(call, None)?;
        sequence(call, found)
    }),
    row("Values", "extension (object key) -> IJEnumerable<JToken>", |call| {
        let key = call.argument(0).clone();
        let found = of_each(call, Some(&key))?;
        sequence(call, found)
    }),
    row("Values", "extension <T>(object key) -> IEnumerable<T>", |call| {
        let (key, class) = (call.argument(0).clone(), call.type_argument(0));
        let found = of_each(call, Some(&key))?;
        let mut values = Vec::with_capacity(found.len());
        for token in found {
            values.push(convert::value_of(&token, &class, &mut call.machine.budget)?);
        }
        call.machine.collection(CollectionKind::Sequence, class, values)
    }),
];

/// The extension methods of sequences of objects.
pub(crate) const OBJECTS: &[Member] = &[row("Properties", "extension () -> IJEnumerable<JProperty>", |call| {
    let mut found = Vec::new();
    for item in call.this_items()?.1 {
        if matches!(&item, Value::Json(token) if token.class() == Class::JObject) {
            found.extend(call.machine.items(&item)?.1);
        }
    }
    call.machine.collection(CollectionKind::Sequence, Class::JProperty.into(), found)
})];

/// Members of the result of `Children()`, which has an indexer; other sequences of tokens have none.
pub(crate) const INDEXER: &[Member] = &[row("[]", "(object) -> IJEnumerable<JToken>", |call| {
    let key = call.argument(0).clone();
    let found = of_each(call, Some(&key))?;
    sequence(call, found)
})];

/// Returns the children of each token of a sequence or, with a key, the token under the key in each.
fn of_each(call: &mut Call<'_, '_>, key: Option<&Value>) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    for item in call.this_items()?.1 {
        call.work(64)?;
        match (key, &item) {
            (None, _) => found.extend(call.machine.items(&item)?.1),
            (Some(Value::String(name)), Value::Json(token)) if token.class() == Class::JObject => {
                found.extend(token.get(name).map(Value::Json));
            }
            (Some(Value::Integer(index)), Value::Json(token)) if token.class() == Class::JArray => {
                let index = usize::try_from(index.value()).unwrap_or(usize::MAX);
                found.extend(token.item(index).map(Value::Json));
            }
            _ => return Err(Failure::invalid_operation("Cannot access child value.")),
        }
    }
    Ok(found)
}

fn sequence(call: &mut Call<'_, '_>, found: Vec<Value>) -> Outcome {
    call.machine.collection(CollectionKind::Sequence, Class::JToken.into(), found)
}
