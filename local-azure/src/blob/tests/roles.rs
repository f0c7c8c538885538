//! The roles of Storage and the operations that they allow, over HTTP. A refused request never reaches the blob.

use super::*;
use crate::seed::Scope;

const ROLES: [&str; 4] =
    ["Storage Blob Data Reader", "Storage Blob Data Contributor", "Storage Blob Data Owner", "Storage Blob Delegator"];

/// Method, path, headers, and the initials of the roles that allow the request.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// Each operation as a request, with the initials of the roles that allow it on the whole account.
const OPERATIONS: &[Case] = &[
    ("GET", "/?comp=list", &[], "RCO"),
    ("POST", "/?restype=service&comp=userdelegationkey", &[], "RCOD"),
    ("GET", "/?comp=blobs&where=a%3D%27b%27", &[], "O"),
    ("GET", "/?restype=service&comp=properties", &[], ""),
    ("GET", "/?restype=account&comp=properties", &[], ""),
    ("HEAD", "/snapshots?restype=account&comp=properties", &[], ""),
    ("POST", "/?comp=batch", &[], "CO"),
    ("PUT", "/snapshots?restype=container", &[], "CO"),
    ("GET", "/snapshots?restype=container", &[], "RCO"),
    ("HEAD", "/snapshots?restype=container", &[], "RCO"),
    ("GET", "/snapshots?restype=container&comp=metadata", &[], "RCO"),
    ("PUT", "/snapshots?restype=container&comp=metadata", &[], "CO"),
    ("PUT", "/snapshots?restype=container&comp=lease", &[], "CO"),
    ("GET", "/snapshots?restype=container&comp=list", &[], "RCO"),
    ("GET", "/snapshots?restype=container&comp=list&include=tags", &[], "O"),
    ("GET", "/snapshots?restype=container&comp=blobs&where=a%3D%27b%27", &[], "O"),
    ("POST", "/snapshots?restype=container&comp=batch", &[], "CO"),
    ("PUT", "/snapshots/a", &[("x-ms-blob-type", "BlockBlob")], "CO"),
    ("PUT", "/snapshots/a", &[("x-ms-blob-type", "AppendBlob")], "CO"),
    ("PUT", "/snapshots/a", &[("x-ms-blob-type", "PageBlob")], "CO"),
    ("PUT", "/snapshots/a", &[("x-ms-blob-type", "BlockBlob"), ("x-ms-tags", "k=v")], "O"),
    ("PUT", "/snapshots/a", &[("x-ms-copy-source", "https://elsewhere/")], "CO"),
    ("PUT", "/snapshots/a", &[("x-ms-copy-source", "https://elsewhere/"), ("x-ms-requires-sync", "true")], "CO"),
    ("PUT", "/snapshots/a", &[("x-ms-copy-source", "https://elsewhere/"), ("x-ms-blob-type", "BlockBlob")], "CO"),
    ("PUT", "/snapshots/a?comp=copy&copyid=1", &[], "CO"),
    ("PUT", "/snapshots/a?comp=block&blockid=AAAA", &[], "CO"),
    ("PUT", "/snapshots/a?comp=block&blockid=AAAA", &[("x-ms-copy-source", "https://elsewhere/")], "CO"),
    ("PUT", "/snapshots/a?comp=blocklist", &[], "CO"),
    ("GET", "/snapshots/a?comp=blocklist", &[], "RCO"),
    ("PUT", "/snapshots/a?comp=appendblock", &[], "CO"),
    ("PUT", "/snapshots/a?comp=appendblock", &[("x-ms-copy-source", "https://elsewhere/")], "CO"),
    ("PUT", "/snapshots/a?comp=seal", &[], "CO"),
    ("PUT", "/snapshots/a?comp=page", &[("x-ms-page-write", "update")], "CO"),
    ("PUT", "/snapshots/a?comp=page", &[("x-ms-page-write", "clear")], "CO"),
    (
        "PUT",
        "/snapshots/a?comp=page",
        &[("x-ms-page-write", "update"), ("x-ms-copy-source", "https://elsewhere/")],
        "CO",
    ),
    ("GET", "/snapshots/a?comp=pagelist", &[], "RCO"),
    ("GET", "/snapshots/a", &[], "RCO"),
    ("GET", "/snapshots/a", &[("x-ms-if-tags", "a = 'b'")], "O"),
    ("HEAD", "/snapshots/a", &[], "RCO"),
    ("GET", "/snapshots/a?comp=metadata", &[], "RCO"),
    ("PUT", "/snapshots/a?comp=metadata", &[], "CO"),
    ("PUT", "/snapshots/a?comp=properties", &[], "CO"),
    ("PUT", "/snapshots/a?comp=tier", &[], "CO"),
    ("GET", "/snapshots/a?comp=tags", &[], "O"),
    ("PUT", "/snapshots/a?comp=tags", &[], "O"),
    ("PUT", "/snapshots/a?comp=lease", &[], "CO"),
    ("PUT", "/snapshots/a?comp=snapshot", &[], "CO"),
    ("PUT", "/snapshots/a?comp=undelete", &[], "CO"),
    ("DELETE", "/snapshots/a", &[], "CO"),
    ("DELETE", "/snapshots/a?snapshot=2026-01-01T00:00:00.0000000Z", &[], "CO"),
    ("DELETE", "/snapshots/a?versionid=2026-01-01T00:00:00.0000000Z", &[], "O"),
    ("DELETE", "/snapshots?restype=container", &[], "CO"),
];

