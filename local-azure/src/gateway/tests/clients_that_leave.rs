//! Clients that leave before their request is complete: the answer has no reader, but `on-error` and the journal get
//! the reason.

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::Rig;
use crate::journal::Decision;

/// Shows the values that `on-error` sees.
const SHOW: &str = "<set-header name=\"x-error\"><value>@(context.LastError.Source + \" \" + context.LastError.Reason + \
    \" \" + context.LastError.Section + \" \" + context.Response.StatusCode)</value></set-header>";

/// Starts a gateway whose orders API accepts a POST and has this inbound policy, and this backend if one is given.
async fn start(inbound: &str, backend: Option<String>) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("apis")).unwrap();
    let document = format!(
        "<policies><inbound>{inbound}</inbound><backend><base /></backend><outbound /><on-error>{SHOW}</on-error>\
         </policies>"
    );
    std::fs::write(folder.path().join("apis/orders.xml"), document).unwrap();
    Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        seed.apim.apis[0].operations[0].method = "POST".to_owned();
        if let Some(url) = backend {
            seed.apim.apis[0].backend.url = Some(url.parse().unwrap());
        }
    })
    .await
}

/// Sends the beginning of a request, and leaves when `seen` completes. Returns the gateway's journal entry.
async fn leave(rig: &Rig, seen: impl Future<Output = ()>) -> (String, Decision) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (answers, mut answered) = mpsc::unbounded_channel();
    let gateway = rig.gateway.clone().layer(from_fn(move |request: Request, next: Next| {
        let answers = answers.clone();
        async move {
            let response: Response = next.run(request).await;
            let error = response.headers().get("x-error").map(|value| value.to_str().unwrap().to_owned());
            answers.send((error, response.extensions().get::<Decision>().cloned())).unwrap();
            response
        }
    }));
    tokio::spawn(async move { axum::serve(listener, gateway).await });
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /orders HTTP/1.1\r\nHost: apim-keyless.azure-api.net\r\nOcp-Apim-Subscription-Key: {}\r\n\
         Content-Length: 10\r\n\r\nhalf",
        rig.key()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    seen.await;
    drop(client);
    let (error, decision) = answered.recv().await.unwrap();
    (error.unwrap(), decision.unwrap())
}

#[tokio::test]
async fn while_a_policy_reads_the_body() {
    let rig = start("<set-body>@(context.Request.Body.As<string>() + \"!\")</set-body>", None).await;
    let (error, decision) = leave(&rig, async {}).await;
    assert_eq!(error, "set-body ClientConnectionFailure inbound 500");
    let reason = decision.reason.unwrap();
    assert!(reason.starts_with("ClientConnectionFailure: the request's body: "), "{reason}");
    assert_eq!((decision.allowed_by, decision.identity), (None, None));
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn while_the_body_goes_to_the_backend() {
    let backend = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", backend.local_addr().unwrap());
    let rig = start("", Some(url)).await;
    // A backend that reads, and waits for the rest of the request.
    let (error, decision) = leave(&rig, async {
        let (mut connection, _) = backend.accept().await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(b"half") {
            assert!(connection.read_buf(&mut received).await.unwrap() > 0);
        }
        tokio::spawn(async move { connection.read_to_end(&mut received).await });
    })
    .await;
    assert_eq!(error, "forward-request ClientConnectionFailure backend 500");
    let reason = decision.reason.unwrap();
    assert!(reason.starts_with("ClientConnectionFailure: the request's body: "), "{reason}");
}

/// A backend that hangs up has another reason.
#[tokio::test]
async fn a_backend_that_leaves_is_not_the_client() {
    let backend = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", backend.local_addr().unwrap());
    let rig = start("", Some(url)).await;
    tokio::spawn(async move { drop(backend.accept().await) });
    let mut request = rig.request("/orders").map(|_| "whole".to_owned());
    *request.method_mut() = http::Method::POST;
    let answer = rig.send(request).await;
    assert_eq!(answer.headers["x-error"], "forward-request BackendConnectionFailure backend 500");
    assert!(answer.decision.reason.unwrap().starts_with("BackendConnectionFailure: no answer from 127.0.0.1:"));
}
