//! `Date`: formats a time, or a text that holds a time, in .NET's formats.

use apim_expressions::DateTime;

use super::call::AppliedFilter;
use crate::{fault::Fault, print, value::Value};

pub(super) fn date(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let format = call.required_text(0, "format")?.unwrap_or_default();
    let text = match &call.input {
        Value::Nil => return Ok(Value::Nil),
        input => print::dotnet(input),
    };
    if format.trim().is_empty() {
        return Ok(text.into());
    }
    let time = if let Value::Date(time) = &call.input {
        Some(*time)
    } else if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("today") {
        call.scope.environment.now
    } else {
        DateTime::parse(&text)
    };
    match time {
        None => Ok(text.into()),
        Some(time) => time.format(&format).map(Value::from).map_err(Fault::Error),
    }
}
