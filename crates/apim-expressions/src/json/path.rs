//! `SelectToken`: `JSONPath` as Newtonsoft.Json implements it.

mod filter;
mod parse;
mod step;

use self::step::Step;
use super::Token;
use crate::{limits::Budget, problem::Failure, types::Class};

/// Returns the tokens that a path leads to.
pub(crate) fn select(root: &Token, path: &str, budget: &mut Budget) -> Result<Vec<Token>, Failure> {
    let steps = parse::path(path)?;
    follow(root, root, &steps, budget)
}

fn follow(root: &Token, from: &Token, steps: &[Step], budget: &mut Budget) -> Result<Vec<Token>, Failure> {
    let mut found = vec![from.clone()];
    for step in steps {
        let mut next = Vec::new();
        for token in &found {
            budget.steps(1)?;
            apply(root, token, step, &mut next, budget)?;
        }
        budget.memory(next.len() * 8)?;
        found = next;
    }
    Ok(found)
}

fn apply(root: &Token, token: &Token, step: &Step, next: &mut Vec<Token>, budget: &mut Budget) -> Result<(), Failure> {
    let is_list = matches!(token.class(), Class::JArray | Class::JConstructor);
    let at = |index: i64| usize::try_from(index).ok().and_then(|index| token.item(index));
    match step {
        Step::Member(name) => next.extend(token.get(name)),
        Step::Members(names) => next.extend(names.iter().filter_map(|name| token.get(name))),
        Step::Values if token.class() == Class::JObject => next.extend(token.children()),
        Step::Elements if is_list => next.extend(token.children()),
        Step::Values | Step::Elements => {}
        Step::Index(index) => next.extend(at(*index)),
        Step::Indexes(indexes) => next.extend(indexes.iter().filter_map(|index| at(*index))),
        Step::Slice(start, end, step) => {
            if is_list {
                slice(token, *start, *end, *step, next);
            }
        }
        Step::Deep(name) => {
            if name.is_none() {
                next.push(token.clone());
            }
            deep(token, name.as_deref(), next, budget)?;
        }
        Step::Filter(condition, false) => {
            if is_list {
                for child in token.children() {
                    if condition.holds(root, &child, budget)? {
                        next.push(child);
                    }
                }
            }
        }
        Step::Filter(condition, true) => {
            let mut all = vec![token.clone()];
            deep(token, None, &mut all, budget)?;
            for one in all {
                if condition.holds(root, &one, budget)? {
                    next.push(one);
                }
            }
        }
    }
    Ok(())
}

fn deep(token: &Token, name: Option<&str>, next: &mut Vec<Token>, budget: &mut Budget) -> Result<(), Failure> {
    budget.steps(1)?;
    if token.class() == Class::JObject {
        for (member, value) in token.members() {
            if name.is_none_or(|name| *member == *name) {
                next.push(value.clone());
            }
            deep(&value, name, next, budget)?;
        }
    } else {
        for child in token.children() {
            if name.is_none() {
                next.push(child.clone());
            }
            deep(&child, name, next, budget)?;
        }
    }
    Ok(())
}

fn slice(token: &Token, start: Option<i64>, end: Option<i64>, step: i64, next: &mut Vec<Token>) {
    let items = token.children();
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = |index: i64| if index < 0 { index + length } else { index };
    let (first, last) = if step > 0 { (0, length) } else { (length - 1, -1) };
    let start = start
        .map_or(first, place)
        .clamp(if step > 0 { 0 } else { i64::MIN }, if step > 0 { i64::MAX } else { length - 1 });
    let end = end.map_or(last, place).clamp(-1, length);
    let mut index = start;
    while if step > 0 { index < end } else { index > end } {
        if let Some(item) = usize::try_from(index).ok().and_then(|index| items.get(index)) {
            next.push(item.clone());
        }
        index = index.saturating_add(step);
    }
}
