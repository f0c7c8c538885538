//! Values with their .NET types. The types decide how values compare and print.

use std::{collections::HashMap, sync::Arc};

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
    /// `Int32`: a whole number in a template.
    Int(i32),
    /// `Int64`: a whole number in JSON.
    Long(i64),
    /// `Double`: a fraction in JSON.
    Double(f64),
    /// `Decimal`: a fraction in a template.
    Decimal(Decimal),
    /// Text
    Text(Arc<str>),
    /// `DateTime`
    Date(DateTime),
    /// A list
    List(Arc<[Value]>),
    /// A dictionary
    Object(Arc<Object>),
    /// A member of a dictionary, as the item of a `for` loop.
    Pair(Arc<(Arc<str>, Value)>),
    /// `empty` and `blank`: equal to any value that holds no items.
    Empty,
}

/// A dictionary, in the order of its text.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub(crate) members: IndexMap<Arc<str>, Value>,
    /// The first place of each name in small letters. It is filled only for dictionaries that ignore the letter case of
    /// names, as those of XML elements do.
    places: HashMap<String, usize>,
}

impl Object {
    pub(crate) fn new(members: IndexMap<Arc<str>, Value>) -> Self {
        Self { members, places: HashMap::new() }
    }

    pub(crate) fn of_any_case(members: IndexMap<Arc<str>, Value>) -> Self {
        let mut places = HashMap::new();
        for (place, name) in members.keys().enumerate() {
            places.entry(name.to_ascii_lowercase()).or_insert(place);
        }
        Self { members, places }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.members.get(name);
        if found.is_some() || self.places.is_empty() {
            return found;
        }
        let place = self.places.get(&name.to_ascii_lowercase())?;
        self.members.get_index(*place).map(|(_, value)| value)
    }
}

impl<'n> FromIterator<(&'n str, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (&'n str, Value)>>(members: I) -> Self {
        Self::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl Value {
    /// Creates a dictionary of these members.
    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self::Object(Arc::new(members.into_iter().collect()))
    }

    /// Creates a dictionary like [`Self::object`], but its names match in any letter case.
    pub fn object_of_any_case<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        let members = members.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self::Object(Arc::new(Object::of_any_case(members)))
    }

    /// Returns the number of bytes of text in this value. A list or a dictionary has none: it prints as its type.
    pub(crate) fn text_length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Pair(pair) => pair.0.len().saturating_add(pair.1.text_length()),
            Self::Nil
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Long(_)
            | Self::Double(_)
            | Self::Decimal(_)
            | Self::Date(_)
            | Self::List(_)
            | Self::Object(_)
            | Self::Empty => 0,
        }
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Reports whether a condition takes the value as true. Nil and `false` are false.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    pub(crate) fn list(items: Vec<Value>) -> Self {
        Self::List(items.into())
    }

    /// Returns the name of the .NET type.
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
