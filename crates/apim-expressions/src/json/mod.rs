//! JSON like Newtonsoft.Json's `JToken`: ordered, mutable, and with references. A token that is already in a document
//! is copied when it goes into another one.

pub(crate) mod convert;
pub(crate) mod path;
mod property;
pub(crate) mod read;
pub(crate) mod write;

use std::{
    fmt,
    sync::{Arc, Mutex, Weak},
};

use indexmap::IndexMap;
use rust_decimal::Decimal;

pub(crate) use self::property::Property;

use super::{
    limits::{self, Budget},
    lock::lock,
    problem::Failure,
    types::Class,
    value::{DateTime, DateTimeOffset},
};

/// The memory cost of a node besides its text.
const NODE_BYTES: usize = 64;

/// A `JObject`, `JArray` or `JValue`.
#[derive(Clone)]
pub struct Token(Arc<Node>);

struct Node {
    parent: Mutex<Weak<Node>>,
    content: Mutex<Content>,
}

enum Content {
    Object(IndexMap<Arc<str>, Token>),
    Array(Vec<Token>),
    /// `new name(…)`
    Constructor(Arc<str>, Vec<Token>),
    Scalar(Scalar),
}

/// The value of a `JValue`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Decimal(Decimal),
    Text(Arc<str>),
    Other(Other, Arc<str>),
    /// A time. Newtonsoft.Json reads a text that looks like an ISO 8601 time as a time.
    Date(DateTime),
    Offset(DateTimeOffset),
}

/// The rarer kinds of `JValue` values, which keep their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// A whole number that is too large for `long`.
    BigInteger,
    Undefined,
    /// `JRaw`, which is written unchanged.
    Raw,
    Comment,
    Guid,
    TimeSpan,
    Uri,
    /// Bytes, as Base64.
    Bytes,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.class())
    }
}

impl Token {
    fn new(content: Content) -> Self {
        Self(Arc::new(Node { parent: Mutex::default(), content: Mutex::new(content) }))
    }

    pub(crate) fn scalar(value: Scalar, budget: &mut Budget) -> Result<Self, Failure> {
        budget.memory(NODE_BYTES)?;
        Ok(Self::new(Content::Scalar(value)))
    }

    pub(crate) fn object(budget: &mut Budget) -> Result<Self, Failure> {
        budget.memory(NODE_BYTES)?;
        Ok(Self::new(Content::Object(IndexMap::new())))
    }

    pub(crate) fn array(budget: &mut Budget) -> Result<Self, Failure> {
        budget.memory(NODE_BYTES)?;
        Ok(Self::new(Content::Array(Vec::new())))
    }

    /// Makes `new name(…)` without arguments.
    pub(crate) fn construct(name: Arc<str>, budget: &mut Budget) -> Result<Self, Failure> {
        budget.memory(NODE_BYTES + name.len())?;
        Ok(Self::new(Content::Constructor(name, Vec::new())))
    }

    /// Returns the name of a `JConstructor`.
    pub(crate) fn constructor(&self) -> Option<Arc<str>> {
        if let Content::Constructor(name, _) = &*lock(&self.0.content) { Some(Arc::clone(name)) } else { None }
    }

    pub(crate) fn class(&self) -> Class {
        match &*lock(&self.0.content) {
            Content::Object(_) => Class::JObject,
            Content::Array(_) => Class::JArray,
            Content::Constructor(..) => Class::JConstructor,
            Content::Scalar(Scalar::Other(Other::Raw, _)) => Class::JRaw,
            Content::Scalar(_) => Class::JValue,
        }
    }

    pub(crate) fn as_scalar(&self) -> Option<Scalar> {
        if let Content::Scalar(value) = &*lock(&self.0.content) { Some(value.clone()) } else { None }
    }

