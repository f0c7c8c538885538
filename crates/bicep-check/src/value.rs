//! The value of an expression, as far as it is known before a deployment.

use std::rc::Rc;

use crate::{
    evaluate::{Instance, Resource},
    types::{Type, TypeKind},
};

/// A place in the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourcePlace {
    /// The number of the file in its program.
    pub(crate) file: usize,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// `null`
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Integer(i64),
    /// A text. Only a deployment may know some of its parts.
    Text(Text),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Vec<Member>),
    /// One of several values. Only a deployment knows the condition that decides.
    OneOf(Vec<Value>),
    /// A resource symbol.
    Resource(Rc<Resource>),
    /// The symbol of a loop over resources.
    Resources(Vec<Rc<Resource>>),
    /// A module symbol; more than one instance for a loop.
    Module { symbol: String, instances: Vec<Rc<Instance>>, outputs: bool },
    /// A property that only a deployment knows, such as `clientId of id-reader`.
    Property { name: String, owner: String, of: Type },
    /// A value of which only the type is known.
    Unknown(Type),
}

/// A property of an object value.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The property's name.
    pub(crate) name: String,
    /// The place where the property is written.
    pub(crate) place: SourcePlace,
    /// The property's value.
    pub(crate) value: Value,
}

/// A text in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<TextPart>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextPart {
    Literal(String),
    /// A part that only a deployment knows: its description, and its least and greatest number of letters.
    Hole {
        what: String,
        min: usize,
        max: usize,
    },
}

impl Text {
    pub(crate) fn literal(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { Self(vec![TextPart::Literal(text.to_owned())]) }
    }

    pub(crate) fn hole(what: impl Into<String>, min: usize, max: usize) -> Self {
        Self(vec![TextPart::Hole { what: what.into(), min, max }])
    }

    /// Returns the beginning of the ID of a resource of this type; its names follow.
    pub(crate) fn id(of_type: Self) -> Self {
        let mut id = Self::hole("scope", 0, usize::MAX);
        id.push(Self::literal("/providers/"));
        id.push(of_type);
        id
    }

    /// Adds another text at the end.
    pub(crate) fn push(&mut self, other: Self) {
        for part in other.0 {
            match (self.0.last_mut(), part) {
                (Some(TextPart::Literal(last)), TextPart::Literal(more)) => last.push_str(&more),
                (_, part) => self.0.push(part),
            }
        }
    }

    /// Returns the text, if all of it is known.
    pub(crate) fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [TextPart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the text, with `‹what›` for each part that only a deployment knows.
    pub(crate) fn shown(&self) -> String {
        let part = |part: &TextPart| match part {
            TextPart::Literal(text) => text.clone(),
            TextPart::Hole { what, .. } => format!("‹{what}›"),
        };
        self.0.iter().map(part).collect()
    }

    /// Returns the least and the greatest number of letters.
    pub(crate) fn length(&self) -> (usize, usize) {
        self.0.iter().fold((0, 0), |(min, max), part| match part {
            TextPart::Literal(text) => (min + text.chars().count(), max.saturating_add(text.chars().count())),
            TextPart::Hole { min: least, max: most, .. } => (min + least, max.saturating_add(*most)),
        })
    }

    /// Returns the text with its holes filled by as many letters as fit.
    pub(crate) fn longest(&self) -> String {
        let part = |part: &TextPart| match part {
            TextPart::Literal(text) => text.clone(),
            TextPart::Hole { max, .. } => "a".repeat((*max).min(64)),
        };
        self.0.iter().map(part).collect()
    }

    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            TextPart::Hole { what, .. } => Some(what.as_str()),
            TextPart::Literal(_) => None,
        })
    }
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Text::literal(text))
    }

    pub(crate) fn any() -> Self {
        Self::Unknown(Type::default())
    }

    pub(crate) fn unknown(kind: TypeKind) -> Self {
        Self::Unknown(Type::from_kind(kind))
    }

    /// Returns one of these values, without choices inside choices.
    pub(crate) fn one_of(values: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for value in values {
            match value {
                Self::OneOf(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Self::OneOf(flat) }
    }

    /// Returns a property, by a path such as `properties.principalId`.
    pub(crate) fn get(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, name| match value {
            Self::Object(members) => members.iter().find(|member| member.name == name).map(|member| &member.value),
            _ => None,
        })
    }

    /// Returns every value at a path, through the items of arrays.
    pub(crate) fn all<'a>(&'a self, path: &str) -> Vec<&'a Self> {
        let flat = |values: Vec<&'a Self>| -> Vec<&'a Self> {
            let item = |value: &'a Self| match value {
                Self::Array(items) => items.iter().collect(),
                other => vec![other],
            };
            values.into_iter().flat_map(item).collect()
        };
        path.split('.').fold(vec![self], |values, name| {
            flat(flat(values).into_iter().filter_map(|value| value.get(name)).collect())
        })
    }

    /// Returns the place where a property is written.
    pub(crate) fn place_of(&self, path: &str) -> Option<SourcePlace> {
        let (parent, name) = match path.rsplit_once('.') {
            Some((parent, name)) => (self.get(parent)?, name),
            None => (self, path),
        };
        let Self::Object(members) = parent else { return None };
        members.iter().find(|member| member.name == name).map(|member| member.place)
    }

    /// Returns the value as a text, if it can be one.
    pub(crate) fn as_text(&self) -> Option<Text> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bool(value) => Some(Text::literal(if *value { "true" } else { "false" })),
            Self::Integer(number) => Some(Text::literal(&number.to_string())),
            Self::Property { name, owner, of } => {
                let letters = |limit: Option<i64>| limit.and_then(|limit| usize::try_from(limit).ok());
                Some(Text::hole(
                    format!("{name} of {owner}"),
                    letters(of.min).unwrap_or(0),
                    letters(of.max).unwrap_or(usize::MAX),
                ))
            }
            Self::OneOf(values) => {
                let texts: Option<Vec<Text>> = values.iter().map(Self::as_text).collect();
                let texts = texts?;
                let lengths: Vec<(usize, usize)> = texts.iter().map(Text::length).collect();
                let what = texts.iter().map(Text::shown).collect::<Vec<_>>().join(" or ");
                Some(Text::hole(what, lengths.iter().map(|l| l.0).min()?, lengths.iter().map(|l| l.1).max()?))
            }
            Self::Unknown(_) => Some(Text::hole("?", 0, usize::MAX)),
            _ => None,
        }
    }

    /// Returns the value as a text for a message; empty for a value with parts.
    pub(crate) fn shown(&self) -> String {
        self.as_text().map(|text| text.shown()).unwrap_or_default()
    }

    /// Returns the property of a deployed resource that this value is, such as `clientId of id-reader`.
    pub(crate) fn origin(&self) -> Option<String> {
        match self.as_text()?.0.as_slice() {
            [TextPart::Hole { what, .. }] => Some(what.clone()),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    /// Returns the properties of an object.
    pub(crate) fn members(&self) -> &[Member] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    /// Returns whether the value is certainly true or certainly false; `None` if neither is certain.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}
