//! Values, with the .NET types that decide how they are compared and printed.

use std::sync::Arc;

use apim_expressions::DateTime;
use indexmap::IndexMap;
use rust_decimal::Decimal;

/// A value of a template.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing; prints nothing.
    #[default]
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// `Int32`, as templates write whole numbers.
    Int(i32),
    /// `Int64`, as JSON does.
    Long(i64),
    /// `Double`, as JSON writes fractions.
    Double(f64),
    /// `Decimal`, as templates do.
    Decimal(Decimal),
    /// Text
    Text(Arc<str>),
    /// `DateTime`
    Date(DateTime),
    /// A list
    List(Arc<[Value]>),
    /// A dictionary
    Object(Arc<Object>),
    /// A member of a dictionary, as `for` gives it.
    Pair(Arc<(Arc<str>, Value)>),
    /// `empty` and `blank`: equal to anything that holds nothing.
    Empty,
}

/// A dictionary, in the order of its text.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub(crate) members: IndexMap<Arc<str>, Value>,
    /// Names of XML elements are found in any letter case.
    pub(crate) ignores_case: bool,
}

impl Object {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.members.get(name);
        if found.is_some() || !self.ignores_case {
            return found;
        }
        self.members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl<'n> FromIterator<(&'n str, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (&'n str, Value)>>(members: I) -> Self {
        Self { members: members.into_iter().map(|(name, value)| (name.into(), value)).collect(), ignores_case: false }
    }
}

impl Value {
    /// A dictionary of these members.
    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self::Object(Arc::new(members.into_iter().collect()))
    }

    /// As [`Self::object`], with names that are found in any letter case.
    pub fn object_of_any_case<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self::Object(Arc::new(Object { ignores_case: true, ..members.into_iter().collect() }))
    }

    /// What an enumerable holds: a list's items, a text's characters, a dictionary's pairs; `None` for anything else.
    pub(crate) fn items(&self) -> Option<Vec<Value>> {
        match self {
            Self::List(items) => Some(items.to_vec()),
            Self::Text(text) => Some(text.chars().map(|c| Value::from(c.to_string())).collect()),
            Self::Object(object) => Some(
                object
                    .members
                    .iter()
                    .map(|(name, value)| Self::Pair(Arc::new((name.clone(), value.clone()))))
                    .collect(),
            ),
            Self::Nil
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Long(_)
            | Self::Double(_)
            | Self::Decimal(_)
            | Self::Date(_)
            | Self::Pair(_)
            | Self::Empty => None,
        }
    }

    /// How many items an enumerable holds; of a text in UTF-16.
    pub(crate) fn size(&self) -> Option<usize> {
        match self {
            Self::List(items) => Some(items.len()),
            Self::Text(text) => Some(text.encode_utf16().count()),
            Self::Object(object) => Some(object.members.len()),
            Self::Nil
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Long(_)
            | Self::Double(_)
            | Self::Decimal(_)
            | Self::Date(_)
            | Self::Pair(_)
            | Self::Empty => None,
        }
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Nothing and `false` are false.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    pub(crate) fn list(items: Vec<Value>) -> Self {
        Self::List(items.into())
    }

    /// The name of its .NET type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "null",
            Self::Bool(_) => "System.Boolean",
            Self::Int(_) => "System.Int32",
            Self::Long(_) => "System.Int64",
            Self::Double(_) => "System.Double",
            Self::Decimal(_) => "System.Decimal",
            Self::Text(_) => "System.String",
            Self::Date(_) => "System.DateTime",
            Self::List(_) => "System.Collections.Generic.List`1[System.Object]",
            Self::Object(_) => "DotLiquid.Hash",
            Self::Pair(_) => "System.Collections.Generic.KeyValuePair`2[System.String,System.Object]",
            Self::Empty => "DotLiquid.Util.Symbol",
        }
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::list(items)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
