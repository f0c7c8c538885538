//! `JObject` and `JProperty`.

use std::sync::Arc;

use super::{
    super::{Member, access::length, row},
    from_object, parse,
};
use crate::{
    evaluate::{Call, Outcome},
    json::{Property, Token, convert},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Object, Value},
};

pub(crate) const OBJECT: &[Member] = &[
    row("new", "static () -> JObject", |call| Ok(Value::Json(Token::object(&mut call.machine.budget)?))),
    row("new", "static (JObject other) -> JObject", |call| {
        let source = call.token(0)?;
        Ok(Value::Json(source.copy(&mut call.machine.budget)?))
    }),
    row("new", "static (object content) -> JObject", create),
    row("new", "static (params object[] content) -> JObject", create),
    row("Parse", "static (string json) -> JObject", |call| parse(call, Class::JObject)),
    row("FromObject", "static (object o) -> JObject", |call| from_object(call, Class::JObject)),
    row("Count", "int", |call| Ok(length(call.this_token()?.len()))),
    row("[]", "(string) -> JToken", |call| {
        let name = call.text(0)?;
        Ok(call.this_token()?.get(&name).map_or(Value::Null, Value::Json))
    }),
    row("[]=", "(string, JToken) -> void", |call| {
        let (token, name, value) = (call.this_token()?, call.text(0)?, call.token(1)?);
        token.insert(&name, &value, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
    row("Add", "(string propertyName, JToken value) -> void", |call| {
        let (token, name, value) = (call.this_token()?, call.text(0)?, call.token(1)?);
        add(call, &token, &name, &value)?;
        Ok(Value::Null)
    }),
    row("Add", "(object content) -> void", |call| {
        let (token, item) = (call.this_token()?, call.argument(0).clone());
        add_property(call, &token, &item)?;
        Ok(Value::Null)
    }),
    row("Remove", "(string propertyName) -> bool", |call| {
        let (token, name) = (call.this_token()?, call.text(0)?);
        Ok(Value::Bool(token.remove(&name, &mut call.machine.budget)?))
    }),
    row("RemoveAll", "() -> void", |call| {
        call.this_token()?.clear();
        Ok(Value::Null)
    }),
    row("ContainsKey", "(string propertyName) -> bool", |call| {
        Ok(Value::Bool(call.this_token()?.get(&call.text(0)?).is_some()))
    }),
    row("Property", "(string name) -> JProperty", |call| {
        let (token, name) = (call.this_token()?, call.text(0)?);
        Ok(token.get(&name).map_or(Value::Null, |value| property(name, value, Some(token))))
    }),
    row("Properties", "() -> IEnumerable<JProperty>", |call| {
        let token = call.this_token()?;
        let members = token.members();
        call.machine.budget.memory(members.len() * 64)?;
        let properties = members.into_iter().map(|(name, value)| property(name, value, Some(token.clone()))).collect();
        call.machine.collection(CollectionKind::Sequence, Class::JProperty.into(), properties)
    }),
    row("GetValue", "(string propertyName) -> JToken", get_value),
    row("GetValue", "(string propertyName, StringComparison comparison) -> JToken", get_value),
    row("TryGetValue", "(string propertyName, StringComparison comparison, out JToken value) -> bool", |call| {
        let found = get_value(call)?;
        let present = !found.is_null();
        call.set_out(2, found);
        Ok(Value::Bool(present))
    }),
    row("PropertyValues", "() -> JEnumerable<JToken>", |call| {
        let values = call.this_token()?.children().into_iter().map(Value::Json).collect();
        call.machine.collection(CollectionKind::Sequence, Class::JToken.into(), values)
    }),
    row("TryGetValue", "(string propertyName, out JToken value) -> bool", |call| {
        let found = get_value(call)?;
        let present = !found.is_null();
        call.set_out(1, found);
        Ok(Value::Bool(present))
    }),
];

pub(crate) const PROPERTY: &[Member] = &[
    row("new", "static (string name, object content) -> JProperty", create_property),
    row("new", "static (string name, params object[] content) -> JProperty", create_property),
    row("Name", "string", |call| this(call).map(|property| Value::String(Arc::clone(&property.name)))),
    row("Value", "JToken", |call| this(call).map(|property| Value::Json(property.value()))),
    row("Value=", "(JToken) -> void", |call| {
        let value = call.token(0)?;
        this(call)?.set(&value, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
];

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let object = Token::object(&mut call.machine.budget)?;
    let items = call.argument(0).clone();
    add_all(call, &object, &items, 0)?;
    Ok(Value::Json(object))
}

/// Adds a property, or the properties of a list.
pub(super) fn add_all(call: &mut Call<'_, '_>, object: &Token, item: &Value, depth: usize) -> Result<(), Failure> {
    if depth > 32 || !matches!(item, Value::Collection(_)) {
        return add_property(call, object, item);
    }
    for item in call.machine.items(item)?.1 {
        add_all(call, object, &item, depth + 1)?;
    }
    Ok(())
}

/// Makes a property. One value is the property's value; a list, several values or no values become an array.
fn create_property(call: &mut Call<'_, '_>) -> Outcome {
    let (name, value) = (call.text(0)?, call.argument(1).clone());
    call.machine.budget.memory(64 + name.len())?;
    let bytes = value.as_bytes().is_some();
    let token = if matches!(value, Value::Collection(_)) && !bytes {
        let array = Token::array(&mut call.machine.budget)?;
        super::array::push(call, &array, &value)?;
        array
    } else {
        convert::content(&value, &mut call.machine.budget)?
    };
    // A value that is already in a document is copied, here as everywhere.
    let token = if token.parent().is_some() { token.copy(&mut call.machine.budget)? } else { token };
    Ok(property(name, token, None))
}

pub(super) fn property(name: Arc<str>, value: Token, owner: Option<Token>) -> Value {
    Value::object(Object::Property(Arc::new(Property::new(name, value, owner))))
}

fn this(call: &Call<'_, '_>) -> Result<Arc<Property>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Property(property)) => Ok(Arc::clone(property)),
        _ => Err(Failure::null_reference()),
    }
}

fn add(call: &mut Call<'_, '_>, object: &Token, name: &Arc<str>, value: &Token) -> Result<(), Failure> {
    if object.get(name).is_some() {
        return Err(Failure::argument(format!(
            "Can not add property {name} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists \
             on object."
        )));
    }
    object.insert(name, value, &mut call.machine.budget)
}

/// `AddFirst` of a property: the existing properties move behind it.
pub(super) fn put_first(call: &mut Call<'_, '_>, object: &Token) -> Outcome {
    let members = object.members();
    let item = call.argument(0).clone();
    add_property(call, object, &item)?;
    for (name, value) in members {
        object.remove(&name, &mut call.machine.budget)?;
        object.insert(&name, &value, &mut call.machine.budget)?;
    }
    Ok(Value::Null)
}

fn add_property(call: &mut Call<'_, '_>, object: &Token, item: &Value) -> Result<(), Failure> {
    match item.as_object() {
        Some(Object::Property(property)) => {
            add(call, object, &property.name, &property.value())?;
            let mut owner = crate::lock::lock(&property.owner);
            if owner.is_none() {
                *owner = Some(object.clone());
            }
            Ok(())
        }
        _ => {
            let class = item.type_of().runtime_name();
            Err(Failure::argument(format!("Can not add {class} to Newtonsoft.Json.Linq.JObject.")))
        }
    }
}

fn get_value(call: &mut Call<'_, '_>) -> Outcome {
    let (token, name) = (call.this_token()?, call.text(0)?);
    let exact = token.get(&name);
    if exact.is_some() || call.flags(1) % 2 == 0 {
        return Ok(exact.map_or(Value::Null, Value::Json));
    }
    call.work(token.len() * 32)?;
    let wanted = name.to_lowercase();
    let found = token.members().into_iter().find(|(known, _)| known.to_lowercase() == wanted);
    Ok(found.map_or(Value::Null, |(_, value)| Value::Json(value)))
}
