//! Follows a value to where it comes from: through parameters, variables and module outputs to the resource that gives it.
//!
//! `readerPrincipalId` in a module becomes `principalId of id-keyless-reader`. What only a deployment knows stays in `‹…›`.

use std::collections::BTreeMap;

use crate::bicep::{Declaration, Document, Kind, Value};

pub(crate) const MAIN: &str = "infra/main.bicep";

/// All files, parsed.
pub(crate) struct Program<'a>(pub(crate) BTreeMap<&'a str, Document>);

/// Where a value stands: which file, through which module call it is deployed, in which declaration.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    file: &'a str,
    call: Option<&'a Declaration>,
    within: Option<&'a Declaration>,
}

impl<'a> Place<'a> {
    /// The same file and call, in another declaration.
    pub(crate) fn within(self, declaration: &'a Declaration) -> Self {
        Self { within: Some(declaration), ..self }
    }
}

impl<'a> Program<'a> {
    /// A place in a declaration of a file. The module's first call in the main file gives its parameters.
    pub(crate) fn place(&'a self, file: &'a str, within: &'a Declaration) -> Place<'a> {
        let main = &self.0[MAIN];
        let call = main.of_kind(Kind::Module).find(|call| path_of(call) == file);
        Place { file, call, within: Some(within) }
    }

    pub(crate) fn resolve(&'a self, place: Place<'a>, value: &'a Value) -> String {
        match value {
            Value::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Ok(literal) => literal.clone(),
                    Err(inner) => self.resolve(place, inner),
                })
                .collect(),
            // One side of a choice is often a constant for "not deployed"; the other is the value that matters.
            Value::Either(this, that) => match (is_constant(this), is_constant(that)) {
                (false, true) => self.resolve(place, this),
                (true, false) => self.resolve(place, that),
                _ => format!("‹{} or {}›", self.resolve(place, this), self.resolve(place, that)),
            },
            Value::Each(body) => self.resolve(place, body),
            Value::Code(code) => self.resolve_path(place, code),
            Value::Object(_) | Value::Array(_) => "‹object›".to_owned(),
        }
    }

    fn resolve_path(&'a self, place: Place<'a>, code: &str) -> String {
        match code {
            "environment().suffixes.keyvaultDns" => return ".vault.azure.net".to_owned(),
            "environment().suffixes.storage" => return "core.windows.net".to_owned(),
            _ => {}
        }
        let unknown = || format!("‹{code}›");
        let path = code.replace('!', "");
        let mut segments = path.split('.').map(without_index);
        let head = segments.next().unwrap_or_default();
        let rest: Vec<&str> = segments.collect();
        if let Some((_, over)) = place.within.and_then(|d| d.each.as_ref()).filter(|(variable, _)| variable == head) {
            return self.resolve(place, over);
        }
        let Some(declared) = self.0[place.file].find(head) else { return unknown() };
        let place = place.within(declared);
        match declared.kind {
            Kind::Param => match place.call.and_then(|call| call.get("params")?.get(head)) {
                Some(given) => self.resolve_member(Place { file: MAIN, call: None, within: place.call }, given, &rest),
                None => declared.value.as_ref().map_or_else(unknown, |value| self.resolve(place, value)),
            },
            Kind::Var => declared.value.as_ref().map_or_else(unknown, |value| self.resolve_member(place, value, &rest)),
            Kind::Module => self.resolve_output(declared, &rest).unwrap_or_else(unknown),
            Kind::Resource => self.resolve_property(place, declared, &rest),
            Kind::Output => unknown(),
        }
    }

    fn resolve_member(&'a self, place: Place<'a>, value: &'a Value, rest: &[&str]) -> String {
        match (value, rest) {
            (_, []) => self.resolve(place, value),
            (Value::Code(code), _) => self.resolve_path(place, &format!("{code}.{}", rest.join("."))),
            (_, [key, rest @ ..]) => {
                value.get(key).map_or_else(|| format!("‹{key}›"), |value| self.resolve_member(place, value, rest))
            }
        }
    }

    fn resolve_output(&'a self, call: &'a Declaration, rest: &[&str]) -> Option<String> {
        let ["outputs", name, rest @ ..] = rest else { return None };
        let (file, document) = self.0.iter().find(|(file, _)| path_of(call) == **file)?;
        let output = document.of_kind(Kind::Output).find(|output| output.name == *name)?;
        let place = Place { file, call: Some(call), within: Some(output) };
        Some(self.resolve_member(place, output.value.as_ref()?, rest))
    }

    fn resolve_property(&'a self, place: Place<'a>, resource: &'a Declaration, rest: &[&str]) -> String {
        let name = resource.get("name").map(|name| self.resolve(place, name)).unwrap_or_default();
        match rest.last() {
            None | Some(&"name") => name,
            Some(property) => format!("{property} of {name}"),
        }
    }
}

/// The file a module call deploys.
pub(crate) fn path_of(call: &Declaration) -> String {
    format!("infra/{}", call.of)
}

/// Leaves out what only a deployment knows, with the dash before it: `kv-keyless-‹…›` is `kv-keyless` in the seed.
pub(crate) fn without_unknown(text: &str) -> String {
    let mut known = String::new();
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '‹' => {
                if depth == 0 && known.ends_with('-') {
                    known.pop();
                }
                depth += 1;
            }
            '›' => depth -= 1,
            _ if depth == 0 => known.push(letter),
            _ => {}
        }
    }
    known
}

fn is_constant(value: &Value) -> bool {
    matches!(value, Value::Text(pieces) if pieces.iter().all(Result::is_ok))
}

fn without_index(segment: &str) -> &str {
    segment.split('[').next().unwrap_or(segment)
}
