//! The values of names and literals in a template.

use std::{collections::HashMap, sync::Arc};

use apim_expressions::{RegexError, Replaced, TextReplacer};
use rust_decimal::Decimal;

use crate::{
    convert,
    enumerable::Enumerable,
    environment::Environment,
    fault::{Fault, RenderError},
    print,
    value::{Object, Value},
};

/// The largest number of steps of one rendering: nodes, items of loops, look-ups and filters.
const MOST_STEPS: u64 = 1_000_000;

/// The most bytes of text that one rendering makes, including the texts between filters.
const MOST_TEXT: usize = 32 << 20;

/// The most bytes of text that one rendering reads: in filters, comparisons and look-ups.
const MOST_READ: usize = 64 << 20;

/// The deepest nesting of blocks that have their own names.
const MOST_SCOPES: usize = 80;

/// The most numbers in one range.
const LONGEST_RANGE: i64 = 100_000;

/// The state of a rendering: its values and its consumption.
pub(crate) struct Scope<'e> {
    pub(crate) environment: &'e Environment,
    /// The names of the blocks, outermost block first.
    scopes: Vec<HashMap<String, Value>>,
    /// The position that each `for` loop reached, by variable and list.
    pub(crate) continued: HashMap<String, i32>,
    pub(crate) cycles: HashMap<String, usize>,
    pub(crate) changed: Option<String>,
    replacer: TextReplacer,
    steps: u64,
    text: usize,
    read: usize,
}

impl<'e> Scope<'e> {
    pub(crate) fn new(environment: &'e Environment) -> Self {
        Self {
            environment,
            scopes: vec![HashMap::new()],
            continued: HashMap::new(),
            cycles: HashMap::new(),
            changed: None,
            replacer: TextReplacer::default(),
            steps: 0,
            text: 0,
            read: 0,
        }
    }

    /// Counts steps of work.
    pub(crate) fn work(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(u64::try_from(steps).unwrap_or(u64::MAX));
        if self.steps > MOST_STEPS { Err(too_many_steps()) } else { Ok(()) }
    }

    /// Counts text that was made.
    pub(crate) fn made(&mut self, bytes: usize) -> Result<(), Fault> {
        self.text = self.text.saturating_add(bytes);
        if self.text > MOST_TEXT { Err(Fault::limit("text (32 MiB)")) } else { Ok(()) }
    }

    /// Counts text that is read.
    pub(crate) fn reads(&mut self, bytes: usize) -> Result<(), Fault> {
        self.read = self.read.saturating_add(bytes);
        if self.read > MOST_READ { Err(Fault::limit("text that is read (64 MiB)")) } else { Ok(()) }
    }

    /// Returns the items of an enumerable. They are counted first: the characters of a text take far more memory than
    /// the text.
    pub(crate) fn items(&mut self, value: &Value) -> Result<Option<Vec<Value>>, Fault> {
        let Some(enumerable) = Enumerable::from_value(value) else { return Ok(None) };
        self.reads(value.text_length())?;
        self.work(enumerable.size())?;
        Ok(Some(enumerable.items()))
    }

    /// Replaces the matches of a regular expression. Its steps count as steps of the rendering.
    pub(crate) fn replace(
        &mut self,
        text: &Arc<str>,
        pattern: &Arc<str>,
        replaced: Replaced<'_>,
    ) -> Result<Arc<str>, Fault> {
        let mut left = MOST_STEPS.saturating_sub(self.steps);
        let done = self.replacer.replace(text, pattern, replaced, &mut left);
        self.steps = MOST_STEPS - left;
        done.map_err(|error| match error {
            RegexError::Invalid(message) => Fault::Error(message),
            RegexError::Steps => too_many_steps(),
            RegexError::Stopped(message) => Fault::Ended(RenderError::Regex(message)),
        })
    }

    /// Returns the number of bytes of text that may still be made.
    pub(crate) fn room(&self) -> usize {
        MOST_TEXT - self.text.min(MOST_TEXT)
    }

