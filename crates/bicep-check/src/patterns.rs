//! Regular expressions of the tables, compiled once.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use regex::Regex;

static COMPILED: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());

/// Reports whether a text matches. An invalid expression would match everything, so a test compiles each of them.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
    regex.as_ref().is_none_or(|regex| regex.is_match(text))
}
