//! Searches by tags, and conditions on them.

use super::*;

async fn owner() -> Service {
    let service = Service::from_world(world_where(|seed| {
        seed.role_assignments[1].scope.container = None;
        seed.role_assignments[1].role = "Storage Blob Data Owner".to_owned();
    }));
    service.put("/other?restype=container&comp=", "", &[]).await;
    for (path, tags) in [
        ("/snapshots/a", "project=one&year=2025"),
        ("/snapshots/b", "project=one&year=2026"),
        ("/snapshots/c", "project=two"),
        ("/other/a", "project=one"),
    ] {
        let answer = service.put(path, "content", &[("x-ms-tags", tags)]).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text());
    }
    service
}

fn found(answer: &BlobAnswer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.text().split("<Blob><Name>").skip(1).map(|rest| rest[..rest.find('<').unwrap()].to_owned()).collect()
}

async fn find(service: &Service, path: &str, expression: &str) -> BlobAnswer {
    let expression: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
    service.get(&format!("{path}comp=blobs&where={expression}")).await
}

#[tokio::test]
async fn blobs_are_found_by_their_tags() {
    let service = owner().await;
    let all = find(&service, "/?", "project = 'one'").await;
    assert_eq!(found(&all), ["a", "a", "b"]);
    assert!(all.text().contains("<Where>project = &apos;one&apos;</Where>"), "{}", all.text());
    assert!(all.text().contains(
        "<Blob><Name>a</Name><ContainerName>other</ContainerName><Tags><TagSet><Tag><Key>project</Key><Value>one</Value>"
    ));
    assert!(!all.text().contains("year"), "only the tags that the expression names are shown");
    assert_eq!(found(&find(&service, "/?", "@container = 'snapshots' AND project = 'one'").await), ["a", "b"]);
    let container = "/snapshots?restype=container&";
    assert_eq!(found(&find(&service, container, "project = 'one' AND year > '2025'").await), ["b"]);
    let first = find(&service, "/?maxresults=2&", "project = 'one'").await;
    assert_eq!(found(&first), ["a", "a"]);
    let marker = first.text().split_once("<NextMarker>").unwrap().1.split('<').next().unwrap();
    assert_eq!(found(&find(&service, &format!("/?marker={marker}&"), "project = 'one'").await), ["b"]);
}

#[tokio::test]
async fn a_search_that_is_not_understood_is_refused_with_its_place() {
    let service = owner().await;
    for (path, expression, reason) in [
        ("/?", "project = one", "Error parsing query at or near character position 11: unexpected &apos;one&apos;"),
        (
            "/snapshots?restype=container&",
            "@container = 'snapshots'",
            "Error parsing query: Cannot have container in both uri and query",
        ),
    ] {
        let answer = find(&service, path, expression).await;
        answer.assert_refused(400, "InvalidQueryParameterValue");
        assert!(answer.text().contains(&format!("<Reason>{reason}</Reason>")), "{}", answer.text());
    }
    service.get("/?comp=blobs").await.assert_refused(400, "MissingRequiredQueryParameter");
    find(&service, "/nothing?restype=container&", "a = 'b'").await.assert_refused(404, "ContainerNotFound");
}

#[tokio::test]
async fn a_condition_on_tags_holds_for_reads_and_writes() {
    let service = owner().await;
    let read = |method: Method, value: &'static str| {
        service.send(service.request(method, "/snapshots/a").header("x-ms-if-tags", value), Body::empty())
    };
    assert_eq!(read(Method::GET, "project = 'one' OR year = '1'").await.text(), "content");
    assert_eq!(read(Method::HEAD, "project <> 'two'").await.status, StatusCode::OK);
    // A read is refused like a write, not answered 304.
    read(Method::GET, "project = 'two'").await.assert_refused(412, "ConditionNotMet");
    assert_eq!(read(Method::HEAD, "project = 'two'").await.status, StatusCode::PRECONDITION_FAILED);
    let bad = read(Method::GET, "project = two").await;
    bad.assert_refused(400, "InvalidHeaderValue");
    assert!(bad.text().contains("<HeaderName>x-ms-if-tags</HeaderName>"), "{}", bad.text());
    let stale = [("x-ms-if-tags", "project = 'two'"), ("x-ms-meta-k", "v")];
    service.put("/snapshots/a?comp=metadata", "", &stale).await.assert_refused(412, "ConditionNotMet");
    service.put("/snapshots/new", "x", &[("x-ms-if-tags", "a = 'b'")]).await.assert_refused(412, "ConditionNotMet");
    let delete = service.request(Method::DELETE, "/snapshots/a").header("x-ms-if-tags", "year = '2025'");
    assert_eq!(service.send(delete, Body::empty()).await.status, StatusCode::ACCEPTED);
}
