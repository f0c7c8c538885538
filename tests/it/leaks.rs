//! Secrets never leave: when a test's world ends, its data is searched for all its secrets.
//!
//! The searched data is everything that the host and the handler have logged, the journal, the staged app, and the
//! blobs.

use std::{fs, path::Path};

use local_azure::world::World;

/// The beginnings of a JWT (`{"typ"` or `{"alg"` in Base64) and of its claims (`{"aud"`).
const TOKEN: [&str; 3] = ["eyJ0eXAi", "eyJhbGci", "eyJhdWQi"];

/// The size limit of searched files. Larger files are bodies that a test has uploaded.
const LARGEST_SEARCHED_FILE: u64 = 2 * 1024 * 1024;

/// The secrets of a world, each with a name that a message may show.
pub(crate) struct Secrets(Vec<(String, String)>);

impl Secrets {
    pub(crate) fn from_world(world: &World, identity_header: &str) -> Self {
        let seed = world.seed();
        let mut secrets = vec![("the header of the identity endpoint".to_owned(), identity_header.to_owned())];
        secrets.extend(TOKEN.map(|token| ("a token".to_owned(), token.to_owned())));
        for subscription in &seed.apim.subscriptions {
            let name = &subscription.name;
            let keys = world.subscription_keys().of(name).into_iter().flat_map(|pair| [pair.primary, pair.secondary]);
            secrets.extend(keys.map(|key| (format!("a key of the subscription {name}"), key)));
        }
        for account in &seed.model_accounts {
            let keys = world.model_account_keys(&account.name).into_iter().flatten();
            secrets.extend(keys.map(|key| (format!("a key of {}", account.name), key.clone())));
        }
        for secret in seed.vaults.iter().flat_map(|vault| &vault.secrets) {
            let value = secret.value.clone();
            secrets.extend(value.map(|value| (format!("the secret {}", secret.name), value)));
        }
        Self(secrets)
    }

    /// Returns the first secret that is in the text.
    pub(crate) fn found(&self, text: &[u8]) -> Option<&str> {
        let text = String::from_utf8_lossy(text);
        let holds = |secret: &str| !secret.is_empty() && text.contains(secret);
        self.0.iter().find(|(_, secret)| holds(secret)).map(|(name, _)| name.as_str())
    }

    pub(crate) fn are_not_in(&self, place: &str, text: &[u8]) {
        if let Some(name) = self.found(text) {
            panic!("{name} is in {place}");
        }
    }

    /// Checks that no file's name or content has a secret.
    pub(crate) fn are_in_no_file_of(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            self.are_not_in("the name of a file", path.to_string_lossy().as_bytes());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                self.are_in_no_file_of(&path);
            } else if kind.is_file() && entry.metadata().unwrap().len() <= LARGEST_SEARCHED_FILE {
                self.are_not_in(&path.display().to_string(), &fs::read(&path).unwrap());
            }
        }
    }
}

#[test]
fn a_secret_is_found_wherever_it_is() {
    let secrets = Secrets(vec![("the key".to_owned(), "s3cret".to_owned())]);
    assert_eq!(secrets.found(b"a s3cret!"), Some("the key"));
    assert_eq!(secrets.found(b"a secret"), None);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    fs::write(folder.path().join("a/b"), "nothing").unwrap();
    secrets.are_in_no_file_of(folder.path());
    fs::write(folder.path().join("a/b"), "a s3cret").unwrap();
    let found = std::panic::catch_unwind(|| secrets.are_in_no_file_of(folder.path()));
    assert!(found.is_err());
}
