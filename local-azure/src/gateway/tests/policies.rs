//! What policies and their expressions see of a request, and what comes of it on the wire.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use http::Request;
use tempfile::TempDir;

use super::Rig;
use crate::seed::{NamedBackend, OperationResponse, Seed};

/// A gateway whose orders API has this document; the folder must outlive it.
async fn rig(
    inbound: &str,
    outbound: &str,
    fragments: &[(&str, &str)],
    change: impl FnOnce(&mut Seed),
) -> (Rig, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &Path, text: &str| {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    let document = format!(
        "<policies><inbound>{inbound}</inbound><backend><base /></backend><outbound>{outbound}</outbound><on-error />\
         </policies>"
    );
    write(&folder.path().join("apis/orders.xml"), &document);
    for (id, text) in fragments {
        write(&folder.path().join(format!("fragments/{id}.xml")), text);
    }
    let rig = Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        change(seed);
    })
    .await;
    (rig, folder)
}

#[tokio::test]
async fn expressions_know_the_request_and_its_place_in_the_service() {
    let facts = [
        "context.Api.Id",
        "context.Operation.Id",
        "context.Operation.UrlTemplate",
        "context.Product.Id",
        "context.Subscription.Id",
        "context.Request.MatchedParameters[\"id\"]",
        "context.Request.OriginalUrl.ToString()",
        "context.Request.Url.Path",
        "context.Request.Url.Query.GetValueOrDefault(\"q\", \"\")",
        "context.Request.IpAddress",
        "context.Deployment.GatewayId",
        "context.Response.StatusCode",
        "context.Request.Body.As<string>(preserveContent: true)",
    ];
    let body = format!("<set-body>@(string.Join(\"|\", new object[] {{ {} }}))</set-body>", facts.join(", "));
    let (rig, _folder) =
        rig("", &format!("<set-status code=\"202\" reason=\"As You Wish\" />{body}"), &[], |_| {}).await;
    let mut request = rig.request("/orders/a%2Fb?q=1").map(|_| "hello".to_owned());
    *request.method_mut() = http::Method::GET;
    let answer = rig.send(request).await;
    assert_eq!(answer.status, 202);
    assert_eq!(
        answer.body,
        "orders|get-order|/{id}|internal|keyless-functions|a/b|https://apim-keyless.azure-api.net/orders/a%2Fb?q=1|\
         /base/a%2Fb|1|127.0.0.1|managed|202|hello"
    );
    assert_eq!(&rig.received()[0].1[..], b"hello");
}

#[tokio::test]
async fn a_backend_of_the_seed_can_be_named_and_a_fragment_included() {
    let fragment = "<fragment><set-backend-service backend-id=\"second\" /></fragment>";
    let include = "<include-fragment fragment-id=\"route\" />";
    let (rig, _folder) = rig(include, "", &[("route", fragment)], |seed| {
        let url = seed.apim.apis[0].backend.url.clone().unwrap().join("/second").unwrap();
        seed.apim.backends.push(NamedBackend { id: "second".to_owned(), url: Some(url), ..NamedBackend::default() });
    })
    .await;
    assert_eq!(rig.send(rig.request("/orders/7?a=b")).await.status, 200);
    assert_eq!(rig.received()[0].0.uri, "/second/7?a=b");
}

#[tokio::test]
async fn a_host_that_is_not_in_the_seed_is_not_called() {
    let (rig, _folder) = rig("<set-backend-service base-url=\"https://example.com\" />", "", &[], |_| {}).await;
    let answer = rig.send(rig.request("/orders")).await;
    assert_eq!(answer.status, 500);
    let reason = answer.decision.reason.unwrap();
    assert!(reason.contains("the host \"example.com\" is not in the seed"), "{reason}");
}

#[tokio::test]
async fn a_trace_says_what_each_policy_decided_without_tokens_and_keys() {
    let inbound = "<choose><when condition=\"@(context.Request.Method == \"GET\")\"><trace source=\"t\">\
        @(context.Request.Headers[\"Authorization\"][0] + \" \" + context.Request.Headers[\"Ocp-Apim-Subscription-Key\"][0])\
        </trace></when></choose>";
    let (rig, _folder) = rig(inbound, "<set-status code=\"203\" />", &[], |_| {}).await;
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    rig.world.api_management.policy_trace.send_to(move |line| sink.lock().unwrap().push(line.to_owned()));
    rig.send(rig.request("/orders/7?secret=1")).await;
    rig.send(Request::get("/orders").body(String::new()).unwrap()).await;
    let backend = rig.world.seed.apim.apis[0].backend.url.clone().unwrap();
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "API Management  GET /orders/7  203",
            "  inbound   api        choose: when[1] is true",
            "  inbound   api        choose[1]/when[1]/trace: Verbose from t: Bearer (token) (key)",
            &format!("  backend   global     forward-request: sends GET {backend}7"),
            "  backend   global     forward-request: the backend answered 200",
            "  outbound  api        set-status: 203 Non Authoritative Information",
            "API Management  GET /orders  401  Access denied due to missing subscription key. Make sure to include \
             subscription key when making requests to an API.",
        ]
    );
}

#[tokio::test]
async fn an_operation_answers_with_its_own_example() {
    let (rig, _folder) = rig("<mock-response />", "", &[], |seed| {
        seed.apim.apis[0].operations[0].responses = vec![OperationResponse {
            status: 200,
            content_type: "application/json".to_owned(),
            example: Some("[{\"id\":1}]".to_owned()),
            ..OperationResponse::default()
        }];
    })
    .await;
    let answer = rig.send(rig.request("/orders")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "[{\"id\":1}]"));
    assert_eq!(answer.headers["content-type"], "application/json");
    // The other operation has none.
    let answer = rig.send(rig.request("/orders/7")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(!answer.headers.contains_key("content-type"));
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn requests_that_wait_holds_are_on_their_way_together() {
    // Each is answered only when the other has come, too.
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let backend = axum::Router::new().fallback(async move || {
        both.wait().await;
        "here"
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, backend).await });
    let send = |variable: &str| {
        format!(
            "<send-request response-variable-name=\"{variable}\"><set-url>{url}/{variable}</set-url>\
             <set-method>GET</set-method></send-request>"
        )
    };
    let body = "<return-response><set-body>@(((IResponse)context.Variables[\"a\"]).Body.As<string>() + \
        ((IResponse)context.Variables[\"b\"]).Body.As<string>())</set-body></return-response>";
    let inbound = format!("<wait for=\"all\">{}{}</wait>{body}", send("a"), send("b"));
    let (rig, _folder) = rig(&inbound, "", &[], |_| {}).await;
    let answer = rig.send(rig.request("/orders")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "herehere"), "{:?}", answer.decision.reason);
}
