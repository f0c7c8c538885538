//! User delegation SAS: a URL signed with a delegation key. It grants only rights that both its permission letters and
//! its signer's roles grant at the time of the request:
//! <https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas>.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    answer::date,
    delegation_secret::{DelegationSecret, KeyFields},
    error::BlobError,
    operation::{BlobPlace, Operation},
    operation_table::Letters,
    query::Query,
    sas_fields::Fields,
};

/// Fields that Azure supports and local-azure does not: the user whose token the request must also show (there are no
/// users here), and an encryption scope.
const UNSUPPORTED: [&str; 3] = ["sduoid", "skdutid", "ses"];
/// From this version on, `c` also makes a blob of blocks
/// (<https://learn.microsoft.com/rest/api/storageservices/version-2026-04-06>).
const CREATES_OF_BLOCKS: &str = "2026-04-06";

/// All permission letters.
const LETTERS: &str = "racwdxyltfmeopi";

/// The rights that a valid signature grants.
pub(super) struct Grant {
    /// The principal ID of the signer.
    pub(super) signer: Uuid,
    /// The caller may make new blobs, but not overwrite a blob.
    pub(super) only_new: bool,
}

/// The request that a signature came with.
pub(super) struct Signed<'a> {
    pub(super) account: &'a str,
    pub(super) container: &'a str,
    pub(super) blob: Option<&'a str>,
    pub(super) place: BlobPlace,
    pub(super) headers: &'a HeaderMap,
    pub(super) query: &'a Query,
    /// Whether the request writes tags, reads tags, or sets a condition on tags.
    pub(super) tags: bool,
}

/// Checks a signature and the rights that it grants. The caller of this function checks the signer's roles.
pub(super) fn check(
    secret: &DelegationSecret,
    request: &Signed<'_>,
    operation: Operation,
    now: Timestamp,
) -> Result<Grant, BlobError> {
    let fields = &request.query.signature;
    if fields.get("skoid").is_none() {
        // The signature was made with an account key; the service does not even verify it.
        return Err(BlobError::KeyBasedAuthenticationNotPermitted);
    }
    check_fields(fields)?;
    check_times(fields, now)?;
    check_signature(secret, request)?;
    if let Some(range) = fields.get("sip") {
        // Every client is on loopback.
        const CALLER: std::net::Ipv4Addr = std::net::Ipv4Addr::LOCALHOST;
        if !covers(range, CALLER).ok_or_else(malformed)? {
            return Err(BlobError::AuthorizationSourceIpMismatch(CALLER.to_string()));
        }
    }
    check_level(fields, request.place, operation)?;
    let only_new = check_letters(fields, request, operation)?;
    let signer = fields.get("skoid").and_then(|id| Uuid::parse_str(id).ok()).ok_or_else(malformed)?;
    Ok(Grant { signer, only_new })
}

fn failed(detail: impl Into<String>) -> BlobError {
    BlobError::AuthenticationFailed(detail.into())
}

fn malformed() -> BlobError {
    failed("Signature fields not well formed.")
}

/// Checks that all mandatory fields are present, and that each field is well-formed.
fn check_fields(fields: &Fields) -> Result<(), BlobError> {
    for name in ["sv", "sr", "sp", "se", "sig", "skoid", "sktid", "skt", "ske", "sks", "skv"] {
        if fields.get(name).is_none_or(str::is_empty) {
            return Err(failed(format!("{name} is mandatory. Cannot be empty")));
        }
    }
    if let Some(name) = UNSUPPORTED.into_iter().find(|name| fields.get(name).is_some()) {
        return Err(failed(format!("{name} is not supported by local-azure")));
    }
    let is_date = |text: &str| text.len() == 10 && text.parse::<Date>().is_ok();
    let version = fields.text("sv");
    if !is_date(version) || version < "2018-11-09" {
        return Err(failed("sv is either not in the correct format or is not equal or later than version 2012-02-12"));
    }
    let letters = fields.text("sp");
    let well_formed = is_date(fields.text("skv"))
        && matches!(fields.text("sr"), "b" | "c" | "bs" | "bv")
        && fields.text("sks") == "b"
        && letters.chars().all(|letter| LETTERS.contains(letter) && letters.matches(letter).count() == 1)
        && STANDARD.decode(fields.text("sig")).is_ok_and(|signature| signature.len() == 32)
        && matches!(fields.get("spr"), None | Some("https" | "https,http" | "http,https"))
        && ["skoid", "sktid"].iter().all(|name| Uuid::parse_str(fields.text(name)).is_ok())
        // A signature made with a delegation key cannot use a stored policy.
        && fields.get("si").is_none()
        && fields.get("sdd").is_none();
    if well_formed { Ok(()) } else { Err(malformed()) }
}

