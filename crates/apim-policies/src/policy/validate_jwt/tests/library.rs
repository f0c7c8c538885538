//! Compares the results with those of Microsoft.IdentityModel, token by token. The keys and tokens were made by other
//! libraries.

use serde_json::Value;

use super::{State, World, bearer};
use crate::rig::document;

/// The clock of the library's results, `2026-11-28T12:34:56.789Z`.
const CLOCK: &str = "2026-11-28T12:34:56.789Z";

#[tokio::test]
async fn tokens_are_judged_as_the_library_judges_them() {
    for row in include_str!("library.jsonl").lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let text = |name: &str| row[name].as_str().unwrap();
        let document = document(text("policy"), "<base />", "", "");
        let world = World::new();
        *world.now.lock().unwrap() = CLOCK.parse().unwrap();
        let outcome = world.run(&document, bearer(text("token")), &State::default()).await;
        let seen = outcome.last_error.as_ref().map_or("pass", |error| error.reason);
        let expected = text("expect");
        let agrees = if expected == "refused" { seen != "pass" } else { seen == expected };
        assert!(agrees, "{}: {seen} instead of {expected}: {:?}", text("name"), outcome.last_error);
    }
}
