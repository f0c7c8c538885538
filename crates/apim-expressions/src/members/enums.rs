//! `Enum`: the members on API Management's list, for the enums that policies can name.

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{Object, Value},
};

pub(super) const ENUM: &[Member] = &[
    row("Parse", "static (RuntimeType enumType, string value) -> object", |call| parse_as(call, false)),
    row("Parse", "static (RuntimeType enumType, string value, bool ignoreCase) -> object", |call| {
        let ignore_case = call.bool(2);
        parse_as(call, ignore_case)
    }),
    row("Parse", "static <T>(string value) -> T", |call| {
        let (class, text) = (call.type_argument(0).class, call.text(0)?);
        parse(class, &text, false)
    }),
    row("Parse", "static <T>(string value, bool ignoreCase) -> T", |call| {
        let (class, text) = (call.type_argument(0).class, call.text(0)?);
        parse(class, &text, call.bool(1))
    }),
    row("TryParse", "static <T>(string value, out T result) -> bool", |call| try_parse(call, false, 1)),
    row("TryParse", "static <T>(string value, bool ignoreCase, out T result) -> bool", |call| {
        let ignore_case = call.bool(1);
        try_parse(call, ignore_case, 2)
    }),
];

fn parse_as(call: &mut Call<'_, '_>, ignore_case: bool) -> Outcome {
    let class = match call.argument(0).as_object() {
        Some(Object::RuntimeType(class)) => class.class,
        _ => return Err(Failure::argument_null("enumType")),
    };
    let text = call.text(1)?;
    parse(class, &text, ignore_case)
}

fn try_parse(call: &mut Call<'_, '_>, ignore_case: bool, out: usize) -> Outcome {
    let class = call.type_argument(0).class;
    let found = call.optional_text(0).and_then(|text| parse(class, &text, ignore_case).ok());
    let is = found.is_some();
    call.set_out(out, found.unwrap_or_else(|| Value::enumerator(class, 0)));
    Ok(is.into())
}

/// Reads a name, several names separated by commas, or a number.
fn parse(class: Class, text: &str, ignore_case: bool) -> Outcome {
    let names = class.enumerators();
    if names.is_empty() {
        return Err(Failure::argument("Type provided must be an Enum. (Parameter 'enumType')"));
    }
    if text.trim().is_empty() {
        return Err(Failure::argument("Must specify valid information for parsing in the string. (Parameter 'value')"));
    }
    if let Ok(number) = text.trim().parse::<i32>() {
        return Ok(Value::enumerator(class, number));
    }
    let mut number = 0;
    for part in text.split(',').map(str::trim) {
        let same = |name: &str| if ignore_case { name.eq_ignore_ascii_case(part) } else { name == part };
        let found = names.iter().find(|(name, _)| same(name));
        let Some((_, value)) = found else {
            return Err(Failure::argument(format!("Requested value '{part}' was not found.")));
        };
        number |= value;
    }
    Ok(Value::enumerator(class, number))
}
