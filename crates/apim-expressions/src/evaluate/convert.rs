//! The conversions that the checker has made explicit.

use std::sync::Arc;

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{Machine, Outcome, expression::is_instance};
use crate::{
    json::{Token, convert as json},
    members::xml,
    problem::Failure,
    types::{Class, Type, convert::Conversion},
    value::{DateTimeOffset, Integer, Object, Value, change},
    xml::Name,
};

impl Machine<'_> {
    pub(super) fn convert(&mut self, value: Value, conversion: &Conversion) -> Outcome {
        match conversion {
            Conversion::Same => Ok(value),
            Conversion::Number(class) => number(&value, *class, false),
            Conversion::Checked(class) => number(&value, *class, true),
            Conversion::Check(class) => check(value, class),
            Conversion::FromJson(class) => json::cast(&value, class, &mut self.budget),
            Conversion::ToJson => match value {
                // The implicit operator also makes a token of null, but only of a null string.
                Value::Json(_) => Ok(value),
                value => {
                    let token = json::from_value(&value, &mut self.budget)?;
                    Ok(Value::Json(token))
                }
            },
            Conversion::ToOffset => match value {
                Value::DateTime(time) => Ok(Value::DateTimeOffset(DateTimeOffset::from(time))),
                other => Ok(other),
            },
            Conversion::ToXmlName(class) => self.xml_name(&value, *class),
            Conversion::FromXml(class) => self.plain_of_xml(&value, class),
            Conversion::Then(steps) => {
                let value = self.convert(value, &steps.0)?;
                self.convert(value, &steps.1)
            }
            Conversion::Unwrap(inner) => match value {
                Value::Null => Err(Failure::invalid_operation("Nullable object must have a value.")),
                value => self.convert(value, inner),
            },
            Conversion::Lift(inner) => match value {
                Value::Null => Ok(Value::Null),
                value => self.convert(value, inner),
            },
        }
    }
}

impl Machine<'_> {
    fn xml_name(&mut self, value: &Value, class: Class) -> Outcome {
        let Value::String(text) = value else { return Ok(Value::Null) };
        self.budget.work(text.len())?;
        if class == Class::XNamespace {
            return Ok(xml::namespace(Arc::clone(text)));
        }
        Name::expanded(text).map(xml::name)
    }

    /// Converts by `(T)element` and `(T)attribute`. The XML texts 1 and 0 are truth values, too.
    fn plain_of_xml(&mut self, value: &Value, class: &Type) -> Outcome {
        let text = match value.as_object() {
            Some(Object::Xml(node)) => {
                self.budget.work(node.len() * 32)?;
                self.string(node.value())?
            }
            Some(Object::XmlAttribute(attribute)) => Value::String(attribute.value()),
            _ if class.is(Class::Nullable) || !class.is_value() => return Ok(Value::Null),
            _ => return Err(Failure::argument_null("element")),
        };
        let plain = class.underlying().unwrap_or(class).class;
        match text.as_str().map(str::trim) {
            _ if plain == Class::String => Ok(text),
            Some("1") if plain == Class::Bool => Ok(Value::Bool(true)),
            Some("0") if plain == Class::Bool => Ok(Value::Bool(false)),
            _ => change::change(&text, plain, &mut self.budget),
        }
    }
}

