//! `X-Forwarded-For`: the gateway appends the address of its caller, and no policy can remove that entry
//! (learn.microsoft.com/azure/api-management/set-header-policy).

use http::{HeaderMap, HeaderName, HeaderValue};

const NAME: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The caller's address: every caller is on this machine.
const CALLER: &str = "127.0.0.1";

/// Appends the caller's address, unless it is already the last address.
pub(super) fn append(headers: &mut HeaderMap) {
    let lines = headers.get_all(&NAME).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let mut addresses: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    addresses.push(CALLER.to_owned());
    if let Ok(value) = HeaderValue::try_from(addresses.join(", ")) {
        headers.insert(NAME, value);
    }
}

/// Appends the caller's address if a policy removed it.
pub(super) fn ensure(headers: &mut HeaderMap) {
    let last = headers.get_all(&NAME).iter().next_back().and_then(|value| value.to_str().ok());
    if last.is_none_or(|value| value.rsplit(',').next().unwrap_or_default().trim() != CALLER) {
        append(headers);
    }
}
