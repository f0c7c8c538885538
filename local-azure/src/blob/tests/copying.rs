//! Copies within the account.

use super::*;

const SOURCE: &str = "https://stkeyless.blob.core.windows.net/snapshots/dir%2Fa";

async fn with_source() -> Service {
    let service = Service::start();
    let headers = [("x-ms-meta-k", "v"), ("x-ms-blob-content-type", "text/plain")];
    assert_eq!(service.put("/snapshots/dir/a", "0123456789", &headers).await.status, StatusCode::CREATED);
    let create = service.request(Method::PUT, "/other?restype=container");
    assert_eq!(service.send(create, Body::empty()).await.status, StatusCode::CREATED);
    service
}

async fn copy(service: &Service, path: &str, source: &str, headers: &[(&str, &str)]) -> BlobAnswer {
    let mut request =
        service.request(Method::PUT, path).header("x-ms-copy-source", source).header("content-length", "0");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request, Body::empty()).await
}

#[tokio::test]
async fn a_copy_outlives_its_source_and_a_restart() {
    let service = with_source().await;
    let answer = copy(&service, "/other/b", SOURCE, &[]).await;
    assert_eq!((answer.status, answer.header("x-ms-copy-status")), (StatusCode::ACCEPTED, "success"));
    let delete = service.request(Method::DELETE, "/snapshots/dir/a");
    assert_eq!(service.send(delete, Body::empty()).await.status, StatusCode::ACCEPTED);
    let service = service.restart();
    let read = service.get("/other/b").await;
    assert_eq!((read.text(), read.header("x-ms-meta-k")), ("0123456789", "v"));
    assert_eq!((read.header("content-type"), read.header("x-ms-copy-source")), ("text/plain", SOURCE));
    assert_eq!(read.header("x-ms-copy-progress"), "10/10");
}

#[tokio::test]
async fn a_copy_that_the_service_fetches_needs_a_token_for_its_source() {
    let service = with_source().await;
    let sync = ("x-ms-requires-sync", "true");
    copy(&service, "/other/b", SOURCE, &[sync]).await.assert_refused(401, "CannotVerifyCopySource");
    let caller = bearer(&service.world, "id-keyless-caller", "https://storage.azure.com");
    let token = ("x-ms-copy-source-authorization", caller.as_str());
    copy(&service, "/other/b", SOURCE, &[sync, token]).await.assert_refused(403, "CannotVerifyCopySource");
    let reader = bearer(&service.world, "id-keyless-reader", "https://storage.azure.com");
    let token = ("x-ms-copy-source-authorization", reader.as_str());
    assert_eq!(copy(&service, "/other/b", SOURCE, &[sync, token]).await.status, StatusCode::ACCEPTED);
    let missing = SOURCE.replace("dir%2Fa", "none");
    copy(&service, "/other/b", &missing, &[sync, token]).await.assert_refused(404, "CannotVerifyCopySource");
    let block = ("x-ms-blob-type", "BlockBlob");
    assert_eq!(copy(&service, "/other/c", SOURCE, &[block, token]).await.status, StatusCode::CREATED);
    let range = ("x-ms-source-range", "bytes=2-4");
    for path in ["/other/d?comp=block&blockid=AAAA", "/other/d?comp=block&blockid=BBBB"] {
        assert_eq!(copy(&service, path, SOURCE, &[token, range]).await.status, StatusCode::CREATED);
    }
    let list = "<BlockList><Latest>BBBB</Latest><Latest>AAAA</Latest></BlockList>";
    assert_eq!(service.put("/other/d?comp=blocklist", list, &[]).await.status, StatusCode::CREATED);
    assert_eq!(service.get("/other/d").await.text(), "234234");
}

#[tokio::test]
async fn what_is_no_blob_of_the_account_is_not_copied() {
    let service = with_source().await;
    for source in [
        "https://elsewhere.blob.core.windows.net/snapshots/dir/a",
        "http://stkeyless.blob.core.windows.net/snapshots/dir/a",
        "nonsense",
    ] {
        copy(&service, "/other/b", source, &[]).await.assert_refused(400, "InvalidHeaderValue");
    }
    let signed = format!("{SOURCE}?sv=2022-11-02&sr=b&sp=r&se=2030-01-01&sig=x");
    copy(&service, "/other/b", &signed, &[]).await.assert_refused(403, "KeyBasedAuthenticationNotPermitted");
    let stale = ("x-ms-source-if-match", "\"0x8D0000000000000\"");
    copy(&service, "/other/b", SOURCE, &[stale]).await.assert_refused(412, "SourceConditionNotMet");
    let abort = service.request(Method::PUT, "/snapshots/dir/a?comp=copy&copyid=1");
    let abort = abort.header("x-ms-copy-action", "abort");
    service.send(abort, Body::empty()).await.assert_refused(409, "NoPendingCopyOperation");
}

/// The writer's role has no right on tags.
#[tokio::test]
async fn tags_are_copied_by_who_may_write_them_in_whatever_case_the_option_is_written() {
    let service = with_source().await;
    for option in ["COPY", "copy"] {
        let option = ("x-ms-copy-source-tag-option", option);
        for other in [("x-ms-requires-sync", "true"), ("x-ms-blob-type", "BlockBlob")] {
            let answer = copy(&service, "/other/b", SOURCE, &[option, other]).await;
            answer.assert_refused(403, "AuthorizationPermissionMismatch");
        }
    }
}

#[tokio::test]
async fn a_blob_that_is_put_from_a_url_is_no_larger_than_one_that_is_put() {
    let service = with_source().await;
    let length = (5_000_u64 * 1024 * 1024 + 512).to_string();
    let page = [("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", length.as_str())];
    assert_eq!(service.put("/snapshots/large", "", &page).await.status, StatusCode::CREATED);
    let reader = bearer(&service.world, "id-keyless-reader", "https://storage.azure.com");
    let source = SOURCE.replace("dir%2Fa", "large");
    let headers = [("x-ms-blob-type", "BlockBlob"), ("x-ms-copy-source-authorization", reader.as_str())];
    copy(&service, "/other/b", &source, &headers).await.assert_refused(413, "RequestBodyTooLarge");
}
