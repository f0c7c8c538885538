//! Rules for every workflow and action: each used action is pinned by digest, has few permissions, and knows no secret.

use crate::files::{Files, assert_complains, assert_content};

const PLACES: [&str; 4] = [
    ".github/workflows/azure-dev.yml",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".github/actions/local-azure/action.yml",
];

/// Checks for a digest of 40 hexadecimal digits, with the version in a comment.
fn pinned_by_digest(files: &Files) -> Vec<String> {
    let is_pinned = |used: &str| {
        let Some((_, rest)) = used.split_once('@') else { return used.trim().starts_with("./") };
        let (digest, version) = rest.split_once(" # v").unwrap_or((rest, ""));
        digest.len() == 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) && !version.is_empty()
    };
    let used = |path: &'static str| {
        let lines: Vec<String> = files.text(path).lines().map(str::to_owned).collect();
        lines.into_iter().filter_map(|line| Some(line.split_once("uses: ")?.1.to_owned())).map(move |used| (path, used))
    };
    PLACES
        .into_iter()
        .flat_map(used)
        .filter(|(_, used)| !is_pinned(used))
        .map(|(path, used)| format!("{path} uses {used}, which is not pinned"))
        .collect()
}

/// Checks the permissions. The whole workflow may only read. A job has more permissions only if it releases or deploys.
fn least_permissions(files: &Files) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in PLACES.into_iter().filter(|path| path.contains("workflows")) {
        let text = files.text(path);
        if !text.contains("\npermissions:\n  contents: read\n") {
            complaints.push(format!("{path} does not begin with reading alone"));
        }
        for word in ["pull_request_target", "secrets.", "write-all"] {
            if text.contains(word) {
                complaints.push(format!("{path} has {word}"));
            }
        }
    }
    if files.text(".github/workflows/ci.yml").contains(": write") {
        complaints.push("a job of ci.yml may write".to_owned());
    }
    complaints
}

#[test]
fn what_workflows_use_is_pinned_by_digest() {
    assert_content(pinned_by_digest);
}

#[test]
fn a_tag_in_the_place_of_a_digest_is_seen() {
    let files = Files::of_this_repository();
    let pin = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2";
    let broken = files.with(".github/workflows/azure-dev.yml", pin, "actions/checkout@v6");
    assert_complains(pinned_by_digest, &broken, "is not pinned");
}

#[test]
fn no_workflow_may_do_more_than_it_must() {
    assert_content(least_permissions);
}

#[test]
fn a_workflow_that_may_write_or_knows_a_secret_is_seen() {
    let files = Files::of_this_repository();
    let ci = ".github/workflows/ci.yml";
    let broken = files.with(ci, "  others:\n", "  others:\n    permissions:\n      contents: write\n");
    assert_complains(least_permissions, &broken, "may write");
    let broken = files.with(".github/workflows/release.yml", "steps.auth.outputs.token", "secrets.TOKEN");
    assert_complains(least_permissions, &broken, "has secrets.");
}
