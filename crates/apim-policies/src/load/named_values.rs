//! Named values: `{{name}}` is replaced by its value before anything else is read, anywhere in the file, also in
//! comments and expressions (learn.microsoft.com/azure/api-management/api-management-howto-properties).

use std::ops::Range;

use super::{edited::Edited, liquid};
use crate::{
    problem::{Problems, Severity},
    service::Service,
};

/// The most bytes of a file with its named values filled in.
const LONGEST_FILE: usize = 1024 * 1024;

/// Replaces every reference. A name without a value is a problem, as it is when a policy is uploaded. Returns `None` if
/// the text would be too long.
pub(super) fn substitute(text: &str, service: &Service, problems: &mut Problems) -> Option<Edited> {
    let mut replacements = Vec::new();
    let mut length = text.len();
    let templates = liquid::templates(text);
    for (part, name) in references(text) {
        let trouble = match service.named_values.get(name) {
            Some(value) if references(value).next().is_none() => {
                length = length.saturating_add(value.len());
                if length > LONGEST_FILE {
                    let reason = format!("the file has more than {} KiB with its named values", LONGEST_FILE / 1024);
                    problems.add(part.start, Severity::Unsupported, reason);
                    return None;
                }
                replacements.push((part, value.as_str()));
                continue;
            }
            Some(_) => "refers to a named value itself",
            // In a template, the braces are an output, such as `{{body.name}}`.
            None if liquid::template_around(&templates, part.start).is_some() => continue,
            None if service.is_partial => {
                let message = format!("the named value {{{{{name}}}}} is not known here");
                problems.add(part.start, Severity::Warning, message);
                continue;
            }
            None => "is not defined",
        };
        problems.push(part.start, format!("the named value {{{{{name}}}}} {trouble}"));
        // A plain text replaces the reference, so that the same problem is not reported twice.
        replacements.push((part, name));
    }
    Some(Edited::new(text, replacements))
}

/// Reports whether a text refers to a named value.
pub(super) fn is_reference(text: &str) -> bool {
    references(text).next().is_some()
}

/// Returns each `{{name}}` with its position. Names are letters, digits, `.`, `-` and `_`; other double braces are C#.
fn references(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find("{{")?;
            let rest = &text[start + 2..];
            let length =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))).unwrap_or(rest.len());
            if length > 0 && rest[length..].starts_with("}}") {
                from = start + 2 + length + 2;
                return Some((start..from, &rest[..length]));
            }
            // The search goes on after one brace, so that `{{{name}}` is still found.
            from = start + 1;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_braces_of_csharp() {
        let names: Vec<_> = references("{{a-b.c_1}}{{ x }}{{{y}}}{{").map(|(_, name)| name).collect();
        assert_eq!(names, ["a-b.c_1", "y"]);
    }
}
