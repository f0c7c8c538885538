//! User delegation SAS: the resources that a signed URL opens, and all the ways in which it fails.

mod refusals;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use super::*;

const READER: &str = "Storage Blob Data Reader";

/// A delegation key as the client received it.
struct Key {
    oid: String,
    tid: String,
    start: String,
    expiry: String,
    value: Vec<u8>,
}

/// The fields of a signature that a test changes.
struct Sas<'a> {
    resource: &'a str,
    permissions: &'a str,
    /// Container, and blob if there is one.
    path: &'a str,
    start: Option<i64>,
    expiry: i64,
    version: &'a str,
    extra: &'a [(&'static str, &'a str)],
}

fn in_seconds(seconds: i64) -> String {
    let time = Timestamp::now().saturating_add(SignedDuration::from_secs(seconds)).unwrap();
    format!("{time:.0}")
}

fn sas(permissions: &'static str, path: &'static str) -> Sas<'static> {
    let resource = if path.contains('/') { "b" } else { "c" };
    Sas { resource, permissions, path, start: Some(-60), expiry: 600, version: "2020-12-06", extra: &[] }
}

async fn key(service: &Service) -> Key {
    let body = format!("\u{feff}<KeyInfo><Expiry>{}</Expiry></KeyInfo>", in_seconds(3_600));
    let request = service.request(Method::POST, "/?restype=service&comp=userdelegationkey");
    let answer = service.send(request.header("content-length", body.len()), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let text = answer.text();
    let member = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    assert_eq!((member("SignedService"), member("SignedVersion")), ("b".to_owned(), "2026-04-06".to_owned()));
    let value = STANDARD.decode(member("Value")).unwrap();
    assert_eq!(value.len(), 32);
    Key {
        oid: member("SignedOid"),
        tid: member("SignedTid"),
        start: member("SignedStart"),
        expiry: member("SignedExpiry"),
        value,
    }
}

impl Sas<'_> {
    /// Returns the query of the signed URL, signed as its version requires.
    ///
    /// From 2025-07-05 on, a bound user is signed as well; from 2026-04-06 on, headers and query parameters too.
    fn query(&self, key: &Key) -> String {
        let start = self.start.map(in_seconds).unwrap_or_default();
        let expiry = in_seconds(self.expiry);
        let extra = |name: &str| self.extra.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        let canonical = format!("/blob/stkeyless/{}", self.path);
        let bound: &[&str] = if self.version >= "2025-07-05" { &[extra("skdutid"), extra("sduoid")] } else { &[] };
        let request: &[&str] = if self.version >= "2026-04-06" { &["", ""] } else { &[] };
        let text = [
            &[
                self.permissions,
                &start,
                &expiry,
                &canonical,
                &key.oid,
                &key.tid,
                &key.start,
                &key.expiry,
                "b",
                "2026-04-06",
                "",
                "",
                "",
            ],
            bound,
            &[extra("sip"), "https", self.version, self.resource, extra("snapshot"), extra("ses")],
            request,
            &[extra("rscc"), "", "", "", extra("rsct")],
        ]
        .concat()
        .join("\n");
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key.value), text.as_bytes());
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("sv", self.version),
            ("sr", self.resource),
            ("sp", self.permissions),
            ("st", &start),
            ("se", &expiry),
            ("spr", "https"),
            ("skoid", &key.oid),
            ("sktid", &key.tid),
            ("skt", &key.start),
            ("ske", &key.expiry),
            ("sks", "b"),
            ("skv", "2026-04-06"),
            ("sig", &STANDARD.encode(signature)),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        self.extra.iter().for_each(|(name, value)| _ = query.append_pair(name, value));
        query.finish()
    }
}

/// Sends a request whose only credential is the signature.
async fn ask(service: &Service, method: Method, path: &str, query: &str, body: &'static str) -> BlobAnswer {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut request = http::Request::builder().method(&method).uri(format!("{path}{separator}{query}"));
    if method == Method::PUT {
        request = request.header("content-length", body.len());
        if !path.contains("comp=") {
            request = request.header("x-ms-blob-type", "BlockBlob");
        }
    }
    service.send(request.header("x-ms-version", "2026-04-06"), body).await
}

