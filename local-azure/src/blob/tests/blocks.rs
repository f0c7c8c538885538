use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

fn id(number: u8) -> String {
    STANDARD.encode([number; 16])
}

async fn stage(service: &Service, number: u8, content: &str) -> BlobAnswer {
    let id: String = url::form_urlencoded::byte_serialize(id(number).as_bytes()).collect();
    service.put(&format!("/snapshots/a?comp=block&blockid={id}"), content, &[]).await
}

async fn commit(service: &Service, blocks: &[(&str, u8)], headers: &[(&str, &str)]) -> BlobAnswer {
    let blocks: String = blocks.iter().map(|(kind, number)| format!("<{kind}>{}</{kind}>", id(*number))).collect();
    let list = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>{blocks}</BlockList>");
    service.put("/snapshots/a?comp=blocklist", &list, headers).await
}

#[tokio::test]
async fn blocks_become_a_blob_when_they_are_committed() {
    let service = Service::start();
    for (number, content) in [(1, "one "), (2, "two "), (3, "three "), (4, "never")] {
        assert_eq!(stage(&service, number, content).await.status, StatusCode::CREATED);
    }
    service.get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
    let headers = [("x-ms-meta-k", "v"), ("x-ms-blob-content-type", "text/plain"), ("content-type", "application/xml")];
    let answer = commit(&service, &[("Latest", 3), ("Uncommitted", 1), ("Latest", 2)], &headers).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.decision.wrote.as_deref(), Some("https://stkeyless.blob.core.windows.net/snapshots/a"));
    assert_eq!(service.files().len(), 4, "three blocks and a record: {:?}", service.files());

    let service = service.restart();
    let read = service.get("/snapshots/a").await;
    assert_eq!((read.text(), read.header("x-ms-meta-k")), ("three one two ", "v"));
    assert_eq!(read.header("content-type"), "text/plain");
    let request = service.request(Method::GET, "/snapshots/a").header("range", "bytes=4-10");
    let range = service.send(request, Body::empty()).await;
    assert_eq!((range.text(), range.header("content-range")), ("e one t", "bytes 4-10/14"));
}

