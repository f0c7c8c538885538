//! A filter's input and arguments, converted to the types of its parameters.

use std::sync::Arc;

use crate::{convert, enumerable::Enumerable, fault::Fault, print, scope::Scope, value::Value};

/// A filter's input and arguments.
pub(super) struct AppliedFilter<'c, 'e> {
    pub(super) name: &'c str,
    pub(super) input: Value,
    pub(super) arguments: &'c [Value],
    pub(super) scope: &'c mut Scope<'e>,
}

impl AppliedFilter<'_, '_> {
    /// Refuses more arguments than the filter has parameters.
    pub(super) fn takes(self, parameters: usize) -> Result<Self, Fault> {
        if self.arguments.len() > parameters {
            return Err(Fault::error("Parameter count mismatch."));
        }
        Ok(self)
    }

    /// Returns an argument that has no default.
    pub(super) fn required(&self, index: usize, parameter: &str) -> Result<&Value, Fault> {
        self.arguments.get(index).ok_or_else(|| {
            Fault::Syntax(format!(
                "Error - Filter '{}' does not have a default value for '{parameter}' and no value was supplied",
                self.name
            ))
        })
    }

    /// Returns the input as text; `None` for nil.
    pub(super) fn text(&self) -> Result<Option<Arc<str>>, Fault> {
        to_text(&self.input)
    }

    /// Returns an argument as text; `None` for nil.
    pub(super) fn required_text(&self, index: usize, parameter: &str) -> Result<Option<Arc<str>>, Fault> {
        to_text(self.required(index, parameter)?)
    }

    pub(super) fn text_or(&self, index: usize, default: &str) -> Result<Arc<str>, Fault> {
        match self.arguments.get(index) {
            Some(value) => Ok(to_text(value)?.unwrap_or_default()),
            None => Ok(default.into()),
        }
    }

    pub(super) fn int_or(&self, index: usize, default: i32) -> Result<i32, Fault> {
        self.arguments.get(index).map_or(Ok(default), convert::to_int)
    }

    /// Returns the items of an enumerable input; `None` for nil.
    pub(super) fn items(&mut self) -> Result<Option<Vec<Value>>, Fault> {
        match self.enumerable()? {
            None => Ok(None),
            Some(_) => self.scope.items(&self.input),
        }
    }

    /// Returns the input, which must be enumerable; `None` for nil.
    pub(super) fn enumerable(&self) -> Result<Option<Enumerable<'_>>, Fault> {
        let enumerable = Enumerable::from_value(&self.input);
        if enumerable.is_none() && !self.input.is_nil() {
            let source = self.input.type_name();
            return Err(Fault::error(format!("Invalid cast from '{source}' to 'System.Collections.IEnumerable'.")));
        }
        Ok(enumerable)
    }

    pub(super) fn map_text(&self, change: impl FnOnce(&str) -> String) -> Result<Value, Fault> {
        Ok(self.text()?.map_or(Value::Nil, |text| change(&text).into()))
    }
}

/// Converts a value to the text that a parameter needs.
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
