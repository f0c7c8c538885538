//! Prints values: for an output, and for filters as .NET's `ToString` does.

use apim_expressions::double_text;
use rust_decimal::Decimal;

use crate::value::Value;

/// Prints a value as `{{ … }}` does.
pub(crate) fn output(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::List(items) => items.iter().map(item).collect(),
        Value::Object(object) => {
            let pairs = object.members.iter();
            pairs.map(|(name, value)| format!("[{name}, {}]", dotnet(value))).collect()
        }
        other => item(other),
    }
}

/// Prints a value in a list: a decimal loses the zeros at its end.
fn item(value: &Value) -> String {
    match value {
        Value::Decimal(number) => decimal(number.normalize()),
        other => dotnet(other),
    }
}

/// Prints a value as `ToString()` does; nil is empty.
pub(crate) fn dotnet(value: &Value) -> String {
    match value {
        Value::Nil => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Long(number) => number.to_string(),
        Value::Double(number) => double_text(*number),
        Value::Decimal(number) => decimal(*number),
        Value::Text(text) => text.to_string(),
        Value::Date(time) => time.to_text(),
        Value::Pair(pair) => format!("[{}, {}]", pair.0, dotnet(&pair.1)),
        Value::List(_) | Value::Object(_) | Value::Empty => value.type_name().to_owned(),
    }
}

/// Prints a decimal. Zero has no sign.
fn decimal(number: Decimal) -> String {
    if number.is_zero() { number.abs().to_string() } else { number.to_string() }
}
