//! Patterns of regular expressions that are taken, and .NET's messages for the others.

use crate::{RegexError, Replaced, TextReplacer};

const TABLE: &str = include_str!("regex_patterns.txt");

fn said(pattern: &str) -> String {
    let mut steps = 1_000_000;
    match TextReplacer::default().replace(&"a".into(), &pattern.into(), Replaced::All(""), &mut steps) {
        Ok(_) => "takes".to_owned(),
        Err(RegexError::Invalid(message)) => {
            let offset = message.strip_prefix(&format!("Invalid pattern '{pattern}' at offset "));
            offset.unwrap_or(&message).replacen(". ", " ", 1)
        }
        Err(RegexError::Stopped(why)) if why.ends_with("is not supported") => "refused".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn patterns_are_taken_as_by_dotnet() {
    let wrong: Vec<_> = TABLE
        .lines()
        .filter(|line| !line.starts_with("# "))
        .filter_map(|line| {
            let (pattern, expected) = line.split_once('\t').unwrap();
            let said = said(&pattern.replace("\\n", "\n"));
            (said != expected).then(|| format!("{pattern}\n  {said}\n  {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
