//! Conversions, as the checker wrote them out.

use std::sync::Arc;

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
            Conversion::Number(class) => Ok(number(&value, *class)),
            Conversion::Check(class) => check(value, class),
            Conversion::FromJson(class) => json::cast(&value, class, &mut self.budget),
            Conversion::ToJson => match value {
                // An implicit operator makes a token of null, too, but only of null strings.
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

    /// `(T)element` and `(T)attribute`; what XML writes as 1 and 0 are truth values, too.
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

/// A number, character or enum as another one.
pub(super) fn number(value: &Value, class: Class) -> Value {
    let whole = match value {
        Value::Integer(number) => i128::from(number.value()),
        Value::Char(unit) => i128::from(*unit),
        Value::Double(double) if class == Class::Double => return Value::Double(*double),
        Value::Double(double) => truncate(*double),
        Value::Null => return Value::Null,
        other => match other.as_object() {
            Some(Object::Enum(_, number)) => i128::from(*number),
            _ => return other.clone(),
        },
    };
    match class {
        Class::Double => Value::Double(whole as f64),
        Class::Char => Value::Char(u16::try_from(Integer::wrap(Class::UShort, whole).value()).unwrap_or_default()),
        _ if !class.enumerators().is_empty() => {
            let number = i32::try_from(Integer::wrap(Class::Int, whole).value()).unwrap_or_default();
            Value::enumerator(class, number)
        }
        _ => Value::Integer(Integer::wrap(class, whole)),
    }
}

/// The whole part of a double. C# leaves open what comes of one that is too large; .NET gives the smallest number.
fn truncate(double: f64) -> i128 {
    if double.abs() < 9.3e18 { double as i128 } else { i64::MIN.into() }
}

/// `(T)value` where T is what the value must be.
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
    Err(Failure::invalid_cast(value.type_of().runtime_name(), class.runtime_name()))
}

impl Machine<'_> {
    /// `(T)value` for a type that is only known while running.
    pub(crate) fn cast(&mut self, value: Value, class: &Type) -> Outcome {
        check(value, class)
    }

    /// A value as a token that can go into a document.
    pub(crate) fn token(&mut self, value: &Value) -> Result<Token, Failure> {
        json::from_value(value, &mut self.budget)
    }
}
