//! `JValue`

use super::super::{Member, row};
use crate::{
    json::{Other, Scalar, Token, convert},
    problem::Failure,
    types::Class,
    value::Value,
};

pub(crate) const VALUE: &[Member] = &[
    row("CreateNull", "static () -> JValue", |call| {
        Token::scalar(Scalar::Null, &mut call.machine.budget).map(Value::Json)
    }),
    row("CreateUndefined", "static () -> JValue", |call| {
        let undefined = Scalar::Other(Other::Undefined, std::sync::Arc::default());
        Token::scalar(undefined, &mut call.machine.budget).map(Value::Json)
    }),
    row("CreateString", "static (string value) -> JValue", |call| {
        let scalar = call.optional_text(0).map_or(Scalar::Null, Scalar::Text);
        Token::scalar(scalar, &mut call.machine.budget).map(Value::Json)
    }),
    row("CreateComment", "static (string value) -> JValue", |call| {
        let comment = Scalar::Other(Other::Comment, call.optional_text(0).unwrap_or_default());
        Token::scalar(comment, &mut call.machine.budget).map(Value::Json)
    }),
    row("new", "static (object value) -> JValue", |call| {
        let value = call.argument(0).clone();
        let token = match &value {
            Value::Char(_) => call.machine.token(&value)?,
            _ => convert::content(&value, &mut call.machine.budget)?,
        };
        if token.class() == Class::JValue {
            return Ok(Value::Json(token));
        }
        let class = value.type_of().runtime_name();
        Err(Failure::argument(format!("Could not determine JSON object type for type {class}.")))
    }),
    row("Value", "object", |call| Ok(call.this_token()?.as_scalar().map_or(Value::Null, Value::from))),
    row("Value=", "(object) -> void", |call| {
        let value = call.token(0)?;
        if let Some(scalar) = value.as_scalar() {
            call.this_token()?.set_scalar(scalar);
        }
        Ok(Value::Null)
    }),
];
