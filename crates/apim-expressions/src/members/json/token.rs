//! The members of every token.

use super::{
    super::{Member, row},
    from_object,
    object::property,
    parse, token_of,
};
use crate::{
    evaluate::{Call, Outcome},
    json::{Token, convert, path, write},
    limits::Writer,
    problem::Failure,
    types::{Class, Type},
    value::{CollectionKind, Object, Value},
};

pub(crate) const TOKEN: &[Member] = &[
    row("[]", "(object) -> JToken", get),
    row("[]=", "(object, JToken) -> void", set),
    row("Value", "<T>(object key) -> T", |call| {
        let found = get(call)?;
        let class = call.type_argument(0);
        convert::value_of(&found, &class, &mut call.machine.budget)
    }),
    // This is an extension method in .NET: on null, it refuses a null argument.
    row("Value", "extension <T>() -> T", |call| {
        if call.receiver.is_null() {
            return Err(Failure::argument_null("value"));
        }
        let token = Value::Json(call.this_token()?);
        let class = call.type_argument(0);
        convert::value_of(&token, &class, &mut call.machine.budget)
    }),
    row("Values", "extension <T>() -> IEnumerable<T>", |call| {
        let class = call.type_argument(0);
        let children = call.this_token()?.children();
        let values = children
            .iter()
            .map(|child| convert::value_of(&Value::Json(child.clone()), &class, &mut call.machine.budget));
        let values = values.collect::<Result<_, _>>()?;
        call.machine.collection(CollectionKind::Sequence, class, values)
    }),
    row("ToObject", "<T>() -> T", |call| {
        let (token, class) = (call.this_token()?, call.type_argument(0));
        convert::to_object(&token, &class, &mut call.machine.budget)
    }),
    row("ToString", "(Formatting) -> string", |call| {
        let indented = call.flags(0) == 1;
        text(call, indented)
    }),
    row("SelectToken", "(string path) -> JToken", |call| {
        let found = selected(call)?;
        match found.as_slice() {
            [] => Ok(Value::Null),
            [one] => Ok(Value::Json(one.clone())),
            _ => Err(Failure::json_exception("Path returned multiple tokens.")),
        }
    }),
    row("SelectToken", "(string path, bool errorWhenNoMatch) -> JToken", |call| {
        let found = selected(call)?;
        match found.as_slice() {
            [] if call.bool(1) => {
                let path = call.text(0)?;
                Err(no_token(&path))
            }
            [] => Ok(Value::Null),
            [one] => Ok(Value::Json(one.clone())),
            _ => Err(Failure::json_exception("Path returned multiple tokens.")),
        }
    }),
    row("SelectTokens", "(string path, bool errorWhenNoMatch) -> IEnumerable<JToken>", |call| {
        let found = selected(call)?;
        if found.is_empty() && call.bool(1) {
            return Err(no_token(&call.text(0)?));
        }
        tokens(call, found)
    }),
    row("SelectTokens", "(string path) -> IEnumerable<JToken>", |call| {
        let found = selected(call)?;
        tokens(call, found)
    }),
    row("HasValues", "bool", |call| {
        // A property always has its value.
        let property = matches!(call.receiver.as_object(), Some(Object::Property(_)));
        Ok(Value::Bool(property || call.this_token()?.len() > 0))
    }),
    row("Type", "JTokenType", |call| {
        let name = match call.receiver.as_object() {
            Some(Object::Property(_)) => "Property",
            _ => convert::type_name(&call.this_token()?),
        };
        let number = Class::JTokenType.enumerators().iter().find(|(known, _)| *known == name);
        Ok(Value::enumerator(Class::JTokenType, number.map_or(0, |(_, number)| *number)))
    }),
    row("Children", "() -> JEnumerable<JToken>", |call| {
        let (element, children) = call.this_items()?;
        call.machine.collection(CollectionKind::Sequence, element, children)
    }),
    row("Children", "<T>() -> JEnumerable<T>", |call| {
        let class = call.type_argument(0);
        let children = call.this_items()?.1;
        let kept = children.into_iter().filter(|child| call.machine.cast(child.clone(), &class).is_ok()).collect();
        call.machine.collection(CollectionKind::Sequence, class, kept)
    }),
    row("First", "JToken", |call| child(call, false)),
    row("Last", "JToken", |call| child(call, true)),
    row("DeepClone", "() -> JToken", |call| {
        let token = call.this_token()?.copy(&mut call.machine.budget)?;
        let name = match call.receiver.as_object() {
            Some(Object::Property(property)) => std::sync::Arc::clone(&property.name),
            _ => return Ok(Value::Json(token)),
        };
        Ok(property(name, token, None))
    }),
    row("Parse", "static (string json) -> JToken", |call| parse(call, Class::JToken)),
    row("FromObject", "static (object o) -> JToken", |call| from_object(call, Class::JToken)),
    row("DeepEquals", "static (JToken t1, JToken t2) -> bool", |call| {
        let (one, two) = (token_of(call.argument(0)), token_of(call.argument(1)));
        match (one, two) {
            (Some(one), Some(two)) => Ok(Value::Bool(one.deep_equals(&two, &mut call.machine.budget)?)),
            (one, two) => Ok(Value::Bool(one.is_none() && two.is_none())),
        }
    }),
];

