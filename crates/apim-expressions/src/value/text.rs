//! `ToString()` of every value.

use std::sync::Arc;

use super::{
    Object, Opaque, Value,
    format::date,
    number::{decimal_text, double_text, single_text},
};
use crate::{
    json::write as json,
    limits::{Budget, Writer},
    lock::lock,
    problem::{EvaluationError, Exception, Failure},
    types::Class,
    xml,
};

impl Value {
    /// Returns the result of `ToString()`: the text that a policy puts into a header or body. Null is the empty string.
    ///
    /// # Errors
    /// When the text is longer than any expression may make.
    pub fn to_text(&self) -> Result<Arc<str>, EvaluationError> {
        Ok(of(self, &mut Budget::new())?)
    }
}

/// Returns the text of a value; null is empty.
pub(crate) fn of(value: &Value, budget: &mut Budget) -> Result<Arc<str>, Failure> {
    if let Value::String(text) = value {
        return Ok(Arc::clone(text));
    }
    let mut out = Writer::new(budget);
    write(value, &mut out)?;
    Ok(out.finish())
}

pub(crate) fn write(value: &Value, out: &mut Writer<'_>) -> Result<(), Failure> {
    match value {
        Value::Null => Ok(()),
        Value::Bool(value) => out.push(if *value { "True" } else { "False" }),
        Value::Char(unit) => out.push(&String::from_utf16_lossy(&[*unit])),
        Value::Integer(number) => out.push(&number.wide().to_string()),
        Value::Single(number) => out.push(&single_text(*number)),
        Value::Decimal(number) => out.push(&decimal_text(*number)),
        Value::Double(number) => out.push(&double_text(*number)),
        Value::String(text) => out.push(text),
        Value::Guid(guid) => out.push(&guid.hyphenated().to_string()),
        Value::DateTime(time) => out.push(&date::general(time.ticks)),
        Value::DateTimeOffset(time) => out.push(&date::general_offset(*time)),
        Value::TimeSpan(span) => out.push(&date::span(span.0)),
        Value::Json(token) => json::to_string(token, out),
        Value::Object(Opaque(object)) => write_object(object, value, out),
        Value::Jwt(_) | Value::Response(_) | Value::Collection(_) | Value::Dictionary(_) => {
            out.push(&value.type_of().runtime_name())
        }
    }
}

/// Writes the `ToString()` of an exception that was never thrown: it has no stack trace.
fn write_exception(exception: &Exception, out: &mut Writer<'_>) -> Result<(), Failure> {
    out.push(exception.class)?;
    if !exception.message.is_empty() {
        out.push(": ")?;
        out.push(&exception.message)?;
    }
    if let Some(inner) = &exception.inner {
        out.push("\r\n ---> ")?;
        write_exception(inner, out)?;
        out.push("\r\n   --- End of inner exception stack trace ---")?;
    }
    Ok(())
}

fn write_object(object: &Object, value: &Value, out: &mut Writer<'_>) -> Result<(), Failure> {
    match object {
        Object::Enum(class, number) => out.push(&enumerator(*class, *number)),
        Object::Constant(_, name) => out.push(name),
        Object::Address(address) => out.push(&address.to_string()),
        Object::Writer(text) => {
            let text = lock(text).clone();
            out.push(&text)
        }
        Object::RuntimeType(class) => out.push(&class.runtime_name()),
        Object::Exception(exception) => write_exception(exception, out),
        Object::Record(record) if matches!(record.0.class, Class::ValueTuple | Class::Tuple) => {
            out.push("(")?;
            for (index, value) in record.1.iter().enumerate() {
                out.push(if index == 0 { "" } else { ", " })?;
                write(value, out)?;
            }
            out.push(")")
        }
        Object::Record(record) => {
            out.push("{ ")?;
            for (index, (name, value)) in record.0.names.iter().zip(&record.1).enumerate() {
                out.push(if index == 0 { "" } else { ", " })?;
                out.push(name)?;
                out.push(" = ")?;
                write(value, out)?;
            }
            out.push(" }")
        }
        Object::Pair(pair) => {
            out.push("[")?;
            write(&pair.1, out)?;
            out.push(", ")?;
            write(&pair.2, out)?;
            out.push("]")
        }
        Object::Property(property) => {
            json::string(&property.name, out)?;
            out.push(": ")?;
            json::token(&property.value(), true, out)
        }
        Object::Zone(zone) => out.push(zone.id()),
        Object::Url(url) => out.push(&url.to_string()),
        Object::Uri(uri) => out.push(&uri.to_string()),
        Object::Builder(text) => {
            let text = lock(text).clone();
            out.push(&text)
        }
        Object::Match(found) => out.push(found.value()),
        Object::Group(group) => out.push(group.value()),
        Object::Regex(pattern) => out.push(pattern.source()),
        Object::XmlName(name) => out.push(&name.to_string()),
        Object::XmlNamespace(namespace) => out.push(namespace),
        Object::Xml(node) => xml::write_node(node, out),
        Object::XmlAttribute(attribute) => xml::write_attribute(attribute, out),
        _ => out.push(&value.type_of().runtime_name()),
    }
}

/// Returns the name of an enum's value; several names for a combination of flags; the number if there is no name.
fn enumerator(class: Class, number: i32) -> String {
    let named = class.enumerators();
    if let Some((name, _)) = named.iter().find(|(_, value)| *value == number) {
        return (*name).to_owned();
    }
    let flags: Vec<_> = named.iter().filter(|(_, flag)| *flag != 0 && number & flag == *flag).collect();
    let covered = flags.iter().fold(0, |all, (_, flag)| all | flag);
    if class != Class::RegexOptions || covered != number {
        return number.to_string();
    }
    flags.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
