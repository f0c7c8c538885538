//! Snapshots, versions, and restored blobs.

use super::*;

fn service_with(versioning: bool, days: Option<u16>) -> Service {
    Service::from_world(world_where(|seed| {
        seed.role_assignments[1].scope.container = None;
        seed.role_assignments[1].role = "Storage Blob Data Owner".to_owned();
        seed.storage_accounts[0].versioning = versioning;
        seed.storage_accounts[0].delete_retention_days = days;
    }))
}

async fn delete(service: &Service, path: &str, headers: &[(&str, &str)]) -> BlobAnswer {
    let request = service.request(Method::DELETE, path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    service.send(request, Body::empty()).await
}

async fn listed(service: &Service, include: &str) -> String {
    let path = format!("/snapshots?restype=container&comp=list&include={include}");
    let answer = service.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.text().to_owned()
}

#[tokio::test]
async fn a_snapshot_stays_as_the_blob_was() {
    let service = service_with(false, None);
    service.put("/snapshots/a", "first", &[("x-ms-meta-k", "v")]).await;
    let taken = service.put("/snapshots/a?comp=snapshot", "", &[]).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let id = taken.header("x-ms-snapshot").to_owned();
    assert_eq!((id.len(), id.ends_with('Z')), ("2026-01-01T00:00:00.0000000Z".len(), true), "{id}");
    service.put("/snapshots/a", "second", &[]).await;
    let service = service.restart();
    let snapshot = service.get(&format!("/snapshots/a?snapshot={id}")).await;
    assert_eq!((snapshot.text(), snapshot.header("x-ms-meta-k")), ("first", "v"));
    assert_eq!(service.get("/snapshots/a").await.text(), "second");
    let list = listed(&service, "Snapshots").await;
    assert_eq!(list.matches("<Blob>").count(), 2, "{list}");
    assert!(list.find(&format!("<Snapshot>{id}</Snapshot>")) < list.rfind("<Name>a</Name>"), "the blob comes last");
    assert_eq!(listed(&service, "metadata").await.matches("<Blob>").count(), 1);
    let grouped = service.get("/snapshots?restype=container&comp=list&include=snapshots&delimiter=/").await;
    grouped.assert_refused(400, "InvalidQueryParameterValue");
    service.get("/snapshots/a?snapshot=2020-01-01T00:00:00.0000000Z").await.assert_refused(404, "BlobNotFound");

    delete(&service, "/snapshots/a", &[]).await.assert_refused(409, "SnapshotsPresent");
    assert_eq!(
        delete(&service, "/snapshots/a", &[("x-ms-delete-snapshots", "only")]).await.status,
        StatusCode::ACCEPTED
    );
    service.get(&format!("/snapshots/a?snapshot={id}")).await.assert_refused(404, "BlobNotFound");
    assert_eq!(service.get("/snapshots/a").await.text(), "second");
    service.put("/snapshots/a?comp=snapshot", "", &[]).await;
    assert_eq!(
        delete(&service, "/snapshots/a", &[("x-ms-delete-snapshots", "include")]).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(service.files(), Vec::<PathBuf>::new(), "nothing is left of them");
    service.put("/snapshots/a?comp=snapshot", "", &[]).await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn the_pages_that_changed_since_a_snapshot_are_told() {
    let service = service_with(false, None);
    service.put("/snapshots/p", "", &[("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "4096")]).await;
    let write = async |range: &str, kind: &str, length: usize| {
        let headers = [("x-ms-page-write", kind), ("x-ms-range", range)];
        let answer = service.put("/snapshots/p?comp=page", &"x".repeat(length), &headers).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    };
    write("bytes=0-1023", "update", 1024).await;
    let id = service.put("/snapshots/p?comp=snapshot", "", &[]).await.header("x-ms-snapshot").to_owned();
    write("bytes=512-1023", "clear", 0).await;
    write("bytes=2048-2559", "update", 512).await;
    let service = service.restart();
    let changed = service.get(&format!("/snapshots/p?comp=pagelist&prevsnapshot={id}")).await;
    let expected = "<PageList><ClearRange><Start>512</Start><End>1023</End></ClearRange>\
        <PageRange><Start>2048</Start><End>2559</End></PageRange></PageList>";
    assert!(changed.text().ends_with(expected), "{}", changed.text());
    let same = service.get(&format!("/snapshots/p?comp=pagelist&snapshot={id}&prevsnapshot={id}")).await;
    assert!(same.text().ends_with("<PageList></PageList>"), "{}", same.text());
}

#[tokio::test]
async fn one_snapshot_is_deleted_alone() {
    let service = service_with(false, None);
    service.put("/snapshots/a", "content", &[]).await;
    let ids: Vec<String> = {
        let one = service.put("/snapshots/a?comp=snapshot", "", &[]).await;
        let other = service.put("/snapshots/a?comp=snapshot", "", &[("x-ms-meta-own", "words")]).await;
        [one, other].iter().map(|answer| answer.header("x-ms-snapshot").to_owned()).collect()
    };
    assert_ne!(ids[0], ids[1]);
    let path = |id: &str| format!("/snapshots/a?snapshot={id}");
    assert_eq!(service.get(&path(&ids[1])).await.header("x-ms-meta-own"), "words");
    assert_eq!(delete(&service, &path(&ids[0]), &[]).await.status, StatusCode::ACCEPTED);
    service.get(&path(&ids[0])).await.assert_refused(404, "BlobNotFound");
    assert_eq!(service.get(&path(&ids[1])).await.text(), "content");
    assert_eq!(service.get("/snapshots/a").await.text(), "content");
}

#[tokio::test]
async fn an_account_without_them_has_no_versions_and_nothing_to_bring_back() {
    let service = service_with(false, None);
    let written = service.put("/snapshots/a", "content", &[]).await;
    assert!(!written.headers.contains_key("x-ms-version-id"));
    assert!(!service.get("/snapshots/a").await.headers.contains_key("x-ms-is-current-version"));
    // .NET asks for this with `BlobStates.All` and `BlobTraits.All`.
    let include = "copy,metadata,tags,immutabilitypolicy,legalhold,snapshots,uncommittedblobs,deleted,versions,deletedwithversions";
    let list = listed(&service, &include.replace(',', "%2C").to_ascii_uppercase()).await;
    assert_eq!(list.matches("<Blob>").count(), 1, "{list}");
    assert_eq!(service.put("/snapshots/a?comp=undelete", "", &[]).await.status, StatusCode::OK);
    let gone = delete(&service, "/snapshots/a", &[]).await;
    assert_eq!(gone.header("x-ms-delete-type-permanent"), "true");
    service.put("/snapshots/a?comp=undelete", "", &[]).await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn each_write_makes_a_version() {
    let service = service_with(true, None);
    let first = service.put("/snapshots/a", "first", &[]).await.header("x-ms-version-id").to_owned();
    let second = service.put("/snapshots/a", "second", &[]).await.header("x-ms-version-id").to_owned();
    let third = service.put("/snapshots/a?comp=metadata", "", &[("x-ms-meta-k", "v")]).await;
    assert_ne!(third.header("x-ms-version-id"), second);
    let service = service.restart();
    let current = service.get("/snapshots/a").await;
    assert_eq!((current.text(), current.header("x-ms-is-current-version")), ("second", "true"));
    let old = service.get(&format!("/snapshots/a?versionid={first}")).await;
    assert_eq!((old.text(), old.header("x-ms-version-id")), ("first", first.as_str()));
    assert!(!old.headers.contains_key("x-ms-is-current-version"));
    let list = listed(&service, "versions").await;
    assert_eq!(list.matches("<VersionId>").count(), 3, "{list}");
    assert_eq!(list.matches("<IsCurrentVersion>true</IsCurrentVersion>").count(), 1);

    assert_eq!(delete(&service, "/snapshots/a", &[]).await.status, StatusCode::ACCEPTED);
    service.get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
    assert_eq!(service.get(&format!("/snapshots/a?versionid={second}")).await.text(), "second");
    assert_eq!(listed(&service, "").await.matches("<Blob>").count(), 0);
    assert!(listed(&service, "deletedwithversions").await.contains("<HasVersionsOnly>true</HasVersionsOnly>"));
    assert_eq!(delete(&service, &format!("/snapshots/a?versionid={first}"), &[]).await.status, StatusCode::ACCEPTED);
    service.get(&format!("/snapshots/a?versionid={first}")).await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn a_list_of_versions_comes_in_pages() {
    let service = service_with(true, None);
    for content in ["1", "2", "3", "4", "5"] {
        service.put("/snapshots/a", content, &[]).await;
    }
    let (mut seen, mut marker) = (Vec::new(), String::new());
    loop {
        let path = format!("/snapshots?restype=container&comp=list&include=versions&maxresults=2&marker={marker}");
        let answer = service.get(&path).await;
        let ids = answer.text().split("<VersionId>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
        seen.extend(ids);
        match answer.text().split_once("<NextMarker>") {
            Some((_, rest)) => marker = rest.split('<').next().unwrap().to_owned(),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (5, &sorted));
}

#[tokio::test]
async fn a_deleted_blob_comes_back() {
    let service = service_with(false, Some(7));
    service.put("/snapshots/a", "first", &[]).await;
    service.put("/snapshots/a", "content", &[("x-ms-meta-k", "v")]).await;
    let gone = delete(&service, "/snapshots/a", &[]).await;
    assert_eq!(gone.header("x-ms-delete-type-permanent"), "false");
    let service = service.restart();
    service.get("/snapshots/a").await.assert_refused(404, "BlobNotFound");
    assert_eq!(listed(&service, "").await.matches("<Blob>").count(), 0);
    let list = listed(&service, "deleted").await;
    assert!(list.contains("<Name>a</Name><Deleted>true</Deleted>"), "{list}");
    assert!(list.contains("<RemainingRetentionDays>"), "{list}");
    assert_eq!(service.put("/snapshots/a?comp=undelete", "", &[]).await.status, StatusCode::OK);
    let back = service.get("/snapshots/a").await;
    assert_eq!((back.text(), back.header("x-ms-meta-k")), ("content", "v"));
    service.put("/snapshots/nowhere?comp=undelete", "", &[]).await.assert_refused(404, "BlobNotFound");
}

#[tokio::test]
async fn what_the_archive_holds_cannot_be_read() {
    let service = service_with(false, None);
    service.put("/snapshots/a", "content", &[]).await;
    let tier = async |tier: &str| service.put("/snapshots/a?comp=tier", "", &[("x-ms-access-tier", tier)]).await.status;
    assert_eq!(tier("Archive").await, StatusCode::OK);
    service.get("/snapshots/a").await.assert_refused(409, "BlobArchived");
    service.put("/snapshots/a", "new", &[]).await.assert_refused(409, "BlobArchived");
    let head = || service.send(service.request(Method::HEAD, "/snapshots/a"), Body::empty());
    assert_eq!(head().await.header("x-ms-access-tier"), "Archive");
    assert!(head().await.headers.contains_key("x-ms-access-tier-change-time"));
    assert_eq!(tier("Cool").await, StatusCode::ACCEPTED);
    assert_eq!(head().await.header("x-ms-archive-status"), "rehydrate-pending-to-cool");
    assert_eq!(head().await.header("x-ms-rehydrate-priority"), "Standard");
    service.get("/snapshots/a").await.assert_refused(409, "BlobBeingRehydrated");
    let bad = [("x-ms-access-tier", "Hot"), ("x-ms-rehydrate-priority", "Soon")];
    service.put("/snapshots/a?comp=tier", "", &bad).await.assert_refused(400, "InvalidHeaderValue");
}

#[tokio::test]
async fn the_services_properties_tell_how_long_a_deleted_blob_is_kept() {
    for (days, policy) in [(None, "<Enabled>false</Enabled>"), (Some(7), "<Enabled>true</Enabled><Days>7</Days>")] {
        let service = Service::from_world(world_where(|seed| {
            seed.role_assignments[1].scope.container = None;
            seed.role_assignments[1].role = "Reader".to_owned();
            seed.storage_accounts[0].delete_retention_days = days;
        }));
        let answer = service.get("/?restype=service&comp=properties").await;
        let expected = format!("<DeleteRetentionPolicy>{policy}</DeleteRetentionPolicy>");
        assert!(answer.text().contains(&expected), "{}", answer.text());
    }
}
