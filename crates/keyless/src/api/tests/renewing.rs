//! Renewals after a 401: a new key and a new token, each once.

use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes};
use futures_util::{future::join_all, stream};
use http::Request;

use super::rig::{Rig, answer, bad_key, bad_token};
use crate::error::{Error, Service};

fn shown(rig: &Rig) -> Vec<(String, String)> {
    let seen = rig.gateway.seen();
    seen.iter().map(|seen| seen.credentials()).map(|(token, key)| (token.to_owned(), key.to_owned())).collect()
}

fn pair(token: &str, key: &str) -> (String, String) {
    (format!("Bearer {token}"), key.to_owned())
}

#[tokio::test]
async fn a_rotated_key_is_read_again_and_the_call_succeeds() {
    let rig = Rig::start().await;
    rig.get().await.unwrap();
    *rig.vault.key.lock().unwrap() = "k2";
    rig.gateway.will([bad_key()]);
    rig.get().await.unwrap();
    assert_eq!(shown(&rig), [pair("t1", "k1"), pair("t1", "k1"), pair("t1", "k2")]);
}

#[tokio::test]
async fn callers_at_a_rotation_all_get_the_new_key_and_the_vault_is_asked_once_more() {
    let rig = Rig::start().await;
    rig.get().await.unwrap();
    *rig.vault.key.lock().unwrap() = "k2";
    rig.gateway.will((0..20).map(|_| bad_key()));
    // Calls that begin late have the new key at once, and the gateway of this test refuses that key too.
    let calls = join_all((0..20).map(|_| rig.get())).await;
    assert!(calls.iter().any(Result::is_ok));
    assert_eq!(rig.vault.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_key_that_is_wrong_in_the_vault_does_not_make_each_call_two() {
    let rig = Rig::start().await;
    rig.gateway.will((0..10).map(|_| bad_key()));
    for _ in 0..10 {
        let error = rig.get().await.unwrap_err();
        assert!(matches!(error, Error::Refused { service: Service::ApiManagement, .. }), "{error:?}");
    }
    assert_eq!(rig.gateway.seen().len(), 10);
    assert_eq!(rig.vault.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let rig = Rig::start().await;
    rig.gateway.will([bad_token()]);
    rig.get().await.unwrap();
    assert_eq!(shown(&rig), [pair("t1", "k1"), pair("t2", "k1")]);
}

#[tokio::test]
async fn a_gateway_that_refuses_every_token_gets_two_and_then_one_a_call() {
    let rig = Rig::start().await;
    rig.gateway.will((0..4).map(|_| bad_token()));
    for _ in 0..3 {
        let error = rig.get().await.unwrap_err();
        let Error::Refused { source, .. } = error else { panic!("{error:?}") };
        assert!(source.to_string().starts_with("it said: Invalid JWT.; of our token, "), "{source}");
    }
    assert_eq!(shown(&rig), [pair("t1", "k1"), pair("t2", "k1"), pair("t2", "k1"), pair("t2", "k1")]);
}

#[tokio::test]
async fn key_and_token_may_both_be_renewed_for_one_call_of_any_method() {
    let rig = Rig::start().await;
    rig.get().await.unwrap();
    *rig.vault.key.lock().unwrap() = "k2";
    rig.gateway.will([bad_key(), bad_token(), answer(201, &[], "made")]);
    let made = rig.forward(Request::post("/"), Body::from("an order")).await.unwrap();
    assert_eq!(made.status(), 201);
    let seen = rig.gateway.seen();
    let sent: Vec<_> = seen.iter().skip(1).map(|seen| (seen.credentials(), seen.body.as_ref())).collect();
    let order = b"an order".as_slice();
    assert_eq!(sent, [(("Bearer t1", "k1"), order), (("Bearer t1", "k2"), order), (("Bearer t2", "k2"), order)]);
}

#[tokio::test]
async fn a_stream_is_sent_once_and_the_next_call_has_the_new_token() {
    let rig = Rig::start().await;
    rig.gateway.will([bad_token()]);
    let chunks = stream::iter([Ok::<_, std::io::Error>(Bytes::from("a")), Ok(Bytes::from("b"))]);
    let error = rig.forward(Request::put("/"), Body::from_stream(chunks)).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    rig.get().await.unwrap();
    assert_eq!(shown(&rig), [pair("t1", "k1"), pair("t2", "k1")]);
}
