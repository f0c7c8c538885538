use std::{collections::BTreeSet, ffi::OsString};

use futures_util::{StreamExt as _, future::join_all, stream};

use super::*;

#[tokio::test]
async fn a_blob_is_read_as_it_was_written() {
    let service = Service::start();
    let headers = [
        ("x-ms-blob-content-type", "application/json"),
        ("content-type", "text/plain"),
        ("content-encoding", "identity"),
        ("x-ms-blob-cache-control", "no-store"),
        ("x-ms-meta-source", "orders"),
    ];
    let written = service.put("/snapshots/orders%2F2026/a%20b.json", "{\"a\":1}", &headers).await;
    assert_eq!((written.status, written.text()), (StatusCode::CREATED, ""));
    assert_eq!(written.header("content-md5"), "u2y1xo30ZSlByvZSo2by2A==");
    assert_eq!(written.header("x-ms-request-server-encrypted"), "true");
    let url = "https://stkeyless.blob.core.windows.net/snapshots/orders/2026/a%20b.json";
    assert_eq!(written.decision.wrote.as_deref(), Some(url));
    assert_eq!(written.decision.identity.as_deref(), Some("id-keyless-writer"));
    assert_eq!(written.decision.allowed_by.as_deref(), Some("Storage Blob Data Contributor on stkeyless"));

    let read = service.get("/snapshots/orders/2026%2Fa%20b.json").await;
    assert_eq!((read.status, read.text()), (StatusCode::OK, "{\"a\":1}"));
    for (name, value) in [
        ("content-type", "application/json"),
        ("content-encoding", "identity"),
        ("cache-control", "no-store"),
        ("x-ms-meta-source", "orders"),
        ("content-length", "7"),
        ("content-md5", "u2y1xo30ZSlByvZSo2by2A=="),
        ("x-ms-blob-type", "BlockBlob"),
        ("accept-ranges", "bytes"),
        ("etag", written.header("etag")),
        ("last-modified", written.header("last-modified")),
    ] {
        assert_eq!(read.header(name), value, "{name}");
    }
    assert_eq!(read.decision.wrote, None);
}

#[tokio::test]
async fn a_write_replaces_everything_but_the_creation_time() {
    let service = Service::start();
    service.put("/snapshots/a", "first", &[("x-ms-meta-old", "1")]).await;
    let first = service.get("/snapshots/a").await;
    service.put("/snapshots/a", "second", &[]).await;
    let second = service.get("/snapshots/a").await;
    assert_eq!(second.text(), "second");
    assert!(!second.headers.contains_key("x-ms-meta-old"));
    assert_eq!(second.header("content-type"), "application/octet-stream");
    assert_eq!(second.header("x-ms-creation-time"), first.header("x-ms-creation-time"));
    assert_ne!(second.header("etag"), first.header("etag"));
    assert_eq!(service.files().len(), 2, "one content file, one record: {:?}", service.files());
}

#[tokio::test]
async fn a_blob_is_made_once_with_if_none_match() {
    let service = Service::start();
    assert_eq!(service.put("/snapshots/a", "first", &[("if-none-match", "*")]).await.status, StatusCode::CREATED);
    let again = service.put("/snapshots/a", "second", &[("if-none-match", "*")]).await;
    again.assert_refused(409, "BlobAlreadyExists");
    assert_eq!(
        again.stable_text(),
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobAlreadyExists</Code><Message>The specified blob already exists.\
         \nRequestId:*\nTime:*</Message></Error>"
    );
    assert_eq!(again.decision.wrote, None);
    assert_eq!(service.get("/snapshots/a").await.text(), "first");
    assert_eq!(service.files().len(), 2, "what was refused is gone");
}

