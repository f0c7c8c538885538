//! Filters that replace text. All of them use regular expressions, except `Remove`.

use std::sync::Arc;

use apim_expressions::Replaced;

use super::call::AppliedFilter;
use crate::{fault::Fault, value::Value};

pub(super) fn replace(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let pattern = call.required_text(0, "string")?.unwrap_or_default();
    let by = call.text_or(1, "")?;
    substitute(call, &pattern, Replaced::All(&by))
}

/// Replaces the first match. The replacement text is literal.
pub(super) fn replace_first(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let pattern = call.required_text(0, "string")?.unwrap_or_default();
    let by = call.text_or(1, "")?;
    substitute(call, &pattern, Replaced::First(&by))
}

pub(super) fn remove(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let part = call.required_text(0, "string")?;
    let Some(text) = call.text()? else { return Ok(Value::Nil) };
    if text.trim().is_empty() {
        return Ok(Value::Text(text));
    }
    match part.as_deref() {
        None => Err(Fault::error("Value cannot be null. (Parameter 'oldValue')")),
        Some("") => Err(Fault::error("The value cannot be an empty string. (Parameter 'oldValue')")),
        Some(part) => Ok(text.replace(part, "").into()),
    }
}

pub(super) fn remove_first(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let pattern = call.required_text(0, "string")?.unwrap_or_default();
    let is_blank = call.text()?.is_some_and(|text| text.trim().is_empty());
    if is_blank { Ok(call.input.clone()) } else { substitute(call, &pattern, Replaced::First("")) }
}

fn substitute(call: &mut AppliedFilter<'_, '_>, pattern: &Arc<str>, replaced: Replaced<'_>) -> Result<Value, Fault> {
    let Some(text) = call.text()? else { return Ok(Value::Nil) };
    if text.is_empty() || pattern.is_empty() {
        return Ok(Value::Text(text));
    }
    call.scope.replace(&text, pattern, replaced).map(Value::Text)
}