/// Converts a number, character or enum to another type. A value that does not fit wraps, except for a `decimal`.
pub(super) fn number(value: &Value, class: Class, checked: bool) -> Outcome {
    let overflow = || Failure::overflow("Arithmetic operation resulted in an overflow.");
    let too_large = |class: Class| {
        let name = class.description().name;
        Failure::overflow(format!("Value was either too large or too small for {name}."))
    };
    let whole = match value {
        Value::Null => return Ok(Value::Null),
        Value::Integer(number) => number.wide(),
        Value::Char(unit) => i128::from(*unit),
        Value::Single(_) | Value::Double(_) | Value::Decimal(_) if !class.is_integer() && class.is_number() => {
            return real(value, class);
        }
        Value::Decimal(number) => {
            let whole = number.trunc().to_i128().unwrap_or_default();
            let class = if class.is_integer() { class } else { Class::Int };
            Integer::fit(class, whole).ok_or_else(|| too_large(class))?;
            whole
        }
        Value::Single(number) if checked => exact((*number).into()).ok_or_else(overflow)?,
        Value::Double(number) if checked => exact(*number).ok_or_else(overflow)?,
        Value::Single(number) => truncate((*number).into(), class),
        Value::Double(number) => truncate(*number, class),
        other => match other.as_object() {
            Some(Object::Enum(_, number)) => i128::from(*number),
            _ => return Ok(other.clone()),
        },
    };
    Ok(match class {
        Class::Single => Value::Single(whole as f32),
        Class::Double => Value::Double(whole as f64),
        Class::Decimal => Value::Decimal(Decimal::from_i128_with_scale(whole, 0)),
        _ if checked && class.is_integer() => Value::Integer(Integer::fit(class, whole).ok_or_else(overflow)?),
        Class::Char if checked => Value::Char(u16::try_from(whole).map_err(|_| overflow())?),
        Class::Char => Value::Char(u16::try_from(Integer::wrap(Class::UShort, whole).value()).unwrap_or_default()),
        _ if !class.enumerators().is_empty() => {
            let number = i32::try_from(Integer::wrap(Class::Int, whole).value()).unwrap_or_default();
            Value::enumerator(class, number)
        }
        _ => Value::Integer(Integer::wrap(class, whole)),
    })
}

/// Converts between `float`, `double` and `decimal`.
fn real(value: &Value, class: Class) -> Outcome {
    Ok(match (value, class) {
        (Value::Single(number), Class::Double) => Value::Double((*number).into()),
        (Value::Double(number), Class::Single) => Value::Single(*number as f32),
        (Value::Decimal(number), Class::Double) => Value::Double(number.to_f64().unwrap_or_default()),
        (Value::Decimal(number), Class::Single) => Value::Single(number.to_f32().unwrap_or_default()),
        (Value::Double(number), Class::Decimal) => change::decimal_of(*number, 15)?,
        (Value::Single(number), Class::Decimal) => change::decimal_of((*number).into(), 7)?,
        (other, _) => other.clone(),
    })
}

/// Returns the whole part of a double where it fits 64 bits.
fn exact(double: f64) -> Option<i128> {
    (double.is_finite() && double.abs() < 1.9e19).then_some(double as i128)
}

/// Returns the whole part of a double. C# does not define the result for a double that is too large; .NET gives the
/// smallest number.
fn truncate(double: f64, class: Class) -> i128 {
    let most = if class == Class::ULong { 1.9e19 } else { 9.3e18 };
    if double.abs() < most { double as i128 } else { i64::MIN.into() }
}

/// Checks `(T)value`: the value must already be a T.
fn check(value: Value, class: &Type) -> Outcome {
    if value.is_null() {
        return if class.is_value() && !class.is(Class::Nullable) {
            Err(Failure::null_reference())
        } else {
            Ok(Value::Null)
        };
    }
    if is_instance(&value, class) {
        return Ok(value);
    }
    // A boxed enum also unboxes as its number, and a boxed number as an enum.
    let target = class.underlying().unwrap_or(class).class;
    match (&value, value.as_object()) {
        (Value::Integer(known), _) if !target.enumerators().is_empty() && known.class() == Class::Int => {
            return number(&value, target, false);
        }
        (_, Some(Object::Enum(_, known))) if target == Class::Int => return Ok((*known).into()),
        _ => {}
    }
    Err(Failure::invalid_cast(value.type_of().runtime_name(), class.runtime_name()))
}

impl Machine<'_> {
    /// Computes `(T)value` for a type that is known only at run time.
    pub(crate) fn cast(&mut self, value: Value, class: &Type) -> Outcome {
        check(value, class)
    }

    /// Converts a value to a token that can go into a document.
    pub(crate) fn token(&mut self, value: &Value) -> Result<Token, Failure> {
        json::from_value(value, &mut self.budget)
    }
}
