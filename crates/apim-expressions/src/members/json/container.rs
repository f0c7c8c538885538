//! What all containers have, `JRaw` and `JConstructor`.

use super::{
    super::{Member, access::length, row},
    array, token_of, tokens,
};
use crate::{
    evaluate::{Call, Outcome},
    json::{Other, Scalar, Token},
    problem::Failure,
    types::Class,
    value::Value,
};

/// Members of all containers.
pub(crate) const CONTAINER: &[Member] = &[
    row("Merge", "(object content) -> void", |call| {
        let token = call.this_token()?;
        if let Some(other) = token_of(call.argument(0)) {
            merge(call, &token, &other)?;
        }
        Ok(Value::Null)
    }),
    row("Descendants", "() -> IEnumerable<JToken>", |call| {
        let mut found = Vec::new();
        let token = call.this_token()?;
        descend(call, &token, &mut found)?;
        tokens(call, found)
    }),
    row("Count", "int", |call| Ok(length(call.this_token()?.len()))),
    row("Add", "(object content) -> void", |call| {
        let (token, item) = (call.this_token()?, call.argument(0).clone());
        array::push(call, &token, &item)?;
        Ok(Value::Null)
    }),
];

pub(crate) const RAW: &[Member] = &[row("new", "static (object rawJson) -> JRaw", |call| {
    let value = call.argument(0).clone();
    let text = call.machine.text_of(&value)?;
    Token::scalar(Scalar::Other(Other::Raw, text), &mut call.machine.budget).map(Value::Json)
})];

pub(crate) const CONSTRUCTOR: &[Member] = &[
    row("new", "static (string name) -> JConstructor", construct),
    row("new", "static (string name, object content) -> JConstructor", construct),
    row("new", "static (string name, params object[] content) -> JConstructor", construct),
    row("Name", "string", |call| Ok(call.this_token()?.constructor().map_or(Value::Null, Value::String))),
];

fn construct(call: &mut Call<'_, '_>) -> Outcome {
    let name = call.text(0)?;
    let token = Token::construct(name, &mut call.machine.budget)?;
    if call.count() > 1 {
        let content = call.argument(1).clone();
        array::push(call, &token, &content)?;
    }
    Ok(Value::Json(token))
}

/// Objects are merged member by member, arrays put behind each other; null changes nothing.
fn merge(call: &mut Call<'_, '_>, into: &Token, other: &Token) -> Result<(), Failure> {
    call.machine.budget.steps(1)?;
    match (into.class(), other.class()) {
        (Class::JObject, Class::JObject) => {
            for (name, value) in other.members() {
                match into.get(&name) {
                    Some(own) if own.class() == value.class() && own.as_scalar().is_none() => {
                        merge(call, &own, &value)?
                    }
                    Some(_) if value.as_scalar() == Some(Scalar::Null) => {}
                    _ => into.insert(&name, &value, &mut call.machine.budget)?,
                }
            }
        }
        (Class::JArray, Class::JArray) => {
            for item in other.children() {
                into.push(&item, &mut call.machine.budget)?;
            }
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn descend(call: &mut Call<'_, '_>, token: &Token, found: &mut Vec<Token>) -> Result<(), Failure> {
    for child in token.children() {
        call.machine.budget.memory(16)?;
        found.push(child.clone());
        descend(call, &child, found)?;
    }
    Ok(())
}
