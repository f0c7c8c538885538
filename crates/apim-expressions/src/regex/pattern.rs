//! Compiles patterns, and limits the cost of matching.

use std::sync::Arc;

use fancy_regex::{Captures, Error, Regex, RegexBuilder, RuntimeError};

use super::{
    Match,
    translate::{Group, translate},
};
use crate::{limits::Budget, problem::Failure};

/// A compiled pattern.
pub(crate) struct Pattern {
    regex: Regex,
    source: Arc<str>,
    groups: Vec<Group>,
    /// What a byte of text costs.
    cost: usize,
    /// Whether the caller limited the time of each search.
    timed: bool,
}

/// Patterns that this evaluation compiled.
#[derive(Default)]
pub(crate) struct Patterns(Vec<(Arc<str>, i32, Arc<Pattern>)>);

const KEPT: usize = 16;
/// Work of compiling a pattern, and of a search besides the text it reads.
const COMPILING: u64 = 2_000;
const SEARCHING: u64 = 500;
/// How often a search may go back and try another way.
const BACKTRACKS: usize = 500_000;
/// Bytes of a compiled pattern.
const LARGEST: usize = 256 << 10;

impl Patterns {
    pub(crate) fn get(
        &mut self,
        source: &Arc<str>,
        options: i32,
        timed: bool,
        budget: &mut Budget,
    ) -> Result<Arc<Pattern>, Failure> {
        budget.work(source.len())?;
        let known =
            self.0.iter().find(|(text, flags, pattern)| text == source && *flags == options && pattern.timed == timed);
        if let Some((.., pattern)) = known {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(compile(source, options, timed, budget)?);
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((Arc::clone(source), options, Arc::clone(&pattern)));
        Ok(pattern)
    }
}

impl Pattern {
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Pays for a search in a text.
    pub(crate) fn spend(&self, text: &str, budget: &mut Budget) -> Result<(), Failure> {
        budget.steps(SEARCHING)?;
        budget.work(text.len().saturating_mul(self.cost))
    }

    /// Whether the pattern is anywhere in the text.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, Failure> {
        self.regex.is_match(text).map_err(|error| self.failure(&error))
    }

    /// The first match at or after a position.
    pub(crate) fn find(&self, text: &Arc<str>, at: usize) -> Result<Option<Match>, Failure> {
        let found = self.regex.captures_from_pos(&**text, at).map_err(|error| self.failure(&error))?;
        Ok(found.map(|found| self.found(text, Some(&found))))
    }

    /// What a search that finds nothing gives: a match without success.
    pub(crate) fn nothing(&self, text: &Arc<str>) -> Match {
        Match { text: Arc::clone(text), groups: vec![None], names: vec![None] }
    }

    /// A match in .NET's order of groups: those without a name come first.
    fn found(&self, text: &Arc<str>, captures: Option<&Captures<'_, str>>) -> Match {
        let place = |index: usize| captures?.get(index).map(|group| (group.start(), group.end()));
        let (mut groups, mut names) = (vec![place(0)], vec![None]);
        for named in [false, true] {
            for (index, group) in self.groups.iter().enumerate() {
                if group.name.is_some() == named {
                    groups.push(place(index + 1));
                    names.push(group.name.clone());
                }
            }
        }
        Match { text: Arc::clone(text), groups, names }
    }

    fn failure(&self, error: &Error) -> Failure {
        match error {
            Error::RuntimeError(RuntimeError::BacktrackLimitExceeded | RuntimeError::StackOverflow) if self.timed => {
                Failure::regex_timeout()
            }
            Error::RuntimeError(_) => Failure::Stopped(format!(
                "The regular expression `{}` tries more than {BACKTRACKS} ways to match this text.",
                self.source
            )),
            _ => Failure::Stopped(format!("The regular expression `{}` is not supported.", self.source)),
        }
    }
}

fn compile(source: &Arc<str>, options: i32, timed: bool, budget: &mut Budget) -> Result<Pattern, Failure> {
    budget.steps(COMPILING)?;
    budget.work(source.len().saturating_mul(64))?;
    let translated = translate(source, options)?;
    let built = RegexBuilder::new(&translated.pattern)
        .backtrack_limit(BACKTRACKS)
        .delegate_size_limit(LARGEST)
        .delegate_dfa_size_limit(LARGEST * 4)
        .build();
    let regex = built.map_err(|_| {
        Failure::Stopped(format!("The regular expression `{source}` is not valid, not supported, or too large."))
    })?;
    let cost = 8 + 4 * translated.groups.len() + if translated.counted { 64 } else { 0 };
    Ok(Pattern { regex, source: Arc::clone(source), groups: translated.groups, cost, timed })
}
