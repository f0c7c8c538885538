//! What keeps the gateway from starting.

use std::path::Path;

use super::{Rig, load_error, seed};
use crate::seed::{Operation, Seed};

/// The lines of the error for a policy folder with these files, without the folder's own path.
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
fn every_problem_of_every_file_is_one_line() {
    let found = lines(
        &[
            ("global.xml", "<policies>\n  <inbound><cors /></inbound>\n  <backend>@(</backend></policies>"),
            ("apis/orders.xml", "<policies><inbound>{{a}}</inbound>\n<outbound>{{b}}<x/></outbound></policies>"),
            ("apis/order.xml", "<policies />"),
            ("fragments/auth.XML", "<fragment>\n<x /></fragment>"),
            ("fragments/fine.xml", "<fragment />"),
            ("operations/orders.list-orders.xml", "<policies><inbound /></policies>"),
            ("notes.md", "not a policy"),
        ],
        |_| {},
    );
    assert_eq!(
        found,
        [
            "apis/order.xml: nothing in the seed has a policy document of this name",
            "apis/orders.xml:1:20: <inbound> holds text",
            "apis/orders.xml:1:20: the named value {{a}} is not defined",
            "apis/orders.xml:2:11: <outbound> holds text",
            "apis/orders.xml:2:11: the named value {{b}} is not defined",
            "apis/orders.xml:2:16: the policy <x> is not supported",
            "fragments/auth.XML:2:1: the policy <x> is not supported",
            "global.xml:3:12: the policy expression that starts here has no end: @(</backend></policies>",
            "operations/orders.list-orders.xml:1:1: there is no <backend> section, and the scopes above fill theirs; \
             whether it then runs is not documented, so write <backend><base /></backend> or an empty <backend />",
        ]
    );
}

#[test]
fn a_folder_that_is_not_there_is_not_taken_for_an_empty_one() {
    let mut seed = seed();
    seed.apim.policies = Path::new("no-such-folder").to_owned();
    let error = load_error(seed).to_string();
    assert!(error.contains("no-such-folder") && error.contains(": the policy folder cannot be read: "), "{error}");
}

#[test]
fn url_templates_and_sample_folders_are_checked() {
    let found = lines(&[], |seed| {
        let api = &mut seed.apim.apis[0];
        let operation = Operation {
            id: "odd".to_owned(),
            method: "GET".to_owned(),
            template: "/{a}-{b}".to_owned(),
            responses: Vec::new(),
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
