//! `JArray`

use super::{
    super::{
        Member,
        access::{length, within},
        row,
    },
    from_object, parse, token_of,
};
use crate::{
    evaluate::{Call, Outcome},
    json::{Token, convert},
    problem::Failure,
    types::Class,
    value::Value,
};

pub(crate) const ARRAY: &[Member] = &[
    row("new", "static () -> JArray", |call| Ok(Value::Json(Token::array(&mut call.machine.budget)?))),
    row("new", "static (JArray other) -> JArray", |call| {
        let source = call.token(0)?;
        Ok(Value::Json(source.copy(&mut call.machine.budget)?))
    }),
    row("new", "static (object content) -> JArray", create),
    row("new", "static (params object[] content) -> JArray", create),
    row("Parse", "static (string json) -> JArray", |call| parse(call, Class::JArray)),
    row("FromObject", "static (object o) -> JArray", |call| from_object(call, Class::JArray)),
    row("Count", "int", |call| Ok(length(call.this_token()?.len()))),
    row("[]", "(int) -> JToken", |call| {
        let token = call.this_token()?;
        let at = within(call.int(0), token.len()).ok_or_else(Failure::index_out_of_range)?;
        Ok(token.item(at).map_or(Value::Null, Value::Json))
    }),
    row("[]=", "(int, JToken) -> void", |call| {
        let (token, value) = (call.this_token()?, call.token(1)?);
        let at = within(call.int(0), token.len()).ok_or_else(Failure::index_out_of_range)?;
        token.replace_at(at, &value, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
    row("Add", "(JToken item) -> void", add),
    row("Add", "(object content) -> void", add),
    row("Insert", "(int index, JToken item) -> void", |call| {
        let (token, value) = (call.this_token()?, call.token(1)?);
        let at = within(call.int(0), token.len() + 1).ok_or_else(Failure::index_out_of_range)?;
        token.insert_at(at, &value, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
    row("Remove", "(JToken item) -> bool", |call| {
        let token = call.this_token()?;
        match position(call, &token)? {
            Some(at) => Ok(Value::Bool(token.remove_at(at, &mut call.machine.budget)?)),
            None => Ok(Value::Bool(false)),
        }
    }),
    row("RemoveAt", "(int index) -> void", |call| {
        let token = call.this_token()?;
        let at = within(call.int(0), token.len()).ok_or_else(Failure::index_out_of_range)?;
        token.remove_at(at, &mut call.machine.budget)?;
        Ok(Value::Null)
    }),
    row("Clear", "() -> void", |call| {
        call.this_token()?.clear();
        Ok(Value::Null)
    }),
    row("IndexOf", "(JToken item) -> int", |call| {
        let token = call.this_token()?;
        let found = position(call, &token)?.and_then(|at| i32::try_from(at).ok());
        Ok(Value::from(found.unwrap_or(-1)))
    }),
    row("Contains", "(JToken item) -> bool", |call| {
        let token = call.this_token()?;
        Ok(Value::Bool(position(call, &token)?.is_some()))
    }),
];

/// Makes an array. Each argument becomes an element; a list gives its elements, and so does a list inside it.
fn create(call: &mut Call<'_, '_>) -> Outcome {
    let array = Token::array(&mut call.machine.budget)?;
    let items = call.argument(0).clone();
    push(call, &array, &items)?;
    Ok(Value::Json(array))
}

pub(super) fn push(call: &mut Call<'_, '_>, array: &Token, item: &Value) -> Result<(), Failure> {
    let mut tokens = Vec::new();
    convert::contents(item, &mut call.machine.budget, 0, &mut tokens)?;
    for token in tokens {
        array.push(&token, &mut call.machine.budget)?;
    }
    Ok(())
}

fn add(call: &mut Call<'_, '_>) -> Outcome {
    let (array, item) = (call.this_token()?, call.argument(0).clone());
    push(call, &array, &item)?;
    Ok(Value::Null)
}

/// Returns the index of the first argument among the elements. Only the same token counts, not an equal one.
fn position(call: &mut Call<'_, '_>, array: &Token) -> Result<Option<usize>, Failure> {
    call.work(array.len() * 32)?;
    let Some(wanted) = token_of(call.argument(0)) else { return Ok(None) };
    Ok(array.children().iter().position(|child| child.is(&wanted)))
}
