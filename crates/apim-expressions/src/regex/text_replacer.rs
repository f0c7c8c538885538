//! `Regex.Replace` outside of policy expressions: for the filters of liquid templates.

use std::sync::Arc;

use super::{Patterns, expand, replace};
use crate::{
    limits::{Allowance, Budget},
    problem::Failure,
};

/// Replaces the matches of .NET's regular expressions, and keeps the last patterns that it compiled.
#[derive(Default)]
pub struct TextReplacer {
    patterns: Patterns,
}

/// The matches to replace, and their replacement.
#[derive(Clone, Copy, Debug)]
pub enum Replaced<'r> {
    /// Every match. `$1`, `${name}`, `$&` and the like in the replacement are filled in.
    All(&'r str),
    /// The first match. The replacement text is used unchanged.
    First(&'r str),
}

/// The reason why nothing is replaced.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RegexError {
    /// .NET refuses the pattern, with this message.
    #[error("{0}")]
    Invalid(String),
    /// The search takes more steps than are left.
    #[error("a regular expression takes too many steps")]
    Steps,
    /// The search exceeds another limit, or a part of the pattern is not supported.
    #[error("{0}")]
    Stopped(String),
}

impl TextReplacer {
    /// Returns the text with its matches replaced, at most 8 MiB. Subtracts the cost of the search from `steps`, even
    /// when the search fails.
    ///
    /// # Errors
    /// [`RegexError`]
    pub fn replace(
        &mut self,
        text: &Arc<str>,
        pattern: &Arc<str>,
        replaced: Replaced<'_>,
        steps: &mut u64,
    ) -> Result<Arc<str>, RegexError> {
        let allowance = Allowance::from_steps(*steps);
        let mut budget = Budget::within(allowance);
        let done = self.replace_within(text, pattern, replaced, &mut budget);
        *steps = budget.rest_of(allowance).steps();
        done.map_err(|failure| match failure {
            Failure::Thrown(exception) => RegexError::Invalid(exception.message.to_string()),
            Failure::Stopped(_) if *steps == 0 => RegexError::Steps,
            Failure::Stopped(message) => RegexError::Stopped(message),
        })
    }

    fn replace_within(
        &mut self,
        text: &Arc<str>,
        pattern: &Arc<str>,
        replaced: Replaced<'_>,
        budget: &mut Budget,
    ) -> Result<Arc<str>, Failure> {
        let pattern = self.patterns.get(pattern, 0, false, budget)?;
        match replaced {
            Replaced::All(by) => replace(text, &pattern, usize::MAX, budget, |found, out| {
                out.budget.work(by.len())?;
                expand(by, found, out)
            }),
            Replaced::First(by) => replace(text, &pattern, 1, budget, |_, out| out.push(by)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, pattern: &str, by: &str) -> String {
        let mut steps = 1_000_000;
        match TextReplacer::default().replace(&text.into(), &pattern.into(), Replaced::All(by), &mut steps) {
            Ok(text) => text.to_string(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn texts_are_replaced_as_by_dotnet() {
        for (text, pattern, by, expected) in [
            // An empty match may follow another match.
            ("aab", "a*", "x", "xxbx"),
            ("", "a*", "x", "x"),
            ("äö", "", "-", "-ä-ö-"),
            ("c\n", "c$", "x", "x\n"),
            ("abc", "b", "[$`|$'|$_|$&|$$|$0]", "a[a|c|abc|b|$|b]c"),
            ("abc", "(?<first>a)(b)", "$2${first}$1$3${none}", "aab$3${none}c"),
            ("aXbx", "(?i)x", "", "ab"),
            // Without a hundredth group, `\\102` is a character's code; with one group, so is `\\11`.
            ("AB", r"\102", "x", "Ax"),
            ("a\ta", r"(a)\11", "x", "xa"),
            // Classes that subtract a class, and a class that subtracts a class with its own subtraction.
            ("5-a", "[^a-z-[0-9]]", "x", "5xa"),
            ("xyz", "[a-z-[d-w-[m-o]]]", ".", "..."),
            ("dmz", "[a-z-[d-w-[m-o]]]", ".", "d.."),
            ("a²Ⅻ_١", r"\w", "x", "x²Ⅻxx"),
            ("ab", "(?<x>a)(?(x)b|c)", "", ""),
        ] {
            assert_eq!(replaced(text, pattern, by), expected, "{text} {pattern}");
        }
        assert_eq!(
            replaced("a", "a**", "x"),
            r#"Invalid("Invalid pattern 'a**' at offset 3. Nested quantifier '*'.")"#
        );
        assert_eq!(
            replaced("a", "(?<-a>b)", "x"),
            r#"Stopped("a balancing group in a regular expression is not supported")"#
        );
    }

    #[test]
    fn long_texts_are_searched_to_their_end() {
        for many in [0, 1, 255, 256, 257, 511, 512, 513, 2_000] {
            for filler in ["-", "ß", "𐍈"] {
                let (before, behind) = (filler.repeat(many), "-".repeat(many));
                for (pattern, by, expected) in [
                    (r"(?<=(a))b", "[$1]", "a[a]"),
                    (r"a(?=b)|q", "", "b"),
                    (r"(q)\1?b$|(?:a(?=(b)))", "<$2>", "<b>b"),
                    (r"\Ga|a(?=b)", "x", "xb"),
                ] {
                    let text = format!("{before}ab{behind}");
                    assert_eq!(replaced(&text, pattern, by), format!("{before}{expected}{behind}"), "{pattern} {many}");
                }
                // `\G` matches where the search began, and nowhere else.
                let text = format!("{before}aa{behind}");
                let expected = if many == 0 { "xx".to_owned() } else { text.clone() };
                assert_eq!(replaced(&text, r"\Ga(?=.|\z)|\G(?!.)a", "x"), expected, "{many}");
            }
        }
    }

    #[test]
    fn long_texts_are_replaced_in_many_places() {
        let json: String = (0..1_000).map(|id| format!("  {{ \"id\": {id}, \"name\": \"item\" }},\r\n")).collect();
        for pattern in [r"\s+", "\"", r#""id": (\d+)"#, r#"(?<="id": )\d+"#, r"\r|\n", r"\s+$", r"^\s+|\s+$"] {
            assert!(!replaced(&json, pattern, "$1").contains("Steps"), "{pattern}");
        }
    }

    /// Each of these patterns reads the rest of the text at each place.
    #[test]
    fn no_search_reads_a_long_text_again_and_again() {
        for pattern in ["(?=[^z]*)b", "a[^z]*z|a", "(?=a)(?>[^z]*)z"] {
            assert_eq!(replaced(&"a".repeat(200_000), pattern, ""), "Steps", "{pattern}");
        }
    }

    #[test]
    fn a_search_that_fails_costs_its_steps() {
        let mut steps = 10_000;
        let mut replacer = TextReplacer::default();
        for _ in 0..10 {
            let _ = replacer.replace(&"a".into(), &"[".into(), Replaced::First(""), &mut steps);
        }
        assert_eq!(steps, 0);
    }
}
