//! JSON as the host reads and writes it, like the library `Newtonsoft.Json`: members keep their order, and the reader
//! accepts more than the standard.

mod read;
mod write;

pub(crate) use self::{
    read::{read_first, read_whole},
    write::dotnet_double,
};

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A whole number, as written.
    Integer(String),
    Real(f64),
    Text(String),
    /// A text that the reader reads as a date and time.
    Date(NewtonsoftDate),
    Array(Vec<Json>),
    /// No two members have the same name.
    Object(Vec<(String, Json)>),
}

/// A date and time, as the reader has read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NewtonsoftDate {
    at: jiff::civil::DateTime,
    /// The hundreds of nanoseconds within the second.
    ticks: u32,
    zone: DateZone,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum DateZone {
    Unspecified,
    Utc,
    /// The text has an offset. The reader has converted the time to UTC.
    Local,
}

impl Json {
    /// Makes a text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes an object with its members in this order.
    pub(crate) fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Self::Object(members.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    /// Returns the member with exactly this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.find(|member| member == name)
    }

    /// Returns the member with this name in any letter case.
    pub(crate) fn get_ignoring_case(&self, name: &str) -> Option<&Json> {
        self.find(|member| member.eq_ignore_ascii_case(name))
    }

    fn find(&self, is: impl Fn(&str) -> bool) -> Option<&Json> {
        match self {
            Self::Object(members) => members.iter().find(|(member, _)| is(member)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns a scalar as .NET's `ToString` in the invariant culture does. The result is absent for null, arrays and
    /// objects.
    pub(crate) fn scalar_text(&self) -> Option<String> {
        match self {
            Self::Null | Self::Array(_) | Self::Object(_) => None,
            Self::Bool(true) => Some("True".to_owned()),
            Self::Bool(false) => Some("False".to_owned()),
            Self::Integer(digits) => Some(digits.clone()),
            Self::Real(number) => Some(dotnet_double(*number)),
            Self::Text(text) => Some(text.clone()),
            Self::Date(date) => Some(date.invariant()),
        }
    }

    /// Returns the same document for uses that need no order of members.
    pub(crate) fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.to_string()).unwrap_or_default()
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => match number.as_i128() {
                Some(_) => Self::Integer(number.to_string()),
                None => Self::Real(number.as_f64().unwrap_or_default()),
            },
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, Self::from(value))).collect())
            }
        }
    }
}
