use super::*;

async fn get_with(service: &Service, path: &str, headers: &[(&str, &str)]) -> BlobAnswer {
    let mut request = service.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request, Body::empty()).await
}

#[tokio::test]
async fn a_range_is_read() {
    let service = Service::start();
    service.put("/snapshots/a", "0123456789", &[]).await;
    for (headers, content, range) in [
        (&[("range", "bytes=0-4194303")][..], "0123456789", "bytes 0-9/10"),
        (&[("range", "bytes=3-5")], "345", "bytes 3-5/10"),
        (&[("range", "bytes=9-")], "9", "bytes 9-9/10"),
        (&[("range", "bytes=0-0"), ("x-ms-range", "bytes=1-2")], "12", "bytes 1-2/10"),
    ] {
        let answer = get_with(&service, "/snapshots/a", headers).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::PARTIAL_CONTENT, content));
        assert_eq!(answer.header("content-range"), range);
        assert_eq!(answer.header("content-length"), content.len().to_string());
        assert!(!answer.headers.contains_key("content-md5"), "the MD5 is not that of the range");
        assert_eq!(answer.header("x-ms-blob-content-md5"), "eB5eJF1ptWaXm4bijSPyxw==");
    }
    for range in ["bytes=-3", "bytes=5-3", "bytes=a-", "items=0-1", "bytes=0-1,3-4"] {
        get_with(&service, "/snapshots/a", &[("range", range)]).await.assert_refused(400, "InvalidHeaderValue");
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_invalid() {
    let service = Service::start();
    service.put("/snapshots/empty", "", &[]).await;
    let answer = get_with(&service, "/snapshots/empty", &[("range", "bytes=0-4194303")]).await;
    answer.assert_refused(416, "InvalidRange");
    assert_eq!(answer.header("content-range"), "bytes */0");
    let whole = service.get("/snapshots/empty").await;
    assert_eq!((whole.status, whole.text()), (StatusCode::OK, ""));
    assert_eq!(whole.header("content-length"), "0");
}

#[tokio::test]
async fn properties_are_read_without_content() {
    let service = Service::start();
    service.put("/snapshots/a", "content", &[("x-ms-meta-k", "v")]).await;
    let answer = service.send(service.request(Method::HEAD, "/snapshots/a"), Body::empty()).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""));
    for (name, value) in [
        ("content-length", "7"),
        ("x-ms-meta-k", "v"),
        ("content-md5", "mgNkuembtIDdJeHwKEyFVQ=="),
        ("x-ms-lease-state", "available"),
        ("x-ms-server-encrypted", "true"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn an_answer_to_head_names_its_error_in_a_header() {
    let service = Service::start();
    for (path, code) in [("/snapshots/a", "BlobNotFound"), ("/nothing/a", "ContainerNotFound")] {
        let answer = service.send(service.request(Method::HEAD, path), Body::empty()).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::NOT_FOUND, ""));
        assert_eq!(answer.header("x-ms-error-code"), code);
    }
}

#[tokio::test]
async fn conditions_of_reads_are_kept() {
    let service = Service::start();
    let written = service.put("/snapshots/a", "content", &[]).await;
    let (etag, time) = (written.header("etag"), written.header("last-modified"));
    for header in [("if-none-match", etag), ("if-modified-since", time)] {
        let answer = get_with(&service, "/snapshots/a", &[header]).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::NOT_MODIFIED, ""), "{header:?}");
        assert_eq!(answer.header("x-ms-error-code"), "ConditionNotMet");
    }
    get_with(&service, "/snapshots/a", &[("if-none-match", "*")]).await.assert_refused(400, "UnsatisfiableCondition");
    let past = "Sat, 01 Jan 2000 00:00:00 GMT";
    get_with(&service, "/snapshots/none", &[("if-match", etag)]).await.assert_refused(404, "BlobNotFound");
    for header in [("if-match", "\"0x8D0000000000000\""), ("if-unmodified-since", past)] {
        get_with(&service, "/snapshots/a", &[header]).await.assert_refused(412, "ConditionNotMet");
    }
    for header in [("if-match", etag), ("if-unmodified-since", time), ("if-modified-since", past)] {
        assert_eq!(get_with(&service, "/snapshots/a", &[header]).await.status, StatusCode::OK, "{header:?}");
    }
}

#[tokio::test]
async fn a_download_under_way_gets_the_content_it_began_with() {
    let service = Service::start();
    let content = "0123456789".repeat(100_000);
    service.put("/snapshots/a", &content, &[]).await;
    let request = service.request(Method::GET, "/snapshots/a").body(Body::empty()).unwrap();
    let mut body = service.routes.clone().oneshot(request).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.len() <= 128 * 1024, "content is streamed");
    service.put("/snapshots/a", "new", &[]).await;
    let delete = service.request(Method::DELETE, "/snapshots/a");
    assert_eq!(service.send(delete, Body::empty()).await.status, StatusCode::ACCEPTED);
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!([first, rest].concat(), content.into_bytes());
    assert_eq!(service.files(), Vec::<PathBuf>::new(), "the last reader takes the old content with it");
}
