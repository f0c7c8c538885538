//! Checks that `docs/gateway.md` has the table of policies, and for each of them a test of its effect.

use std::{collections::BTreeMap, path::Path};

use super::{Played, PolicyRow, policies};
use crate::scope::Section;

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gateway.md");
    std::fs::read_to_string(page).unwrap()
}

/// Returns the table of policies in the page's format.
fn table() -> String {
    let mut lines = vec!["| policy | sections | played |".to_owned(), "|---|---|---|".to_owned()];
    let letters = |sections: &[Section]| {
        let letter = |section: &Section| match section {
            Section::Inbound => 'I',
            Section::Backend => 'B',
            Section::Outbound => 'O',
            Section::OnError => 'E',
        };
        sections.iter().map(letter).collect::<String>()
    };
    let mut rows: Vec<_> = policies().collect();
    rows.sort_by_key(|row| (row.group, row.name));
    for PolicyRow { name, sections, played, .. } in rows {
        let played = match played {
            Played::Whole => "yes".to_owned(),
            Played::Part(but) => format!("yes; {but}"),
            Played::Refused(reason) => format!("**no**: {reason}"),
        };
        lines.push(format!("| `{name}` | {} | {played} |", letters(sections)));
    }
    lines.join("\n") + "\n"
}

/// Returns the page's tests: for each policy, the file below `src/policy` and the test's name.
fn tests(page: &str) -> Vec<(&str, &str, &str)> {
    const HEAD: &str = "| policy | file | test |\n|---|---|---|\n";
    let (_, rows) = page.split_once(HEAD).unwrap();
    let rows = rows.lines().take_while(|line| line.starts_with("| "));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`'));
        (cells.next().unwrap(), cells.next().unwrap(), cells.next().unwrap())
    })
    .collect()
}

/// Users look up in this table which policies they can use.
#[test]
fn the_page_has_the_table_of_policies() {
    assert!(page().contains(&table()), "write this table into docs/gateway.md:\n{}", table());
    let (all, mut whole, mut refused) = (policies().count(), 0, 0);
    for row in policies() {
        match row.played {
            Played::Whole => whole += 1,
            Played::Part(_) => {}
            Played::Refused(_) => refused += 1,
        }
    }
    let runs = all - refused;
    let said = format!(
        "Of the {all} policies of Microsoft's reference {runs} run, {whole} of them whole; {refused} are refused by name."
    );
    assert!(page().contains(&said), "{said}");
}

#[test]
fn the_page_names_a_test_for_each_policy_that_is_played() {
    let (page, folder) = (page(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy"));
    let mut named = BTreeMap::new();
    for (policy, file, test) in tests(&page) {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        // A test that sends a request through a policy is asynchronous. A test that only loads a document is not.
        assert!(text.contains(&format!("async fn {test}(")), "{policy}: {file} has no test {test}");
        *named.entry(policy).or_insert(0) += 1;
    }
    let played = policies().filter(|row| !matches!(row.played, Played::Refused(_)));
    let played: BTreeMap<_, _> = played.map(|row| (row.name, 1)).collect();
    assert_eq!(named, played);
}

#[test]
fn a_policy_is_in_the_table_once() {
    let mut names: Vec<_> = policies().map(|row| row.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
