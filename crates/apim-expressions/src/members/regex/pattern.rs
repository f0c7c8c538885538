//! Compiling patterns, and what matching with them may cost.

use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

use super::Match;
use crate::{limits::Budget, problem::Failure};

/// A compiled pattern.
pub(crate) struct Pattern {
    regex: Regex,
    source: Arc<str>,
    cost: usize,
    /// Group numbers in .NET's order.
    order: Vec<usize>,
}

/// Patterns that this evaluation compiled.
#[derive(Default)]
pub(crate) struct Patterns(Vec<(Arc<str>, i32, Arc<Pattern>)>);

/// Sizes of compiled patterns in bytes, each with the work that a byte of text counts for, and that of compiling.
/// The worst a pattern can do is to visit each of its states at each byte.
const SIZES: [(usize, usize, u64); 3] = [(16 << 10, 32, 500), (64 << 10, 128, 2_000), (256 << 10, 512, 10_000)];
const KEPT: usize = 16;

const IGNORE_CASE: i32 = 1;
const MULTILINE: i32 = 2;
const COMPILED: i32 = 8;
const SINGLELINE: i32 = 16;
const IGNORE_WHITESPACE: i32 = 32;
const CULTURE_INVARIANT: i32 = 512;

/// Constructs that need backtracking, or that are written differently, with their names.
const UNSUPPORTED: [(&str, &str); 9] = [
    ("(?=", "lookahead"),
    ("(?!", "lookahead"),
    ("(?<=", "lookbehind"),
    ("(?<!", "lookbehind"),
    ("(?>", "an atomic group"),
    ("(?(", "a conditional group"),
    ("(?'", "a group name in quotes"),
    ("\\k", "a backreference"),
    ("\\G", "`\\G`"),
];

impl Patterns {
    pub(super) fn get(
        &mut self,
        source: &Arc<str>,
        options: i32,
        budget: &mut Budget,
    ) -> Result<Arc<Pattern>, Failure> {
        budget.work(source.len())?;
        let known = self.0.iter().find(|(text, flags, _)| text == source && *flags == options);
        if let Some((.., pattern)) = known {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(compile(source, options, budget)?);
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((Arc::clone(source), options, Arc::clone(&pattern)));
        Ok(pattern)
    }
}

impl Pattern {
    pub(super) fn regex(&self) -> &Regex {
        &self.regex
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The work that a byte of text counts for.
    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// The further work where it matters what each group matched: every state then keeps the places of all groups.
    pub(super) fn group_cost(&self) -> usize {
        self.cost.saturating_mul(self.order.len() / 2)
    }

    /// A match in .NET's order of groups.
    pub(super) fn found(&self, text: &Arc<str>, captures: Option<&Captures<'_>>) -> Match {
        let place = |index: &usize| captures?.get(*index).map(|group| (group.start(), group.end()));
        let names: Vec<_> = self.regex.capture_names().map(|name| name.map(str::to_owned)).collect();
        Match {
            text: Arc::clone(text),
            groups: self.order.iter().map(place).collect(),
            names: self.order.iter().map(|index| names.get(*index).cloned().flatten()).collect(),
        }
    }
}

fn compile(source: &Arc<str>, options: i32, budget: &mut Budget) -> Result<Pattern, Failure> {
    if options & !(IGNORE_CASE | MULTILINE | COMPILED | SINGLELINE | IGNORE_WHITESPACE | CULTURE_INVARIANT) != 0 {
        return Err(Failure::unsupported("`RegexOptions.ExplicitCapture`"));
    }
    refuse_backtracking(source)?;
    for (size, cost, steps) in SIZES {
        budget.steps(steps)?;
        let built = RegexBuilder::new(source)
            .case_insensitive(options & IGNORE_CASE != 0)
            .multi_line(options & MULTILINE != 0)
            .dot_matches_new_line(options & SINGLELINE != 0)
            .ignore_whitespace(options & IGNORE_WHITESPACE != 0)
            .size_limit(size)
            .dfa_size_limit(size * 4)
            .build();
        match built {
            Ok(regex) => {
                let named: Vec<bool> = regex.capture_names().map(|name| name.is_some()).collect();
                let numbers =
                    |wanted: bool| (0..named.len()).filter(|index| named[*index] == wanted).collect::<Vec<_>>();
                let mut order = numbers(false);
                order.extend(numbers(true));
                return Ok(Pattern { regex, source: Arc::clone(source), cost, order });
            }
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(_) => {
                return Err(Failure::Stopped(format!(
                    "The regular expression `{source}` is not valid, or not supported."
                )));
            }
        }
    }
    Err(Failure::Stopped(format!("The regular expression `{source}` is too large.")))
}

/// Names the construct that keeps a pattern from being matched in linear time.
fn refuse_backtracking(source: &str) -> Result<(), Failure> {
    let bytes = source.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source.as_bytes()[at..];
        let found = UNSUPPORTED.iter().find(|(construct, _)| rest.starts_with(construct.as_bytes()));
        if let Some((_, name)) = found {
            return Err(Failure::unsupported(format!("{name} in a regular expression")));
        }
        if rest[0] == b'\\' {
            if rest.get(1).is_some_and(|digit| (b'1'..=b'9').contains(digit)) {
                return Err(Failure::unsupported("a backreference in a regular expression"));
            }
            at += 1;
        }
        at += 1;
    }
    Ok(())
}
