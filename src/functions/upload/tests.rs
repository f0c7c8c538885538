//! Requests that are refused before a byte of the body is read.

use super::*;

fn limits(settings: &[(&'static str, &'static str)]) -> UploadLimits {
    let settings = settings.to_vec();
    let lookup =
        move |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    keyless::from_lookup(lookup, UploadLimits::read).unwrap()
}

/// Returns the status of a request with these headers, if it is refused.
fn refusal(name: &str, headers: &[(&'static str, &str)], limits: &UploadLimits) -> Option<(u16, String)> {
    let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
    let refused = new_blob(name.to_owned(), &headers.collect(), limits).err()?;
    Some((refused.status().as_u16(), refused.message()))
}

fn status(name: &str, headers: &[(&'static str, &str)]) -> u16 {
    refusal(name, headers, &limits(&[])).map_or(201, |(status, _)| status)
}

#[test]
fn names_that_others_would_read_differently_are_refused() {
    for good in ["a", "a/b.txt", "ä/ö ü", ".hidden", "a..b", &"x".repeat(1024)] {
        assert_eq!(status(good, &[]), 201, "{good}");
    }
    let parts = vec!["a"; 255].join("/");
    for wrong in ["", "/a", "a/", "a//b", "a/../b", ".", "a./b", "a\\b", "a\nb", &"x".repeat(1025), &parts] {
        assert_eq!(status(wrong, &[]), 400, "{wrong}");
    }
}

#[test]
fn a_refusal_says_which_rule() {
    let (_, message) = refusal("a", &[("content-md5", "x")], &limits(&[])).unwrap();
    assert!(message.contains("Content-MD5 is no MD5"), "{message}");
}

#[test]
fn settings_narrow_names_types_and_sizes() {
    let limits =
        limits(&[("UPLOAD_NAMES", "*.csv,in/*"), ("UPLOAD_CONTENT_TYPES", "text/*"), ("UPLOAD_MAX_BYTES", "10")]);
    let text = ("content-type", "Text/CSV; charset=utf-8");
    let status = |name, headers: &[_]| refusal(name, headers, &limits).map_or(201, |(status, _)| status);
    assert_eq!(status("a.csv", &[text, ("content-length", "10")]), 201);
    assert_eq!(status("in/a.exe", &[text]), 201);
    assert_eq!(status("a.exe", &[text]), 400);
    assert_eq!(status("a.csv", &[("content-type", "application/text/x")]), 415);
    assert_eq!(status("a.csv", &[]), 415, "nothing said is octets");
    assert_eq!(status("a.csv", &[text, ("content-length", "11")]), 413);
}

#[test]
fn a_condition_is_one_of_three() {
    let read = |headers: &[(&'static str, &str)]| {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        condition(&headers.collect()).ok()
    };
    assert_eq!(read(&[]), Some(Condition::Absent));
    assert_eq!(read(&[("if-none-match", "*")]), Some(Condition::Absent));
    assert_eq!(read(&[("if-match", "*")]), Some(Condition::Matches("*".to_owned())));
    assert_eq!(read(&[("if-match", "\"0x1\"")]), Some(Condition::Matches("\"0x1\"".to_owned())));
    for wrong in [
        &[("if-none-match", "\"a\"")][..],
        &[("if-match", "a")],
        &[("if-match", "W/\"a\"")],
        &[("if-match", "\"a\", \"b\"")],
        &[("if-match", "*"), ("if-none-match", "*")],
    ] {
        assert_eq!(read(wrong), None, "{wrong:?}");
    }
}

#[test]
fn what_is_kept_with_a_blob_is_checked() {
    assert_eq!(status("a", &[("x-ms-meta-batch_7", "x")]), 201);
    for name in ["x-ms-meta-7", "x-ms-meta-a-b", "x-ms-meta-"] {
        assert_eq!(status("a", &[(name, "x")]), 400, "{name}");
    }
    assert_eq!(status("a", &[("x-ms-meta-a", &"x".repeat(8192))]), 400);
    assert_eq!(status("a", &[("x-ms-access-tier", "cool")]), 201);
    assert_eq!(status("a", &[("x-ms-access-tier", "P10")]), 400);
    assert_eq!(status("a", &[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")]), 201);
    assert_eq!(status("a", &[("content-range", "bytes 0-1/2")]), 400);
}
