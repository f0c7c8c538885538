//! Bodies and answers that take long: their limits, and the named side when a limit is reached. Time is paused.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::Request;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use reqwest::Response;
use tokio::time::{Instant, sleep};

use super::{
    super::{path::ApiPath, payload::Payload, send::paced},
    rig::{Rig, api},
};
use crate::{
    body::Body,
    error::{Cause, Error, Service},
    time_limits::TimeLimits,
};

const GATEWAY: Service = Service::ApiManagement;
const LIMITS: TimeLimits = TimeLimits::new(GATEWAY);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Makes `number` pieces, with a pause before each.
fn pieces(number: usize, pause: Duration) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::iter(0..number).then(move |_| async move {
        sleep(pause).await;
        Ok(Bytes::from_static(b"piece"))
    })
}

/// Runs a gateway that reads a piece of the body each `pause`, and answers after `answer`. Returns the number of pieces
/// read.
async fn sent(
    body: impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static,
    pause: Duration,
    answer: Duration,
) -> Result<usize, Error> {
    let mut payload = Payload::new(Body::from_stream(body), LIMITS.whole).await?;
    let flow = payload.flow();
    let gateway = async {
        let (mut body, mut read) = (payload.take(), 0);
        while let Some(piece) = body.frame().await {
            if piece.is_err() {
                return Err(flow.broken_off().unwrap());
            }
            read += 1;
            sleep(pause).await;
        }
        sleep(answer).await;
        Ok(read)
    };
    flow.limited(GATEWAY, LIMITS.whole, gateway).await
}

#[tokio::test(start_paused = true)]
async fn a_request_body_that_flows_has_the_time_it_takes_and_the_answer_its_own() {
    let start = Instant::now();
    assert_eq!(sent(pieces(300, SECOND), Duration::ZERO, 90 * SECOND).await.unwrap(), 300);
    assert_eq!(start.elapsed(), 390 * SECOND);
    assert_eq!(sent(pieces(10, Duration::ZERO), MINUTE, SECOND).await.unwrap(), 10, "a gateway that reads slowly");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_begin_in_time_is_the_gateways_fault() {
    let error = sent(pieces(1, SECOND), Duration::ZERO, 101 * SECOND).await.unwrap_err();
    let Error::Unavailable { service: GATEWAY, source, .. } = error else { panic!("{error:?}") };
    assert_eq!(source.to_string(), "it took longer than 100 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_its_caller_does_not_send_is_the_callers_fault() {
    let error = sent(pieces(1, SECOND).chain(stream::pending()), SECOND, SECOND).await.unwrap_err();
    let Error::Invalid(cause) = error else { panic!("{error:?}") };
    assert_eq!(cause.to_string(), "the body paused for longer than 100 seconds");
}

/// A small body that states its length and then does not arrive.
struct Stalled;

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(5)
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_body_that_its_caller_does_not_send_is_the_callers_fault_as_well() {
    let (_vault, api) = api("https://apim.azure-api.net");
    let start = Instant::now();
    for error in [
        api.forward(ApiPath::new("/orders").unwrap(), Request::put("/").body(Stalled).unwrap()).await.unwrap_err(),
        api.put("/orders").body(Body::new(Stalled)).send().await.unwrap_err(),
    ] {
        let Error::Invalid(cause) = error else { panic!("{error:?}") };
        assert_eq!(cause.to_string(), "the body paused for longer than 100 seconds");
    }
    assert_eq!(start.elapsed(), 2 * LIMITS.whole);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_the_gateway_does_not_read_is_the_gateways_fault() {
    let error = sent(pieces(10, SECOND), 101 * SECOND, SECOND).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: GATEWAY, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gets_no_place_ends_at_the_limit_of_a_whole_call_and_says_so() {
    let (_vault, api) = api("https://apim.azure-api.net");
    let _all = api.in_flight().all();
    let flowing = || axum::body::Body::from_stream(pieces(300, SECOND));
    let path = || ApiPath::new("/orders").unwrap();
    let start = Instant::now();
    for error in [
        api.get("/orders").send().await.unwrap_err(),
        api.post("/orders").body("kept").send().await.unwrap_err(),
        api.post("/orders").body(Body::new(flowing())).send().await.unwrap_err(),
        api.forward(path(), Request::put("/").body(flowing()).unwrap()).await.unwrap_err(),
    ] {
        let Error::Unavailable { service: GATEWAY, source, .. } = error else { panic!("{error:?}") };
        assert!(matches!(*source, Cause::NoPlace(512)), "{source}");
    }
    assert_eq!(start.elapsed(), 4 * LIMITS.whole);
}

/// Reads an answer with this body, as a caller does.
async fn read(body: impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static) -> Result<Bytes, Error> {
    let response = http::Response::new(reqwest::Body::wrap_stream(body));
    paced(GATEWAY, LIMITS, Response::from(response)).into_body().bytes(10_000).await
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_flows_has_the_time_it_takes_with_pauses_of_up_to_three_minutes() {
    assert_eq!(read(pieces(300, SECOND)).await.unwrap().len(), 1500);
    assert_eq!(read(pieces(3, 2 * MINUTE)).await.unwrap().len(), 15);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_is_the_gateways_fault() {
    let error = read(pieces(1, SECOND).chain(stream::pending())).await.unwrap_err();
    let Error::Unavailable { service: GATEWAY, source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(*source, Cause::Paused(pause) if pause == 3 * MINUTE), "{source}");
}

#[tokio::test]
async fn a_body_that_its_caller_breaks_off_is_not_the_gateways_error() {
    let rig = Rig::start().await;
    let broken = stream::iter([Ok(Bytes::from_static(b"piece")), Err(io::Error::other("the caller is gone"))]);
    let error = rig.forward(Request::put("/"), axum::body::Body::from_stream(broken)).await.unwrap_err();
    let Error::Invalid(cause) = error else { panic!("{error:?}") };
    assert!(matches!(*cause, Cause::BrokenOff(_)), "{cause}");
}
