//! The members of `function.json`. Names match in any letter case, and scalars are converted as the host converts them.

use serde_json::{Map, Value};

/// The members that have not been read yet.
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Removes a member. Its name matches in any letter case.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let key = self.0.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()?;
        self.0.remove(&key)
    }

    /// Refuses the remaining members. With `lenient` they are ignored, as in Azure, and a warning names each.
    pub(super) fn finish(self, lenient: bool, warnings: &mut Vec<String>) -> Result<(), String> {
        for name in self.0.keys() {
            let problem = format!("the member \"{name}\" of a binding is unknown");
            if !lenient {
                return Err(problem);
            }
            warnings.push(format!("{problem} and ignored"));
        }
        Ok(())
    }
}

/// Returns a scalar as a text. The inner option is absent for null, and the outer one for lists and objects.
pub(super) fn scalar_text(value: &Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.clone())),
        Value::Bool(true) => Some(Some("True".to_owned())),
        Value::Bool(false) => Some(Some("False".to_owned())),
        Value::Number(number) => Some(Some(number.to_string())),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads a flag: `true`, `"true"` in any letter case, or a number that is not zero.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