#[tokio::test]
async fn committed_blocks_can_be_used_again() {
    let service = Service::start();
    stage(&service, 1, "one ").await;
    stage(&service, 2, "two ").await;
    commit(&service, &[("Latest", 1), ("Latest", 2)], &[]).await;
    stage(&service, 1, "ONE ").await;
    let answer = commit(&service, &[("Committed", 1), ("Uncommitted", 1), ("Committed", 2), ("Latest", 1)], &[]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(service.get("/snapshots/a").await.text(), "one ONE two ONE ");
    service.put("/snapshots/a", "whole", &[]).await;
    assert_eq!(service.files().len(), 2, "{:?}", service.files());
}

#[tokio::test]
async fn a_list_of_unknown_blocks_is_refused() {
    let service = Service::start();
    stage(&service, 1, "one").await;
    for list in [&[("Latest", 2)][..], &[("Committed", 1)], &[("Uncommitted", 1), ("Uncommitted", 2)]] {
        commit(&service, list, &[]).await.assert_refused(400, "InvalidBlockList");
    }
    assert_eq!(commit(&service, &[("Latest", 1)], &[]).await.status, StatusCode::CREATED);
    commit(&service, &[("Uncommitted", 1)], &[]).await.assert_refused(400, "InvalidBlockList");
}

#[tokio::test]
async fn conditions_hold_when_blocks_are_committed() {
    let service = Service::start();
    stage(&service, 1, "mine").await;
    service.put("/snapshots/b", "other", &[]).await;
    assert_eq!(commit(&service, &[("Latest", 1)], &[("if-none-match", "*")]).await.status, StatusCode::CREATED);
    stage(&service, 2, "later").await;
    let late = commit(&service, &[("Latest", 2)], &[("if-none-match", "*")]).await;
    late.assert_refused(409, "BlobAlreadyExists");
    assert_eq!(service.get("/snapshots/a").await.text(), "mine");
}

#[tokio::test]
async fn blocks_that_wait_outlive_the_process_and_go_when_they_are_committed_or_dropped() {
    let service = Service::start();
    let waiting = |service: &Service| std::fs::read_dir(service.data.path().join("snapshots/blocks")).unwrap().count();
    for (number, content) in [(1, "ONE"), (1, "one "), (2, "two"), (3, "never")] {
        assert_eq!(stage(&service, number, content).await.status, StatusCode::CREATED);
    }
    assert_eq!((service.files().len(), waiting(&service)), (3, 3), "one block came twice");
    let service = service.restart();
    let list = service.get("/snapshots/a?comp=blocklist&blocklisttype=all").await;
    assert_eq!(list.text().matches("<Block>").count(), 3, "{}", list.text());
    assert_eq!(commit(&service, &[("Latest", 1), ("Latest", 2)], &[]).await.status, StatusCode::CREATED);
    assert_eq!((service.files().len(), waiting(&service)), (3, 0), "two blocks and a record");
    let service = service.restart();
    assert_eq!(service.get("/snapshots/a").await.text(), "one two");
    stage(&service, 4, "other").await;
    let service = service.restart();
    service.put("/snapshots/a", "whole", &[]).await;
    assert_eq!((service.files().len(), waiting(&service)), (2, 0), "{:?}", service.files());
}

/// The blob's record exists, and the records of its blocks exist as well.
#[tokio::test]
async fn blocks_wait_no_more_when_the_process_ended_as_they_were_committed() {
    let service = Service::start();
    stage(&service, 1, "one").await;
    stage(&service, 2, "never").await;
    let folder = service.data.path().join("snapshots/blocks");
    let records: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let records: Vec<_> = records.iter().map(|path| (path, std::fs::read(path).unwrap())).collect();
    let never = service.files();
    assert_eq!(commit(&service, &[("Latest", 1)], &[]).await.status, StatusCode::CREATED);
    for (path, record) in records {
        std::fs::write(path, record).unwrap();
    }
    for path in never.iter().filter(|path| !path.exists()) {
        std::fs::write(path, "never").unwrap();
    }
    let service = service.restart();
    assert_eq!((service.get("/snapshots/a").await.text(), service.files().len()), ("one", 2));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
    commit(&service, &[("Uncommitted", 2)], &[]).await.assert_refused(400, "InvalidBlockList");
}

#[tokio::test]
async fn block_ids_are_checked() {
    let service = Service::start();
    assert!(!stage(&service, 1, "one").await.headers.contains_key("content-md5"));
    let put = |id: &'static str| service.put(id, "x", &[]);
    let id: String = url::form_urlencoded::byte_serialize(id(1).as_bytes()).collect();
    let path = format!("/snapshots/a?comp=block&blockid={id}");
    let wrong = service.put(&path, "x", &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")]).await;
    wrong.assert_refused(400, "Md5Mismatch");
    let right = service.put(&path, "x", &[("content-md5", "ndTkYSaMgDT1yFZOFVxnpg==")]).await;
    assert_eq!((right.status, right.header("content-md5")), (StatusCode::CREATED, "ndTkYSaMgDT1yFZOFVxnpg=="));
    put("/snapshots/a?comp=block&blockid=AAAA").await.assert_refused(400, "InvalidBlobOrBlock");
    put("/snapshots/a?comp=block&blockid=%21").await.assert_refused(400, "InvalidQueryParameterValue");
    put("/snapshots/a?comp=block").await.assert_refused(400, "MissingRequiredQueryParameter");
}

#[tokio::test]
async fn a_block_list_must_be_one() {
    let service = Service::start();
    for list in [
        "",
        "<BlockList>",
        "<Blocks></Blocks>",
        "<BlockList><Newest>AAAA</Newest></BlockList>",
        "<BlockList>AAAA</BlockList>",
    ] {
        let answer = service.put("/snapshots/a?comp=blocklist", list, &[]).await;
        answer.assert_refused(400, "InvalidXmlDocument");
    }
    let empty = service.put("/snapshots/a?comp=blocklist", "<BlockList />", &[]).await;
    assert_eq!(empty.status, StatusCode::CREATED);
    assert_eq!(service.get("/snapshots/a").await.text(), "");
}

#[tokio::test]
async fn blocks_that_nobody_committed_can_be_deleted() {
    let service = Service::start();
    assert_eq!(stage(&service, 1, "one").await.status, StatusCode::CREATED);
    let delete = |matches: Option<&'static str>| {
        let mut request = service.request(Method::DELETE, "/snapshots/a");
        if let Some(etag) = matches {
            request = request.header("if-match", etag);
        }
        service.send(request, Body::empty())
    };
    delete(Some("\"0x1\"")).await.assert_refused(412, "ConditionNotMet");
    assert_eq!(delete(None).await.status, StatusCode::ACCEPTED);
    delete(None).await.assert_refused(404, "BlobNotFound");
    assert!(service.files().is_empty(), "{:?}", service.files());
    commit(&service, &[("Latest", 1)], &[]).await.assert_refused(400, "InvalidBlockList");
}

#[tokio::test]
async fn only_a_page_blob_is_resized() {
    let service = Service::start();
    service.put("/snapshots/a", "one", &[]).await;
    let set = |header: (&'static str, &'static str)| {
        let request = service.request(Method::PUT, "/snapshots/a?comp=properties").header(header.0, header.1);
        service.send(request, Body::empty())
    };
    set(("x-ms-blob-content-length", "512")).await.assert_refused(400, "InvalidOperation");
    set(("x-ms-sequence-number-action", "increment")).await.assert_refused(409, "InvalidBlobType");
}
