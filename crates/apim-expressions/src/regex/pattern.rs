//! Compiles patterns, and limits the cost of matching.

use std::{sync::Arc, time::Instant};

use fancy_regex::{Captures, Error, Regex, RegexBuilder, RegexInput, RuntimeError};

use super::{
    Match,
    translate::{Group, Translated, translate},
};
use crate::{limits::Budget, problem::Failure};

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    source: Arc<str>,
    groups: Vec<Group>,
    /// The cost of a byte of text.
    cost: usize,
    /// Whether one search covers [`STRIDE`] places of the text instead of all places.
    in_strides: bool,
    /// Whether the pattern asks where the search begins.
    has_start: bool,
    /// Whether the caller limited the time of each search.
    timed: bool,
}

/// Patterns that this evaluation compiled.
#[derive(Default)]
pub(crate) struct Patterns(Vec<(Arc<str>, i32, Arc<Pattern>)>);

/// The start of a search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    /// The position in bytes.
    pub(crate) at: usize,
    /// Whether the start is one character behind an empty match. In this case, `\G` means the place of the match.
    pub(crate) after_empty: bool,
}

impl Start {
    pub(crate) fn at(at: usize) -> Self {
        Self { at, after_empty: false }
    }
}

const KEPT: usize = 16;
/// The work of compiling a pattern, and the work of a search besides its time.
const COMPILING: u64 = 2_000;
const SEARCHING: u64 = 10;
/// The most times that a search may go back and try another way.
const BACKTRACKS: usize = 500_000;
/// The most places at which one search may begin, in characters, if each may read the whole text.
const STRIDE: usize = 256;
/// The most bytes of a compiled pattern.
const LARGEST_PROGRAM: usize = 256 << 10;

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
        let pattern = Arc::new(Pattern::compile(source, options, timed, budget)?);
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push((Arc::clone(source), options, Arc::clone(&pattern)));
        Ok(pattern)
    }
}

impl Pattern {
    pub(crate) fn compile(source: &Arc<str>, options: i32, timed: bool, budget: &mut Budget) -> Result<Self, Failure> {
        budget.steps(COMPILING)?;
        budget.work(source.len().saturating_mul(64))?;
        let Translated { mut pattern, groups, counted, in_strides, has_start } = translate(source, options)?;
        if in_strides {
            // The text before `\K` is not part of the match.
            pattern = format!(r"(?s:.){{0,{}}}?\K(?:{pattern})", STRIDE - 1);
        }
        let built = RegexBuilder::new(&pattern)
            .backtrack_limit(BACKTRACKS)
            .allow_input_assertion_overrides(has_start)
            .delegate_size_limit(LARGEST_PROGRAM)
            .delegate_dfa_size_limit(LARGEST_PROGRAM * 4)
            .build();
        let regex = built.map_err(|_| {
            Failure::Stopped(format!("The regular expression `{source}` is not valid, not supported, or too large."))
        })?;
        let cost = 8 + 4 * groups.len() + if counted { 64 } else { 0 };
        Ok(Self { regex, source: Arc::clone(source), groups, cost, in_strides, has_start, timed })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Counts the cost of reading a text once.
    pub(crate) fn spend(&self, text: &str, budget: &mut Budget) -> Result<(), Failure> {
        budget.work(text.len().saturating_mul(self.cost))
    }

    /// Reports whether the pattern matches anywhere in the text.
    pub(crate) fn is_match(&self, text: &str, budget: &mut Budget) -> Result<bool, Failure> {
        if self.in_strides {
            return Ok(self.captures(text, Start::at(0), budget)?.is_some());
        }
        self.search(budget, |regex| regex.is_match(text))
    }

    /// Returns the first match at or after a position.
    pub(crate) fn find(&self, text: &Arc<str>, start: Start, budget: &mut Budget) -> Result<Option<Match>, Failure> {
        let found = self.captures(text, start, budget)?;
        Ok(found.map(|found| self.found(text, Some(&found))))
    }

    fn captures<'t>(
        &self,
        text: &'t str,
        start: Start,
        budget: &mut Budget,
    ) -> Result<Option<Captures<'t, str>>, Failure> {
        let mut input = RegexInput::new(text).from_pos(start.at);
        if self.has_start {
            input = input.continue_from_previous_match_end(!start.after_empty);
        }
        if !self.in_strides {
            return self.search(budget, |regex| regex.captures_input(input.clone()));
        }
        let mut input = input.anchored(true);
        loop {
            let found = self.search(budget, |regex| regex.captures_input(input.clone()))?;
            let rest = text.get(input.start()..).unwrap_or_default();
            match (found, rest.char_indices().nth(STRIDE - 1)) {
                (None, Some((last, c))) => {
                    let start = input.start() + last + c.len_utf8();
                    input = input.from_pos(start);
                    if self.has_start {
                        input = input.continue_from_previous_match_end(false);
                    }
                }
                (found, _) => return Ok(found),
            }
        }
    }

    /// Searches, and counts a step for each microsecond. It is not known before how often a search reads the same text.
    fn search<T>(&self, budget: &mut Budget, search: impl FnOnce(&Regex) -> Result<T, Error>) -> Result<T, Failure> {
        budget.steps(SEARCHING)?;
        let begun = Instant::now();
        let found = search(&self.regex);
        budget.steps(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX))?;
        found.map_err(|error| self.failure(&error))
    }

    /// Returns the result of a search that finds nothing: a match without success.
    pub(crate) fn nothing(&self, text: &Arc<str>) -> Match {
        Match { text: Arc::clone(text), groups: vec![None], names: vec![None] }
    }

    /// Returns a match with its groups in .NET's order: groups without a name come first.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the place of each group, as the engine finds it without strides.
    fn whole(pattern: &str, text: &str, at: usize) -> Vec<Option<(usize, usize)>> {
        let regex = Regex::new(&translate(pattern, 0).unwrap().pattern).unwrap();
        let found = regex.captures_from_pos(text, at).unwrap();
        found.map_or_else(Vec::new, |found| {
            found.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect()
        })
    }

    proptest! {
        #[test]
        fn strides_find_what_one_search_finds(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "b", "ß", ".", "[ab]*", "[^a]+?", "(a|b)", "(?:ab)?", "(?=b)", "(?!a)", "(?<=a)", "(?<!ß)", "(?>a*)",
                    "$", "\\Z", "\\b", "\\z", "^", "\\G", "|", "(?:(b)|ß)",
                ]),
                1..6,
            ),
            filler in prop::sample::select(vec!["a", "ß", "-", "\n"]),
            many in prop::sample::select(vec![0_usize, 1, 254, 255, 256, 257, 511, 512, 513]),
            end in "[abß\\n-]{0,6}",
            at in 0_usize..3,
        ) {
            let (pattern, text) = (parts.concat(), filler.repeat(many) + &end);
            let at = text.char_indices().nth(at).map_or(0, |(at, _)| at);
            let (mut budget, text) = (Budget::new(), Arc::from(text));
            let compiled = Pattern::compile(&pattern.as_str().into(), 0, false, &mut budget).unwrap();
            let found = compiled.find(&text, Start::at(at), &mut budget);
            // Some patterns try too many ways.
            prop_assume!(found.is_ok());
            let found = found.unwrap().map_or_else(Vec::new, |found| found.groups);
            prop_assert_eq!(found, whole(&pattern, &text, at), "{} {:?}", pattern, text);
        }
    }
}
