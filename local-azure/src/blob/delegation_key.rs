//! Get User Delegation Key: <https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key>.
//!
//! Clients sign shared access signatures with it. A key is worked out from what it says and a secret of this run, so
//! that none is kept: [`super::sas`] works it out again.

use aws_lc_rs::{hmac, rand};
use axum::{body::Body, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Call, answer,
    error::BlobError,
    receive,
    xml::{self, element},
};

const BODY_LIMIT: u64 = 4 * 1024;
/// A key is good for this many days at most.
const DAYS: i64 = 7;

/// What every delegation key of this run is made from.
pub(super) struct DelegationSecret(hmac::Key);

/// What a key says: the members of the answer, which a signature repeats.
pub(super) struct KeyFields<'a> {
    pub(super) oid: &'a str,
    pub(super) tid: &'a str,
    pub(super) start: &'a str,
    pub(super) expiry: &'a str,
    pub(super) service: &'a str,
    pub(super) version: &'a str,
}

impl DelegationSecret {
    /// A new secret, or what the system said.
    pub(super) fn generate() -> std::io::Result<Self> {
        let rng = rand::SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rng);
        key.map(Self).map_err(|_| std::io::Error::other("the system has no random numbers"))
    }

    /// The 32 bytes of the key that says this.
    pub(super) fn key(&self, fields: &KeyFields<'_>) -> hmac::Tag {
        let KeyFields { oid, tid, start, expiry, service, version } = fields;
        let text = [oid, tid, start, expiry, service, version].map(|field| field.to_ascii_lowercase()).join("\n");
        hmac::sign(&self.0, text.as_bytes())
    }
}

/// A key for the caller, from its principal ID.
pub(super) async fn get(call: &Call<'_>, principal_id: Uuid, body: &mut Body) -> Result<Response, BlobError> {
    let document = receive::document(call, body, BODY_LIMIT).await?;
    let root = xml::parse(&document, "KeyInfo")?;
    if let Some(other) = root.children.iter().find(|child| !["Start", "Expiry"].contains(&child.name.as_str())) {
        return Err(xml::invalid(&format!("{} of a delegation key is not known", other.name)));
    }
    let text = |name| -> Result<String, BlobError> { Ok(root.only(name)?.text.trim().to_owned()) };
    let time = |text: &str| text.parse::<Timestamp>().map_err(|_| BlobError::InvalidXmlNodeValue(text.to_owned()));
    let now = Timestamp::now();
    let start = match root.children.iter().any(|child| child.name == "Start") {
        true => time(&text("Start")?)?,
        false => now,
    };
    let shown_expiry = text("Expiry")?;
    let expiry = time(&shown_expiry)?;
    let latest = now.saturating_add(SignedDuration::from_hours(DAYS * 24)).unwrap_or(now);
    if expiry <= start || expiry <= now || expiry > latest {
        return Err(BlobError::InvalidXmlNodeValue(shown_expiry));
    }
    let (start, expiry) = (format!("{start:.0}"), format!("{expiry:.0}"));
    let (oid, tid) = (principal_id.to_string(), call.account.entra.seed.tenant.id.to_string());
    let fields = KeyFields {
        oid: &oid,
        tid: &tid,
        start: &start,
        expiry: &expiry,
        service: "b",
        version: answer::text(&call.parts.headers, "x-ms-version")?.unwrap_or_default(),
    };
    let mut xml = "<UserDelegationKey>".to_owned();
    for (name, value) in [
        ("SignedOid", fields.oid),
        ("SignedTid", fields.tid),
        ("SignedStart", fields.start),
        ("SignedExpiry", fields.expiry),
        ("SignedService", fields.service),
        ("SignedVersion", fields.version),
        ("Value", &STANDARD.encode(call.account.delegation_secret.key(&fields))),
    ] {
        element(&mut xml, name, value);
    }
    xml.push_str("</UserDelegationKey>");
    Ok(answer::document(&xml))
}
