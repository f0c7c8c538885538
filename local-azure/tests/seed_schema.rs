//! The schema that `seed --schema` prints agrees with the reader about seeds.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jsonschema::Validator;
use local_azure::seed::Seed;
use serde_json::Value;

fn schema() -> Validator {
    let output = Command::new(env!("CARGO_BIN_EXE_local-azure")).args(["seed", "--schema"]).output().unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&output.stdout).unwrap()).unwrap()
}

/// Lists the seeds of this repository.
fn seeds() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seeds: Vec<PathBuf> = [
        "local-azure/seed.toml",
        "local-azure/templates/init/seed.toml",
        "bench/world/seed.toml",
        ".ci/new-project/seed.toml",
    ]
    .map(|path| root.join(path))
    .to_vec();
    let examples = fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path().join("seed.toml"));
    seeds.extend(examples.filter(|path| path.is_file()));
    assert!(seeds.len() >= 7, "{seeds:?}");
    seeds
}

fn json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

#[test]
fn every_seed_is_valid_for_the_schema_and_for_the_reader() {
    let schema = schema();
    for file in seeds() {
        let text = fs::read_to_string(&file).unwrap();
        let problems: Vec<_> = schema.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{}: {problems:?}", file.display());
        Seed::parse(&text, &file).unwrap();
    }
    assert!(schema.is_valid(&json("")), "every part is optional");
}

/// Collects the paths of all tables in a document.
fn tables(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(path.to_owned());
            members.iter().for_each(|(name, value)| tables(value, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| tables(value, &format!("{path}/{index}"), found));
        }
        _ => {}
    }
}

/// Reports whether the table's members have names of the user's choice.
fn is_map(path: &str) -> bool {
    ["/settings", "/named_values", "/body"].iter().any(|end| path.ends_with(end))
}

#[test]
fn a_member_that_does_not_exist_is_refused_by_the_schema_and_by_the_reader_wherever_it_stands() {
    let schema = schema();
    let mut tried = 0;
    for file in seeds() {
        let whole = json(&fs::read_to_string(&file).unwrap());
        let mut paths = Vec::new();
        tables(&whole, "", &mut paths);
        for path in paths.iter().filter(|path| !is_map(path)) {
            let mut wrong = whole.clone();
            wrong.pointer_mut(path).unwrap()["no_such_member"] = 1.into();
            let text = toml::to_string(&wrong).unwrap();
            assert!(!schema.is_valid(&wrong), "{}: the schema takes a member of {path}", file.display());
            assert!(Seed::parse(&text, &file).is_err(), "{}: the reader takes a member of {path}", file.display());
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_value_of_the_wrong_kind_or_a_missing_one_is_refused_by_both() {
    let schema = schema();
    for wrong in [
        "[tenant]\nid = \"not a guid\"\n",
        "[[identities]]\nname = \"x\"\n",
        "[[identities]]\nname = \"x\"\nkind = \"other\"\nclient_id = \"aaaaaaaa-0001-4000-8000-000000000001\"\n\
         principal_id = \"aaaaaaaa-0001-4000-8000-000000000002\"\n",
        "[[app_registrations]]\nname = \"x\"\napp_id_uri = \"api://x\"\nclient_id = \"aaaaaaaa-0001-4000-8000-000000000001\"\n\
         token_version = 3\n",
        "[function_app]\nidentities = \"id\"\n",
        "[[storage_accounts]]\nname = 1\n",
    ] {
        let valid = schema.is_valid(&json(wrong));
        assert!(Seed::parse(wrong, Path::new("seed.toml")).is_err(), "{wrong}");
        // A schema only names the format of a text. Validators check formats only if they are told to.
        assert!(!valid || wrong.contains("not a guid"), "{wrong}");
    }
}