    pub(crate) fn set_scalar(&self, value: Scalar) {
        let mut content = lock(&self.0.content);
        if matches!(*content, Content::Scalar(_)) {
            *content = Content::Scalar(value);
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn len(&self) -> usize {
        match &*lock(&self.0.content) {
            Content::Object(members) => members.len(),
            Content::Array(items) | Content::Constructor(_, items) => items.len(),
            Content::Scalar(_) => 0,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        if let Content::Object(members) = &*lock(&self.0.content) { members.get(name).cloned() } else { None }
    }

    pub(crate) fn item(&self, index: usize) -> Option<Self> {
        if let Content::Array(items) = &*lock(&self.0.content) { items.get(index).cloned() } else { None }
    }

    /// Returns the members of an object.
    pub(crate) fn members(&self) -> Vec<(Arc<str>, Self)> {
        match &*lock(&self.0.content) {
            Content::Object(members) => members.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            Content::Array(_) | Content::Constructor(..) | Content::Scalar(_) => Vec::new(),
        }
    }

    /// Returns the elements of an array, or the values of an object.
    pub(crate) fn children(&self) -> Vec<Self> {
        match &*lock(&self.0.content) {
            Content::Object(members) => members.values().cloned().collect(),
            Content::Array(items) | Content::Constructor(_, items) => items.clone(),
            Content::Scalar(_) => Vec::new(),
        }
    }

    pub(crate) fn parent(&self) -> Option<Self> {
        lock(&self.0.parent).upgrade().map(Self)
    }

    pub(crate) fn root(&self) -> Self {
        let mut root = self.clone();
        while let Some(parent) = root.parent() {
            root = parent;
        }
        root
    }

    fn depth(&self) -> usize {
        let (mut depth, mut token) = (0, self.clone());
        while let Some(parent) = token.parent() {
            (depth, token) = (depth + 1, parent);
        }
        depth
    }

    fn height(&self, budget: &mut Budget) -> Result<usize, Failure> {
        budget.steps(1)?;
        let mut height = 0;
        for child in self.children() {
            height = height.max(1 + child.height(budget)?);
        }
        Ok(height)
    }

    /// Returns the token to put inside this one: the child itself, or a copy if the child is already in a document.
    fn adopt(&self, child: &Self, budget: &mut Budget) -> Result<Self, Failure> {
        let mut child = child.clone();
        if child.parent().is_some() || self.root().is(&child) {
            child = child.copy(budget)?;
        }
        if self.depth() + 1 + child.height(budget)? > limits::VALUE_NESTING {
            return Err(Failure::Stopped(format!(
                "The expression nests JSON more than {} deep.",
                limits::VALUE_NESTING
            )));
        }
        *lock(&child.0.parent) = Arc::downgrade(&self.0);
        Ok(child)
    }

    /// `DeepClone()`
    pub(crate) fn copy(&self, budget: &mut Budget) -> Result<Self, Failure> {
        budget.memory(NODE_BYTES)?;
        if let Some(value) = self.as_scalar() {
            return Ok(Self::new(Content::Scalar(value)));
        }
        let copy = match self.class() {
            Class::JConstructor => Self::new(Content::Constructor(self.constructor().unwrap_or_default(), Vec::new())),
            Class::JObject => Self::new(Content::Object(IndexMap::new())),
            _ => Self::new(Content::Array(Vec::new())),
        };
        let names = self.members();
        for (index, child) in self.children().iter().enumerate() {
            let child = child.copy(budget)?;
            *lock(&child.0.parent) = Arc::downgrade(&copy.0);
            match (&mut *lock(&copy.0.content), names.get(index)) {
                (Content::Object(members), Some((name, _))) => drop(members.insert(name.clone(), child)),
                (Content::Array(items) | Content::Constructor(_, items), _) => items.push(child),
                _ => {}
            }
        }
        Ok(copy)
    }

    /// Returns about how many bytes of memory the token takes, with everything inside it.
    pub(crate) fn memory(&self) -> usize {
        let text = match self.as_scalar() {
            Some(Scalar::Text(text) | Scalar::Other(_, text)) => text.len(),
            Some(
                Scalar::Null
                | Scalar::Bool(_)
                | Scalar::Integer(_)
                | Scalar::Float(_)
                | Scalar::Decimal(_)
                | Scalar::Date(_)
                | Scalar::Offset(_),
            )
            | None => 0,
        };
        let names = self.members().iter().map(|(name, _)| name.len()).sum::<usize>();
        NODE_BYTES + text + names + self.children().iter().map(Self::memory).sum::<usize>()
    }

    /// Adds a new token to a document that is being made.
    fn insert_new(&self, name: &Arc<str>, value: Self, budget: &mut Budget) -> Result<(), Failure> {
        budget.memory(name.len())?;
        *lock(&value.0.parent) = Arc::downgrade(&self.0);
        if let Content::Object(members) = &mut *lock(&self.0.content) {
            members.insert(name.clone(), value);
        }
        Ok(())
    }

    fn push_new(&self, value: Self) {
        *lock(&value.0.parent) = Arc::downgrade(&self.0);
        if let Content::Array(items) | Content::Constructor(_, items) = &mut *lock(&self.0.content) {
            items.push(value);
        }
    }

    /// Adds or replaces a member.
    pub(crate) fn insert(&self, name: &Arc<str>, value: &Self, budget: &mut Budget) -> Result<(), Failure> {
        if self.get(name).is_some_and(|old| old.is(value)) {
            return Ok(());
        }
        budget.memory(NODE_BYTES + name.len())?;
        let value = self.adopt(value, budget)?;
        let mut content = lock(&self.0.content);
        let old = if let Content::Object(members) = &mut *content { members.insert(name.clone(), value) } else { None };
        drop(content);
        old.inspect(Self::orphan);
        Ok(())
    }

    pub(crate) fn push(&self, value: &Self, budget: &mut Budget) -> Result<(), Failure> {
        let length = self.len();
        self.insert_at(length, value, budget).map(drop)
    }

    /// Inserts an element. Returns false when the index does not exist.
    pub(crate) fn insert_at(&self, index: usize, value: &Self, budget: &mut Budget) -> Result<bool, Failure> {
        if index > self.len() {
            return Ok(false);
        }
        budget.work((self.len() - index) * 8)?;
        let value = self.adopt(value, budget)?;
        if let Content::Array(items) | Content::Constructor(_, items) = &mut *lock(&self.0.content) {
            items.insert(index, value);
        }
        Ok(true)
    }

    /// Replaces an element. Returns false when the index does not exist.
    pub(crate) fn replace_at(&self, index: usize, value: &Self, budget: &mut Budget) -> Result<bool, Failure> {
        let Some(old) = self.item(index) else { return Ok(false) };
        if old.is(value) {
            return Ok(true);
        }
        let value = self.adopt(value, budget)?;
        if let Content::Array(items) = &mut *lock(&self.0.content) {
            items[index] = value;
        }
        old.orphan();
        Ok(true)
    }

    pub(crate) fn remove(&self, name: &str, budget: &mut Budget) -> Result<bool, Failure> {
        budget.work(self.len() * 8)?;
        let mut content = lock(&self.0.content);
        let old = if let Content::Object(members) = &mut *content { members.shift_remove(name) } else { None };
        drop(content);
        Ok(old.inspect(Self::orphan).is_some())
    }

    pub(crate) fn remove_at(&self, index: usize, budget: &mut Budget) -> Result<bool, Failure> {
        budget.work(self.len() * 8)?;
        let Some(old) = self.item(index) else { return Ok(false) };
        if let Content::Array(items) = &mut *lock(&self.0.content) {
            items.remove(index);
        }
        old.orphan();
        Ok(true)
    }

    pub(crate) fn clear(&self) {
        self.children().iter().for_each(Self::orphan);
        match &mut *lock(&self.0.content) {
            Content::Object(members) => members.clear(),
            Content::Array(items) | Content::Constructor(_, items) => items.clear(),
            Content::Scalar(_) => {}
        }
    }

    fn orphan(&self) {
        *lock(&self.0.parent) = Weak::new();
    }

    /// Returns the token's parent, and its place there: a member's name or an index.
    pub(crate) fn place(&self) -> Option<(Self, Result<Arc<str>, usize>)> {
        let parent = self.parent()?;
        let member = parent.members().into_iter().find(|(_, value)| value.is(self));
        let place = match member {
            Some((name, _)) => Ok(name),
            None => Err(parent.children().iter().position(|child| child.is(self))?),
        };
        Some((parent, place))
    }

    /// Returns the path of this token in its document: `a.b[0]['c d']`.
    pub(crate) fn path(&self) -> String {
        let mut parts = Vec::new();
        let mut token = self.clone();
        while let Some((parent, place)) = token.place() {
            parts.push(match place {
                Ok(name) if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) => format!(".{name}"),
                Ok(name) => format!("['{}']", name.replace('\'', "\\'")),
                Err(index) => format!("[{index}]"),
            });
            token = parent;
        }
        parts.reverse();
        let path = parts.concat();
        path.strip_prefix('.').map_or_else(|| path.clone(), str::to_owned)
    }

    /// `JToken.DeepEquals`
    pub(crate) fn deep_equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, Failure> {
        budget.steps(1)?;
        if self.class() != other.class() || self.len() != other.len() {
            return Ok(false);
        }
        if let (Some(one), Some(two)) = (self.as_scalar(), other.as_scalar()) {
            return Ok(one == two);
        }
        if self.class() == Class::JObject {
            for (name, value) in self.members() {
                match other.get(&name) {
                    Some(twin) if value.deep_equals(&twin, budget)? => {}
                    _ => return Ok(false),
                }
            }
            return Ok(true);
        }
        for (one, two) in self.children().iter().zip(other.children()) {
            if !one.deep_equals(&two, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
