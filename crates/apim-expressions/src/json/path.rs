//! `SelectToken`: the part of `JSONPath` that policies use. Filters (`[?(…)]`), slices and unions are refused by name.

use super::Token;
use crate::{limits::Budget, problem::Failure, types::Class};

enum Step {
    Member(String),
    Index(usize),
    All,
    /// `..name`
    Deep(String),
}

/// The tokens a path leads to.
pub(crate) fn select(root: &Token, path: &str, budget: &mut Budget) -> Result<Vec<Token>, Failure> {
    let mut found = vec![root.clone()];
    for step in steps(path)? {
        let mut next = Vec::new();
        for token in &found {
            budget.steps(1)?;
            follow(token, &step, &mut next, budget)?;
        }
        budget.memory(next.len() * 8)?;
        found = next;
    }
    Ok(found)
}

fn follow(token: &Token, step: &Step, next: &mut Vec<Token>, budget: &mut Budget) -> Result<(), Failure> {
    match step {
        Step::Member(name) => next.extend(token.get(name)),
        Step::Index(index) => next.extend(token.item(*index)),
        Step::All => next.extend(token.children()),
        Step::Deep(name) => {
            budget.steps(1)?;
            if token.class() == Class::JObject {
                for (member, value) in token.members() {
                    if *member == **name {
                        next.push(value.clone());
                    }
                    follow(&value, step, next, budget)?;
                }
            } else {
                for child in token.children() {
                    follow(&child, step, next, budget)?;
                }
            }
        }
    }
    Ok(())
}

fn steps(path: &str) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    if let Some(after) = rest.strip_prefix('$') {
        rest = after;
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            rest = bracket(after, &mut steps)?;
            continue;
        }
        let deep = rest.starts_with("..");
        rest = rest.trim_start_matches('.');
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = &rest[..end];
        match name {
            "" if rest.starts_with('[') => {}
            "" => return Err(Failure::json("Unexpected end while parsing path.")),
            "*" if !deep => steps.push(Step::All),
            _ if deep => steps.push(Step::Deep(name.to_owned())),
            _ => steps.push(Step::Member(name.to_owned())),
        }
        rest = &rest[end..];
    }
    Ok(steps)
}

/// What follows `[`.
fn bracket<'p>(rest: &'p str, steps: &mut Vec<Step>) -> Result<&'p str, Failure> {
    let unsupported = || Failure::unsupported(format!("the JSONPath `[{rest}`"));
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let inner = &rest[1..];
        let end = inner.find(quote).ok_or_else(unsupported)?;
        steps.push(Step::Member(inner[..end].to_owned()));
        return inner[end + 1..].strip_prefix(']').ok_or_else(unsupported);
    }
    let end = rest.find(']').ok_or_else(unsupported)?;
    match &rest[..end] {
        "*" => steps.push(Step::All),
        index => steps.push(Step::Index(index.trim().parse().map_err(|_| unsupported())?)),
    }
    Ok(&rest[end + 1..])
}
