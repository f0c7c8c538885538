//! Get User Delegation Key: <https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key>.
//!
//! Clients sign shared access signatures with it. Requests that carry such a signature are refused by name, so the
//! key opens nothing here.

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

/// A new key for the caller, from its principal ID.
pub(super) async fn get(call: &Call<'_>, principal_id: Uuid, body: &mut Body) -> Result<Response, BlobError> {
    let document = receive::document(call, body, BODY_LIMIT).await?;
    let root = xml::parse(&document, "KeyInfo")?;
    let time = |name| -> Result<Timestamp, BlobError> {
        let text = root.only(name)?.text.trim().to_owned();
        text.parse().map_err(|_| xml::invalid(&format!("{name} is not a time: {text}")))
    };
    let now = Timestamp::now();
    let start = if root.children.iter().any(|child| child.name == "Start") { time("Start")? } else { now };
    let expiry = time("Expiry")?;
    let latest = now.saturating_add(SignedDuration::from_hours(DAYS * 24)).unwrap_or(now);
    if expiry <= start || expiry <= now || expiry > latest || start > latest {
        return Err(xml::invalid("the key's time must end in the future, and within seven days"));
    }
    let mut xml = "<UserDelegationKey>".to_owned();
    for (name, value) in [
        ("SignedOid", principal_id.to_string()),
        ("SignedTid", call.account.entra.seed.tenant.id.to_string()),
        ("SignedStart", format!("{start:.0}")),
        ("SignedExpiry", format!("{expiry:.0}")),
        ("SignedService", "b".to_owned()),
        ("SignedVersion", answer::text(&call.parts.headers, "x-ms-version")?.unwrap_or_default().to_owned()),
        ("Value", STANDARD.encode([*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat())),
    ] {
        element(&mut xml, name, &value);
    }
    xml.push_str("</UserDelegationKey>");
    Ok(answer::document(&xml))
}
