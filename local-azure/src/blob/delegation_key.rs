//! Get User Delegation Key: <https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key>.
//!
//! Clients sign shared access signatures with this key. [`super::sas`] derives the key again to verify them.

use axum::{body::Body, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    answer,
    call::BlobCall,
    delegation_secret::KeyFields,
    error::BlobError,
    receive,
    request_headers::text as header_text,
    xml::{self, element},
};

const BODY_LIMIT: u64 = 4 * 1024;
/// The most days for which a key is valid.
const DAYS: i64 = 7;

/// Returns a key for the caller, derived from its principal ID.
pub(super) async fn get(call: &BlobCall<'_>, principal_id: Uuid, body: &mut Body) -> Result<Response, BlobError> {
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
        version: header_text(&call.parts.headers, "x-ms-version")?.unwrap_or_default(),
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
