//! The data that survives a restart: every kind of blob, leases, tags, tiers, and blocks that a list names twice.

use super::*;

const LEASE: &str = "11111111-1111-4111-8111-111111111111";

async fn call(service: &Service, path: &str, content: &str, headers: &[(&str, &str)]) -> BlobAnswer {
    let answer = service.put(path, content, headers).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer
}

#[tokio::test]
async fn append_and_page_blobs_are_there_again() {
    let service = Service::start();
    call(&service, "/snapshots/log", "", &[("x-ms-blob-type", "AppendBlob")]).await.header("etag");
    for line in ["one,", "two,", "three"] {
        call(&service, "/snapshots/log?comp=appendblock", line, &[]).await;
    }
    let page = [("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "2048")];
    call(&service, "/snapshots/disk", "", &page).await;
    let write = [("x-ms-page-write", "update"), ("x-ms-range", "bytes=512-1535")];
    call(&service, "/snapshots/disk?comp=page", &"p".repeat(1_024), &write).await;
    let clear = [("x-ms-page-write", "clear"), ("x-ms-range", "bytes=1024-1535")];
    call(&service, "/snapshots/disk?comp=page", "", &clear).await;

    let service = service.restart();
    let log = service.get("/snapshots/log").await;
    assert_eq!((log.text(), log.header("x-ms-blob-committed-block-count")), ("one,two,three", "3"));
    let disk = service.get("/snapshots/disk").await;
    assert_eq!(disk.body, ["\0".repeat(512), "p".repeat(512), "\0".repeat(1_024)].concat().into_bytes());
    let ranges = service.get("/snapshots/disk?comp=pagelist").await;
    assert!(ranges.text().ends_with("<PageList><PageRange><Start>512</Start><End>1023</End></PageRange></PageList>"));
    assert_eq!(service.files().len(), 3 + 1 + 2, "three blocks, one write of pages, two records");
}

#[tokio::test]
async fn leases_tags_and_tiers_are_there_again() {
    let service = Service::from_world(world_where(|seed| {
        seed.role_assignments[1].scope.container = None;
        seed.role_assignments[1].role = "Storage Blob Data Owner".to_owned();
    }));
    call(&service, "/snapshots/a", "content", &[("x-ms-tags", "k=v"), ("x-ms-access-tier", "Cool")]).await;
    let acquire = [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1"), ("x-ms-proposed-lease-id", LEASE)];
    call(&service, "/snapshots/a?comp=lease", "", &acquire).await;
    call(&service, "/snapshots?restype=container&comp=lease", "", &acquire).await;

    let service = service.restart();
    service.put("/snapshots/a", "other", &[]).await.assert_refused(412, "LeaseIdMissing");
    let head = service.send(service.request(Method::HEAD, "/snapshots/a"), Body::empty()).await;
    assert_eq!((head.header("x-ms-access-tier"), head.header("x-ms-tag-count")), ("Cool", "1"));
    let delete = || service.request(Method::DELETE, "/snapshots?restype=container");
    service.send(delete(), Body::empty()).await.assert_refused(412, "LeaseIdMissing");
    let answer = service.send(delete().header("x-ms-lease-id", LEASE), Body::empty()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_block_named_twice_is_kept_while_it_is_named_once() {
    let service = Service::start();
    call(&service, "/snapshots/a?comp=block&blockid=AAAA", "ab", &[]).await;
    let twice = "<BlockList><Latest>AAAA</Latest><Latest>AAAA</Latest></BlockList>";
    call(&service, "/snapshots/a?comp=blocklist", twice, &[]).await;
    let service = service.restart();
    assert_eq!(service.get("/snapshots/a").await.text(), "abab");
    let once = "<BlockList><Committed>AAAA</Committed></BlockList>";
    call(&service, "/snapshots/a?comp=blocklist", once, &[]).await;
    assert_eq!(service.get("/snapshots/a").await.text(), "ab");
    assert_eq!(service.restart().get("/snapshots/a").await.text(), "ab");
}

#[tokio::test]
async fn a_deleted_container_is_gone_with_its_files() {
    let service = Service::start();
    call(&service, "/snapshots/a", "content", &[]).await;
    let delete = service.request(Method::DELETE, "/snapshots?restype=container");
    assert_eq!(service.send(delete, Body::empty()).await.status, StatusCode::ACCEPTED);
    service.get("/snapshots/a").await.assert_refused(404, "ContainerNotFound");
    assert!(!service.data.path().join("snapshots").exists());
}
