//! The templates, evaluated with every part deployed. Values that only a deployment knows are removed from their texts.

use bicep_check::{DeployedResources, MadeResource, Options, Setting};

use crate::files::Files;

pub(crate) const MAIN: &str = "infra/main.bicep";

/// Returns the resources of a deployment with a model and a workflow.
#[track_caller]
pub(crate) fn plan(files: &Files) -> DeployedResources {
    with_parts(files, &["deployOpenAI", "deployLogicApp"])
}

/// Returns the same resources, with those for the app's telemetry.
#[track_caller]
pub(crate) fn plan_with_telemetry(files: &Files) -> DeployedResources {
    with_parts(files, &["deployOpenAI", "deployLogicApp", "deployTelemetry"])
}

#[track_caller]
fn with_parts(files: &Files, parts: &[&'static str]) -> DeployedResources {
    let parts = parts.iter().map(|part| (*part, Setting::Bool(true)));
    let parameters: Vec<_> = [("location", "westeurope".into())].into_iter().chain(parts).collect();
    made(files, MAIN, &parameters)
}

/// Returns the resources of a deployment of the pipeline's identity.
#[track_caller]
pub(crate) fn plan_of_the_deployer(files: &Files) -> DeployedResources {
    made(files, "infra/deployer/main.bicep", &[("location", "westeurope".into())])
}

#[track_caller]
fn made(files: &Files, main: &str, parameters: &[(&str, Setting)]) -> DeployedResources {
    files.program().plan(main, &Options::new("everything", parameters)).expect("these options fit each other")
}

/// Returns the resource with an ID.
pub(crate) fn by_id<'a>(made: &'a DeployedResources, id: &str) -> Option<&'a MadeResource> {
    made.resources.iter().find(|resource| resource.id == id)
}

/// Returns the last part of a name or type.
pub(crate) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Returns a text in the form of the seed: `kv-keyless` for `kv-keyless-‹uniqueString(…)›`, and `clientId of
/// id-keyless-reader` for the same in `‹…›`.
pub(crate) fn known(text: &str) -> String {
    let inner = text.strip_prefix('‹').and_then(|rest| rest.strip_suffix('›')).filter(|inner| is_balanced(inner));
    let mut known = String::new();
    let mut depth = 0;
    for letter in inner.unwrap_or(text).chars() {
        match letter {
            '‹' => {
                if depth == 0 && known.ends_with('-') {
                    known.pop();
                }
                depth += 1;
            }
            '›' => depth -= 1,
            _ if depth == 0 => known.push(letter),
            _ => {}
        }
    }
    known
}

fn is_balanced(text: &str) -> bool {
    let mut depth = 0;
    text.chars().all(|letter| {
        depth += match letter {
            '‹' => 1,
            '›' => -1,
            _ => 0,
        };
        depth >= 0
    })
}

#[test]
fn a_text_loses_what_only_a_deployment_knows() {
    assert_eq!(known("kv-keyless-‹uniqueString(‹id of subscription›)›"), "kv-keyless");
    assert_eq!(known("https://kv-‹x›.vault.azure.net"), "https://kv.vault.azure.net");
    assert_eq!(known("‹principalId of apim-keyless-‹uniqueString››"), "principalId of apim-keyless");
    assert_eq!(known("‹a› and ‹b›"), " and ");
}