fn get(call: &mut Call<'_, '_>) -> Outcome {
    if matches!(call.receiver.as_object(), Some(Object::Property(_))) {
        return Err(Failure::invalid_operation("Cannot access child value on Newtonsoft.Json.Linq.JProperty."));
    }
    let token = call.this_token()?;
    let key = call.argument(0).clone();
    let found = match (token.class(), &key) {
        (Class::JObject, Value::String(name)) => token.get(name),
        (Class::JArray, Value::Integer(index)) => {
            let item = usize::try_from(index.value()).ok().and_then(|index| token.item(index));
            return item.map(Value::Json).ok_or_else(Failure::index_out_of_range);
        }
        (class, _) => return Err(wrong_key(call, class, &key)?),
    };
    Ok(found.map_or(Value::Null, Value::Json))
}

fn wrong_key(call: &mut Call<'_, '_>, class: Class, key: &Value) -> Result<Failure, Failure> {
    let shown = match key {
        Value::String(name) => format!("\"{name}\""),
        other => call.machine.text_of(other)?.to_string(),
    };
    Ok(match class {
        Class::JObject => Failure::argument(format!(
            "Accessed JObject values with invalid key value: {shown}. Object property name expected."
        )),
        Class::JArray => Failure::argument(format!(
            "Accessed JArray values with invalid key value: {shown}. Int32 array index expected."
        )),
        other => {
            let class = Type::from(other).runtime_name();
            Failure::invalid_operation(format!("Cannot access child value on {class}."))
        }
    })
}

fn set(call: &mut Call<'_, '_>) -> Outcome {
    if matches!(call.receiver.as_object(), Some(Object::Property(_))) {
        return Err(Failure::invalid_operation("Cannot set child value on Newtonsoft.Json.Linq.JProperty."));
    }
    let token = call.this_token()?;
    let key = call.argument(0).clone();
    let value = call.token(1)?;
    let budget = &mut call.machine.budget;
    match (token.class(), &key) {
        (Class::JObject, Value::String(name)) => token.insert(name, &value, budget)?,
        (Class::JArray, Value::Integer(index)) => {
            let index = usize::try_from(index.value()).map_err(|_| Failure::index_out_of_range())?;
            if !token.replace_at(index, &value, budget)? {
                return Err(Failure::index_out_of_range());
            }
        }
        (Class::JValue, _) => {
            return Err(Failure::invalid_operation("Cannot set child value on Newtonsoft.Json.Linq.JValue."));
        }
        (class, _) => {
            let verb = |failure| match failure {
                Failure::Thrown(exception) => Failure::argument(exception.message.replacen("Accessed", "Set", 1)),
                stopped => stopped,
            };
            return Err(verb(wrong_key(call, class, &key)?));
        }
    }
    Ok(Value::Null)
}

fn no_token(path: &str) -> Failure {
    Failure::json_exception(format!("The path '{path}' leads to no token."))
}

/// Returns the first or last child; a value has none.
fn child(call: &mut Call<'_, '_>, last: bool) -> Outcome {
    if let Value::Json(token) = &call.receiver
        && token.as_scalar().is_some()
    {
        let class = Type::from(token.class()).runtime_name();
        return Err(Failure::invalid_operation(format!("Cannot access child value on {class}.")));
    }
    let children = call.this_items()?.1;
    let found = if last { children.last() } else { children.first() };
    Ok(found.cloned().unwrap_or(Value::Null))
}

fn selected(call: &mut Call<'_, '_>) -> Result<Vec<Token>, Failure> {
    let token = call.this_token()?;
    let path = call.text(0)?;
    call.work(path.len())?;
    path::select(&token, &path, &mut call.machine.budget)
}

fn tokens(call: &mut Call<'_, '_>, tokens: Vec<Token>) -> Outcome {
    let values = tokens.into_iter().map(Value::Json).collect();
    call.machine.collection(CollectionKind::Sequence, Class::JToken.into(), values)
}

fn text(call: &mut Call<'_, '_>, indented: bool) -> Outcome {
    let token = call.this_token()?;
    let mut out = Writer::new(&mut call.machine.budget);
    write::token(&token, indented, &mut out)?;
    Ok(Value::String(out.finish()))
}
