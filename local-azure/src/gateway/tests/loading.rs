//! Problems that stop the gateway's start.

use std::path::Path;

use super::{Rig, load_error, seed};
use crate::seed::{Operation, Seed};

/// Returns the lines of the error for a policy folder with these files, without the folder's own path.
fn lines(files: &[(&str, &str)], change: impl FnOnce(&mut Seed)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        std::fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let mut seed = seed();
    seed.apim.policies = folder.path().to_owned();
    change(&mut seed);
    let prefix = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    load_error(seed).to_string().lines().map(|line| line.replace(&prefix, "").replace('\\', "/")).collect()
}

#[test]
fn a_file_that_belongs_to_nothing_keeps_the_gateway_from_starting_and_every_problem_is_one_line() {
    let found = lines(
        &[
            ("global.xml", "<policies>\n  <inbound><cors /></inbound>\n  <backend>@(</backend></policies>"),
            ("apis/orders.xml", "<policies><inbound>{{a}}</inbound>\n<outbound>{{b}}<x/></outbound></policies>"),
            ("apis/order.xml", "<policies />"),
            ("fragments/auth.XML", "<fragment>\n<x /></fragment>"),
            ("fragments/fine.xml", "<fragment />"),
            ("notes.md", "not a policy"),
        ],
        |_| {},
    );
    assert_eq!(
        found,
        [
            "apis/order.xml: nothing in the seed has a policy document of this name",
            "apis/orders.xml:1:20: Azure refuses this: <inbound> holds text",
            "apis/orders.xml:1:20: Azure refuses this: the named value {{a}} is not defined",
            "apis/orders.xml:2:11: Azure refuses this: <outbound> holds text",
            "apis/orders.xml:2:11: Azure refuses this: the named value {{b}} is not defined",
            "apis/orders.xml:2:16: Azure refuses this: <x> is not a policy",
            "fragments/auth.XML:2:1: Azure refuses this: <x> is not a policy",
            "global.xml:3:12: Azure refuses this: the policy expression that starts here has no end: \
             @(</backend></policies>",
        ]
    );
}

const BROKEN: &str = "<policies>\n<inbound><x /></inbound></policies>";
const PASSES: &str = "<policies><inbound /><backend><base /></backend><outbound /><on-error /></policies>";

