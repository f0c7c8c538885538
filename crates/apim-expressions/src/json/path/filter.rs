//! The conditions of `[?(…)]`.

use std::cmp::Ordering;

use super::{
    follow,
    step::{Condition, Matching, Operand, Operator},
};
use crate::{
    json::{Scalar, Token, write::scalar_text},
    limits::Budget,
    problem::Failure,
};

impl Condition {
    pub(super) fn holds(&self, root: &Token, token: &Token, budget: &mut Budget) -> Result<bool, Failure> {
        budget.steps(1)?;
        match self {
            Self::Any(inner) => {
                for condition in inner {
                    if condition.holds(root, token, budget)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::All(inner) => {
                for condition in inner {
                    if !condition.holds(root, token, budget)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Exists(operand) => Ok(!operand.tokens(root, token, budget)?.is_empty()),
            Self::Compare(left, operator, right) => {
                let lefts = left.tokens(root, token, budget)?;
                if let Operand::Pattern(matching) = right {
                    return matches(&lefts, matching, budget);
                }
                let rights = right.tokens(root, token, budget)?;
                budget.steps((lefts.len() * rights.len()) as u64)?;
                for left in &lefts {
                    for right in &rights {
                        if compare(left, *operator, right, budget)? {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
        }
    }
}

impl Operand {
    fn tokens(&self, root: &Token, token: &Token, budget: &mut Budget) -> Result<Vec<Token>, Failure> {
        match self {
            Self::Path { from_root, steps } => follow(root, if *from_root { root } else { token }, steps, budget),
            Self::Value(value) => Ok(vec![Token::scalar(value.clone(), budget)?]),
            Self::Pattern(_) => Ok(Vec::new()),
        }
    }
}

fn compare(left: &Token, operator: Operator, right: &Token, budget: &mut Budget) -> Result<bool, Failure> {
    let (Some(one), Some(two)) = (left.as_scalar(), right.as_scalar()) else {
        return match operator {
            Operator::Equal | Operator::Same => left.deep_equals(right, budget),
            Operator::NotEqual | Operator::NotSame => Ok(!left.deep_equals(right, budget)?),
            _ => Ok(false),
        };
    };
    let order = || order(&one, &two);
    Ok(match operator {
        Operator::Equal => equal(&one, &two),
        Operator::NotEqual => !equal(&one, &two),
        Operator::Same => same(&one, &two),
        Operator::NotSame => !same(&one, &two),
        Operator::Less => order() == Some(Ordering::Less),
        Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
        Operator::Greater => order() == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        Operator::Matches => false,
    })
}

fn number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Integer(whole) => Some(*whole as f64),
        Scalar::Float(real) => Some(*real),
        _ => None,
    }
}

/// Compares two scalars. Numbers are equal across their types; a time or another value that has a text is equal to that
/// text.
fn equal(one: &Scalar, two: &Scalar) -> bool {
    if let (Some(one), Some(two)) = (number(one), number(two)) {
        return one == two;
    }
    match (one, two) {
        (Scalar::Date(_) | Scalar::Offset(_) | Scalar::Other(..), Scalar::Text(text)) => scalar_text(one) == *text,
        _ => one == two,
    }
}

fn same(one: &Scalar, two: &Scalar) -> bool {
    match (number(one), number(two)) {
        (Some(a), Some(b)) => a == b,
        _ => one == two,
    }
}

fn order(one: &Scalar, two: &Scalar) -> Option<Ordering> {
    match (number(one), number(two)) {
        (Some(one), Some(two)) => return one.partial_cmp(&two),
        (Some(one), None) => return one.partial_cmp(&scalar_text(two).parse().ok()?),
        _ => {}
    }
    match (one, two) {
        (Scalar::Null, Scalar::Null) => Some(Ordering::Equal),
        (Scalar::Null, _) => Some(Ordering::Less),
        (_, Scalar::Null) => Some(Ordering::Greater),
        (Scalar::Bool(one), Scalar::Bool(two)) => Some(one.cmp(two)),
        (Scalar::Date(one), Scalar::Date(two)) => Some(one.ticks.cmp(&two.ticks)),
        (Scalar::Text(one), two) => Some((**one).cmp(&scalar_text(two))),
        _ => None,
    }
}

fn matches(tokens: &[Token], matching: &Matching, budget: &mut Budget) -> Result<bool, Failure> {
    for token in tokens {
        if let Some(Scalar::Text(text)) = token.as_scalar()
            && matching.is_in(&text, budget)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
