//! Reads the arguments of members. The checker guarantees the types, so only null has to be checked.

use std::sync::Arc;

use crate::{
    evaluate::{Call, Outcome},
    json::Token,
    lock::lock,
    problem::Failure,
    program::Lambda,
    types::{Class, Type},
    value::{Collection, CollectionKind, DateTime, Dictionary, Object, Opaque, Value},
};

impl Call<'_, '_> {
    pub(super) fn argument(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::Null)
    }

    pub(super) fn count(&self) -> usize {
        self.arguments.len()
    }

    pub(super) fn int(&self, index: usize) -> i64 {
        self.argument(index).as_integer().unwrap_or_default()
    }

    pub(super) fn double(&self, index: usize) -> f64 {
        if let Value::Double(number) = self.argument(index) { *number } else { 0.0 }
    }

    pub(super) fn single(&self, index: usize) -> f32 {
        if let Value::Single(number) = self.argument(index) { *number } else { 0.0 }
    }

    pub(super) fn decimal(&self, index: usize) -> rust_decimal::Decimal {
        if let Value::Decimal(number) = self.argument(index) { *number } else { rust_decimal::Decimal::ZERO }
    }

    pub(super) fn bool(&self, index: usize) -> bool {
        self.argument(index).as_bool().unwrap_or_default()
    }

    pub(super) fn unit(&self, index: usize) -> u16 {
        if let Value::Char(unit) = self.argument(index) { *unit } else { 0 }
    }

    /// Returns a string argument that must not be null.
    pub(super) fn text(&self, index: usize) -> Result<Arc<str>, Failure> {
        self.optional_text(index).ok_or_else(|| Failure::argument_null("value"))
    }

    pub(super) fn optional_text(&self, index: usize) -> Option<Arc<str>> {
        if let Value::String(text) = self.argument(index) { Some(Arc::clone(text)) } else { None }
    }

    /// Returns the value of an enum argument.
    pub(super) fn flags(&self, index: usize) -> i32 {
        match self.argument(index).as_object() {
            Some(Object::Enum(_, number)) => *number,
            _ => 0,
        }
    }

    /// Returns the string that the member belongs to.
    pub(super) fn this_text(&self) -> Arc<str> {
        if let Value::String(text) = &self.receiver { Arc::clone(text) } else { Arc::default() }
    }

    pub(super) fn this_time(&self) -> DateTime {
        match &self.receiver {
            Value::DateTime(time) => *time,
            Value::DateTimeOffset(time) => time.clock(),
            _ => DateTime::MIN,
        }
    }

    pub(super) fn this_collection(&self) -> Result<Collection, Failure> {
        match &self.receiver {
            Value::Collection(Opaque(collection)) => Ok(collection.clone()),
            other => Err(Failure::unsupported(format!("`{}` on a `{}`", self.name(), other.type_of()))),
        }
    }

    pub(super) fn this_dictionary(&self) -> Result<Dictionary, Failure> {
        match &self.receiver {
            Value::Dictionary(Opaque(dictionary)) => Ok(dictionary.clone()),
            other => Err(Failure::unsupported(format!("`{}` on a `{}`", self.name(), other.type_of()))),
        }
    }

    /// Returns the token that the member belongs to; for a property, its value.
    pub(super) fn this_token(&self) -> Result<Token, Failure> {
        match &self.receiver {
            Value::Json(token) => Ok(token.clone()),
            Value::Object(Opaque(Object::Property(property))) => Ok(property.value()),
            _ => Err(Failure::null_reference()),
        }
    }

    /// Returns an argument as a token that goes into a document. C# null becomes JSON null.
    pub(super) fn token(&mut self, index: usize) -> Result<Token, Failure> {
        let value = self.argument(index).clone();
        self.machine.token(&value)
    }

    pub(super) fn lambda(&self, index: usize) -> Result<Arc<Lambda>, Failure> {
        match self.argument(index).as_object() {
            Some(Object::Lambda(lambda)) => Ok(Arc::clone(lambda)),
            _ => Err(Failure::argument_null("predicate")),
        }
    }

    /// Returns the elements that the member belongs to, and their type.
    pub(super) fn this_items(&mut self) -> Result<(Type, Vec<Value>), Failure> {
        let receiver = self.receiver.clone();
        self.machine.items(&receiver)
    }

    pub(super) fn items(&mut self, index: usize) -> Result<Vec<Value>, Failure> {
        let value = self.argument(index).clone();
        Ok(self.machine.items(&value)?.1)
    }

    pub(super) fn bytes(&self, index: usize) -> Result<Vec<u8>, Failure> {
        self.argument(index).as_bytes().ok_or_else(|| Failure::argument_null("buffer"))
    }

    pub(super) fn new_bytes(&mut self, bytes: Vec<u8>) -> Outcome {
        self.machine.budget.memory(bytes.len())?;
        Ok(Value::bytes(bytes))
    }

    pub(super) fn new_string(&mut self, text: impl Into<Arc<str>>) -> Outcome {
        self.machine.string(text)
    }

    pub(super) fn new_texts(&mut self, kind: CollectionKind, texts: Vec<String>) -> Outcome {
        self.machine.budget.memory(texts.iter().map(String::len).sum())?;
        let texts = texts.into_iter().map(Value::from).collect();
        self.machine.collection(kind, Class::String.into(), texts)
    }

    pub(super) fn work(&mut self, bytes: usize) -> Result<(), Failure> {
        self.machine.budget.work(bytes)
    }

    /// Returns the text of a `StringBuilder`.
    pub(super) fn this_builder(&self) -> Result<Arc<std::sync::Mutex<String>>, Failure> {
        match self.receiver.as_object() {
            Some(Object::Builder(text)) => Ok(Arc::clone(text)),
            _ => Err(Failure::null_reference()),
        }
    }

    pub(super) fn builder_text(&self) -> String {
        self.this_builder().map(|text| lock(&text).clone()).unwrap_or_default()
    }
}

/// Returns an index within `length`, or `None`.
pub(super) fn within(index: i64, length: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|index| *index < length)
}

/// Returns a length as a C# `int`. Within the limits, no length exceeds `int`.
pub(super) fn length(length: usize) -> Value {
    Value::from(i32::try_from(length).unwrap_or(i32::MAX))
}
