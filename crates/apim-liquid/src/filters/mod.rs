//! The 43 filters of DotLiquid 2.0.3xx, under their C# names. Any other name gives its input back.

mod arithmetic;
mod currency;
mod date;
mod lists;
mod replace;
mod texts;

use std::sync::Arc;

use crate::{convert, fault::Fault, print, scope::Scope, value::Value};

/// What a filter is called with.
pub(crate) struct Call<'c, 'e> {
    name: &'c str,
    input: Value,
    arguments: &'c [Value],
    scope: &'c mut Scope<'e>,
}

/// Applies a filter.
pub(crate) fn apply(name: &str, input: Value, arguments: &[Value], scope: &mut Scope<'_>) -> Result<Value, Fault> {
    let call = Call { name, input, arguments, scope };
    match name {
        "Append" => texts::append(&call.takes(1)?),
        "Prepend" => texts::prepend(&call.takes(1)?),
        "Upcase" => call.takes(0)?.map_text(texts::upcase),
        "Downcase" => call.takes(0)?.map_text(texts::downcase),
        "Capitalize" => call.takes(0)?.map_text(texts::capitalize),
        "Strip" => call.takes(0)?.map_text(|text| text.trim().to_owned()),
        "Lstrip" => call.takes(0)?.map_text(|text| text.trim_start().to_owned()),
        "Rstrip" => call.takes(0)?.map_text(|text| text.trim_end().to_owned()),
        "StripHtml" => call.takes(0)?.map_text(texts::strip_html),
        "StripNewlines" => call.takes(0)?.map_text(|text| text.replace("\r\n", "").replace('\n', "")),
        "NewlineToBr" => call.takes(0)?.map_text(texts::newline_to_br),
        "Escape" | "H" => call.takes(0)?.map_text(texts::escape),
        "UrlEncode" => call.takes(0)?.map_text(texts::url_encode),
        "UrlDecode" => call.takes(0)?.map_text(texts::url_decode),
        "Replace" => replace::replace(&call.takes(2)?),
        "ReplaceFirst" => replace::replace_first(&call.takes(2)?),
        "Remove" => replace::remove(&call.takes(1)?),
        "RemoveFirst" => replace::remove_first(&call.takes(1)?),
        "Truncate" => texts::truncate(&call.takes(2)?),
        "TruncateWords" => texts::truncate_words(&call.takes(2)?),
        "Slice" => texts::slice(&call.takes(2)?),
        "Default" => texts::default(&call.takes(1)?),
        "Split" => lists::split(&call.takes(1)?),
        "Join" => lists::join(&call.takes(1)?),
        "Size" => lists::size(&call.takes(0)?),
        "First" => lists::first(&call.takes(0)?),
        "Last" => lists::last(&call.takes(0)?),
        "Sort" => lists::sort(&call.takes(1)?),
        "Map" => lists::map(&call.takes(1)?),
        "Uniq" => lists::uniq(&mut call.takes(0)?),
        "Compact" => lists::compact(&call.takes(0)?),
        "Plus" => arithmetic::plus(&call.takes(1)?),
        "Minus" => arithmetic::minus(&call.takes(1)?),
        "Times" => arithmetic::times(&mut call.takes(1)?),
        "DividedBy" => arithmetic::divided_by(&call.takes(1)?),
        "Modulo" => arithmetic::modulo(&call.takes(1)?),
        "Round" => arithmetic::round(&call.takes(1)?),
        "Abs" => arithmetic::abs(&call.takes(0)?),
        "AtLeast" => arithmetic::at_least(&call.takes(1)?),
        "AtMost" => arithmetic::at_most(&call.takes(1)?),
        "Currency" => currency::currency(&call.takes(1)?),
        "Date" => date::date(&call.takes(1)?),
        _ => Ok(call.input),
    }
}

impl Call<'_, '_> {
    /// Refuses more arguments than the filter has parameters.
    fn takes(self, parameters: usize) -> Result<Self, Fault> {
        if self.arguments.len() > parameters {
            return Err(Fault::error("Parameter count mismatch."));
        }
        Ok(self)
    }

    /// An argument without which there is nothing to do.
    fn required(&self, index: usize, parameter: &str) -> Result<&Value, Fault> {
        self.arguments.get(index).ok_or_else(|| {
            Fault::Syntax(format!(
                "Error - Filter '{}' does not have a default value for '{parameter}' and no value was supplied",
                self.name
            ))
        })
    }

    /// The input as text; `None` for nil.
    fn text(&self) -> Result<Option<Arc<str>>, Fault> {
        to_text(&self.input)
    }

    /// An argument as text; `None` for nil.
    fn required_text(&self, index: usize, parameter: &str) -> Result<Option<Arc<str>>, Fault> {
        to_text(self.required(index, parameter)?)
    }

    fn text_or(&self, index: usize, default: &str) -> Result<Arc<str>, Fault> {
        match self.arguments.get(index) {
            Some(value) => Ok(to_text(value)?.unwrap_or_default()),
            None => Ok(default.into()),
        }
    }

    fn int_or(&self, index: usize, default: i32) -> Result<i32, Fault> {
        self.arguments.get(index).map_or(Ok(default), convert::to_int)
    }

    /// The items of an enumerable input; `None` for nil.
    fn items(&self) -> Result<Option<Vec<Value>>, Fault> {
        match &self.input {
            Value::Nil => Ok(None),
            input => input.items().map(Some).ok_or_else(|| {
                let source = input.type_name();
                Fault::error(format!("Invalid cast from '{source}' to 'System.Collections.IEnumerable'."))
            }),
        }
    }

    fn map_text(&self, change: impl FnOnce(&str) -> String) -> Result<Value, Fault> {
        Ok(self.text()?.map_or(Value::Nil, |text| change(&text).into()))
    }
}

/// A value as the text that a parameter wants.
fn to_text(value: &Value) -> Result<Option<Arc<str>>, Fault> {
    match value {
        Value::Nil => Ok(None),
        Value::Text(text) => Ok(Some(Arc::clone(text))),
        Value::List(_) | Value::Object(_) | Value::Pair(_) | Value::Empty => Err(Fault::error(format!(
            "Object of type '{}' cannot be converted to type 'System.String'.",
            value.type_name()
        ))),
        other => Ok(Some(print::dotnet(other).into())),
    }
}