/// Checks the key's time first, then the signature's time. Without a start, the signature is valid from now on.
fn check_times(fields: &Fields, now: Timestamp) -> Result<(), BlobError> {
    let time = |name| time(fields.text(name)).ok_or_else(malformed);
    let (key_start, key_expiry) = (time("skt")?, time("ske")?);
    if now < key_start || now >= key_expiry {
        return Err(failed(format!(
            "Signature not valid in the specified key time frame: Key start [{}] - Key expiry [{}] - Current [{}]",
            date(key_start),
            date(key_expiry),
            date(now)
        )));
    }
    let expiry = time("se")?;
    let Some(_) = fields.get("st") else {
        return if now < expiry {
            Ok(())
        } else {
            let (expiry, now) = (date(expiry), date(now));
            Err(failed(format!("Signed expiry time [{expiry}] has to be after signed start time [{now}]")))
        };
    };
    let start = time("st")?;
    if start <= now && now < expiry {
        return Ok(());
    }
    Err(failed(format!(
        "Signature not valid in the specified time frame: Start [{}] - Expiry [{}] - Current [{}]",
        date(start),
        date(expiry),
        date(now)
    )))
}

/// Parses `2026-01-01`, `2026-01-01T00:00Z`, or a time with seconds and a fraction.
fn time(text: &str) -> Option<Timestamp> {
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        17 => format!("{}:00Z", text.strip_suffix('Z')?),
        _ => text.to_owned(),
    };
    full.ends_with('Z').then(|| full.parse().ok())?
}

fn check_signature(secret: &DelegationSecret, request: &Signed<'_>) -> Result<(), BlobError> {
    let fields = &request.query.signature;
    let key = secret.key(&KeyFields {
        oid: fields.text("skoid"),
        tid: fields.text("sktid"),
        start: fields.text("skt"),
        expiry: fields.text("ske"),
        service: fields.text("sks"),
        version: fields.text("skv"),
    });
    let text = string_to_sign(request);
    let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text.as_bytes());
    let shown = STANDARD.decode(fields.text("sig")).unwrap_or_default();
    match constant_time::verify_slices_are_equal(expected.as_ref(), &shown) {
        Ok(()) => Ok(()),
        Err(_) => Err(failed(format!("Signature did not match. String to sign used was {text}"))),
    }
}

/// Returns the text that is signed. Later versions of the service have more fields in it.
fn string_to_sign(request: &Signed<'_>) -> String {
    let fields = &request.query.signature;
    let version = fields.text("sv");
    let Signed { account, container, .. } = request;
    let canonical = match (fields.text("sr"), request.blob) {
        ("c", _) | (_, None) => format!("/blob/{account}/{container}"),
        (_, Some(blob)) => format!("/blob/{account}/{container}/{blob}"),
    };
    let state = match fields.text("sr") {
        "bs" => request.query.get("snapshot"),
        "bv" => request.query.get("versionid"),
        _ => None,
    };
    let mut parts: Vec<String> = ["sp", "st", "se"].map(|name| fields.text(name).to_owned()).into();
    parts.push(canonical);
    let mut push = |names: &[&str]| parts.extend(names.iter().map(|name| fields.text(name).to_owned()));
    push(&["skoid", "sktid", "skt", "ske", "sks", "skv"]);
    if version >= "2020-02-10" {
        push(&["saoid", "suoid", "scid"]);
    }
    if version >= "2025-07-05" {
        push(&["skdutid", "sduoid"]);
    }
    push(&["sip", "spr", "sv", "sr"]);
    parts.push(state.unwrap_or_default().to_owned());
    if version >= "2020-12-06" {
        parts.push(fields.text("ses").to_owned());
    }
    if version >= "2026-04-06" {
        parts.push(signed_headers(fields.text("srh"), request.headers));
        parts.push(signed_query(fields.text("srq"), request.query));
    }
    parts.extend(["rscc", "rscd", "rsce", "rscl", "rsct"].map(|name| fields.text(name).to_owned()));
    parts.join("\n")
}

/// Returns `name:value` and a line break for each named header.
fn signed_headers(names: &str, headers: &HeaderMap) -> String {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    names.split(',').filter(|name| !name.is_empty()).map(|name| format!("{name}:{}\n", value(name))).collect()
}

/// Returns a line break and `name:value` for each named query parameter.
fn signed_query(names: &str, query: &Query) -> String {
    let value = |name: &str| query.get(name).unwrap_or_default();
    names.split(',').filter(|name| !name.is_empty()).map(|name| format!("\n{name}:{}", value(name))).collect()
}

/// Reports whether a range covers an address. The range is one address, or the first and the last address.
fn covers(range: &str, address: std::net::Ipv4Addr) -> Option<bool> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last): (std::net::Ipv4Addr, std::net::Ipv4Addr) = (first.parse().ok()?, last.parse().ok()?);
    Some(first <= address && address <= last)
}

