//! The host's telemetry arrives through the relay with a token. Nothing else arrives.

use tokio::net::TcpListener;

use super::rig::Rig;
use crate::telemetry::relay;

async fn start() -> (Rig, String) {
    let rig = Rig::with_identity().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(relay::serve(listener, rig.telemetry.0.clone().unwrap()));
    (rig, address)
}

#[tokio::test]
async fn what_the_host_sends_arrives_with_the_apps_token() {
    let (rig, address) = start().await;
    rig.collector.will(401, &[]);
    let client = reqwest::Client::new();
    for signal in ["traces", "logs", "metrics"] {
        let call = client.post(format!("{address}/v1/{signal}")).header("authorization", "Bearer of-the-host");
        let answer = call.header("content-type", "application/x-protobuf").body(signal).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{signal}");
    }
    let got = rig.collector.got();
    let taken: Vec<_> = got.iter().filter(|got| got.answered == 200).collect();
    assert_eq!(taken.len(), 3);
    for (got, signal) in taken.iter().zip(["traces", "logs", "metrics"]) {
        assert_eq!((got.path.as_str(), &got.body[..]), (format!("/v1/{signal}").as_str(), signal.as_bytes()));
        assert_eq!(got.headers["authorization"], "Bearer t2", "the first one was refused");
    }
}

#[tokio::test]
async fn an_answer_of_the_endpoint_is_the_hosts() {
    let (rig, address) = start().await;
    rig.collector.will(429, &[("retry-after", "7")]);
    let call = reqwest::Client::new().post(format!("{address}/v1/logs")).header("content-type", "application/json");
    let answer = call.body("{}").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"7".parse().unwrap()));
}

#[tokio::test]
async fn what_a_web_page_or_a_stranger_sends_is_refused_and_goes_nowhere() {
    let (rig, address) = start().await;
    let client = reqwest::Client::new();
    let post = |path: &str| client.post(format!("{address}{path}")).header("content-type", "application/x-protobuf");
    for (call, status) in [
        (post("/v1/traces").header("host", "evil.example:4318"), 403),
        (post("/v1/traces").header("host", "127.0.0.1.evil.example"), 403),
        (post("/v1/traces").header("origin", "https://evil.example"), 403),
        (post("/v1/traces").header("origin", "null"), 403),
        (post("/v1/other"), 404),
        (post("//v1/traces"), 404),
        (client.get(format!("{address}/v1/traces")), 405),
        (client.post(format!("{address}/v1/traces")).header("content-type", "text/plain"), 415),
        (client.post(format!("{address}/v1/traces")), 415),
        (post("/v1/traces").body(vec![0; 1024 * 1024 + 1]), 413),
    ] {
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), status, "{}", answer.text().await.unwrap());
    }
    assert!(rig.collector.got().is_empty());
    let whole = post("/v1/traces").body(vec![0; 1024 * 1024]).send().await.unwrap();
    assert_eq!(whole.status(), 200);
}
