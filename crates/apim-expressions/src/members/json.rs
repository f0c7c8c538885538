//! `JToken` and its kinds, and `JsonConvert`.

mod around;
mod array;
mod container;
mod object;
mod sequence;
mod text;
mod token;
mod value;

pub(super) use self::{
    around::AROUND,
    array::ARRAY,
    container::{CONSTRUCTOR, CONTAINER, FIRST, RAW},
    object::{OBJECT, PROPERTY},
    sequence::{EXTENSIONS, INDEXER, OBJECTS, SEQUENCE},
    text::JSON_CONVERT,
    token::TOKEN,
    value::VALUE,
};
use crate::{
    evaluate::{Call, Outcome},
    json::{Token, convert, read},
    problem::Failure,
    types::Class,
    value::{Object, Opaque, Value},
};

pub(super) fn token_of(value: &Value) -> Option<Token> {
    match value {
        Value::Json(token) => Some(token.clone()),
        Value::Object(Opaque(Object::Property(property))) => Some(property.value()),
        _ => None,
    }
}

/// Returns the error for a JSON text of another kind than the wanted one.
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
