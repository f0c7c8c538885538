use crate::world::World;
use serde_json::json;

use super::*;
use crate::{issuer, issuer::SignWith};

const CHALLENGE: &str = "Bearer authorization_uri=https://login.microsoftonline.com/6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10/oauth2/authorize resource_id=https://storage.azure.com";

fn with_token(authorization: &str) -> http::request::Builder {
    http::Request::get("/snapshots/a").header("x-ms-version", "2026-04-06").header("authorization", authorization)
}

/// Returns a token of the writer with one claim changed.
fn forged(world: &World, claim: &str, value: serde_json::Value, with: SignWith) -> String {
    let writer = world.seed.identity("id-keyless-writer").unwrap();
    let mut claims = issuer::claims(&world.entra, writer, "https://storage.azure.com", jiff::Timestamp::now()).unwrap();
    claims.insert(claim.to_owned(), value);
    format!("Bearer {}", world.entra.signing_keys.sign(&claims, true, with).unwrap())
}

#[tokio::test]
async fn a_request_without_a_token_is_challenged() {
    let service = Service::start();
    let get = || http::Request::get("/snapshots/a");
    // Without a version, the request is anonymous, and the account has no public containers.
    service.send(get(), Body::empty()).await.assert_refused(409, "PublicAccessNotPermitted");
    let answer = service.send(get().header("x-ms-version", "2026-04-06"), Body::empty()).await;
    answer.assert_refused(401, "NoAuthenticationInformation");
    assert_eq!(answer.header("www-authenticate"), CHALLENGE);
    assert_eq!(answer.header("content-type"), "application/xml");
    assert_eq!(
        answer.stable_text(),
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>NoAuthenticationInformation</Code><Message>Server failed to authenticate \
         the request. Please refer to the information in the www-authenticate header.\nRequestId:*\nTime:*</Message></Error>"
    );
}

#[tokio::test]
async fn a_header_that_is_no_bearer_token_is_malformed() {
    let service = Service::start();
    for header in ["Basic abc", "Bearer", ""] {
        let answer = service.send(with_token(header), Body::empty()).await;
        answer.assert_refused(400, "InvalidAuthenticationInfo");
    }
}

/// Azure's answer of an account that allows no keys: microsoft/AzureStorageExplorer#8090.
#[tokio::test]
async fn a_key_of_the_account_and_its_signatures_are_not_permitted() {
    let service = Service::start();
    for header in ["SharedKey stkeyless:abc", "SharedKeyLite stkeyless:abc"] {
        let answer = service.send(with_token(header), Body::empty()).await;
        answer.assert_refused(403, "KeyBasedAuthenticationNotPermitted");
    }
    for query in [
        "sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&se=2030-01-01T00:00:00Z&sig=abc",
        "sv=2022-11-02&sr=b&sp=r&se=2030-01-01T00:00:00Z&sig=abc",
    ] {
        let get = http::Request::get(format!("/snapshots/a?{query}")).header("x-ms-version", "2026-04-06");
        service.send(get, Body::empty()).await.assert_refused(403, "KeyBasedAuthenticationNotPermitted");
    }
}