/// Checks the signature's level: a signature for a blob opens no container, and a signature for a container opens no
/// account.
fn check_level(fields: &Fields, place: BlobPlace, operation: Operation) -> Result<(), BlobError> {
    let level = || failed("The specified signed resource is not allowed for this resource level");
    match (place, operation) {
        (_, Operation::GetAccountInformation) | (BlobPlace::Blob, _) => Ok(()),
        (_, Operation::GetUserDelegationKey) => Err(failed("Only authentication scheme Bearer is supported")),
        (_, Operation::BatchOfAccount) => Err(level()),
        (BlobPlace::Account, _) => Err(BlobError::AuthorizationFailure),
        (BlobPlace::Container, _) if fields.text("sr") != "c" => Err(level()),
        (BlobPlace::Container, _) => Ok(()),
    }
}

/// Checks that the letters allow the operation. Returns true if they allow it only for a new blob.
fn check_letters(fields: &Fields, request: &Signed<'_>, operation: Operation) -> Result<bool, BlobError> {
    let letters = fields.text("sp");
    let has = |one: char| letters.contains(one);
    let is_break = || request.headers.get("x-ms-lease-action").is_some_and(|action| action == "break");
    let allowed = match operation.shape().letters {
        Letters::None => return Err(BlobError::AuthorizationFailure),
        Letters::Any => true,
        Letters::AnyOf(any) => any.chars().any(has) || operation == Operation::LeaseBlob && is_break() && has('d'),
        Letters::CreateOrWrite => has('w') || has('c'),
        Letters::Delete => has(if request.query.get("versionid").is_some() { 'x' } else { 'd' }),
    };
    let of_blocks =
        matches!(operation, Operation::PutBlock | Operation::PutBlockFromUrl | Operation::PutBlockList) && has('c');
    let allowed = allowed || of_blocks && fields.text("sv") >= CREATES_OF_BLOCKS;
    if !allowed || request.tags && !has('t') {
        return Err(BlobError::AuthorizationPermissionMismatch);
    }
    let makes = operation.shape().letters == Letters::CreateOrWrite || operation == Operation::PutBlockList;
    Ok(makes && !has('w'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known vectors: key bytes 00 to 1f, and the fields of a small signature in each version of the text.
    #[test]
    fn the_text_that_is_signed_is_the_one_of_each_version() {
        for (version, key_version, expected) in [
            ("2018-11-09", "2018-11-09", "8Jjw14pZGntcynDWHiqONNHbzVVPjyFD7OUXcQfClL0="),
            ("2020-02-10", "2020-02-10", "HXujvuVV6MDHIWV5FT0ybFRvUfHYjBqrmOGN1NoNeKI="),
            ("2020-12-06", "2020-12-06", "FFdrEjnVlCLb6wDOmmm3eQaPdMK+VONnmLWD1DYQAY4="),
            ("2025-07-05", "2025-07-05", "shnahUN4wzFK1tpyb/m/ZhMZPaWR2bWoKfhRU5o8WYU="),
            ("2026-04-06", "2026-04-06", "GnFHdtjgqrqcEskiq09jxsAhC262fwYc2s8vtW48ss8="),
            ("2026-10-06", "2026-04-06", "l60ofLOoEtpabKaAymTFA544tLV/6AMRL5nMHpqmZaE="),
        ] {
            let uri = format!(
                "/c/b?sp=rw&st=2026-01-01T01:00:00Z&se=2026-01-01T02:00:00Z&skoid=11111111-1111-1111-1111-111111111111\
                 &sktid=22222222-2222-2222-2222-222222222222&skt=2026-01-01T00:00:00Z&ske=2026-01-02T00:00:00Z&sks=b\
                 &skv={key_version}&spr=https&sv={version}&sr=b&rsct=text/plain&sig=x"
            );
            let (headers, query) = (HeaderMap::new(), Query::read(&uri.parse().unwrap()));
            let request = Signed {
                account: "acct",
                container: "c",
                blob: Some("dir/ä b.txt"),
                place: BlobPlace::Blob,
                headers: &headers,
                query: &query,
                tags: false,
            };
            let key: Vec<u8> = (0..32).collect();
            let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), string_to_sign(&request).as_bytes());
            assert_eq!(STANDARD.encode(signature), expected, "{version}");
        }
    }

    #[test]
    fn times_come_in_four_forms() {
        for text in ["2026-01-02", "2026-01-02T00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.0000000Z"] {
            assert_eq!(time(text).map(|time| time.as_second()), Some(1_767_312_000), "{text}");
        }
        for text in ["", "2026-01-02T00:00:00", "2026-01-02T00:00:00+01:00", "2026-13-01", "tomorrow"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_lies_in_a_range_or_not() {
        let here = std::net::Ipv4Addr::LOCALHOST;
        assert_eq!(covers("127.0.0.1", here), Some(true));
        assert_eq!(covers("126.0.0.0-127.0.0.1", here), Some(true));
        assert_eq!(covers("168.1.5.60-168.1.5.70", here), Some(false));
        assert_eq!(covers("localhost", here), None);
    }
}
