use super::*;

#[tokio::test]
async fn a_container_is_made_once() {
    let service = Service::start();
    let create = || service.request(Method::PUT, "/new-one?restype=container").header("x-ms-meta-purpose", "tests");
    let answer = service.send(create(), Body::empty()).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.decision.wrote.as_deref(), Some("https://stkeyless.blob.core.windows.net/new-one"));
    service.send(create(), Body::empty()).await.assert_refused(409, "ContainerAlreadyExists");
    let service = service.restart();
    for method in [Method::GET, Method::HEAD] {
        let properties = service.send(service.request(method, "/new-one?restype=container"), Body::empty()).await;
        assert_eq!(properties.status, StatusCode::OK);
        assert_eq!(properties.header("x-ms-meta-purpose"), "tests");
        assert_eq!(properties.header("etag"), answer.header("etag"));
        assert_eq!(properties.header("last-modified"), answer.header("last-modified"));
    }
}

#[tokio::test]
async fn making_a_container_needs_a_role_on_the_account() {
    let service = Service::from_world(world());
    let create = service.request(Method::PUT, "/new-one?restype=container");
    service.send(create, Body::empty()).await.assert_refused(403, "AuthorizationPermissionMismatch");
}

#[tokio::test]
async fn an_unknown_container_is_not_found() {
    let service = Service::start();
    for (method, path) in [
        (Method::GET, "/nothing?restype=container"),
        (Method::GET, "/nothing?restype=container&comp=list"),
        (Method::GET, "/nothing/a"),
        (Method::DELETE, "/nothing/a"),
    ] {
        service.send(service.request(method, path), Body::empty()).await.assert_refused(404, "ContainerNotFound");
    }
    service.put("/nothing/a", "content", &[]).await.assert_refused(404, "ContainerNotFound");
}

#[tokio::test]
async fn names_are_checked() {
    let service = Service::start();
    let long = "a".repeat(64);
    for (name, code) in [
        ("ab", "OutOfRangeInput"),
        (long.as_str(), "OutOfRangeInput"),
        ("Upper", "InvalidResourceName"),
        ("a--b", "InvalidResourceName"),
        ("-ab", "InvalidResourceName"),
        ("ab-", "InvalidResourceName"),
        ("$root", "InvalidResourceName"),
        ("a_b", "InvalidResourceName"),
        ("..", "InvalidResourceName"),
        ("..%2F..%2Fabc", "InvalidResourceName"),
    ] {
        let create = service.request(Method::PUT, &format!("/{name}?restype=container"));
        service.send(create, Body::empty()).await.assert_refused(400, code);
    }
}

#[test]
fn a_seed_with_an_impossible_container_is_refused() {
    let account = seed::StorageAccount {
        name: "stkeyless".to_owned(),
        containers: vec!["../up".to_owned()],
        versioning: false,
        delete_retention_days: None,
    };
    let data = TempDir::new().unwrap();
    let error = open(world().entra.clone(), &account, data.path()).err().unwrap();
    assert!(error.to_string().contains("\"../up\""), "{error}");
}
