//! The texts of `infra/` and `apim/`, and the ways to deploy them.

use std::{collections::BTreeMap, fs, path::Path};

use bicep_check::Options;

pub(crate) const MAIN: &str = "infra/main.bicep";

/// Returns texts by path from the root of the repository.
pub(crate) fn texts() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = BTreeMap::new();
    read_folder(&root, "infra", &mut texts);
    read_folder(&root, "apim", &mut texts);
    texts
}

fn read_folder(root: &Path, folder: &str, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder can be listed") {
        let entry = entry.expect("the folder can be listed");
        let path = format!("{folder}/{}", entry.file_name().to_str().expect("file names are UTF-8"));
        if entry.path().is_dir() {
            read_folder(root, &path, texts);
        } else {
            texts.insert(path, fs::read_to_string(entry.path()).expect("the file is UTF-8"));
        }
    }
}

/// Returns one set of options for each thing that `docs/deploy.md` lets a user choose.
pub(crate) fn option_sets() -> Vec<Options> {
    let set = |name, options: &[(&str, &str)]| {
        let options = [&[("location", "westeurope")], options].concat();
        let parameters: Vec<_> = options.into_iter().map(|(name, value)| (name, value.into())).collect();
        Options::new(name, &parameters)
    };
    vec![
        set("one-region", &[]),
        set("two-regions", &[("topology", "two-regions"), ("secondLocation", "northeurope")]),
        set("private", &[("topology", "private"), ("gatewaySku", "PremiumV2"), ("deployOpenAI", "true")]),
        set("telemetry", &[("deployTelemetry", "true")]),
        set("openai-logic", &[("deployOpenAI", "true"), ("deployLogicApp", "true")]),
        set(
            "no-entra",
            &[
                ("createAppRegistration", "false"),
                ("ordersClientId", "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"),
                ("ordersAppIdUri", "api://d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"),
            ],
        ),
        set("pipeline", &[("deployerPrincipalType", "ServicePrincipal"), ("assignAppRoles", "false")]),
    ]
}
