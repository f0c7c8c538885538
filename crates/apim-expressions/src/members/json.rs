//! `JToken` and its kinds, and `JsonConvert`.

mod array;
mod container;
mod object;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    json::{Other, Scalar, Token, convert, path, read, write},
    limits::Writer,
    problem::Failure,
    types::{Class, Type},
    value::{Kind, Object, Opaque, Value},
};

pub(super) use array::ARRAY;
pub(super) use container::{CONSTRUCTOR, CONTAINER, RAW};
pub(super) use object::{OBJECT, PROPERTY};

pub(super) const TOKEN: &[Member] = &[
    row("[]", "(object) -> JToken", get),
    row("[]=", "(object, JToken) -> void", set),
    row("Value", "<T>(object key) -> T", |call| {
        let found = get(call)?;
        let class = call.type_argument(0);
        convert::value_of(&found, &class, &mut call.machine.budget)
    }),
    // An extension method in .NET, which says so when it is called on null.
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
        call.machine.collection(Kind::Sequence, class, values)
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
                Err(Failure::json_exception(format!("The path '{path}' leads to no token.")))
            }
            [] => Ok(Value::Null),
            [one] => Ok(Value::Json(one.clone())),
            _ => Err(Failure::json_exception("Path returned multiple tokens.")),
        }
    }),
    row("SelectTokens", "(string path, bool errorWhenNoMatch) -> IEnumerable<JToken>", |call| {
        let found = selected(call)?;
        tokens(call, found)
    }),
    row("Path", "string", |call| {
        let path = match call.receiver.as_object() {
            Some(Object::Property(property)) => property.value().path(),
            _ => call.this_token()?.path(),
        };
        call.new_string(path)
    }),
    row("Parent", "JContainer", |call| match token_of(&call.receiver).and_then(|token| token.place()) {
        Some((parent, Ok(name))) if !matches!(call.receiver, Value::Object(_)) => {
            Ok(object::property(name.clone(), call.this_token()?, Some(parent)))
        }
        Some((parent, _)) => Ok(Value::Json(parent)),
        None => Ok(Value::Null),
    }),
    row("Next", "JToken", |call| beside(call, 1)),
    row("Previous", "JToken", |call| beside(call, -1)),
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
    row("Children", "() -> IEnumerable<JToken>", |call| {
        let (element, children) = call.this_items()?;
        call.machine.collection(Kind::Sequence, element, children)
    }),
    row("Children", "<T>() -> IEnumerable<T>", |call| {
        let class = call.type_argument(0);
        let children = call.this_items()?.1;
        let kept = children.into_iter().filter(|child| call.machine.cast(child.clone(), &class).is_ok()).collect();
        call.machine.collection(Kind::Sequence, class, kept)
    }),
    row("First", "JToken", |call| Ok(call.this_items()?.1.first().cloned().unwrap_or(Value::Null))),
    row("Last", "JToken", |call| Ok(call.this_items()?.1.last().cloned().unwrap_or(Value::Null))),
    row("Root", "JToken", |call| Ok(Value::Json(call.this_token()?.root()))),
    row("DeepClone", "() -> JToken", |call| {
        let token = call.this_token()?.copy(&mut call.machine.budget)?;
        let name = match call.receiver.as_object() {
            Some(Object::Property(property)) => std::sync::Arc::clone(&property.name),
            _ => return Ok(Value::Json(token)),
        };
        Ok(object::property(name, token, None))
    }),
    row("Remove", "() -> void", remove),
    row("Replace", "(JToken value) -> void", |call| {
        let value = call.token(0)?;
        let budget = &mut call.machine.budget;
        match token_of(&call.receiver).and_then(|token| token.place()) {
            Some((parent, Ok(name))) => parent.insert(&name, &value, budget)?,
            Some((parent, Err(index))) => drop(parent.replace_at(index, &value, budget)?),
            None => return Err(Failure::invalid_operation("The parent is missing.")),
        }
        Ok(Value::Null)
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

pub(super) const VALUE: &[Member] = &[
    row("CreateNull", "static () -> JValue", |call| {
        Token::scalar(Scalar::Null, &mut call.machine.budget).map(Value::Json)
    }),
    row("CreateUndefined", "static () -> JValue", |call| {
        let undefined = Scalar::Other(Other::Undefined, std::sync::Arc::default());
        Token::scalar(undefined, &mut call.machine.budget).map(Value::Json)
    }),
    row("CreateString", "static (string value) -> JValue", |call| {
        let scalar = call.optional_text(0).map_or(Scalar::Null, Scalar::Text);
        Token::scalar(scalar, &mut call.machine.budget).map(Value::Json)
    }),
    row("CreateComment", "static (string value) -> JValue", |call| {
        let comment = Scalar::Other(Other::Comment, call.optional_text(0).unwrap_or_default());
        Token::scalar(comment, &mut call.machine.budget).map(Value::Json)
    }),
    row("new", "static (object value) -> JValue", |call| {
        let value = call.argument(0).clone();
        let token = match &value {
            Value::Char(_) => call.machine.token(&value)?,
            _ => convert::content(&value, &mut call.machine.budget)?,
        };
        if token.class() == Class::JValue {
            return Ok(Value::Json(token));
        }
        let class = value.type_of().runtime_name();
        Err(Failure::argument(format!("Could not determine JSON object type for type {class}.")))
    }),
    row("Value", "object", |call| Ok(call.this_token()?.as_scalar().map_or(Value::Null, Value::from))),
    row("Value=", "(object) -> void", |call| {
        let value = call.token(0)?;
        if let Some(scalar) = value.as_scalar() {
            call.this_token()?.set_scalar(scalar);
        }
        Ok(Value::Null)
    }),
];

/// The token before or after this one.
fn beside(call: &mut Call<'_, '_>, step: isize) -> Outcome {
    let of_property = matches!(call.receiver, Value::Object(_));
    let Some((parent, place)) = token_of(&call.receiver).and_then(|token| token.place()) else {
        return Ok(Value::Null);
    };
    call.work(parent.len() * 8)?;
    match place {
        Err(index) => {
            let next = index.checked_add_signed(step).and_then(|index| parent.item(index));
            Ok(next.map_or(Value::Null, Value::Json))
        }
        // A member's value is alone in its property.
        Ok(_) if !of_property => Ok(Value::Null),
        Ok(name) => {
            let members = parent.members();
            let at = members.iter().position(|(known, _)| *known == name);
            let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| members.get(at).cloned());
            Ok(next.map_or(Value::Null, |(name, value)| object::property(name, value, Some(parent))))
        }
    }
}

/// A text without anything in it is null.
fn deserialized(call: &mut Call<'_, '_>, class: &Type) -> Outcome {
    let text = call.text(0)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let token = read::content(&text, &mut call.machine.budget)?;
    convert::to_object(&token, class, &mut call.machine.budget)
}

pub(super) const JSON_CONVERT: &[Member] = &[
    row("SerializeObject", "static (object value) -> string", serialize),
    row("SerializeObject", "static (object value, Formatting formatting) -> string", serialize),
    row("DeserializeObject", "static <T>(string value) -> T", |call| {
        let class = call.type_argument(0);
        deserialized(call, &class)
    }),
    row("DeserializeObject", "static (string value) -> object", |call| deserialized(call, &Class::Object.into())),
];

pub(super) fn token_of(value: &Value) -> Option<Token> {
    match value {
        Value::Json(token) => Some(token.clone()),
        Value::Object(Opaque(Object::Property(property))) => Some(property.value()),
        _ => None,
    }
}

/// A text that is JSON, but of another kind than was asked for.
pub(super) fn wrong_kind(found: &Token, wanted: Class) -> Failure {
    let event = match found.class() {
        Class::JObject => "StartObject",
        Class::JArray => "StartArray",
        _ => convert::type_name(found),
    };
    let (class, kind) = if wanted == Class::JArray { ("JArray", "an array") } else { ("JObject", "an object") };
    Failure::json(format!(
        "Error reading {class} from JsonReader. Current JsonReader item is not {kind}: {event}. Path '', line 1, position 1."
    ))
}

fn parse(call: &mut Call<'_, '_>, wanted: Class) -> Outcome {
    let read = if wanted == Class::JToken { read::token } else { read::content };
    let token = read(&call.text(0)?, &mut call.machine.budget)?;
    if wanted == Class::JToken || token.class() == wanted {
        return Ok(Value::Json(token));
    }
    Err(wrong_kind(&token, wanted))
}

fn from_object(call: &mut Call<'_, '_>, wanted: Class) -> Outcome {
    let value = call.argument(0).clone();
    if value.is_null() {
        return Err(Failure::argument_null("o"));
    }
    let token = call.machine.token(&value)?;
    if wanted == Class::JToken || token.class() == wanted {
        return Ok(Value::Json(token));
    }
    let found = convert::type_name(&token);
    let wanted = wanted.description().name;
    Err(Failure::argument(format!("Object serialized to {found}. {wanted} instance expected.")))
}

fn get(call: &mut Call<'_, '_>) -> Outcome {
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

fn remove(call: &mut Call<'_, '_>) -> Outcome {
    let receiver = call.receiver.clone();
    let budget = &mut call.machine.budget;
    if let Some(Object::Property(property)) = receiver.as_object() {
        let owner = crate::value::lock(&property.owner).take();
        return match owner {
            Some(owner) => owner.remove(&property.name, budget).map(|_| Value::Null),
            None => Err(Failure::invalid_operation("The parent is missing.")),
        };
    }
    match token_of(&receiver).and_then(|token| token.place()) {
        Some((parent, Err(index))) => parent.remove_at(index, budget).map(|_| Value::Null),
        // The value of a property goes only with the property.
        Some((_, Ok(_))) => Err(Failure::json("Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")),
        None => Err(Failure::invalid_operation("The parent is missing.")),
    }
}

fn selected(call: &mut Call<'_, '_>) -> Result<Vec<Token>, Failure> {
    let token = call.this_token()?;
    let path = call.text(0)?;
    call.work(path.len())?;
    path::select(&token, &path, &mut call.machine.budget)
}

fn tokens(call: &mut Call<'_, '_>, tokens: Vec<Token>) -> Outcome {
    let values = tokens.into_iter().map(Value::Json).collect();
    call.machine.collection(Kind::Sequence, Class::JToken.into(), values)
}

fn text(call: &mut Call<'_, '_>, indented: bool) -> Outcome {
    let token = call.this_token()?;
    let mut out = Writer::new(&mut call.machine.budget);
    write::token(&token, indented, &mut out)?;
    Ok(Value::String(out.finish()))
}

fn serialize(call: &mut Call<'_, '_>) -> Outcome {
    let indented = call.flags(1) == 1;
    let value = call.argument(0).clone();
    let token = call.machine.token(&value)?;
    let mut out = Writer::new(&mut call.machine.budget);
    write::token(&token, indented, &mut out)?;
    Ok(Value::String(out.finish()))
}

/// The static forms of the extension methods (`Newtonsoft.Json.Linq.Extensions.Value(…)`).
pub(super) const EXTENSIONS: &[Member] = &[row("Value", "static <T>(IEnumerable<JToken> value) -> T", |call| {
    call.receiver = call.arguments.remove(0);
    if call.receiver.is_null() {
        return Err(Failure::argument_null("value"));
    }
    let token = Value::Json(call.this_token()?);
    let class = call.type_argument(0);
    convert::value_of(&token, &class, &mut call.machine.budget)
})];

/// Members that look around a token.
pub(super) const AROUND: &[Member] = &[
    row("Ancestors", "() -> IEnumerable<JContainer>", |call| ancestors(call, false)),
    row("AncestorsAndSelf", "() -> IEnumerable<JContainer>", |call| ancestors(call, true)),
    row("AddAfterSelf", "(object content) -> void", |call| insert_beside(call, 1)),
    row("AddBeforeSelf", "(object content) -> void", |call| insert_beside(call, 0)),
];

/// Members of a container that put something first.
pub(super) const FIRST: &[Member] = &[
    row("AddFirst", "(object content) -> void", |call| {
        let token = call.this_token()?;
        if token.class() == Class::JObject {
            return object::put_first(call, &token);
        }
        let value = call.token(0)?;
        token.insert_at(0, &value, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
    row("DescendantsAndSelf", "() -> IEnumerable<JToken>", |call| {
        let token = call.this_token()?;
        let mut found = container::descendants(call, &token)?;
        found.insert(0, call.receiver.clone());
        call.machine.collection(Kind::Sequence, Class::JToken.into(), found)
    }),
];

/// The extension methods of sequences of tokens.
pub(super) const SEQUENCE: &[Member] = &[
    row("Children", "extension () -> IEnumerable<JToken>", |call| {
        let found = of_each(call, None)?;
        sequence(call, found)
    }),
    row("Values", "extension () -> IEnumerable<JToken>", |call| {
        let found = of_each(call, None)?;
        sequence(call, found)
    }),
    row("Values", "extension (object key) -> IEnumerable<JToken>", |call| {
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
        call.machine.collection(Kind::Sequence, class, values)
    }),
    row("[]", "(object) -> IEnumerable<JToken>", |call| {
        let key = call.argument(0).clone();
        let found = of_each(call, Some(&key))?;
        sequence(call, found)
    }),
    row("Properties", "extension () -> IEnumerable<JProperty>", |call| {
        let mut found = Vec::new();
        for item in call.this_items()?.1 {
            if matches!(&item, Value::Json(token) if token.class() == Class::JObject) {
                found.extend(call.machine.items(&item)?.1);
            }
        }
        call.machine.collection(Kind::Sequence, Class::JProperty.into(), found)
    }),
];

/// The children of each token of a sequence, or what each has under a key.
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

fn ancestors(call: &mut Call<'_, '_>, own: bool) -> Outcome {
    let mut found = Vec::new();
    let mut at = Some(call.receiver.clone());
    if !own {
        at = at.as_ref().and_then(parent_of);
    }
    while let Some(value) = at {
        call.work(64)?;
        at = parent_of(&value);
        found.push(value);
    }
    call.machine.collection(Kind::Sequence, Class::JContainer.into(), found)
}

fn parent_of(value: &Value) -> Option<Value> {
    match token_of(value)?.place() {
        Some((parent, Ok(name))) if !matches!(value, Value::Object(_)) => {
            Some(object::property(name, token_of(value)?.clone(), Some(parent)))
        }
        Some((parent, _)) => Some(Value::Json(parent)),
        None => None,
    }
}

/// Puts a property or an element beside another.
fn insert_beside(call: &mut Call<'_, '_>, after: usize) -> Outcome {
    let missing = || Failure::invalid_operation("The parent is missing.");
    let (parent, place) = token_of(&call.receiver).and_then(|token| token.place()).ok_or_else(missing)?;
    match place {
        Err(index) => {
            let value = call.token(0)?;
            parent.insert_at(index + after, &value, &mut call.machine.budget)?;
            Ok(Value::Null)
        }
        Ok(_) => Err(Failure::unsupported("adding a property beside another")),
    }
}

fn sequence(call: &mut Call<'_, '_>, found: Vec<Value>) -> Outcome {
    call.machine.collection(Kind::Sequence, Class::JToken.into(), found)
}
