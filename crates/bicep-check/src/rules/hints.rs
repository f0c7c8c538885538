//! Finds the right property in place of one that does not exist.

use super::types::{OF_BICEP, join};
use crate::types::{ResourceType, Type};

/// The most properties that a message lists.
const LISTED: usize = 12;

/// Returns the advice for a property that does not exist.
pub(super) fn for_unknown(known: &ResourceType, name: &str, of: &Type) -> String {
    if let Some(near) = of.props.keys().find(|other| is_near(other, name)) {
        return format!("there is no such property; write {near}");
    }
    let body = known.shape(&known.body);
    match elsewhere(known, body, name, "", 0) {
        Some(path) => format!("there is no such property here; it belongs at {path}"),
        None => {
            let names = of.props.iter().filter(|(_, prop)| !prop.read_only).map(|(name, _)| name.as_str());
            let (mut shown, count) = (names.clone().take(LISTED).collect::<Vec<_>>().join(", "), names.count());
            if count > LISTED {
                shown.push_str(&format!(" and {} more", count - LISTED));
            }
            format!("there is no such property; there is {shown}")
        }
    }
}

/// Returns the path of a property of this name anywhere in the type.
fn elsewhere(known: &ResourceType, of: &Type, name: &str, path: &str, depth: usize) -> Option<String> {
    if OF_BICEP.contains(&name) && depth == 0 && known.scopes.iter().any(|scope| scope == "extension") {
        return Some(name.to_owned());
    }
    if of.props.get(name).is_some_and(|prop| !prop.read_only) {
        return Some(join(path, name));
    }
    if depth > 4 {
        return None;
    }
    let mut inner = of.props.iter().filter(|(_, prop)| !prop.read_only);
    inner.find_map(|(outer, prop)| elsewhere(known, known.shape(prop), name, &join(path, outer), depth + 1))
}

/// Reports whether two names are equal except for upper and lower case, or except for one letter.
fn is_near(known: &str, written: &str) -> bool {
    if known.eq_ignore_ascii_case(written) {
        return true;
    }
    let (known, written): (Vec<char>, Vec<char>) = (known.chars().collect(), written.chars().collect());
    let same_start = known.iter().zip(&written).take_while(|(a, b)| a == b).count();
    let same_end = known.iter().rev().zip(written.iter().rev()).take_while(|(a, b)| a == b).count();
    known.len().max(written.len()) <= same_start + same_end + 1 && known.len().abs_diff(written.len()) <= 1
}
