//! The results of expressions in .NET 8, with Newtonsoft.Json 13. Each line has an expression, ` => `, and the text of
//! its value (`!` and the exception's message or its beginning, if it throws).

use super::outcome_in;

#[test]
fn expressions_give_what_dotnet_gives() {
    let mut wrong = Vec::new();
    for line in include_str!("values.txt").lines().filter(|line| line.starts_with('@')) {
        let Some((source, expected)) = line.rsplit_once(" => ") else {
            wrong.push(format!("no value: {line}"));
            continue;
        };
        let found = outcome_in(&mut super::context(), source);
        let right = match (&found, expected.strip_prefix('!')) {
            (Ok(found), None) => found.split_once(' ').is_some_and(|(_, text)| text.replace("\r\n", "\\n") == expected),
            (Err(error), Some(message)) => !error.starts_with("parse") && error.starts_with(message),
            _ => false,
        };
        if !right {
            wrong.push(format!("{source}\n    expected {expected}\n    found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
