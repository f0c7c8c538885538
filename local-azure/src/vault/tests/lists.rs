//! Lists: their contents, and the order of their pages.

use super::*;
use crate::world::World;

/// Returns the items of each page, following `nextLink` as clients do.
async fn pages(world: &Arc<World>, path: &str) -> Vec<Vec<Value>> {
    let mut path = path.to_owned();
    let mut pages = Vec::new();
    loop {
        let answer = call(world, "GET", &path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        pages.push(answer.body["value"].as_array().unwrap().clone());
        assert!(pages.len() < 100, "the pages do not end");
        match &answer.body["nextLink"] {
            Value::Null => return pages,
            link => path = link.as_str().unwrap().strip_prefix(&format!("{ORIGIN}:443")).unwrap().to_owned(),
        }
    }
}

fn ids(pages: &[Vec<Value>]) -> Vec<&str> {
    pages.iter().flatten().map(|item| item["id"].as_str().unwrap()).collect()
}

async fn with_secrets(count: usize) -> Arc<World> {
    let world = officers_world(|seed| seed.vaults[0].secrets.clear());
    for n in 0..count {
        set(&world, &format!("n-{n:02}"), "v").await;
    }
    world
}

#[tokio::test]
async fn a_list_shows_everything_but_values_and_versions() {
    let world = officers_world(|seed| seed.vaults[0].secrets.clear());
    let said = json!({ "value": "v", "contentType": "a", "tags": { "x": "1" }, "attributes": { "exp": 5 } });
    call(&world, "PUT", "/secrets/Made", said).await;
    call(&world, "PUT", "/secrets/other", json!({ "value": "v", "attributes": { "enabled": false } })).await;
    let answer = call(&world, "GET", "/secrets", Value::Null).await.body;
    insta::assert_json_snapshot!(answer, {
        ".value[].attributes.created" => "[time]", ".value[].attributes.updated" => "[time]"
    });
}

#[tokio::test]
async fn a_list_comes_in_pages_of_25() {
    let world = with_secrets(51).await;
    let pages = pages(&world, "/secrets").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 1]);
    let expected: Vec<_> = (0..51).map(|n| format!("{ORIGIN}/secrets/n-{n:02}")).collect();
    assert_eq!(ids(&pages), expected);
}

#[tokio::test]
async fn a_client_may_ask_for_fewer() {
    let world = with_secrets(4).await;
    let first = call(&world, "GET", "/secrets?api-version=7.3&maxresults=2", Value::Null).await.body;
    let link = first["nextLink"].as_str().unwrap();
    assert!(link.starts_with(&format!("{ORIGIN}:443/secrets?api-version=7.3&$skiptoken=")), "{link}");
    assert!(link.ends_with("&maxresults=2"), "{link}");
    let pages = pages(&world, "/secrets?api-version=7.3&maxresults=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2], "no page follows when nothing does");
}

#[tokio::test]
async fn what_is_deleted_leaves_gaps_in_pages() {
    let world = with_secrets(5).await;
    for name in ["n-00", "n-01", "n-03"] {
        call(&world, "DELETE", &format!("/secrets/{name}"), Value::Null).await;
    }
    let live = pages(&world, "/secrets?api-version=7.4&maxresults=2").await;
    assert_eq!(live.iter().map(Vec::len).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(ids(&live), [format!("{ORIGIN}/secrets/n-02"), format!("{ORIGIN}/secrets/n-04")]);
    let deleted = pages(&world, "/deletedsecrets?api-version=7.4&maxresults=2").await;
    assert_eq!(deleted.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 0]);
    let item = &deleted[1][0];
    assert_eq!(item["id"], format!("{ORIGIN}/secrets/n-03"));
    assert_eq!(item["recoveryId"], format!("{ORIGIN}/deletedsecrets/n-03"));
    assert!(item["deletedDate"].is_i64() && item["scheduledPurgeDate"].is_i64());
}

#[tokio::test]
async fn a_page_is_not_disturbed_by_what_happens_meanwhile() {
    let world = with_secrets(4).await;
    let first = call(&world, "GET", "/secrets?api-version=7.4&maxresults=2", Value::Null).await.body;
    let link = first["nextLink"].as_str().unwrap().strip_prefix(&format!("{ORIGIN}:443")).unwrap();
    call(&world, "DELETE", "/secrets/n-01", Value::Null).await;
    call(&world, "DELETE", "/deletedsecrets/n-01", Value::Null).await;
    set(&world, "a-new-one", "v").await;
    let second = call(&world, "GET", link, Value::Null).await.body;
    assert_eq!(
        ids(&[second["value"].as_array().unwrap().clone()]),
        ["n-02", "n-03"].map(|n| format!("{ORIGIN}/secrets/{n}"))
    );
}

#[tokio::test]
async fn versions_are_listed_by_their_ids() {
    let world = officers_world(|_| {});
    let mut versions = Vec::new();
    for value in ["1", "2", "3", "4", "5"] {
        versions.push(set(&world, "made", value).await);
    }
    versions.sort();
    let pages = pages(&world, "/secrets/made/versions?api-version=7.4&maxresults=2").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let expected: Vec<_> = versions.iter().map(|version| format!("{ORIGIN}/secrets/made/{version}")).collect();
    assert_eq!(ids(&pages), expected);
    assert!(pages.iter().flatten().all(|item| item.get("value").is_none()));
}

#[tokio::test]
async fn what_does_not_exist_has_no_versions() {
    let world = officers_world(|_| {});
    let nothing = json!({ "value": [], "nextLink": null });
    assert_eq!(call(&world, "GET", "/secrets/nothing/versions", Value::Null).await.body, nothing);
    vault(&world).delete("orders-subscription-key").unwrap();
    assert_eq!(call(&world, "GET", "/secrets/orders-subscription-key/versions", Value::Null).await.body, nothing);
}
