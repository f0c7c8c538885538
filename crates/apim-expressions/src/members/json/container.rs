//! The members of all containers, `JRaw` and `JConstructor`.

use super::{
    super::{Member, access::length, row},
    array,
    object::{add_all, property, put_first},
    token_of,
};
use crate::{
    evaluate::{Call, Outcome},
    json::{Other, Scalar, Token},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Object, Value},
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
    row("RemoveAll", "() -> void", |call| {
        emptied(call)?;
        Ok(Value::Null)
    }),
    row("ReplaceAll", "(object content) -> void", |call| {
        let token = emptied(call)?;
        put(call, &token)
    }),
    row("Descendants", "() -> IEnumerable<JToken>", |call| {
        let token = call.this_token()?;
        let found = descendants(call, &token)?;
        call.machine.collection(CollectionKind::Sequence, Class::JToken.into(), found)
    }),
    row("Count", "int", |call| match call.receiver.as_object() {
        Some(Object::Property(_)) => Ok(1.into()),
        _ => Ok(length(call.this_token()?.len())),
    }),
    row("Add", "(object content) -> void", |call| {
        refuse_property(call, "Newtonsoft.Json.Linq.JProperty cannot have multiple values.")?;
        let token = call.this_token()?;
        put(call, &token)
    }),
];

/// Members of a container that put a token first.
pub(crate) const FIRST: &[Member] = &[
    row("AddFirst", "(object content) -> void", |call| {
        refuse_property(call, "Newtonsoft.Json.Linq.JProperty cannot have multiple values.")?;
        let token = call.this_token()?;
        if token.class() == Class::JObject {
            return put_first(call, &token);
        }
        let value = call.token(0)?;
        token.insert_at(0, &value, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
    row("DescendantsAndSelf", "() -> IEnumerable<JToken>", |call| {
        let token = call.this_token()?;
        let mut found = descendants(call, &token)?;
        found.insert(0, call.receiver.clone());
        call.machine.collection(CollectionKind::Sequence, Class::JToken.into(), found)
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

/// Empties a container and returns it.
fn emptied(call: &mut Call<'_, '_>) -> Result<Token, Failure> {
    refuse_property(call, "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")?;
    let token = call.this_token()?;
    token.clear();
    Ok(token)
}

/// Puts the first argument into a container.
fn put(call: &mut Call<'_, '_>, token: &Token) -> Outcome {
    let item = call.argument(0).clone();
    if token.class() == Class::JObject {
        add_all(call, token, &item, 0)?
    } else {
        array::push(call, token, &item)?
    }
    Ok(Value::Null)
}

fn refuse_property(call: &Call<'_, '_>, message: &str) -> Result<(), Failure> {
    match call.receiver.as_object() {
        Some(Object::Property(_)) => Err(Failure::json_exception(message)),
        _ => Ok(()),
    }
}

/// Merges a token into another. Objects merge member by member, arrays are joined, and null changes nothing.
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

/// Returns everything below a container, properties before their values. Below a property, its value comes first.
fn descendants(call: &mut Call<'_, '_>, token: &Token) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    if let Some(Object::Property(_)) = call.receiver.as_object() {
        found.push(Value::Json(token.clone()));
    }
    descend(call, token, &mut found)?;
    Ok(found)
}

fn descend(call: &mut Call<'_, '_>, token: &Token, found: &mut Vec<Value>) -> Result<(), Failure> {
    let members = if token.class() == Class::JObject { token.members() } else { Vec::new() };
    for (name, value) in members {
        call.machine.budget.memory(80)?;
        found.push(property(name, value.clone(), Some(token.clone())));
        found.push(Value::Json(value.clone()));
        descend(call, &value, found)?;
    }
    if token.class() != Class::JObject {
        for child in token.children() {
            call.machine.budget.memory(16)?;
            found.push(Value::Json(child.clone()));
            descend(call, &child, found)?;
        }
    }
    Ok(())
}