fn service_with(role: &str, container: Option<&str>) -> Service {
    Service::from_world(world_where(|seed| {
        seed.role_assignments[1].role = role.to_owned();
        seed.role_assignments[1].scope = Scope {
            storage: Some("stkeyless".to_owned()),
            container: container.map(str::to_owned),
            ..seed.role_assignments[1].scope.clone()
        };
    }))
}

async fn passes(service: &Service, method: &str, path: &str, headers: &[(&str, &str)]) -> bool {
    let mut request = service.request(method.parse().unwrap(), path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = service.send(request, Body::empty()).await;
    answer.headers.get("x-ms-error-code").is_none_or(|code| code != "AuthorizationPermissionMismatch")
}

#[tokio::test]
async fn each_role_lets_its_operations_pass_and_no_other() {
    for role in ROLES {
        let initial = role.rsplit(' ').next().unwrap().chars().next().unwrap();
        let (account, container) = (service_with(role, None), service_with(role, Some("snapshots")));
        for (method, path, headers, allowed) in OPERATIONS {
            let expected = allowed.contains(initial);
            let name = format!("{role}: {method} {path} {headers:?}");
            assert_eq!(passes(&account, method, path, headers).await, expected, "{name}");
            // An operation on the account needs a role on the account.
            let of_account = path.starts_with("/?");
            assert_eq!(
                passes(&container, method, path, headers).await,
                expected && !of_account,
                "on a container, {name}"
            );
            let elsewhere = path.replacen("/snapshots", "/elsewhere", 1);
            if elsewhere != *path {
                assert!(!passes(&container, method, &elsewhere, headers).await, "in another container, {name}");
            }
        }
    }
}

#[tokio::test]
async fn every_request_of_a_batch_needs_its_own_right() {
    let service = service_with("Storage Blob Data Contributor", Some("snapshots"));
    service.put("/snapshots/a", "content", &[]).await;
    let token = bearer(&service.world, "id-keyless-writer", "https://storage.azure.com");
    let other = bearer(&service.world, "id-keyless-caller", "https://storage.azure.com");
    let part = |id, path, token: &str| {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\nDELETE {path} HTTP/1.1\r\nAuthorization: {token}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    let body = [
        part(0, "/snapshots/a", &other),
        part(2, "/snapshots/b", &token),
        part(3, "/snapshots/a", &token),
        "--b--\r\n".to_owned(),
    ]
    .concat();
    let batch = "/snapshots?restype=container&comp=batch";
    let request = service.request(Method::POST, batch).header("content-type", "multipart/mixed; boundary=b");
    let answer = service.send(request.header("content-length", body.len()), body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let statuses: Vec<&str> = answer.text().split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
    assert_eq!(statuses, ["403", "404", "202"], "{}", answer.text());
    assert!(answer.text().contains("x-ms-error-code: AuthorizationPermissionMismatch"));
    service.get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn a_batch_holds_nothing_but_deletions_and_tiers() {
    let service = Service::start();
    for (request, boundary, code) in [
        ("GET /snapshots/a HTTP/1.1", "b", "InvalidInput"),
        ("DELETE /snapshots?restype=container HTTP/1.1", "b", "InvalidInput"),
        ("DELETE /snapshots/a HTTP/1.1", "other", "InvalidInput"),
        ("nonsense", "b", "InvalidInput"),
    ] {
        let body = format!("--b\r\nContent-Type: application/http\r\n\r\n{request}\r\n\r\n--b--\r\n");
        let kind = format!("multipart/mixed; boundary={boundary}");
        let post = service.request(Method::POST, "/?comp=batch").header("content-type", kind);
        service.send(post.header("content-length", body.len()), body).await.assert_refused(400, code);
    }
}
