//! The settings of a model.

use std::collections::BTreeMap;

use crate::{
    openai::{Model, Route},
    settings::{Reader, from_lookup, markdown, rows},
};

fn read<T>(
    settings: &[(&'static str, &'static str)],
    read: impl FnOnce(&mut Reader) -> Option<T>,
) -> Result<T, String> {
    let settings: BTreeMap<_, _> = settings.iter().copied().collect();
    from_lookup(move |name| settings.get(name).map(|value| (*value).to_owned()), read)
        .map_err(|error| error.to_string())
}

fn model(settings: &[(&'static str, &'static str)]) -> Result<Model, String> {
    read(settings, |env| env.model("OPENAI"))
}

const GATEWAY: [(&str, &str); 3] = [
    ("OPENAI__baseUrl", "https://apim.azure-api.net/openai/v1"),
    ("OPENAI__audience", "api://chat"),
    ("OPENAI__deployment", "chat"),
];
const DIRECT: [(&str, &str); 3] =
    [("OPENAI__route", "direct"), ("OPENAI__endpoint", "https://oai.openai.azure.com"), ("OPENAI__deployment", "chat")];

#[tokio::test]
async fn a_model_is_behind_the_gateway_unless_its_route_is_direct() {
    let gateway = model(&GATEWAY).unwrap();
    assert_eq!((gateway.route(), gateway.api().scope()), (Route::Gateway, "api://chat/.default"));
    assert_eq!(gateway.max_tokens_parameter(), "max_completion_tokens");
    let direct = model(&DIRECT).unwrap();
    let scope = "https://cognitiveservices.azure.com/.default";
    assert_eq!((direct.route(), direct.api().scope(), direct.key_secret()), (Route::Direct, scope, None));
    let scoped = model(&[&DIRECT[..], &[("OPENAI__scope", "https://ai.azure.com/.default")]].concat()).unwrap();
    assert_eq!(scoped.api().scope(), "https://ai.azure.com/.default");
}

#[cfg(feature = "api-management")]
#[tokio::test]
async fn a_subscription_key_is_a_secret_of_the_vault() {
    let key = [("OPENAI__subscriptionKeySecret", "chat-key"), ("KEYVAULT__vaultUri", "https://kv.vault.azure.net")];
    assert_eq!(model(&[&GATEWAY[..], &key].concat()).unwrap().key_secret(), Some("chat-key"));
    assert!(model(&[&GATEWAY[..], &key[..1]].concat()).unwrap_err().contains("KEYVAULT__vaultUri is missing"));
}

#[tokio::test]
async fn every_problem_of_a_route_is_told_at_once_and_the_other_route_is_not_asked_for() {
    let error = model(&[]).unwrap_err();
    for name in ["OPENAI__baseUrl", "OPENAI__audience", "OPENAI__deployment"] {
        assert!(error.contains(&format!("{name} is missing: expected ")), "{error}");
    }
    assert!(!error.contains("endpoint"), "{error}");
    let error =
        model(&[("OPENAI__route", "direct"), ("OPENAI__scope", "x"), ("OPENAI__apiVersion", "v1")]).unwrap_err();
    for name in [
        "OPENAI__endpoint is missing",
        "OPENAI__deployment is missing",
        "OPENAI__scope is wrong",
        "OPENAI__apiVersion is wrong",
    ] {
        assert!(error.contains(name), "{name} in {error}");
    }
    assert!(!error.contains("baseUrl") && !error.contains("audience"), "{error}");
}

#[tokio::test]
async fn a_wrong_value_is_named_and_not_shown() {
    let wrong = ["OPENAI__route", "OPENAI__deployment", "OPENAI__apiVersion"].map(|name| (name, "sk-S3CRET/ key"));
    let error = model(&wrong).unwrap_err();
    for (name, _) in wrong {
        assert!(error.contains(&format!("{name} is wrong: expected ")), "{name} in {error}");
    }
    assert!(!error.contains("S3CRET"), "{error}");
}

#[tokio::test]
async fn an_app_may_run_without_a_model_but_not_with_half_of_one() {
    let optional = |settings: &[(&'static str, &'static str)]| read(settings, |env| env.optional_model("OPENAI"));
    assert!(optional(&[]).unwrap().is_none());
    assert!(optional(&[("OPENAI__route", "")]).unwrap().is_none(), "an empty setting is absent");
    assert!(optional(&GATEWAY).unwrap().is_some());
    for one in [
        ("OPENAI__deployment", "chat"),
        ("OPENAI__route", "direct"),
        ("OPENAI__clientId", "b1a7c0de-0003-4a6b-8c1d-5f2e3d4c5b6a"),
    ] {
        assert!(optional(&[one]).unwrap_err().contains("is missing"), "{one:?}");
    }
}

#[test]
fn the_rows_are_those_of_both_routes() {
    let rows = rows(|env| env.optional_model("OPENAI"));
    let table = markdown(&rows);
    for part in
        ["route", "deployment", "baseUrl", "audience", "endpoint", "scope", "apiVersion", "credential", "clientId"]
    {
        assert!(table.contains(&format!("`OPENAI__{part}`")), "{part} in {table}");
    }
    assert!(table.contains("an error with the route `direct`"), "{table}");
}
