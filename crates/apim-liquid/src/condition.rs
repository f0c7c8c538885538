//! Evaluates conditions.

use std::cmp::Ordering;

use crate::{
    convert, culture,
    expression::Comparison,
    fault::Fault,
    print,
    scope::Scope,
    syntax::{Condition, Join},
    value::Value,
};

pub(crate) fn holds(condition: &Condition, scope: &mut Scope<'_>) -> Result<bool, Fault> {
    let mut condition = condition;
    let mut found = compare(&condition.comparison, scope)?;
    // Conditions group from the right: `a and (b or (c and d))`. So the first comparison that decides its group decides
    // the whole.
    while let Some((join, rest)) = &condition.rest {
        if found == (*join == Join::Or) {
            return Ok(found);
        }
        condition = rest;
        found = compare(&condition.comparison, scope)?;
    }
    Ok(found)
}

pub(crate) fn compare(comparison: &Comparison, scope: &mut Scope<'_>) -> Result<bool, Fault> {
    let left = scope.resolve(&comparison.left)?;
    let Some(operator) = &comparison.operator else { return Ok(left.is_true()) };
    let right = scope.resolve(comparison.right.as_deref().unwrap_or_default())?;
    let operator = Operator::named(operator).ok_or_else(|| Fault::error(format!("Unknown operator {operator}")))?;
    operator.count(&left, &right, scope)?;
    operator.apply(&left, &right)
}

#[derive(Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
    HasKey,
    HasValue,
}

impl Operator {
    /// Accepts the name as written, in small letters, or with a capital first letter.
    fn named(text: &str) -> Option<Self> {
        Some(match text {
            "==" => Self::Equal,
            "!=" | "<>" => Self::NotEqual,
            "<" => Self::Less,
            ">" => Self::Greater,
            "<=" => Self::LessOrEqual,
            ">=" => Self::GreaterOrEqual,
            "contains" | "Contains" => Self::Contains,
            "startsWith" | "startswith" | "StartsWith" => Self::StartsWith,
            "endsWith" | "endswith" | "EndsWith" => Self::EndsWith,
            "hasKey" | "haskey" | "HasKey" => Self::HasKey,
            "hasValue" | "hasvalue" | "HasValue" => Self::HasValue,
            _ => return None,
        })
    }

    /// Counts the text that the comparison reads and the items that it goes through.
    fn count(self, left: &Value, right: &Value, scope: &mut Scope<'_>) -> Result<(), Fault> {
        let (of_left, of_right) = (left.text_length(), right.text_length());
        // Two texts are read up to the length of the shorter one. Of two types, one is converted.
        let are_texts = matches!((left, right), (Value::Text(_), Value::Text(_)));
        let read = if are_texts { of_left.min(of_right) } else { of_left.saturating_add(of_right) };
        match self {
            Self::Equal | Self::NotEqual if matches!(left, Value::Empty) || matches!(right, Value::Empty) => Ok(()),
            Self::Equal | Self::NotEqual | Self::StartsWith | Self::EndsWith | Self::HasKey => scope.reads(read),
            Self::Less | Self::Greater | Self::LessOrEqual | Self::GreaterOrEqual => {
                scope.reads(read.saturating_mul(culture::READS))
            }
            Self::Contains => {
                scope.work(if let Value::List(items) = left { items.len() } else { 0 })?;
                scope.reads(of_left.saturating_add(of_right))
            }
            Self::HasValue => {
                let Value::Object(object) = left else { return Ok(()) };
                scope.work(object.members.len())?;
                for member in object.members.values() {
                    scope.reads(member.text_length().saturating_add(of_right))?;
                }
                Ok(())
            }
        }
    }

    fn apply(self, left: &Value, right: &Value) -> Result<bool, Fault> {
        let ordered = |fits: fn(Ordering) -> bool| {
            if left.is_nil() || right.is_nil() { Ok(false) } else { convert::compare(left, right).map(fits) }
        };
        Ok(match self {
            Self::Equal => convert::equal(left, right),
            Self::NotEqual => !convert::equal(left, right),
            Self::Less => ordered(Ordering::is_lt)?,
            Self::Greater => ordered(Ordering::is_gt)?,
            Self::LessOrEqual => ordered(Ordering::is_le)?,
            Self::GreaterOrEqual => ordered(Ordering::is_ge)?,
            Self::Contains => contains(left, right)?,
            Self::StartsWith => begins_or_ends(left, right, true)?,
            Self::EndsWith => begins_or_ends(left, right, false)?,
            Self::HasKey => {
                matches!(left, Value::Object(object) if object.get(&print::dotnet(right)).is_some())
            }
            Self::HasValue => matches!(left, Value::Object(object) if object.holds(right)),
        })
    }
}

/// Reports whether a text contains a text, or a list contains an equal item. In a list no text equals another.
fn contains(left: &Value, right: &Value) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Text(text), Value::Text(part)) => Ok(text.contains(&**part)),
        (Value::Text(_), Value::Nil) => Err(Fault::error("Value cannot be null. (Parameter 'value')")),
        (Value::Text(_), other) => Err(cannot_be_text(other)),
        (Value::List(items), right) => {
            let is_text = |value: &Value| matches!(value, Value::Text(_));
            Ok(items.iter().any(|item| !is_text(item) && !is_text(right) && convert::equal(item, right)))
        }
        (
            Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Long(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Object(_)
            | Value::Pair(_)
            | Value::Empty,
            _,
        ) => Ok(false),
    }
}

/// Reports whether the right value is the beginning or end of a text, or the first or last item of a list.
fn begins_or_ends(left: &Value, right: &Value, begins: bool) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Text(text), Value::Text(part)) => {
            Ok(if begins { text.starts_with(&**part) } else { text.ends_with(&**part) })
        }
        (Value::Text(_), Value::Nil) => Err(Fault::error("Value cannot be null. (Parameter 'value')")),
        (Value::Text(_), other) => Err(cannot_be_text(other)),
        (Value::List(items), right) => {
            let item = if begins { items.first() } else { items.last() };
            Ok(convert::equal(item.unwrap_or(&Value::Nil), right))
        }
        (
            Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Long(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Object(_)
            | Value::Pair(_)
            | Value::Empty,
            _,
        ) => Ok(false),
    }
}

fn cannot_be_text(value: &Value) -> Fault {
    Fault::error(format!("Unable to cast object of type '{}' to type 'System.String'.", value.type_name()))
}