#[tokio::test]
async fn of_many_writers_at_once_one_wins() {
    let service = Service::start();
    let contents: Vec<String> = (0..20).map(|writer| format!("writer {writer}")).collect();
    let headers = [("if-none-match", "*")];
    let answers = join_all(contents.iter().map(|content| service.put("/snapshots/a", content, &headers))).await;
    let won: Vec<_> =
        answers.iter().zip(&contents).filter(|(answer, _)| answer.status == StatusCode::CREATED).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(service.get("/snapshots/a").await.text(), won[0].1);
    assert!(answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count() == 19);
}

#[tokio::test]
async fn conditions_of_writes_are_kept() {
    let service = Service::start();
    service.put("/snapshots/a", "x", &[("if-match", "*")]).await.assert_refused(412, "ConditionNotMet");
    let first = service.put("/snapshots/a", "first", &[]).await;
    let etag = first.header("etag");
    let future = "Sat, 01 Jan 2050 00:00:00 GMT";
    let past = "Sat, 01 Jan 2000 00:00:00 GMT";
    for header in [
        ("if-match", "\"0x8D0000000000000\""),
        ("if-none-match", etag),
        ("if-modified-since", future),
        ("if-unmodified-since", past),
    ] {
        service.put("/snapshots/a", "no", &[header]).await.assert_refused(412, "ConditionNotMet");
    }
    for header in [("if-match", "W/\"1\""), ("if-match", "\""), ("if-modified-since", "yesterday")] {
        service.put("/snapshots/a", "no", &[header]).await.assert_refused(400, "InvalidHeaderValue");
    }
    let mut etag = etag.to_owned();
    for header in ["if-match", "if-modified-since", "if-unmodified-since"] {
        let value = match header {
            "if-match" => etag.as_str(),
            "if-modified-since" => past,
            _ => future,
        };
        let answer = service.put("/snapshots/a", header, &[(header, value)]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{header}");
        etag = answer.header("etag").to_owned();
    }
}

#[tokio::test]
async fn a_deleted_blob_is_gone() {
    let service = Service::start();
    let delete = |path: &str| service.send(service.request(Method::DELETE, path), Body::empty());
    delete("/snapshots/a").await.assert_refused(404, "BlobNotFound");
    service.put("/snapshots/a", "content", &[]).await;
    let stale = service.request(Method::DELETE, "/snapshots/a").header("if-match", "\"0x8D0000000000000\"");
    service.send(stale, Body::empty()).await.assert_refused(412, "ConditionNotMet");
    let some = service.request(Method::DELETE, "/snapshots/a").header("x-ms-delete-snapshots", "some");
    service.send(some, Body::empty()).await.assert_refused(400, "InvalidHeaderValue");
    let only = service.request(Method::DELETE, "/snapshots/a").header("x-ms-delete-snapshots", "only");
    assert_eq!(service.send(only, Body::empty()).await.status, StatusCode::ACCEPTED);
    assert_eq!(service.get("/snapshots/a").await.text(), "content", "its snapshots alone were deleted");
    assert_eq!(delete("/snapshots/a").await.status, StatusCode::ACCEPTED);
    service.get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
    assert_eq!(service.files(), Vec::<PathBuf>::new());
    service.restart().get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn blobs_survive_a_restart_and_unfinished_writes_do_not() {
    let service = Service::start();
    service.put("/snapshots/a", "content", &[("x-ms-meta-k", "v"), ("x-ms-blob-content-type", "text/plain")]).await;
    let before = service.get("/snapshots/a").await;
    let folder = service.data.path().join("snapshots");
    std::fs::write(folder.join("content").join("0".repeat(32)), "half a body").unwrap();
    std::fs::write(folder.join("blobs").join("0".repeat(64)).with_extension("tmp"), "{").unwrap();
    let service = service.restart();
    assert_eq!(service.files().len(), 2, "{:?}", service.files());
    let after = service.get("/snapshots/a").await;
    assert_eq!(after.body, before.body);
    for name in ["etag", "last-modified", "x-ms-creation-time", "x-ms-meta-k", "content-type", "content-md5"] {
        assert_eq!(after.header(name), before.header(name));
    }
}

fn folders(service: &Service) -> BTreeSet<OsString> {
    std::fs::read_dir(service.data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let service = Service::start();
    let before = folders(&service);
    let long = "ä".repeat(1_024);
    let names = ["../../escaped", "..", "a/../../b", "%2e%2e%2fc", "A", "a", "CON", "a%00b"];
    for name in names.into_iter().chain([long.as_str()]) {
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("/snapshots/{}", encoded.replace('+', "%20"));
        assert_eq!(service.put(&path, name, &[]).await.status, StatusCode::CREATED, "{name}");
    }
    let service = service.restart();
    for name in names {
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        assert_eq!(service.get(&format!("/snapshots/{encoded}")).await.text(), name);
    }
    assert_eq!(folders(&service), before);
    service.put(&format!("/snapshots/{}", "a".repeat(1_025)), "", &[]).await.assert_refused(400, "OutOfRangeInput");
    service.put("/snapshots/a%0Ab", "", &[]).await.assert_refused(400, "InvalidResourceName");
    service.put("/snapshots/%ff", "", &[]).await.assert_refused(400, "InvalidUri");
}

#[tokio::test]
async fn a_write_must_say_what_it_writes() {
    let service = Service::start();
    let put = || service.request(Method::PUT, "/snapshots/a");
    let block_blob = || put().header("x-ms-blob-type", "BlockBlob");
    service.send(put().header("content-length", "1"), "a").await.assert_refused(400, "MissingRequiredHeader");
    let append = put().header("x-ms-blob-type", "AppendBlob").header("content-length", "1");
    service.send(append, "a").await.assert_refused(400, "InvalidOperation");
    let other = put().header("x-ms-blob-type", "OtherBlob").header("content-length", "1");
    service.send(other, "a").await.assert_refused(400, "InvalidHeaderValue");
    // Every PUT announces a length, even without a body: Azure/azure-rest-api-specs#39255.
    for path in ["/snapshots/a?comp=metadata", "/snapshots/a?comp=snapshot", "/new?restype=container", "/snapshots/a"] {
        let chunked = service.request(Method::PUT, path).header("transfer-encoding", "chunked");
        let chunked = chunked.header("x-ms-blob-type", "BlockBlob");
        let chunked = if path.contains('?') {
            service.request(Method::PUT, path).header("transfer-encoding", "chunked")
        } else {
            chunked
        };
        let answer = service.send_request(chunked.body("a".into()).unwrap()).await;
        answer.assert_refused(411, "MissingContentLengthHeader");
        assert!(answer.text().contains("<HeaderName>Content-Length</HeaderName>"), "{}", answer.text());
        let neither = service.request(Method::PUT, path);
        let neither = if path.contains('?') { neither } else { neither.header("x-ms-blob-type", "BlockBlob") };
        let answer = service.send_request(neither.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::LENGTH_REQUIRED, "text/html; charset=us-ascii")
        );
        assert!(answer.text().contains("The request must be chunked or have a content length."), "{}", answer.text());
    }
    let large = block_blob().header("content-length", (5_000_u64 * 1024 * 1024 + 1).to_string());
    service.send(large, "a").await.assert_refused(413, "RequestBodyTooLarge");
    service.send(block_blob().header("content-length", "2"), "a").await.assert_refused(400, "InvalidInput");
    service.put("/snapshots/a", "a", &[("content-md5", "abc")]).await.assert_refused(400, "InvalidMd5");
    let wrong = "AAAAAAAAAAAAAAAAAAAAAA==";
    service.put("/snapshots/a", "a", &[("content-md5", wrong)]).await.assert_refused(400, "Md5Mismatch");
    service.put("/snapshots/a", "a", &[("x-ms-blob-content-md5", wrong)]).await.assert_refused(400, "Md5Mismatch");
    service.put("/snapshots/a", "a", &[("x-ms-meta-1a", "v")]).await.assert_refused(400, "InvalidMetadata");
    service.put("/snapshots/a", "a", &[("x-ms-meta-a-b", "v")]).await.assert_refused(400, "InvalidMetadata");
    service.put("/snapshots/a", "a", &[("x-ms-meta-", "v")]).await.assert_refused(400, "EmptyMetadataKey");
    let much = "v".repeat(8 * 1024);
    service.put("/snapshots/a", "a", &[("x-ms-meta-a", &much)]).await.assert_refused(400, "MetadataTooLarge");
    assert_eq!(service.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_refused_body_is_read_to_its_end_while_the_answer_is_there() {
    let service = Service::from_world(world());
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let body = stream::iter(0..100).map(move |chunk| {
        sender.send(chunk).unwrap();
        Ok::<_, std::io::Error>(vec![0; 1024])
    });
    let request = service.request(Method::PUT, "/others/a").header("content-length", 100 * 1024);
    service.send(request, Body::from_stream(body)).await.assert_refused(403, "AuthorizationPermissionMismatch");
    assert!(receiver.is_empty(), "the answer waited for the body");
    for chunk in 0..100 {
        assert_eq!(receiver.recv().await, Some(chunk));
    }
    assert_eq!(receiver.recv().await, None);
}

/// The last number is 2^63 - 1: <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
#[tokio::test]
async fn a_sequence_number_has_an_end() {
    let service = Service::start();
    const NUMBER: &str = "x-ms-blob-sequence-number";
    let (last, beyond) = ("9223372036854775807", "9223372036854775808");
    let page = [("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "512")];
    service
        .put("/snapshots/a", "", &[page[0], page[1], (NUMBER, beyond)])
        .await
        .assert_refused(400, "InvalidHeaderValue");
    assert_eq!(service.put("/snapshots/a", "", &[page[0], page[1], (NUMBER, last)]).await.status, StatusCode::CREATED);
    const ACTION: &str = "x-ms-sequence-number-action";
    let set = async |headers: &[(&str, &str)]| service.put("/snapshots/a?comp=properties", "", headers).await;
    set(&[(ACTION, "increment")]).await.assert_refused(409, "SequenceNumberIncrementTooLarge");
    set(&[(ACTION, "update"), (NUMBER, beyond)]).await.assert_refused(400, "InvalidHeaderValue");
    assert_eq!(set(&[(ACTION, "update"), (NUMBER, "7")]).await.status, StatusCode::OK);
    assert_eq!(set(&[(ACTION, "increment")]).await.header(NUMBER), "8");
}

/// Later versions allow more in one write. The limits of the request's version apply.
#[tokio::test]
async fn an_old_version_takes_less_in_one_write() {
    let service = Service::start();
    service.put("/snapshots/a", "", &[("x-ms-blob-type", "AppendBlob")]).await;
    const MIB: u64 = 1024 * 1024;
    for (path, version, limit) in [
        ("/snapshots/b", "2019-07-07", 256 * MIB),
        ("/snapshots/b", "2019-12-12", 5_000 * MIB),
        ("/snapshots/b?comp=block&blockid=AAAA", "2019-07-07", 100 * MIB),
        ("/snapshots/b?comp=block&blockid=AAAA", "2019-12-12", 4_000 * MIB),
        ("/snapshots/a?comp=appendblock", "2021-12-02", 4 * MIB),
        ("/snapshots/a?comp=appendblock", "2022-11-02", 100 * MIB),
    ] {
        // A body shorter than its announced length gets another error than a length above the limit.
        for (length, status, code) in [(limit, 400, "InvalidInput"), (limit + 1, 413, "RequestBodyTooLarge")] {
            let mut request = service.request(Method::PUT, path).header("content-length", length);
            request.headers_mut().unwrap().insert("x-ms-version", HeaderValue::from_static(version));
            if !path.contains('?') {
                request = request.header("x-ms-blob-type", "BlockBlob");
            }
            service.send(request, "a").await.assert_refused(status, code);
        }
    }
}
