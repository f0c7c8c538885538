//! Rule: every Bicep file is Bicep.

use crate::{
    bicep::{tree, without_extensions},
    files::{Files, assert_complains, assert_content},
};

fn parses(files: &Files) -> Vec<String> {
    files
        .ending("infra", ".bicep")
        .filter(|(_, text)| tree(&without_extensions(text)).root_node().has_error())
        .map(|(path, _)| format!("{path} does not parse"))
        .collect()
}

#[test]
fn every_bicep_file_parses() {
    assert!(Files::of_this_repository().ending("infra", ".bicep").count() > 10, "the files are found");
    assert_content(parses);
}

#[test]
fn a_lost_brace_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with("infra/modules/vault.bicep", "sku: {", "sku:");
    assert_complains(parses, &broken, "infra/modules/vault.bicep does not parse");
}
