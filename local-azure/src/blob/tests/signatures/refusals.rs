//! Signatures that are wrong, too early, too late or for another resource.

use super::*;

#[tokio::test]
async fn a_signature_of_something_else_does_not_match() {
    let service = owner();
    service.put("/snapshots/a", "content", &[]).await;
    service.put("/snapshots/b", "content", &[]).await;
    let key = key(&service).await;
    let query = sas("r", "snapshots/a").query(&key);
    let other = ask(&service, Method::GET, "/snapshots/b", &query, "").await;
    let text = detail(&other);
    assert!(text.starts_with("Signature did not match. String to sign used was r\n"), "{text}");
    assert!(text.contains("\n/blob/stkeyless/snapshots/b\n"), "{text}");
    for (changed, into) in
        [("sp=r&", "sp=rw&"), ("sktid=6", "sktid=7"), ("skoid=c", "skoid=d"), ("skv=2026-04-06", "skv=2026-02-06")]
    {
        let changed = query.replacen(changed, into, 1);
        assert_ne!(changed, query);
        let answer = ask(&service, Method::GET, "/snapshots/a", &changed, "").await;
        assert!(detail(&answer).starts_with("Signature did not match."), "{changed}");
    }
    let forged = Key { value: vec![0; 32], ..super::key(&service).await };
    let answer = ask(&service, Method::GET, "/snapshots/a", &sas("r", "snapshots/a").query(&forged), "").await;
    assert!(detail(&answer).starts_with("Signature did not match."));
}

#[tokio::test]
async fn a_signature_outside_its_time_is_refused() {
    let service = owner();
    let key = key(&service).await;
    for (start, expiry, part) in [
        (Some(-600), -60, "Signature not valid in the specified time frame: Start ["),
        (Some(60), 600, "Signature not valid in the specified time frame: Start ["),
        (None, -60, "Signed expiry time ["),
    ] {
        let query = Sas { start, expiry, ..sas("r", "snapshots/a") }.query(&key);
        let answer = ask(&service, Method::GET, "/snapshots/a", &query, "").await;
        assert!(detail(&answer).starts_with(part), "{}", answer.text());
    }
    // The key's time is checked before the signature's.
    for (start, expiry) in [(in_seconds(-600), in_seconds(-60)), (in_seconds(60), in_seconds(600))] {
        let old = Key { start, expiry, ..super::key(&service).await };
        let query = Sas { expiry: -60, ..sas("r", "snapshots/a") }.query(&old);
        let answer = ask(&service, Method::GET, "/snapshots/a", &query, "").await;
        assert!(detail(&answer).starts_with("Signature not valid in the specified key time frame: Key start ["));
    }
}

#[tokio::test]
async fn a_signature_that_lacks_a_field_or_is_for_another_level_is_refused() {
    let service = owner();
    let key = key(&service).await;
    let sound = sas("r", "snapshots/a").query(&key);
    for name in ["sv", "sr", "sp", "se", "sktid", "skt", "ske", "sks", "skv"] {
        let pairs = form_urlencoded::parse(sound.as_bytes()).filter(|(known, _)| known != name);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let answer = ask(&service, Method::GET, "/snapshots/a", &query, "").await;
        assert_eq!(detail(&answer), format!("{name} is mandatory. Cannot be empty"));
    }
    for (from, into) in
        [("sr=b", "sr=q"), ("sp=r&", "sp=q&"), ("sks=b", "sks=q"), ("spr=https", "spr=http"), ("sig=", "sig=%21")]
    {
        let answer = ask(&service, Method::GET, "/snapshots/a", &sound.replacen(from, into, 1), "").await;
        assert_eq!(detail(&answer), "Signature fields not well formed.", "{into}");
    }
    let version = ask(&service, Method::GET, "/snapshots/a", &sound.replacen("sv=2020-12-06", "sv=2012", 1), "").await;
    assert!(detail(&version).starts_with("sv is either not in the correct format"));
    const LEVEL: &str = "The specified signed resource is not allowed for this resource level";
    let blob = Sas { resource: "b", ..sas("rl", "snapshots") }.query(&key);
    assert_eq!(detail(&ask(&service, Method::GET, "/snapshots?restype=container&comp=list", &blob, "").await), LEVEL);
    let container = Sas { path: "", resource: "c", ..sas("rd", "snapshots") }.query(&key);
    assert_eq!(detail(&ask(&service, Method::POST, "/?comp=batch", &container, "").await), LEVEL);
    let create = sas("rcwdl", "snapshots").query(&key);
    let create = ask(&service, Method::PUT, "/snapshots?restype=container&comp=metadata", &create, "").await;
    create.assert_refused(403, "AuthorizationFailure");
    let far = Sas { extra: &[("sip", "168.1.5.60-168.1.5.70")], ..sas("r", "snapshots/a") }.query(&key);
    let answer = ask(&service, Method::GET, "/snapshots/a", &far, "").await;
    answer.assert_refused(403, "AuthorizationSourceIPMismatch");
    assert!(answer.text().contains("using this source IP 127.0.0.1."), "{}", answer.text());
    let both = service.get(&format!("/snapshots/a?{sound}")).await;
    both.assert_refused(400, "InvalidAuthenticationInfo");
}

/// local-azure has neither users nor encryption scopes. A signature bound to a user needs a token of that user.
#[tokio::test]
async fn a_signature_for_a_user_or_an_encryption_scope_is_refused_by_name() {
    let service = owner();
    service.put("/snapshots/a", "content", &[]).await;
    let key = key(&service).await;
    for (version, name) in [("2025-07-05", "sduoid"), ("2025-07-05", "skdutid"), ("2020-12-06", "ses")] {
        let extra = [(name, "4f0a7a0e-1111-4c8d-ae3f-7b4a5f6e7d8c")];
        let query = Sas { version, extra: &extra, ..sas("r", "snapshots/a") }.query(&key);
        let answer = ask(&service, Method::GET, "/snapshots/a", &query, "").await;
        assert!(detail(&answer).starts_with(&format!("{name} is not supported")), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_version_of_a_signed_request_is_a_date_where_it_is_given() {
    let service = owner();
    service.put("/snapshots/a", "content", &[]).await;
    let query = sas("r", "snapshots/a").query(&key(&service).await);
    let get = || http::Request::get(format!("/snapshots/a?{query}"));
    assert_eq!(service.send(get(), Body::empty()).await.status, StatusCode::OK);
    for version in ["2020", "latest", "2020-13-01"] {
        let answer = service.send(get().header("x-ms-version", version), Body::empty()).await;
        answer.assert_refused(400, "InvalidHeaderValue");
    }
}