fn owner() -> Service {
    Service::from_world(world_where(|seed| {
        seed.role_assignments[1].scope.container = None;
        seed.role_assignments[1].role = "Storage Blob Data Owner".to_owned();
    }))
}

fn detail(answer: &BlobAnswer) -> &str {
    answer.assert_refused(403, "AuthenticationFailed");
    let (_, rest) = answer.text().split_once("<AuthenticationErrorDetail>").unwrap();
    rest.split("</").next().unwrap()
}

#[tokio::test]
async fn a_signed_url_opens_a_blob() {
    let service = owner();
    service.put("/snapshots/dir/a%20b", "content", &[]).await;
    let key = key(&service).await;
    let mut link = sas("r", "snapshots/dir/a b");
    link.extra = &[("rsct", "text/plain"), ("rscc", "no-store")];
    let answer = ask(&service, Method::GET, "/snapshots/dir/a%20b", &link.query(&key), "").await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "content"));
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("text/plain", "no-store"));
    assert_eq!(answer.decision.identity.as_deref(), Some("id-keyless-writer"));
    let by = answer.decision.allowed_by.unwrap();
    assert_eq!(by, "a signature of the identity, and Storage Blob Data Owner on stkeyless");
    // Without a start, the signature is valid from now on.
    let open = Sas { start: None, ..sas("r", "snapshots/dir/a b") };
    assert_eq!(ask(&service, Method::HEAD, "/snapshots/dir/a%20b", &open.query(&key), "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_letter_opens_its_operations_and_no_other() {
    let service = owner();
    let key = key(&service).await;
    let tags = "<Tags><TagSet /></Tags>";
    for (method, path, body, letters) in [
        (Method::GET, "/snapshots/a", "", "r"),
        (Method::HEAD, "/snapshots/a", "", "r"),
        (Method::GET, "/snapshots/a?comp=metadata", "", "r"),
        (Method::PUT, "/snapshots/a", "new", "w"),
        (Method::PUT, "/snapshots/a?comp=metadata", "", "w"),
        (Method::PUT, "/snapshots/a?comp=block&blockid=AAAA", "x", "w"),
        (Method::PUT, "/snapshots/a?comp=snapshot", "", "cw"),
        (Method::GET, "/snapshots/a?comp=tags", "", "t"),
        (Method::PUT, "/snapshots/a?comp=tags", tags, "t"),
        (Method::GET, "/snapshots?restype=container&comp=list", "", "l"),
        (Method::GET, "/snapshots?restype=container&comp=list&include=tags", "", ""),
        (Method::GET, "/snapshots?restype=container&comp=list&include=metadata,%20tags", "", ""),
        (Method::GET, "/snapshots?restype=container&comp=blobs&where=a%3D%27b%27", "", "f"),
        (Method::DELETE, "/snapshots/a", "", "d"),
    ] {
        for letter in ["r", "a", "c", "w", "d", "x", "l", "t", "f"] {
            service.put("/snapshots/a", "content", &[]).await;
            let query = Sas { permissions: letter, ..sas("", "snapshots") }.query(&key);
            let answer = ask(&service, method.clone(), path, &query, body).await;
            let name = format!("{letter}: {method} {path} is {} {}", answer.status, answer.text());
            if letters.contains(letter) {
                let only = ["x-ms-delete-snapshots", "SnapshotsPresent"];
                assert!(answer.status.is_success() || answer.text().contains(only[1]), "{name}");
            } else if letter == "c" && method == Method::PUT && path == "/snapshots/a" {
                answer.assert_refused(403, "UnauthorizedBlobOverwrite");
            } else {
                assert_eq!(answer.header("x-ms-error-code"), "AuthorizationPermissionMismatch", "{name}");
            }
        }
    }
    // `c` makes a new blob, but no block.
    let create = sas("c", "snapshots").query(&key);
    assert_eq!(ask(&service, Method::PUT, "/snapshots/new", &create, "x").await.status, StatusCode::CREATED);
    let block = ask(&service, Method::PUT, "/snapshots/other?comp=block&blockid=AAAA", &create, "x").await;
    block.assert_refused(403, "AuthorizationPermissionMismatch");
    // From 2026-04-06 on, `c` also makes a blob of blocks.
    let create = Sas { version: "2026-04-06", ..sas("c", "snapshots") }.query(&key);
    let list = "<BlockList><Latest>AAAA</Latest></BlockList>";
    for (path, body) in [("/snapshots/other?comp=block&blockid=AAAA", "x"), ("/snapshots/other?comp=blocklist", list)] {
        let made = ask(&service, Method::PUT, path, &create, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{path}: {}", made.text());
    }
    let block = ask(&service, Method::PUT, "/snapshots/other?comp=block&blockid=AAAA", &create, "x").await;
    assert_eq!(block.status, StatusCode::CREATED, "{}", block.text());
    let again = ask(&service, Method::PUT, "/snapshots/other?comp=blocklist", &create, list).await;
    again.assert_refused(403, "UnauthorizedBlobOverwrite");
    // Letters may be in any order, each only once.
    let any = sas("wr", "snapshots").query(&key);
    assert_eq!(ask(&service, Method::GET, "/snapshots/new", &any, "").await.status, StatusCode::OK);
    let twice = sas("rr", "snapshots").query(&key);
    assert_eq!(
        detail(&ask(&service, Method::GET, "/snapshots/new", &twice, "").await),
        "Signature fields not well formed."
    );
}

#[tokio::test]
async fn tags_with_a_write_need_a_letter_of_their_own() {
    let service = owner();
    let key = key(&service).await;
    for (letters, status) in [("w", StatusCode::FORBIDDEN), ("wt", StatusCode::CREATED)] {
        let query = Sas { permissions: letters, ..sas("", "snapshots") }.query(&key);
        let request = http::Request::put(format!("/snapshots/a?{query}")).header("x-ms-version", "2026-04-06");
        let request = request.header("x-ms-blob-type", "BlockBlob").header("x-ms-tags", "k=v");
        assert_eq!(service.send(request, Body::empty()).await.status, status, "{letters}");
    }
}

#[tokio::test]
async fn a_signature_allows_what_its_signer_may_at_the_time_of_the_call() {
    let contributor = owner();
    contributor.put("/snapshots/a", "content", &[]).await;
    let key = key(&contributor).await;
    let all = sas("racwdlt", "snapshots").query(&key);
    assert_eq!(ask(&contributor, Method::GET, "/snapshots/a", &all, "").await.status, StatusCode::OK);
    // The signer now has another role, as if an administrator had changed it after the signature.
    let entra = world_where(|seed| {
        seed.role_assignments[1].scope.container = None;
        seed.role_assignments[1].role = READER.to_owned();
    });
    let account = |world: &World| Account {
        entra: world.entra.clone(),
        name: "stkeyless".to_owned(),
        store: Arc::new(Store::open(contributor.data.path(), &[], Retention::default()).unwrap()),
        delegation_secret: DelegationSecret::generate().unwrap(),
    };
    let reader = account(&entra);
    let tid = entra.seed.tenant.id.to_string();
    let fields = delegation_secret::KeyFields {
        oid: &key.oid,
        tid: &tid,
        start: &key.start,
        expiry: &key.expiry,
        service: "b",
        version: "2026-04-06",
    };
    let value = reader.delegation_secret.key(&fields).as_ref().to_vec();
    let key = Key { value, ..key };
    let all = sas("racwdlt", "snapshots").query(&key);
    for (method, allowed) in [(Method::GET, true), (Method::PUT, false), (Method::DELETE, false)] {
        let request = http::Request::builder().method(&method).uri(format!("/snapshots/a?{all}"));
        let request = request.header("x-ms-version", "2026-04-06").header("x-ms-blob-type", "BlockBlob");
        let request = if method == Method::PUT {
            request.header("content-length", "0")
        } else {
            http::Request::builder()
                .method(&method)
                .uri(format!("/snapshots/a?{all}"))
                .header("x-ms-version", "2026-04-06")
        };
        let response = respond_to(&reader, request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status().is_success(), allowed, "{method}");
        if !allowed {
            assert_eq!(response.headers()["x-ms-error-code"], "AuthorizationPermissionMismatch");
        }
    }
}

#[tokio::test]
async fn a_signature_opens_the_source_of_a_copy_and_the_parts_of_a_batch() {
    let service = owner();
    service.put("/snapshots/a", "content", &[]).await;
    let key = key(&service).await;
    let source = format!("https://stkeyless.blob.core.windows.net/snapshots/a?{}", sas("r", "snapshots/a").query(&key));
    for (path, sync) in [("/snapshots/b", "true"), ("/snapshots/c", "false")] {
        let request = service.request(Method::PUT, path).header("x-ms-copy-source", &source);
        let answer = service.send(request.header("x-ms-requires-sync", sync), Body::empty()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        let copied = service.get(path).await;
        assert_eq!(copied.text(), "content");
        assert!(!copied.header("x-ms-copy-source").contains("sig="), "the signature is not told");
    }
    let wrong = format!("https://stkeyless.blob.core.windows.net/snapshots/a?{}", sas("w", "snapshots/a").query(&key));
    let request = service.request(Method::PUT, "/snapshots/d").header("x-ms-copy-source", &wrong);
    let answer = service.send(request.header("x-ms-requires-sync", "true"), Body::empty()).await;
    answer.assert_refused(403, "CannotVerifyCopySource");

    let query = sas("d", "snapshots").query(&key);
    let part = |id: u8, query: &str| {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\nDELETE /snapshots/a?{query} HTTP/1.1\r\n\r\n"
        )
    };
    let body = format!("{}{}--b--\r\n", part(0, &sas("r", "snapshots").query(&key)), part(1, &query));
    let request = http::Request::post(format!("/snapshots?restype=container&comp=batch&{query}"));
    let request = request.header("x-ms-version", "2026-04-06").header("content-type", "multipart/mixed; boundary=b");
    let answer = service.send(request.header("content-length", body.len()), body).await;
    let statuses: Vec<&str> = answer.text().split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
    assert_eq!(statuses, ["403", "202"], "{}", answer.text());
    assert!(
        answer
            .text()
            .contains("HTTP/1.1 403 This request is not authorized to perform this operation using this permission.")
    );
}

/// Azure/azure-sdk-for-net#17690.
#[tokio::test]
async fn a_key_ends_within_seven_days() {
    let service = owner();
    for (start, expiry) in [(None, 7 * 86_400 + 60), (None, -1), (Some(600), 300)] {
        let start = start.map(|start| format!("<Start>{}</Start>", in_seconds(start))).unwrap_or_default();
        let expiry = in_seconds(expiry);
        let body =
            format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo>{start}<Expiry>{expiry}</Expiry></KeyInfo>");
        let request = service.request(Method::POST, "/?restype=service&comp=userdelegationkey");
        let answer = service.send(request.header("content-length", body.len()), body).await;
        answer.assert_refused(400, "InvalidXmlNodeValue");
        let named = format!("<XmlNodeName>{expiry}</XmlNodeName><XmlNodeValue>{expiry}</XmlNodeValue>");
        assert!(answer.text().contains(&named), "{}", answer.text());
    }
    let body = format!("\r\n\t<KeyInfo>\r\n\t<Expiry>{}</Expiry>\r\n</KeyInfo>", in_seconds(7 * 86_400 - 60));
    let request = service.request(Method::POST, "/?restype=service&comp=userdelegationkey");
    let answer = service.send(request.header("content-length", body.len()), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}