/// Before version 2019-12-12 there was no challenge: Azure/azure-sdk-for-java#8667.
#[tokio::test]
async fn an_old_version_refuses_a_token_without_a_challenge() {
    let service = Service::start();
    let token = bearer(&service.world, "id-keyless-writer", "https://vault.azure.net");
    let get = http::Request::get("/snapshots/a").header("x-ms-version", "2019-07-07").header("authorization", token);
    let answer = service.send(get, Body::empty()).await;
    answer.assert_refused(403, "AuthenticationFailed");
    assert!(answer.text().contains("Audience validation failed."), "{}", answer.text());
    assert!(!answer.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn each_failed_check_of_a_token_is_named() {
    let service = Service::start();
    let world = &service.world;
    let now = jiff::Timestamp::now().as_second();
    let unpublished = |_| forged(world, "ver", json!("1.0"), SignWith::Unpublished);
    for (token, detail) in [
        (
            bearer(world, "id-keyless-writer", "https://vault.azure.net"),
            "Audience validation failed. Audience did not match.",
        ),
        (
            forged(world, "iss", json!("https://sts.windows.net/other/"), SignWith::Active),
            "Issuer validation failed. Issuer did not match.",
        ),
        (forged(world, "exp", json!(now - 1), SignWith::Active), "Lifetime validation failed. The token is expired."),
        (
            forged(world, "nbf", json!(now + 600), SignWith::Active),
            "Lifetime validation failed. The token is not yet valid.",
        ),
        (unpublished(()), "Signature validation failed. The signature is invalid."),
        (
            bearer(&world_where(|_| {}), "id-keyless-writer", "https://storage.azure.com"),
            "Signature validation failed. Signature key not found.",
        ),
        ("Bearer junk".to_owned(), "Token validation failed. The token is malformed."),
    ] {
        let answer = service.send(with_token(&token), Body::empty()).await;
        answer.assert_refused(401, "InvalidAuthenticationInfo");
        assert_eq!(answer.header("www-authenticate"), CHALLENGE);
        let element = format!("</Message><AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail></Error>");
        assert!(answer.text().ends_with(&element), "{}", answer.text());
        assert!(answer.decision.reason.unwrap().ends_with(detail));
    }
}

#[tokio::test]
async fn every_audience_of_storage_is_accepted() {
    let service = Service::start();
    for audience in [
        "https://storage.azure.com",
        "https://storage.azure.com/",
        "https://stkeyless.blob.core.windows.net",
        "https://stkeyless.blob.core.windows.net/",
        "e406a681-f3d4-42a8-90b6-c2b029497af1",
    ] {
        let token = bearer(&service.world, "id-keyless-writer", audience);
        let answer = service.send(with_token(&token), Body::empty()).await;
        answer.assert_refused(404, "BlobNotFound");
        assert_eq!(answer.decision.audience.as_deref(), Some(audience));
    }
}

#[tokio::test]
async fn an_identity_without_a_role_may_do_nothing_and_learns_nothing() {
    let service = Service::from_world(world());
    for (method, path) in [
        (Method::GET, "/snapshots/a"),
        (Method::HEAD, "/snapshots/a"),
        (Method::PUT, "/snapshots/a"),
        (Method::DELETE, "/snapshots/a"),
        (Method::GET, "/nothing/a"),
        (Method::GET, "/snapshots?restype=container&comp=list"),
        (Method::PUT, "/snapshots?restype=container"),
    ] {
        let token = bearer(&service.world, "id-keyless-caller", "https://storage.azure.com");
        let request = http::Request::builder().method(&method).uri(path).header("x-ms-version", "2026-04-06");
        let answer = service.send(request.header("authorization", token), Body::empty()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(answer.header("x-ms-error-code"), "AuthorizationPermissionMismatch");
        assert_eq!(answer.decision.identity.as_deref(), Some("id-keyless-caller"));
        let reason = "AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this permission.";
        assert_eq!(answer.decision.reason.as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn a_reader_may_read_but_not_write() {
    let service = Service::start();
    assert_eq!(service.put("/snapshots/a", "content", &[]).await.status, StatusCode::CREATED);
    let token = bearer(&service.world, "id-keyless-reader", "https://storage.azure.com");
    let answer = service.send(with_token(&token), Body::empty()).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "content"));
    assert_eq!(answer.decision.allowed_by.as_deref(), Some("Storage Blob Data Reader on stkeyless"));
    for path in ["/snapshots/a", "/snapshots/a?comp=block&blockid=AAAA", "/snapshots/a?comp=blocklist"] {
        let request = http::Request::put(path).header("x-ms-version", "2026-04-06").header("authorization", &token);
        service.send(request, Body::empty()).await.assert_refused(403, "AuthorizationPermissionMismatch");
    }
    let request = http::Request::delete("/snapshots/a").header("x-ms-version", "2026-04-06");
    let answer = service.send(request.header("authorization", &token), Body::empty()).await;
    answer.assert_refused(403, "AuthorizationPermissionMismatch");
    assert_eq!(service.get("/snapshots/a").await.text(), "content");
}

#[tokio::test]
async fn a_role_on_one_container_does_not_open_another() {
    let service = Service::from_world(world());
    service.get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
    service.get("/others/a").await.assert_refused(403, "AuthorizationPermissionMismatch");
}

#[tokio::test]
async fn bearer_tokens_need_a_version_that_knows_them() {
    let service = Service::start();
    let token = bearer(&service.world, "id-keyless-writer", "https://storage.azure.com");
    let get = || http::Request::get("/snapshots/a").header("authorization", &token);
    service.send(get(), Body::empty()).await.assert_refused(403, "AuthenticationFailed");
    for (version, status, code) in [
        ("2016-05-31", 403, "AuthenticationFailed"),
        ("2017-11-09", 404, "BlobNotFound"),
        ("2031-01-01", 404, "BlobNotFound"),
        ("2031-13-01", 400, "InvalidHeaderValue"),
        ("latest", 400, "InvalidHeaderValue"),
    ] {
        let answer = service.send(get().header("x-ms-version", version), Body::empty()).await;
        answer.assert_refused(status, code);
        assert_eq!(answer.header("x-ms-version"), version);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_name() {
    let service = Service::start();
    for (method, path, header, code, named) in [
        (
            Method::PUT,
            "/snapshots/a",
            Some("x-ms-encryption-scope"),
            "UnsupportedHeader",
            "<HeaderName>x-ms-encryption-scope</HeaderName>",
        ),
        (Method::PUT, "/snapshots/a", Some("range"), "UnsupportedHeader", "range"),
        (Method::GET, "/snapshots/a", Some("x-ms-encryption-key"), "UnsupportedHeader", "x-ms-encryption-key"),
        (Method::PUT, "/snapshots/a?comp=block&blockid=AAAA", Some("if-match"), "UnsupportedHeader", "if-match"),
        (Method::GET, "/snapshots/a?snapshot=2026", None, "InvalidQueryParameterValue", "snapshot"),
        (Method::GET, "/snapshots/a?timeout=soon", None, "InvalidQueryParameterValue", "timeout"),
        (Method::GET, "/snapshots/a?timeout=0.5", None, "InvalidQueryParameterValue", "0.5"),
        (Method::DELETE, "/snapshots/a?deletetype=permanent", None, "UnsupportedQueryParameter", "deletetype"),
        (
            Method::PUT,
            "/snapshots/a?comp=incrementalcopy",
            None,
            "InvalidQueryParameterValue",
            "<QueryParameterValue>incrementalcopy</QueryParameterValue>",
        ),
        (Method::PUT, "/snapshots/a?comp=expiry", None, "InvalidQueryParameterValue", "expiry"),
        (Method::HEAD, "/snapshots/a?comp=tags", None, "UnsupportedHttpVerb", ""),
        (Method::GET, "/snapshots?restype=share", None, "InvalidQueryParameterValue", "share"),
        (Method::GET, "/snapshots?restype=container&comp=acl", None, "InvalidQueryParameterValue", "acl"),
        (Method::POST, "/snapshots?restype=container", None, "UnsupportedHttpVerb", "POST /snapshots"),
        (Method::POST, "/snapshots/a", None, "UnsupportedHttpVerb", "POST /snapshots/a"),
        (Method::GET, "/", None, "UnsupportedHttpVerb", "GET /"),
        (
            Method::GET,
            "/snapshots?restype=container&comp=list&include=permissions",
            None,
            "InvalidQueryParameterValue",
            "permissions",
        ),
        (
            Method::GET,
            "/snapshots?restype=container&comp=list&maxresults=0",
            None,
            "OutOfRangeQueryParameterValue",
            "maxresults",
        ),
        (
            Method::GET,
            "/snapshots?restype=container&comp=list&marker=%21",
            None,
            "OutOfRangeInput",
            "One of the request inputs is out of range.",
        ),
    ] {
        let mut request = service.request(method, path);
        if let Some(header) = header {
            request = request.header(header, "1");
        }
        let answer = service.send(request, Body::empty()).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.header("x-ms-error-code"), code);
        assert!(answer.text().contains(named) && answer.decision.reason.as_ref().is_some(), "{}", answer.text());
    }
}

#[tokio::test]
async fn answers_repeat_the_clients_request_id() {
    let service = Service::start();
    let request = service.request(Method::GET, "/snapshots/a").header("x-ms-client-request-id", "mine");
    let answer = service.send(request, Body::empty()).await;
    assert_eq!(answer.header("x-ms-client-request-id"), "mine");
    assert!(answer.text().contains(answer.header("x-ms-request-id")));
}
