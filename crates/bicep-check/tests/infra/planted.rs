//! Plants mistakes in `infra/`, one at a time, and expects the check to find each.
//!
//! The rules as first written found 115 of the first 136 mistakes; the rest led to new rules. Those rules found 37 of
//! the next 40, which were written afterwards. Again the rest led to new rules, one of them with two mistakes more.
//! `MISSED` holds the two mistakes that are still not found.

mod access;
mod ids;
mod limits;
mod names;
mod order;
mod symbols;
mod types;

use std::sync::LazyLock;

use bicep_check::Program;

use crate::sources::{MAIN, option_sets, texts};

/// One change to a file that makes it wrong.
struct Mistake {
    file: &'static str,
    /// The text that is replaced, everywhere in the file.
    from: &'static str,
    to: &'static str,
    /// The file, the rule and the beginning of the message that finds the mistake.
    found: &'static str,
}

/// Mistakes that the check does not find: state that the types let a template write, and the definition of a workflow,
/// which has no type.
const MISSED: [Mistake; 2] = [
    Mistake {
        file: "infra/modules/vault.bicep",
        from: "    enableSoftDelete: true",
        to: "    provisioningState: 'Succeeded'\n    enableSoftDelete: true",
        found: "",
    },
    Mistake { file: "infra/modules/logic-app.bicep", from: "interval: 1", to: "interval: 0", found: "" },
];

static PROGRAM: LazyLock<Program> = LazyLock::new(|| Program::read(texts()));

impl Mistake {
    /// Returns every finding in the broken template, as file, rule and message.
    fn findings(&self) -> Vec<String> {
        let whole = texts();
        let text = whole.get(self.file).unwrap_or_else(|| panic!("{} is missing", self.file));
        assert!(text.contains(self.from), "{} does not contain {:?}, so nothing is planted", self.file, self.from);
        let broken = PROGRAM.with(self.file, &text.replace(self.from, self.to));
        let findings = broken.check(MAIN, &option_sets());
        findings.iter().map(|found| format!("{}: {}: {}", found.file, found.rule, found.message)).collect()
    }
}

fn assert_found(mistakes: &[Mistake]) {
    for mistake in mistakes {
        let findings = mistake.findings();
        assert!(
            findings.iter().any(|finding| finding.starts_with(mistake.found)),
            "{:?} in {}: no {:?} in {findings:#?}",
            mistake.to,
            mistake.file,
            mistake.found
        );
    }
}

#[test]
fn wrong_properties_kinds_values_and_versions_are_found() {
    assert_found(&types::MISTAKES);
}

#[test]
fn wrong_names_are_found() {
    assert_found(&names::MISTAKES);
}

#[test]
fn a_wrong_order_is_found() {
    assert_found(&order::MISTAKES);
}

#[test]
fn wrong_principals_roles_and_identities_are_found() {
    assert_found(&access::MISTAKES);
}

#[test]
fn wrong_ids_parents_and_networks_are_found() {
    assert_found(&ids::MISTAKES);
}

#[test]
fn numbers_and_texts_that_azure_refuses_are_found() {
    assert_found(&limits::MISTAKES);
}

#[test]
fn names_that_are_not_declared_and_secrets_that_leave_are_found() {
    assert_found(&symbols::MISTAKES);
}

#[test]
fn what_the_check_does_not_find_is_known() {
    for mistake in &MISSED {
        assert_eq!(mistake.findings(), Vec::<String>::new(), "move it to the mistakes that are found");
    }
}

#[test]
fn the_docs_say_how_many_are_planted_and_found() {
    let tables: [&[Mistake]; 7] = [
        &access::MISTAKES,
        &ids::MISTAKES,
        &limits::MISTAKES,
        &names::MISTAKES,
        &order::MISTAKES,
        &symbols::MISTAKES,
        &types::MISTAKES,
    ];
    let found: usize = tables.iter().map(|table| table.len()).sum();
    let sentence = format!("Its tests plant {} mistakes in `infra/`; it finds {found}.", found + MISSED.len());
    let docs = include_str!("../../../../docs/deploy.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(docs.contains(&sentence), "docs/deploy.md does not say: {sentence}");
}

#[test]
fn a_finding_names_file_and_line() {
    let text = &texts()["infra/modules/vault.bicep"];
    let line =
        text.lines().position(|line| line.contains("softDeleteRetentionInDays")).expect("the property is set") + 1;
    let broken = PROGRAM.with("infra/modules/vault.bicep", &text.replace("InDays: 7", "InDays: 5"));
    let findings = broken.check(MAIN, &option_sets());
    let finding = findings.first().expect("the mistake is found").to_string();
    let expected =
        format!("infra/modules/vault.bicep:{line}: limits: properties.softDeleteRetentionInDays: 5 is refused");
    assert!(finding.starts_with(&expected), "{finding}");
}
