//! Reads the signatures in the tables of members.
//!
//! The signature of a property is its type: `int`. A method has parameters and a result:
//! `<T>(string, T fallback) -> T`. Single letters stand for types: types of the class (`E`, `K`, `V`), types of the
//! method (declared in `<>`), or the class itself (`S`). A signature may begin with `static` or `extension`; a
//! parameter may be `out`, `optional` or `params`.

use super::Member;
use crate::{
    problem::ParseError,
    types::{Type, names},
};

#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) role: Role,
    /// The method's own type parameters.
    pub(crate) letters: Vec<char>,
    /// `None` for a property.
    pub(crate) parameters: Option<Vec<Parameter>>,
    pub(crate) returns: Type,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Instance,
    Static,
    Extension,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) class: Type,
    pub(crate) out: bool,
    /// Whether the argument may be left out.
    pub(crate) optional: bool,
    /// Whether the parameter is `params`, which takes any number of arguments.
    pub(crate) rest: bool,
}

impl Member {
    /// Parses the signature. An error is a mistake in a table; a test looks for it.
    pub(crate) fn signature(&self) -> Result<Signature, ParseError> {
        let (role, text) = if let Some(text) = self.signature.strip_prefix("static ") {
            (Role::Static, text)
        } else if let Some(text) = self.signature.strip_prefix("extension ") {
            (Role::Extension, text)
        } else {
            (Role::Instance, self.signature)
        };
        let Some((head, returns)) = text.split_once(" -> ") else {
            let returns = names::signature_type(text)?;
            return Ok(Signature { role, letters: Vec::new(), parameters: None, returns });
        };
        let (letters, list) = head.split_once('(').unwrap_or((head, ""));
        let letters = letters.chars().filter(char::is_ascii_uppercase).collect();
        let list = list.strip_suffix(')').unwrap_or(list);
        let parameters = split(list).into_iter().map(parameter).collect::<Result<_, _>>()?;
        Ok(Signature { role, letters, parameters: Some(parameters), returns: names::signature_type(returns)? })
    }
}

/// Splits at the commas that are not inside `<>`.
fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (index, c) in list.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    if !list.trim().is_empty() {
        parts.push(list[start..].trim());
    }
    parts
}

fn parameter(text: &str) -> Result<Parameter, ParseError> {
    let (out, text) = text.strip_prefix("out ").map_or((false, text), |text| (true, text));
    let (optional, text) = text.strip_prefix("optional ").map_or((false, text), |text| (true, text));
    let (rest, text) = text.strip_prefix("params ").map_or((false, text), |text| (true, text));
    // A name, if there is one, comes after the last space outside `<>`.
    let end_of_type = text.rfind('>').map_or(0, |close| close + 1);
    let name_at = text[end_of_type..].find(' ').map(|space| end_of_type + space);
    let (class, name) = name_at.map_or((text, ""), |at| (&text[..at], text[at..].trim()));
    Ok(Parameter { name: name.to_owned(), class: names::signature_type(class)?, out, optional, rest })
}
