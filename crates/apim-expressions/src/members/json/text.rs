//! `JsonConvert`

use super::super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    json::{convert, read, write},
    limits::Writer,
    types::{Class, Type},
    value::Value,
};

pub(crate) const JSON_CONVERT: &[Member] = &[
    row("SerializeObject", "static (object value) -> string", serialize),
    row("SerializeObject", "static (object value, Formatting formatting) -> string", serialize),
    row("DeserializeObject", "static <T>(string value) -> T", |call| {
        let class = call.type_argument(0);
        deserialized(call, &class)
    }),
    row("DeserializeObject", "static (string value) -> object", |call| deserialized(call, &Class::Object.into())),
];

/// Reads a text. An empty or blank text is null.
fn deserialized(call: &mut Call<'_, '_>, class: &Type) -> Outcome {
    let text = call.text(0)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let token = read::content(&text, &mut call.machine.budget)?;
    convert::to_object(&token, class, &mut call.machine.budget)
}

fn serialize(call: &mut Call<'_, '_>) -> Outcome {
    let indented = call.flags(1) == 1;
    let value = call.argument(0).clone();
    let token = call.machine.token(&value)?;
    let mut out = Writer::new(&mut call.machine.budget);
    write::token(&token, indented, &mut out)?;
    Ok(Value::String(out.finish()))
}