/// Returns the statuses of a gateway with these files for these paths. The gateway must have this number of findings.
async fn statuses(files: &[(&str, &str)], paths: &[&str], findings: usize) -> Vec<u16> {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        std::fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let rig = Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        let mut other = seed.apim.apis[0].clone();
        (other.id, other.path) = ("other".to_owned(), "other".to_owned());
        other.subscription_required = false;
        seed.apim.apis.push(other);
    })
    .await;
    assert_eq!(rig.findings.len(), findings, "{:?}", rig.findings);
    let mut statuses = Vec::new();
    for path in paths {
        statuses.push(rig.send(rig.request(path)).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_refused_document_stops_its_own_scope_alone() {
    let paths = ["/orders", "/orders/1", "/other", "/none"];
    let include = PASSES.replace("<inbound />", "<inbound><include-fragment fragment-id=\"f\" /></inbound>");
    let fragment = "<fragment><x /></fragment>";
    for (what, files, findings, expected) in [
        ("an API", &[("apis/orders.xml", BROKEN)][..], 1, [500, 500, 200, 404]),
        ("an operation", &[("operations/orders.list-orders.xml", BROKEN)], 1, [500, 200, 200, 404]),
        ("a product", &[("products/internal.xml", BROKEN)], 1, [500, 500, 200, 404]),
        ("a fragment", &[("fragments/f.xml", fragment), ("apis/other.xml", &include)], 2, [200, 200, 500, 404]),
        ("a fragment that is not included", &[("fragments/f.xml", fragment)], 1, [200, 200, 200, 404]),
        ("the service", &[("global.xml", BROKEN), ("apis/other.xml", PASSES)], 1, [500; 4]),
    ] {
        assert_eq!(statuses(files, &paths, findings).await, expected, "{what}");
    }
}

#[tokio::test]
async fn a_call_under_a_refused_document_is_told_file_line_and_reason_whatever_its_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("apis")).unwrap();
    let file = folder.path().join("apis/orders.xml");
    std::fs::write(&file, BROKEN.replace("<x />", "<x /><invoke-request />")).unwrap();
    let rig = Rig::start(|seed| seed.apim.policies = folder.path().to_owned()).await;
    let mut request = rig.request("/orders");
    request.headers_mut().remove("Ocp-Apim-Subscription-Key");
    let answer = rig.send(request).await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let reason = format!(
        "a policy document of this call is refused: {}:2:10: Azure refuses this: <x> is not a policy (and 1 more)",
        file.display()
    );
    assert_eq!((answer.status, body), (500, serde_json::json!({ "statusCode": 500, "message": reason })));
    assert_eq!(answer.decision.reason, Some(reason));
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn a_section_that_is_missing_where_the_scopes_above_fill_theirs_refuses_the_document() {
    let files = [("operations/orders.list-orders.xml", "<policies><inbound /></policies>")];
    assert_eq!(statuses(&files, &["/orders", "/orders/1"], 1).await, [500, 200]);
}

#[test]
fn a_folder_that_is_not_there_is_not_taken_for_an_empty_one() {
    let mut seed = seed();
    seed.apim.policies = Path::new("no-such-folder").to_owned();
    let error = load_error(seed).to_string();
    assert!(error.contains("no-such-folder") && error.contains(": the policy folder cannot be read: "), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_a_file_or_keeps_the_gateway_from_starting() {
    let found = |name: &str, target: &Path| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("apis")).unwrap();
        std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        let mut seed = seed();
        seed.apim.policies = folder.path().to_owned();
        let error = load_error(seed).to_string();
        error.lines().next().unwrap().replace(&folder.path().display().to_string(), "")
    };
    let refused = |name: &str, why: &str| format!("/: the policy folder cannot be read: /{name} {why}");
    for name in ["apis/more", "fragments"] {
        let expected = refused(name, "is a link to a folder, which is not followed");
        assert!(found(name, Path::new("/")).ends_with(&expected), "{}", found(name, Path::new("/")));
    }
    assert!(found("apis/orders.xml", Path::new("/dev/zero")).ends_with(&refused("apis/orders.xml", "is no file")));
    assert!(found("global.xml", Path::new("/none")).contains("/global.xml cannot be read: "));
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(elsewhere.path(), BROKEN).unwrap();
    // The linked file is a policy too; this one belongs to nothing in the seed.
    let expected = "apis/other.xml: nothing in the seed has a policy document of this name";
    assert!(found("apis/other.xml", elsewhere.path()).ends_with(expected));
}

#[test]
fn url_templates_and_sample_folders_are_checked() {
    let found = lines(&[], |seed| {
        let api = &mut seed.apim.apis[0];
        let operation = Operation {
            id: "odd".to_owned(),
            method: "GET".to_owned(),
            template: "/{a}{b}".to_owned(),
            ..Operation::default()
        };
        api.operations.push(operation);
        api.backend.sample = Some("no-such-samples".into());
    });
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("no-such-samples: cannot be read: "), "{found:?}");
    assert!(
        found[1]
            .starts_with("apim.apis: the URL template of the operation \"odd\" of API \"orders\" is not understood: "),
        "{found:?}"
    );
}

#[tokio::test]
async fn without_documents_an_api_is_forwarded_as_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::start(|seed| seed.apim.policies = folder.path().to_owned()).await;
    let mut request = rig.request("/orders");
    request.headers_mut().remove("Authorization");
    let answer = rig.send(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-powered-by"], "a framework");
    assert_eq!(rig.received()[0].0.headers["ocp-apim-subscription-key"], rig.key());
}
