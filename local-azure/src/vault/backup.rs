//! Backups of secrets. They are encrypted, and any vault of this run can restore them.
//!
//! As in Azure, a backup can be restored only in the same subscription. Its format is Azure's: a name of 41 bytes and a
//! compact JWE, seen in recordings of the JavaScript SDK. The key is new at each start.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    refusal::VaultRefusal,
    secret::{Secret, Version},
};

const FRAME: &[u8] = b")AzureKeyVaultSecretBackupV1.microsoft.com";
const HEADER: &[u8] = br#"{"alg":"dir","enc":"A256GCM"}"#;
const TAG_LENGTH: usize = 16;

/// The key that encrypts the backups of this run.
pub(super) struct BackupKey([u8; 32]);

#[derive(Deserialize, Serialize)]
struct Backup {
    name: String,
    versions: Vec<Version>,
}

impl BackupKey {
    /// Generates a key with 244 random bits.
    pub(super) fn new() -> Self {
        let mut key = [0; 32];
        let (first, second) = key.split_at_mut(16);
        first.copy_from_slice(Uuid::new_v4().as_bytes());
        second.copy_from_slice(Uuid::new_v4().as_bytes());
        Self(key)
    }

    /// Encrypts a secret with all its versions, as text.
    pub(super) fn seal(&self, secret: &Secret) -> Result<String, VaultRefusal> {
        let backup = Backup { name: secret.name.clone(), versions: secret.versions().to_vec() };
        let mut sealed = serde_json::to_vec(&backup).map_err(|_| VaultRefusal::BackupFailed)?;
        let header = URL_SAFE_NO_PAD.encode(HEADER);
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(|_| VaultRefusal::BackupFailed)?;
        let nonce =
            key.seal_in_place_append_tag(Aad::from(&header), &mut sealed).map_err(|_| VaultRefusal::BackupFailed)?;
        let (text, tag) = sealed.split_at(sealed.len() - TAG_LENGTH);
        let [nonce, text, tag] = [nonce.as_ref().as_slice(), text, tag].map(|part| URL_SAFE_NO_PAD.encode(part));
        let jwe = format!("{header}..{nonce}.{text}.{tag}");
        Ok(URL_SAFE_NO_PAD.encode([FRAME, jwe.as_bytes()].concat()))
    }

    /// Decrypts the secret in a backup.
    pub(super) fn open(&self, backup: &str) -> Result<Secret, VaultRefusal> {
        let backup = backup.trim_end_matches('=');
        let framed = URL_SAFE_NO_PAD.decode(backup).map_err(|_| VaultRefusal::MalformedBackup)?;
        if framed.len() < FRAME.len() {
            return Err(VaultRefusal::CorruptBackup);
        }
        let jwe = framed.strip_prefix(FRAME).and_then(|jwe| std::str::from_utf8(jwe).ok());
        let parts: Vec<&str> = jwe.ok_or(VaultRefusal::MalformedBackup)?.split('.').collect();
        let [header, "", nonce, text, tag] = parts.as_slice() else { return Err(VaultRefusal::MalformedBackup) };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| VaultRefusal::MalformedBackup);
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| VaultRefusal::MalformedBackup)?;
        let mut sealed = [decode(text)?, decode(tag)?].concat();
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(|_| VaultRefusal::BackupFailed)?;
        let opened =
            key.open_in_place(nonce, Aad::from(header), &mut sealed).map_err(|_| VaultRefusal::ForeignBackup)?;
        let backup: Backup = serde_json::from_slice(opened).map_err(|_| VaultRefusal::MalformedBackup)?;
        Secret::from_versions(backup.name, backup.versions).ok_or(VaultRefusal::MalformedBackup)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::secret::Properties, *};

    fn secret() -> Secret {
        let mut secret = Secret::new("Made", Version::new("first".to_owned(), Properties::default(), 1));
        secret.add(Version::new("second".to_owned(), Properties { expires: Some(3), ..Properties::default() }, 2));
        secret
    }

    #[test]
    fn a_backup_holds_every_version_and_shows_none() {
        let key = BackupKey::new();
        let backup = key.seal(&secret()).unwrap();
        let opened = key.open(&backup).ok().unwrap();
        assert_eq!(opened.name, "Made");
        let versions = opened.versions().iter().map(|one| (one.value.as_str(), one.created, one.properties.expires));
        assert_eq!(versions.collect::<Vec<_>>(), [("first", 1, None), ("second", 2, Some(3))]);
        let shown = String::from_utf8(URL_SAFE_NO_PAD.decode(backup).unwrap()).unwrap();
        assert!(shown.starts_with(")AzureKeyVaultSecretBackupV1.microsoft.comey"), "{shown}");
        assert!(!shown.contains("first") && !shown.contains(&URL_SAFE_NO_PAD.encode("first")));
    }

    #[test]
    fn a_backup_of_another_run_or_one_that_was_changed_does_not_open() {
        let key = BackupKey::new();
        let backup = key.seal(&secret()).unwrap();
        assert!(matches!(BackupKey::new().open(&backup), Err(VaultRefusal::ForeignBackup)));
        let mut jwe = String::from_utf8(URL_SAFE_NO_PAD.decode(&backup).unwrap()).unwrap();
        let middle = jwe.len() - 40;
        let other = if jwe.as_bytes()[middle] == b'A' { "B" } else { "A" };
        jwe.replace_range(middle..=middle, other);
        assert!(matches!(key.open(&URL_SAFE_NO_PAD.encode(jwe)), Err(VaultRefusal::ForeignBackup)));
    }

    #[test]
    fn what_is_no_backup_is_refused() {
        let framed = |rest: &str| URL_SAFE_NO_PAD.encode([FRAME, rest.as_bytes()].concat());
        for backup in
            ["&", &URL_SAFE_NO_PAD.encode([0; 90]), &framed("a.b.c"), &framed("a..b.c.d"), &framed("a..&.c.d")]
        {
            assert!(matches!(BackupKey::new().open(backup), Err(VaultRefusal::MalformedBackup)), "{backup}");
        }
        // As recorded: 12 bytes are corrupt, 3,900 bytes have an unknown version.
        for (length, refusal) in
            [(12, "Backup blob is corrupt."), (3_900, "Backup blob contains invalid or corrupt version.")]
        {
            let opened = BackupKey::new().open(&URL_SAFE_NO_PAD.encode(vec![0; length]));
            assert_eq!(opened.err().unwrap().to_string(), refusal);
        }
    }
}