    /// Begins a block that has its own names.
    pub(crate) fn enter(&mut self) -> Result<(), Fault> {
        if self.scopes.len() > MOST_SCOPES {
            return Err(Fault::error("Error - Nesting too deep"));
        }
        self.scopes.push(HashMap::new());
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Sets a name of the innermost block.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// Sets a name of the whole template.
    pub(crate) fn assign(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.first_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// Returns the value of a fragment.
    pub(crate) fn resolve(&mut self, fragment: &str) -> Result<Value, Fault> {
        self.work(1)?;
        self.reads(fragment.len())?;
        match fragment {
            "nil" | "null" | "" => return Ok(Value::Nil),
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            "blank" | "empty" => return Ok(Value::Empty),
            _ => {}
        }
        for quote in ['\'', '"'] {
            if fragment.len() >= 2 && fragment.starts_with(quote) && fragment.ends_with(quote) {
                return Ok(Value::from(&fragment[1..fragment.len() - 1]));
            }
        }
        let unsigned = fragment.strip_prefix(['+', '-']).unwrap_or(fragment);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
                return integer(fragment);
            }
            if unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '|')) {
                return number(fragment);
            }
        }
        match fragment
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|range| range.split_once(".."))
        {
            Some((from, to)) if !from.is_empty() && !to.is_empty() && !fragment.contains(char::is_whitespace) => {
                self.range(from, to)
            }
            _ => self.variable(fragment),
        }
    }

    fn range(&mut self, from: &str, to: &str) -> Result<Value, Fault> {
        let (from, to) = (convert::to_int(&self.resolve(from)?)?, convert::to_int(&self.resolve(to)?)?);
        if i64::from(to) - i64::from(from) >= LONGEST_RANGE {
            return Err(Fault::limit("numbers of a range (100,000)"));
        }
        let numbers: Vec<_> = (from..=to).map(Value::Int).collect();
        self.work(numbers.len())?;
        Ok(Value::list(numbers))
    }

    fn variable(&mut self, path: &str) -> Result<Value, Fault> {
        let mut parts = path_parts(path);
        let first = parts.next().ok_or_else(|| Fault::error("Value cannot be null. (Parameter 'input')"))?;
        let name = match in_brackets(first) {
            Some(inside) => match self.resolve(inside)? {
                Value::Nil => return Err(Fault::null_reference()),
                name => {
                    self.reads(name.text_length())?;
                    print::dotnet(&name)
                }
            },
            None => first.to_owned(),
        };
        let mut value = self.find(&name);
        for part in parts {
            if value.is_nil() {
                return Ok(value);
            }
            self.work(1)?;
            value = match in_brackets(part) {
                Some(inside) => {
                    let key = self.resolve(inside)?;
                    self.reads(key.text_length())?;
                    index(&value, &key)?
                }
                None => {
                    if part == "size" {
                        self.reads(value.text_length())?;
                    }
                    member(&value, part)
                }
            };
        }
        Ok(value)
    }

    /// Finds a name in the innermost block that has it, or else in the environment.
    fn find(&self, name: &str) -> Value {
        let scope = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        scope.or_else(|| self.environment.values.get(name)).cloned().unwrap_or_default()
    }
}

fn too_many_steps() -> Fault {
    Fault::limit("steps (1,000,000)")
}

/// Returns the parts of a path: the content of brackets, and runs of letters, digits, hyphens and underscores with or
/// without a question mark. Everything between the parts is skipped.
fn path_parts(path: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let (mut rest, last_bracket) = (path, path.rfind(']'));
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let at = path.len() - rest.len();
            let closed = if first == '[' && last_bracket > Some(at + 1) { rest.find(']') } else { None };
            let length = match closed {
                Some(end) if end > 1 => end + 1,
                _ => {
                    let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                    word + usize::from(word > 0 && rest[word..].starts_with('?'))
                }
            };
            let (part, after) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
            rest = after;
            if length > 0 {
                return Some(part);
            }
        }
    })
}

fn in_brackets(part: &str) -> Option<&str> {
    part.strip_prefix('[')?.strip_suffix(']')
}

fn integer(text: &str) -> Result<Value, Fault> {
    if let Ok(number) = text.parse() {
        return Ok(Value::Int(number));
    }
    let number = text.parse().map(Value::Long);
    number.map_err(|_| Fault::error("Value was either too large or too small for an Int64."))
}

/// Reads digits with a point. Commas are ignored.
fn number(text: &str) -> Result<Value, Fault> {
    let plain = text.replace(',', "");
    if let Ok(number) = Decimal::from_str_exact(&plain).or_else(|_| plain.parse()) {
        return Ok(Value::Decimal(number));
    }
    let bad_format = || Fault::error(format!("The input string '{text}' was not in a correct format."));
    plain.parse().map(Value::Double).map_err(|_| bad_format())
}

/// Returns a member that is named in brackets: a key of a dictionary, or an index of a list.
fn index(value: &Value, key: &Value) -> Result<Value, Fault> {
    match (value, key) {
        (Value::Object(_), Value::Nil) => Err(Fault::error("Value cannot be null. (Parameter 'key')")),
        (Value::Object(object), Value::Text(name)) => Ok(object.get(name).cloned().unwrap_or_default()),
        (Value::List(items), Value::Int(_) | Value::Long(_)) => {
            let index = convert::to_int(key)?;
            let found = usize::try_from(index).ok().and_then(|index| items.get(index));
            found.cloned().ok_or_else(|| {
                Fault::error(
                    "Index was out of range. Must be non-negative and less than the size of the collection. (Parameter \
                     'index')",
                )
            })
        }
        (Value::Pair(pair), Value::Text(name)) => Ok(of_pair(pair, name)),
        (
            Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Long(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::List(_)
            | Value::Object(_)
            | Value::Pair(_)
            | Value::Empty,
            _,
        ) => Ok(Value::Nil),
    }
}

/// Returns a member by name. An enumerable also has `size`, `first` and `last`, unless it has a member of that name.
fn member(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(object) if object.get(name).is_some() => object.get(name).cloned().unwrap_or_default(),
        Value::Pair(pair) => of_pair(pair, name),
        value => match name {
            "size" => {
                let size = Enumerable::from_value(value).and_then(|items| i32::try_from(items.size()).ok());
                size.map_or(Value::Nil, Value::Int)
            }
            "first" => Enumerable::from_value(value).and_then(Enumerable::first).unwrap_or_default(),
            "last" => Enumerable::from_value(value).and_then(Enumerable::last).unwrap_or_default(),
            _ => Value::Nil,
        },
    }
}

fn of_pair(pair: &Arc<(Arc<str>, Value)>, name: &str) -> Value {
    match name {
        "Key" => Value::Text(Arc::clone(&pair.0)),
        "Value" => pair.1.clone(),
        _ => Value::Nil,
    }
}

impl Object {
    /// Reports whether a member has this value.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        self.members.values().any(|member| convert::equal(member, value))
    }
}
