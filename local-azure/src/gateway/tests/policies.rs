//! The parts of a request that policies and their expressions see, and their effect on the wire.

use std::{path::Path, sync::Arc};

use tempfile::TempDir;

use super::Rig;
use crate::seed::{NamedBackend, OperationResponse, Seed};

/// Starts a gateway whose orders API has this document; the folder must outlive it.
pub(super) async fn rig(
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
    // The other operation has no example.
    let answer = rig.send(rig.request("/orders/7")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(!answer.headers.contains_key("content-type"));
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn requests_that_wait_holds_are_on_their_way_together() {
    // Each request is answered only after the other has arrived, too.
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

#[tokio::test]
async fn what_the_seed_documents_of_an_operation_is_validated() {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("order.json");
    std::fs::write(&file, "{ \"type\": \"object\", \"required\": [\"id\"] }").unwrap();
    let inbound = "<validate-parameters specified-parameter-action=\"prevent\" unspecified-parameter-action=\"ignore\" />\
        <validate-content unspecified-content-type-action=\"prevent\" max-size=\"100\" size-exceeded-action=\"prevent\">\
        <content type=\"application/json\" validate-as=\"json\" action=\"prevent\" /></validate-content>";
    let (rig, _folder) = rig(inbound, "", &[], |seed| {
        let operation: crate::seed::Operation = toml::from_str(
            r#"
            id = "list-orders"
            method = "POST"
            template = "/"
            parameters = [{ name = "limit", in = "query", required = true, schema = { type = "integer" } }]
            requests = [{ content_type = "application/json", schema = "order" }]
            "#,
        )
        .unwrap();
        seed.apim.schemas = vec![crate::seed::ApimSchema { id: "order".to_owned(), file: file.clone() }];
        seed.apim.apis[0].operations[0] = operation;
    })
    .await;
    for (path, body, status) in [
        ("/orders?limit=1", "{\"id\":1}", 200),
        ("/orders?limit=x", "{\"id\":1}", 400),
        ("/orders", "{\"id\":1}", 400),
        ("/orders?limit=1", "{}", 400),
    ] {
        let mut request = rig.request(path).map(|_| body.to_owned());
        *request.method_mut() = http::Method::POST;
        request.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        assert_eq!(rig.send(request).await.status, status, "{path} {body}");
    }
}

#[tokio::test]
async fn the_backend_is_told_its_own_host_unless_a_policy_names_another() {
    let named = "<set-header name=\"Host\"><value>@(context.Request.OriginalUrl.Host)</value></set-header>";
    let skipped = "<set-header name=\"Host\" exists-action=\"skip\"><value>other.test</value></set-header>";
    let deleted = "<set-header name=\"Host\" exists-action=\"delete\" />";
    for (inbound, expected) in [
        ("", "127.0.0.1:"),
        (named, "keyless.azure-api.net"),
        (skipped, "127.0.0.1:"),
        (&format!("{named}{deleted}"), "127.0.0.1:"),
    ] {
        let (rig, _folder) = rig(inbound, "", &[], |_| {}).await;
        let mut request = rig.request("/orders");
        request.headers_mut().insert("host", http::HeaderValue::from_static("client.test"));
        rig.send(request).await;
        let host = rig.received()[0].0.headers["host"].to_str().unwrap().to_owned();
        assert!(host.contains(expected), "{inbound}: {host}");
    }
}

#[tokio::test]
async fn the_backend_sees_who_called_whatever_a_policy_does() {
    let delete = "<set-header name=\"X-Forwarded-For\" exists-action=\"delete\" />";
    for (inbound, expected) in [("", "203.0.113.9, 127.0.0.1"), (delete, "127.0.0.1")] {
        let (rig, _folder) = rig(inbound, "", &[], |_| {}).await;
        let mut request = rig.request("/orders");
        request.headers_mut().insert("x-forwarded-for", http::HeaderValue::from_static("203.0.113.9"));
        rig.send(request).await;
        assert_eq!(rig.received()[0].0.headers["x-forwarded-for"], expected);
    }
}
