//! Authorization levels of HTTP functions.

use std::fmt;

use serde_json::Value;

use super::members::scalar_text;

/// The key that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthLevel {
    Anonymous,
    User,
    Function,
    System,
    Admin,
}

impl AuthLevel {
    const ALL: [Self; 5] = [Self::Anonymous, Self::User, Self::Function, Self::System, Self::Admin];

    fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::Function => "function",
            Self::System => "system",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for AuthLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AuthLevel {
    /// Reads a level by its name in any letter case, or by its number. The default is `function`.
    pub(super) fn read(value: Option<Value>) -> Result<Self, String> {
        let text = match &value {
            None | Some(Value::Null) => return Ok(Self::Function),
            Some(value) => scalar_text(value).flatten().ok_or_else(|| format!("authLevel is {value}, not a text"))?,
        };
        let by_number = text.parse::<usize>().ok().and_then(|number| Self::ALL.get(number).copied());
        let level = by_number.or_else(|| Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(&text)));
        match level {
            Some(level) => Ok(level),
            None if text.is_empty() => Ok(Self::Function),
            None => Err(format!("\"{text}\" is not an authLevel")),
        }
    }
}
