//! The parts that all requests and answers have in common, and unknown requests.

use super::*;

#[tokio::test]
async fn answers_carry_key_vaults_headers() {
    let request = Request::get(SECRET).header("x-ms-client-request-id", "mine").body(Body::empty()).unwrap();
    let answer = send(world(), request).await;
    assert_eq!(answer.headers["x-ms-client-request-id"], "mine");
    assert_eq!(answer.headers["x-ms-keyvault-region"], "westeurope");
    assert_eq!(answer.headers["cache-control"], "no-cache");
    assert!(answer.headers.contains_key("x-ms-request-id"));
    assert!(answer.headers.contains_key("x-ms-keyvault-service-version"));
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
}

#[tokio::test]
async fn bad_parameters_are_named() {
    for (path, message) in [
        ("/secrets/a_b?api-version=7.4", "The request URI contains an invalid name: a_b"),
        ("/secrets/a%2Db?api-version=7.4", "The request URI contains an invalid name: a%2Db"),
        ("/secrets/?", "the query parameter api-version is missing"),
        (
            "/secrets/a?api-version=8",
            "The specified version (8) is not recognized. Consider using the latest supported version (2026-04-01).",
        ),
        (
            "/secrets/a?api-version=7.4&outContentType=PFX",
            "local-azure does not know the query parameter outContentType of Key Vault",
        ),
        (
            "/secrets/a?api-version=7.4&maxresults=1",
            "local-azure does not know the query parameter maxresults of Key Vault",
        ),
        ("/secrets?api-version=7.4&maxresults=26", "maxresults must be a number from 1 to 25"),
        ("/secrets?api-version=7.4&$skiptoken=x", "the $skiptoken is not one that this vault gave out"),
    ] {
        let answer = get_as(world(), "id-keyless-reader", path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.body, json!({ "error": { "code": "BadParameter", "message": message } }));
    }
    let longest = "a".repeat(127);
    assert_eq!(get_as(world(), "id-keyless-reader", &format!("/secrets/{longest}?api-version=7.4")).await.status, 404);
    assert_eq!(get_as(world(), "id-keyless-reader", &format!("/secrets/a{longest}?api-version=7.4")).await.status, 400);
}

#[tokio::test]
async fn a_method_that_secrets_do_not_have_is_refused_after_the_token() {
    for (method, path) in [
        ("PUT", "/secrets/"),
        ("POST", "/secrets/a"),
        ("DELETE", "/secrets/a/0"),
        ("GET", "/deletedsecrets/a/recover"),
        ("PUT", "/deletedsecrets/a"),
        ("POST", "/deletedsecrets"),
    ] {
        let answer = call(&officers_world(|_| {}), method, path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let message = format!("HTTP {method} not allowed");
        assert_eq!(answer.body, json!({ "error": { "code": "MethodNotAllowed", "message": message } }));

        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert_eq!(send(world(), request).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_name() {
    for (method, path) in
        [("GET", "/keys/a"), ("POST", "/certificates/a/create"), ("GET", "/"), ("GET", "/secrets/a/b/c")]
    {
        let request = Request::builder().method(method).uri(format!("{path}?api-version=7.4")).body(Body::empty());
        let answer = send(world(), request.unwrap()).await;
        assert_eq!((answer.status, answer.codes()), (StatusCode::NOT_FOUND, ("NotSupported", None)), "{method} {path}");
        let reason = answer.decision.reason.unwrap();
        assert!(reason.contains(&format!("{method} {path} ")), "{reason}");
    }
}

#[tokio::test]
async fn a_body_must_be_what_it_says() {
    let world = officers_world(|_| {});
    let token = bearer(&world, OFFICER, "https://vault.azure.net");
    for (media_type, status) in [
        ("application/json; charset=utf-8", StatusCode::OK),
        ("application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let request = Request::put("/secrets/a?api-version=7.4").header("authorization", &token);
        let request = request.header("content-type", media_type).body(Body::from(r#"{"value":"S3CRET"}"#)).unwrap();
        assert_eq!(send(world.clone(), request).await.status, status, "{media_type}");
    }
}

#[tokio::test]
async fn a_refused_body_is_never_repeated() {
    let world = officers_world(|_| {});
    for body in [
        json!({ "value": ["S3CRET"] }),
        json!({ "value": "", "contentType": { "S3CRET": 1 } }),
        json!({ "value": "x", "attributes": { "exp": "S3CRET" } }),
        json!({ "value": "x", "tags": { "a": ["S3CRET"] } }),
        json!("S3CRET"),
    ] {
        let answer = call(&world, "PUT", "/secrets/a", body).await;
        assert_eq!((answer.status, answer.codes()), (StatusCode::BAD_REQUEST, ("BadParameter", None)));
        assert!(!answer.body.to_string().contains("S3CRET") && !format!("{:?}", answer.decision).contains("S3CRET"));
    }
}
