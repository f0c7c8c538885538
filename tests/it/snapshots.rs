//! Snapshots that are read back: in pages, by slot, whole, in part, or not at all.

use local_azure::journal::Service;
use reqwest::Response;
use serde_json::Value;

use crate::{
    rig::{Rig, plain_client},
    storage,
};

async fn get(rig: &Rig, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = plain_client().get(rig.url(&format!("/api/snapshots/{path}")));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

async fn write(rig: &Rig, name: &str, body: &[u8]) {
    storage::write(&rig.azure, &format!("snapshots/{name}"), body).await;
}

#[tokio::test]
async fn pages_follow_one_another_newest_first_over_months_and_past_foreign_blobs() {
    let rig = Rig::start().await;
    for name in ["2025/11/30/235959Z", "2026/01/01/000000Z", "2026/01/31/120000Z", "2026/03/01/000001Z"] {
        write(&rig, &format!("orders/{name}.json"), b"{}").await;
    }
    write(&rig, "orders/.keep", b"").await;
    write(&rig, "orders/2026/01/readme.txt", b"").await;
    write(&rig, "other/2026/01/01/000000Z.json", b"").await;
    let (mut slots, mut query) = (Vec::new(), "orders?limit=2".to_owned());
    for pages in 1.. {
        let page: Value = get(&rig, &query, &[]).await.json().await.unwrap();
        slots.extend(page["snapshots"].as_array().unwrap().iter().map(|one| one["slot"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else {
            assert_eq!(pages, 2, "{page}");
            break;
        };
        query = format!("orders?limit=2&before={next}");
    }
    assert_eq!(slots, ["2026-03-01T00:00:01Z", "2026-01-31T12:00:00Z", "2026-01-01T00:00:00Z", "2025-11-30T23:59:59Z"]);
    assert_eq!(get(&rig, "orders?before=yesterday", &[]).await.status(), 400);
}

/// Returns the number of calls of Storage that a caller's request costs.
async fn calls_of_storage(rig: &Rig, path: &str) -> (Value, usize) {
    let before = rig.answers().len();
    let page = get(rig, path, &[]).await.json().await.unwrap();
    let calls = rig.answers().into_iter().skip(before).filter(|entry| entry.service == Service::BlobStorage).count();
    (page, calls)
}

#[tokio::test]
async fn no_time_makes_a_request_cost_more_than_a_few_calls() {
    let rig = Rig::start().await;
    write(&rig, "orders/2026/01/31/120000Z.json", b"{}").await;
    write(&rig, "orders/1926/01/31/120000Z.json", b"{}").await;
    for before in ["9999-12-30T00:00:00Z", "2100-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "1990-01-01T00:00:00Z"] {
        let (_, calls) = calls_of_storage(&rig, &format!("orders?limit=1&before={before}")).await;
        assert!(calls < 60, "{calls} calls for {before}");
    }
    // The next request continues where the previous one stopped.
    let (mut query, mut slots) = ("orders".to_owned(), Vec::new());
    for _ in 0..10 {
        let (page, calls) = calls_of_storage(&rig, &query).await;
        assert!(calls < 60, "{calls} calls for {query}");
        slots.extend(page["snapshots"].as_array().unwrap().iter().map(|one| one["slot"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("orders?before={next}");
    }
    assert_eq!(slots, ["2026-01-31T12:00:00Z", "1926-01-31T12:00:00Z"]);
}

#[tokio::test]
async fn the_latest_is_found_however_old_it_is() {
    let rig = Rig::start().await;
    write(&rig, "orders/1999/12/31/235959Z.json", b"old").await;
    assert_eq!(get(&rig, "orders/latest", &[]).await.text().await.unwrap(), "old");
}

#[tokio::test]
async fn a_slot_is_read_by_its_time_and_the_latest_without() {
    let rig = Rig::start().await;
    write(&rig, "orders/2026/01/31/120000Z.json", b"older").await;
    write(&rig, "orders/2026/03/01/000001Z.json", b"newer").await;
    for (which, expected) in [("latest", "newer"), ("2026-01-31T12:00:00Z", "older"), ("20260131T120000Z", "older")] {
        let answer = get(&rig, &format!("orders/{which}"), &[]).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, expected), "{which}");
    }
    for missing in ["2026-01-31T12:00:01Z", "oldest"] {
        assert_eq!(get(&rig, &format!("orders/{missing}"), &[]).await.status(), 404, "{missing}");
    }
}

#[tokio::test]
async fn a_part_is_sent_alone_and_what_the_caller_has_is_not_sent_again() {
    let rig = Rig::start().await;
    let large: Vec<u8> = (0..9_000_000_u32).map(|at| (at % 251) as u8).collect();
    write(&rig, "orders/2026/03/01/000001Z.json", &large).await;
    let whole = get(&rig, "orders/latest", &[]).await;
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let modified = whole.headers()["last-modified"].to_str().unwrap().to_owned();
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    assert_eq!(whole.headers()["content-length"], "9000000");
    assert!(whole.bytes().await.unwrap() == large, "the whole arrives whole");

    let part = get(&rig, "orders/latest", &[("range", "bytes=4000000-8999999"), ("if-range", &etag)]).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 4000000-8999999/9000000");
    assert_eq!(part.headers()["content-length"], "5000000");
    assert!(part.bytes().await.unwrap() == large[4_000_000..], "the part is the part");
    let end = get(&rig, "orders/latest", &[("range", "bytes=-3")]).await;
    assert_eq!((end.status().as_u16(), end.bytes().await.unwrap().as_ref()), (206, &large[8_999_997..]));
    let beyond = get(&rig, "orders/latest", &[("range", "bytes=9000000-")]).await;
    assert_eq!(
        (beyond.status().as_u16(), beyond.headers()["content-range"].to_str().unwrap()),
        (416, "bytes */9000000")
    );

    for known in [("if-none-match", etag.as_str()), ("if-modified-since", &modified)] {
        let answer = get(&rig, "orders/latest", &[known]).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["etag"].to_str().unwrap()), (304, etag.as_str()));
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
    }
    assert_eq!(get(&rig, "orders/latest", &[("if-match", "\"other\"")]).await.status(), 412);
}

#[tokio::test]
async fn an_empty_snapshot_is_read_back_too() {
    let rig = Rig::start().await;
    write(&rig, "orders/2026/03/01/000001Z.json", b"").await;
    let answer = get(&rig, "orders/latest", &[]).await;
    assert_eq!((answer.status().as_u16(), answer.bytes().await.unwrap().len()), (200, 0));
}
