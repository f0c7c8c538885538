//! A token and a key in memory are sent without a copy of either.

use futures_util::FutureExt as _;

use super::rig::Rig;

#[tokio::test]
async fn what_is_in_memory_is_found_and_shown_without_an_allocation() {
    let rig = Rig::start().await;
    rig.get().await.unwrap();
    let credentials = &rig.api.0.credentials;
    let mut headers = None;
    let counted = allocation_counter::measure(|| {
        let shown = credentials.current().now_or_never().unwrap().unwrap();
        headers = shown.headers();
    });
    let [token, key] = headers.unwrap();
    assert_eq!((token.to_str().unwrap(), key.to_str().unwrap()), ("Bearer t1", "k1"));
    assert!(token.is_sensitive() && key.is_sensitive());
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

/// Checks the counter itself: the SDK gets a boxed copy of the token.
#[tokio::test]
async fn what_the_sdk_gets_is_copied() {
    let rig = Rig::start().await;
    rig.get().await.unwrap();
    let (credential, scope) = (rig.api.connection().credential(), rig.api.0.credentials.scope().to_owned());
    let counted = allocation_counter::measure(|| {
        assert!(credential.get_token(&[&scope], None).now_or_never().unwrap().is_ok());
    });
    assert_eq!(counted.count_total, 2, "a future, a text: {counted:?}");
}
