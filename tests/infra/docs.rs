//! Rule: if the docs link to a line of a template, that line holds the text of the link.

use crate::files::Files;

const DOCS: &str = include_str!("../../docs/deploy.md");

/// Returns text, file and line of each link of the form ``[`text`](../file#L12)``.
fn links(text: &str) -> Vec<(&str, &str, usize)> {
    text.split("[`")
        .skip(1)
        .filter_map(|rest| {
            let (shown, rest) = rest.split_once("`](../")?;
            let (target, _) = rest.split_once(')')?;
            let (file, line) = target.split_once("#L")?;
            Some((shown, file, line.parse().ok()?))
        })
        .collect()
}

fn stale(text: &str, files: &Files) -> Vec<String> {
    let holds = |(shown, file, line): &(&str, &str, usize)| {
        files.get(file).and_then(|text| text.lines().nth(line - 1)).is_some_and(|there| there.contains(shown))
    };
    let links = links(text);
    let wrong = links.iter().filter(|link| !holds(link));
    wrong.map(|(shown, file, line)| format!("docs/deploy.md: line {line} of {file} does not hold {shown}")).collect()
}

#[test]
fn lines_that_the_docs_link_to_hold_what_they_say() {
    assert!(links(DOCS).len() > 30, "the links are found");
    assert_eq!(stale(DOCS, &Files::of_this_repository()), Vec::<String>::new());
}

#[test]
fn a_line_that_moved_is_seen() {
    let files = Files::of_this_repository().with(
        "infra/modules/vault.bicep",
        "param location string\n",
        "\n\nparam location string\n",
    );
    let stale = stale(DOCS, &files);
    assert!(stale.iter().any(|link| link.contains("vault.bicep does not hold enableRbacAuthorization")), "{stale:?}");
}
