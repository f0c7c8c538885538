use std::{future::pending, time::Duration};

use tokio::time::Instant as Running;

use super::*;
use crate::test_support::connection;

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_reported_before_the_host_gives_up() {
    let start = Running::now();
    let check = check(Service::Storage, &connection("https://st.blob.core.windows.net"), "s", pending()).await;
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert!(matches!(check.failure(), Some(Error::Unavailable { service: Service::Storage, .. })), "{check:?}");
    let shown = serde_json::to_value(&check).unwrap();
    assert_eq!((&shown["ready"], &shown["service"]), (&false.into(), &"Blob Storage".into()));
    assert!(shown["problem"].as_str().unwrap().contains("try again later"), "{shown}");
}
