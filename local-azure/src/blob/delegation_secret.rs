//! The secret behind delegation keys. A key is derived from its own fields and a secret of this run, so no key is
//! stored.

use aws_lc_rs::{hmac, rand};

/// The secret from which every delegation key of this run is derived.
pub(super) struct DelegationSecret(hmac::Key);

/// The fields of a key: members of the answer, which a signature repeats.
pub(super) struct KeyFields<'a> {
    pub(super) oid: &'a str,
    pub(super) tid: &'a str,
    pub(super) start: &'a str,
    pub(super) expiry: &'a str,
    pub(super) service: &'a str,
    pub(super) version: &'a str,
}

impl DelegationSecret {
    /// Generates a new secret, or returns the operating system's error.
    pub(super) fn generate() -> std::io::Result<Self> {
        let rng = rand::SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rng);
        key.map(Self).map_err(|_| std::io::Error::other("the system has no random numbers"))
    }

    /// Derives the 32 bytes of the key with these fields.
    pub(super) fn key(&self, fields: &KeyFields<'_>) -> hmac::Tag {
        let KeyFields { oid, tid, start, expiry, service, version } = fields;
        let text = [oid, tid, start, expiry, service, version].map(|field| field.to_ascii_lowercase()).join("\n");
        hmac::sign(&self.0, text.as_bytes())
    }
}
