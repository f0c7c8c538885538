//! Structured bodies as .NET, JavaScript, Python and Go send and request them.

use super::*;
use crate::blob::structured::{Frame, framed_length};

const STRUCTURED: (&str, &str) = ("x-ms-structured-body", "XSM/1.0; properties=crc64");

fn frame(content: &[u8]) -> Vec<u8> {
    let mut frame = Frame::new(content.len() as u64);
    let mut framed = frame.push(content);
    framed.extend(frame.finish());
    framed
}

async fn put(service: &Service, path: &str, headers: &[(&str, &str)], body: Vec<u8>, length: usize) -> BlobAnswer {
    let request = service.request(Method::PUT, path).header(STRUCTURED.0, STRUCTURED.1);
    let request = request.header("content-length", body.len()).header("x-ms-structured-content-length", length);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    service.send(request, body).await
}

#[tokio::test]
async fn a_structured_body_is_taken_apart_in_every_write() {
    let service = Service::start();
    let content = vec![b'p'; 512];
    for (path, headers) in [
        ("/snapshots/a", &[("x-ms-blob-type", "BlockBlob")] as &[_]),
        ("/snapshots/b?comp=block&blockid=AAAA", &[]),
        ("/snapshots/c?comp=appendblock", &[]),
        ("/snapshots/d?comp=page", &[("x-ms-page-write", "update"), ("x-ms-range", "bytes=0-511")]),
    ] {
        service.put("/snapshots/c", "", &[("x-ms-blob-type", "AppendBlob")]).await;
        service.put("/snapshots/d", "", &[("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "512")]).await;
        let answer = put(&service, path, headers, frame(&content), 512).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text());
        // Clients refuse an answer that does not repeat the header.
        assert_eq!(answer.header(STRUCTURED.0), STRUCTURED.1);
        let mut wrong = frame(&content);
        wrong[100] ^= 1;
        put(&service, path, headers, wrong, 512).await.assert_refused(400, "Crc64Mismatch");
    }
    assert_eq!(service.get("/snapshots/a").await.body, content);
    assert_eq!(service.get("/snapshots/d").await.body, content);
}

#[tokio::test]
async fn a_structured_body_of_an_unknown_kind_or_length_is_refused() {
    let service = Service::start();
    let path = "/snapshots/a";
    let block_blob = ("x-ms-blob-type", "BlockBlob");
    for (value, length, code) in [
        ("XSM/2.0; properties=crc64", "5", "InvalidHeaderValue"),
        ("XSM/1.0; properties=md5", "5", "InvalidHeaderValue"),
        ("XSM/1.0; properties=crc64", "6", "InvalidInput"),
        ("XSM/1.0; properties=crc64", "five", "InvalidHeaderValue"),
    ] {
        let body = frame(b"hello");
        let request = service.request(Method::PUT, path).header(block_blob.0, block_blob.1).header(STRUCTURED.0, value);
        let request = request.header("content-length", body.len()).header("x-ms-structured-content-length", length);
        service.send(request, body).await.assert_refused(400, code);
    }
    let request =
        service.request(Method::PUT, path).header(block_blob.0, block_blob.1).header(STRUCTURED.0, STRUCTURED.1);
    service
        .send(request.header("content-length", 44), frame(b"hello"))
        .await
        .assert_refused(400, "MissingRequiredHeader");
    service.get(path).await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn a_download_is_framed_when_it_is_asked_for() {
    let service = Service::start();
    service.put("/snapshots/a", "0123456789", &[]).await;
    for (range, content, status) in [(None, "0123456789", 200), (Some("bytes=2-5"), "2345", 206)] {
        let get = service.request(Method::GET, "/snapshots/a").header(STRUCTURED.0, STRUCTURED.1);
        let get = match range {
            Some(range) => get.header("x-ms-range", range),
            None => get,
        };
        let answer = service.send(get, Body::empty()).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (status, &frame(content.as_bytes())));
        assert_eq!(answer.header(STRUCTURED.0), STRUCTURED.1);
        assert_eq!(answer.header("x-ms-structured-content-length"), content.len().to_string());
        assert_eq!(answer.header("content-length"), framed_length(content.len() as u64).to_string());
    }
}

/// Azure/Azurite#290.
#[tokio::test]
async fn both_checksums_of_a_range_are_too_many() {
    let service = Service::start();
    service.put("/snapshots/a", "hello", &[]).await;
    let get = |names: &[&'static str], range: Option<&str>| {
        let get = service.request(Method::GET, "/snapshots/a");
        let get = range.into_iter().fold(get, |get, range| get.header("x-ms-range", range));
        let get = names.iter().fold(get, |get, name| get.header(*name, "true"));
        service.send(get, Body::empty())
    };
    let (md5, crc64) = ("x-ms-range-get-content-md5", "x-ms-range-get-content-crc64");
    let range = Some("bytes=0-3");
    get(&[md5, crc64], range).await.assert_refused(400, "BothCrc64AndMd5RangeHeaderPresent");
    assert_eq!(get(&[md5], range).await.header("content-md5"), "QinWkbB7EzQdpT8Xq58kFg==");
    assert_eq!(get(&[crc64], range).await.status, StatusCode::PARTIAL_CONTENT);
    for name in [md5, crc64] {
        let answer = get(&[name], None).await;
        answer.assert_refused(400, "InvalidHeaderValue");
        assert!(
            answer.text().contains(&format!("<HeaderName>{name}</HeaderName><HeaderValue>true<")),
            "{}",
            answer.text()
        );
    }
    for (second, code) in
        [("content-md5", "BothCrc64AndMd5HeaderPresent"), ("x-ms-blob-content-md5", "BothCrc64AndMsMd5HeaderPresent")]
    {
        let headers = [("x-ms-content-crc64", "7YooR2vuA24="), (second, "XUFAKrxLKna5cZ2REBfFkg==")];
        service.put("/snapshots/a", "hello", &headers).await.assert_refused(400, code);
    }
}
