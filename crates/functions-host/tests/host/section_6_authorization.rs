//! The functions that each key opens, where keys are required.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::json;

use crate::rig::{Rig, ScriptRoot};

/// Makes one function for each level. Its name is the level's.
fn levels() -> ScriptRoot {
    ["anonymous", "user", "function", "system", "admin"].into_iter().fold(ScriptRoot::new(), |root, level| {
        let trigger =
            json!({ "type": "httpTrigger", "name": "req", "authLevel": level, "route": format!("l/{level}") });
        root.function(level, &json!([trigger, { "type": "http", "direction": "out", "name": "res" }]))
    })
}

async fn status(rig: &Rig, path: &str, header: Option<&str>) -> StatusCode {
    let request = header.into_iter().fold(Request::get(path), |request, key| request.header("x-functions-key", key));
    let (status, body) = rig.call(request.body(Body::empty()).unwrap()).await;
    assert!(status != StatusCode::UNAUTHORIZED || body.is_empty(), "{body}");
    status
}

/// Returns the key that the host printed for this name.
async fn printed_key(rig: &mut Rig, name: &str) -> String {
    rig.line(&format!("\t{name}: ")).await.text.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn section_6_each_key_opens_what_it_is_for() {
    let mut rig = levels().enforcing_keys().start().await;
    let master = printed_key(&mut rig, "master").await;
    assert_eq!(rig.host.master_key(), Some(master.as_str()));
    let host = printed_key(&mut rig, "every function").await;
    let another = printed_key(&mut rig, "anonymous").await;
    let own = printed_key(&mut rig, "function").await;
    let (open, shut) = (StatusCode::OK, StatusCode::UNAUTHORIZED);
    // The keys: none, a wrong one, another function's, its own, the host's, the master's.
    let keys =
        [None, Some("wrong"), Some(another.as_str()), Some(own.as_str()), Some(host.as_str()), Some(master.as_str())];
    let cases = [
        ("/api/l/anonymous", [open, open, open, open, open, open]),
        ("/api/l/function", [shut, shut, shut, open, open, open]),
        ("/api/l/user", [shut, shut, shut, shut, open, open]),
        ("/api/l/system", [shut, shut, shut, shut, shut, open]),
        ("/api/l/admin", [shut, shut, shut, shut, shut, open]),
        ("/admin/host/status", [shut, shut, shut, shut, shut, open]),
        ("/admin/functions", [shut, shut, shut, shut, shut, open]),
        ("/admin/host/ping", [open, open, open, open, open, open]),
        ("/api/l/unknown", [StatusCode::NOT_FOUND; 6]),
    ];
    for (path, expected) in cases {
        for (key, expected) in keys.iter().zip(expected) {
            assert_eq!(status(&rig, path, *key).await, expected, "{path} by header");
            let in_query = key.map_or_else(|| path.to_owned(), |key| format!("{path}?code={key}"));
            assert_eq!(status(&rig, &in_query, None).await, expected, "{path} by query");
        }
    }
    // The query counts only if there is no header.
    assert_eq!(status(&rig, &format!("/api/l/function?code={own}"), Some("wrong")).await, shut);
    let log = rig.rest_of_log().join("\n");
    assert!(log.contains("401 for a call of 'function', whose authLevel is \"function\""), "{log}");
    assert!(!log.contains(&own) && !log.contains(&master), "a key is in the log");
}

#[tokio::test]
async fn section_6_without_keys_every_level_is_open() {
    let mut rig = levels().start().await;
    for level in ["anonymous", "user", "function", "system", "admin"] {
        assert_eq!(status(&rig, &format!("/api/l/{level}"), None).await, StatusCode::OK, "{level}");
    }
    assert_eq!(status(&rig, "/admin/functions", None).await, StatusCode::OK);
    assert_eq!(rig.host.master_key(), None);
    assert!(!rig.rest_of_log().iter().any(|line| line.contains("Keys of this run")));
}
