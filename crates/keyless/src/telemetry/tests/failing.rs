//! Endpoints that are down, refuse, or are too busy.

use tracing::info;

use super::{
    collector::Collector,
    rig::{PARENT, Rig},
};
use crate::telemetry::exporter::Endpoints;

#[tokio::test]
async fn an_endpoint_that_is_down_delays_no_answer_and_what_waits_is_sent_later() {
    // No process listens on this port, which was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let collector = Collector::start().await;
    let traces = Some(format!("http://{address}/v1/traces").parse().unwrap());
    let logs = Some(format!("{}/v1/logs", collector.address).parse().unwrap());
    let rig = Rig::sending_to(Endpoints { traces, logs, metrics: None }, collector, None);
    rig.invoke(Some(PARENT), async { info!("said") }).await;
    rig.telemetry.flush().await;
    rig.telemetry.flush().await;
    assert_eq!(rig.collector.logs().len(), 1, "one signal does not wait for another");
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let late = Collector::on(listener);
    rig.telemetry.flush().await;
    assert_eq!(late.spans().len(), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let rig = Rig::with_identity().await;
    rig.collector.will(401, &[]);
    rig.invoke(Some(PARENT), async {}).await;
    rig.telemetry.flush().await;
    let got = rig.collector.until(|got| got.len() >= 3).await;
    let tokens: Vec<_> = got.iter().map(|got| (got.answered, got.headers["authorization"].to_str().unwrap())).collect();
    assert!(tokens.contains(&(401, "Bearer t1")) && tokens.contains(&(200, "Bearer t2")), "{tokens:?}");
    assert_eq!(rig.collector.spans().len(), 1);
    assert!(rig.collector.spans().iter().all(|span| span.text(5) == "orders"), "no span of the sending itself");
}

#[tokio::test]
async fn a_token_that_is_always_refused_loses_the_batch_and_nothing_else() {
    let rig = Rig::with_identity().await;
    for _ in 0..6 {
        rig.collector.will(401, &[]);
    }
    rig.invoke(Some(PARENT), async {}).await;
    rig.telemetry.flush().await;
    assert!(rig.collector.spans().is_empty());
    let asked = rig.collector.got().iter().filter(|got| got.path.ends_with("/traces")).count();
    assert!(asked <= 2, "{asked} requests for one batch");
    assert_eq!(rig.http.signals().unwrap().dropped(), 0, "it was told and counted");
}

#[tokio::test]
async fn a_busy_endpoint_gets_the_same_batch_again() {
    let rig = Rig::start().await;
    rig.collector.will(429, &[("retry-after", "0")]);
    rig.collector.will(503, &[("retry-after", "0")]);
    rig.invoke(Some(PARENT), async {}).await;
    let got = rig.collector.until(|got| got.iter().filter(|got| got.answered == 200).count() >= 2).await;
    let bodies = |answered: fn(u16) -> bool| {
        let traces = got.iter().filter(move |got| got.path.ends_with("/traces") && answered(got.answered));
        traces.map(|got| got.body.clone()).collect::<Vec<_>>()
    };
    let (refused, taken) = (bodies(|status| status != 200), bodies(|status| status == 200));
    assert_eq!(taken.len(), 1);
    assert!(refused.iter().all(|body| *body == taken[0]));
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_sent_in_parts() {
    let rig = Rig::start().await;
    rig.collector.takes_at_most(8 * 1024);
    rig.invoke(Some(PARENT), async {
        for number in 0..40 {
            info!(number, "{}", "x".repeat(1000));
        }
        info!("{}", "y".repeat(8 * 1024));
    })
    .await;
    rig.telemetry.flush().await;
    let logs = rig.collector.logs();
    let mut numbers: Vec<u64> = logs.iter().filter_map(|log| log.attribute(6, "number").parse().ok()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    assert_eq!(logs.len(), 40, "the one that is too large alone is dropped");
}

#[tokio::test]
async fn no_request_has_a_mebibyte() {
    let rig = Rig::start().await;
    rig.invoke(Some(PARENT), async {
        for _ in 0..400 {
            info!(a = "ü".repeat(2000), b = "z".repeat(2000), "{}", "x".repeat(2000));
        }
    })
    .await;
    rig.telemetry.flush().await;
    let got = rig.collector.got();
    let longest = got.iter().map(|got| got.body.len()).max().unwrap();
    assert!(longest < 1024 * 1024, "{longest}");
    assert_eq!(rig.collector.logs().len(), 400);
}

#[tokio::test]
async fn more_than_is_held_is_dropped_and_counted() {
    let rig = Rig::start().await;
    let count = 5000;
    rig.invoke(Some(PARENT), async move {
        for _ in 0..count {
            info!("said");
        }
    })
    .await;
    rig.telemetry.flush().await;
    let kept = rig.collector.logs().len();
    assert!(kept < count && kept >= 4096, "{kept}");
    rig.invoke(None, async {}).await;
    rig.telemetry.flush().await;
    let dropped = rig.collector.metric("keyless.telemetry.dropped").at(&[7, 1]).number(6);
    assert_eq!(usize::try_from(dropped).unwrap() + kept, count);
}
