//! The refused requests, with the check that refuses each. Nothing of a refused request is kept.

use jiff::Timestamp;

use super::*;
use crate::issuer::{self, SignWith};

fn body() -> Vec<u8> {
    request(2, &[span([1; 16], 1, None, "span")])
}

async fn post_with(rig: &Rig, authorization: &str) -> MonitorAnswer {
    rig.send("POST", &rig.path(TRACES), &[("authorization", authorization), PROTOBUF], body()).await
}

fn assert_nothing_kept(rig: &Rig) {
    let telemetry = rig.world.telemetry();
    assert!(telemetry.spans().is_empty() && telemetry.logs().is_empty() && telemetry.metrics().is_empty());
}

#[tokio::test]
async fn a_token_that_is_missing_or_wrong_in_any_way_is_refused_with_401() {
    let rig = Rig::new();
    let answer = rig.send("POST", &rig.path(TRACES), &[PROTOBUF], body()).await;
    assert_eq!((answer.status, &answer.headers["www-authenticate"]), (401, &http::HeaderValue::from_static("Bearer")));
    let writer = rig.world.seed.identity("id-keyless-writer").unwrap();
    let forged = |claim: &str, value: Value, with| {
        let mut claims = issuer::claims(&rig.world.entra, writer, MONITOR, Timestamp::now()).unwrap();
        claims.insert(claim.to_owned(), value);
        format!("Bearer {}", rig.world.entra.signing_keys.sign(&claims, true, with).unwrap())
    };
    let (signed, signature) = (rig.token(), "AAAA");
    let altered = format!("{}{signature}", &signed[..signed.len() - signature.len()]);
    let audience = bearer(&rig.world, "id-keyless-writer", "https://vault.azure.net");
    for (authorization, why) in [
        (audience.as_str(), "the token is for https://vault.azure.net"),
        (&forged("exp", 1_700_000_000.into(), SignWith::Active), "the token is expired"),
        (&altered, "signature is wrong"),
        ("Bearer opaque", "not a JWT"),
    ] {
        let answer = post_with(&rig, authorization).await;
        assert_eq!(answer.status, 401);
        assert!(answer.message().contains(why), "{}", answer.message());
        assert_eq!(rig.last_entry().decision.reason.as_deref(), Some(answer.message()));
    }
    assert_nothing_kept(&rig);
}

#[tokio::test]
async fn an_identity_without_the_role_on_the_rule_is_refused_with_403() {
    let refused = |rig: &Rig| {
        let rule = &rig.world.seed.data_collection_rules[0].immutable_id;
        format!(
            "The authentication token provided does not have access to ingest data for the data collection rule with \
             immutable Id '{rule}'."
        )
    };
    let rig = Rig::new();
    let answer = post_with(&rig, &bearer(&rig.world, "id-keyless-reader", MONITOR)).await;
    assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (403, Some("OperationFailed")));
    assert_eq!(answer.message(), refused(&rig));
    assert_eq!(rig.last_entry().decision.identity.as_deref(), Some("id-keyless-reader"));
    assert_nothing_kept(&rig);

    // The role of an owner gives no right to send to the rule.
    let rig = Rig::with(|seed| {
        let is_publisher = |one: &&mut crate::seed::RoleAssignment| one.scope.data_collection_rule.is_some();
        seed.role_assignments.iter_mut().find(is_publisher).unwrap().role = "Owner".to_owned();
    });
    let answer = post_with(&rig, &rig.token()).await;
    assert_eq!((answer.status, answer.message()), (403, refused(&rig).as_str()));

    // The role on another rule gives no right either.
    let rig = Rig::with(|seed| {
        let mut other = seed.data_collection_rules[0].clone();
        other.name = "dcr-other".to_owned();
        other.immutable_id = format!("dcr-{}", "0".repeat(32));
        seed.data_collection_rules.push(other);
    });
    let path = rig
        .path(TRACES)
        .replace(&rig.world.seed.data_collection_rules[0].immutable_id, &format!("dcr-{}", "0".repeat(32)));
    let token = rig.token();
    assert_eq!(rig.send("POST", &path, &[("authorization", &token), PROTOBUF], body()).await.status, 403);
    assert_eq!(post_with(&rig, &token).await.status, 204);
}

#[tokio::test]
async fn an_unknown_rule_and_an_unknown_path_are_refused_with_404() {
    let rig = Rig::new();
    let token = rig.token();
    let headers = [("authorization", token.as_str()), PROTOBUF];
    let unknown = format!("/dataCollectionRules/dcr-{}/streams/{TRACES}", "f".repeat(32));
    let answer = rig.send("POST", &unknown, &headers, body()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.message(), format!("Data collection rule with immutable Id 'dcr-{}' not found.", "f".repeat(32)));
    for path in [
        rig.path("microsoft-otlp-traces/otlp/v1/traces"),
        rig.path("Microsoft-OTLP-Traces/otlp/v1/logs"),
        rig.path("Microsoft-OTLP-Traces/otlp/v2/traces"),
        "/v1/traces".to_owned(),
    ] {
        let answer = rig.send("POST", &path, &headers, body()).await;
        assert_eq!(answer.status, 404);
        assert!(answer.message().starts_with(&format!("local-azure does not know {path} ")), "{}", answer.message());
    }
    // Each host accepts its own signals only.
    let response =
        rig.metrics.clone().oneshot(Request::post(rig.path(TRACES)).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 404);
    let response =
        rig.logs.clone().oneshot(Request::post(rig.path(METRICS)).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_nothing_kept(&rig);
}

#[tokio::test]
async fn more_than_a_mebibyte_is_refused_with_413_also_when_it_is_zipped() {
    let rig = Rig::new();
    // Makes a text so long that the whole message has `bytes` bytes.
    let logs = |bytes: usize| {
        let whole = |text: usize| request(2, &[[fixed(1, 1), field(5, field(1, vec![b'x'; text]))].concat()]);
        let around = whole(bytes - 100).len() - (bytes - 100);
        let message = whole(bytes - around);
        assert_eq!(message.len(), bytes);
        message
    };
    assert_eq!(rig.post(LOGS, &[PROTOBUF], logs(1_048_576)).await.status, 204);
    assert_eq!(rig.world.telemetry().logs().len(), 1);
    assert_eq!(rig.post(LOGS, &[PROTOBUF], logs(1_048_577)).await.status, 413);
    let zipped = [PROTOBUF, ("content-encoding", "gzip")];
    assert_eq!(rig.post(LOGS, &zipped, gzip(&logs(1_048_576))).await.status, 204);
    let answer = rig.post(LOGS, &zipped, gzip(&logs(1_048_577))).await;
    assert_eq!((answer.status, answer.message()), (413, "the body has more than 1,048,576 bytes when it is unzipped"));
    assert_eq!(rig.world.telemetry().logs().len(), 2);
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_400_and_another_type_with_415() {
    let rig = Rig::new();
    for (headers, body, status) in [
        (vec![PROTOBUF], b"{\"resourceSpans\":[]}".to_vec(), 400),
        (vec![PROTOBUF], request(2, &[span([0; 16], 1, None, "no trace")]), 400),
        (vec![PROTOBUF], request(2, &[[field(1, [1; 3]), field(2, [1; 8])].concat()]), 400),
        (vec![PROTOBUF], vec![0x0a, 0xff], 400),
        (vec![PROTOBUF, ("content-encoding", "gzip")], b"not gzip".to_vec(), 400),
        (vec![PROTOBUF, ("content-encoding", "br")], Vec::new(), 415),
        (vec![JSON], b"{}".to_vec(), 415),
        (vec![("content-type", "application/grpc")], Vec::new(), 415),
        (vec![], Vec::new(), 415),
    ] {
        let answer = rig.post(TRACES, &headers, body).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
        assert!(!answer.message().is_empty());
    }
    for json in ["{", r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"zz"}]}]}]}"#] {
        assert_eq!(rig.post(LOGS, &[JSON], json.into()).await.status, 400, "{json}");
    }
    let token = rig.token();
    let answer = rig.send("GET", &rig.path(TRACES), &[("authorization", &token)], Vec::new()).await;
    assert_eq!((answer.status, &answer.headers["allow"]), (405, &http::HeaderValue::from_static("POST")));
    let path = format!("{}?api-version=2023-01-01", rig.path(LOGS));
    assert_eq!(rig.send("POST", &path, &[("authorization", &token), PROTOBUF], Vec::new()).await.status, 400);
    assert_nothing_kept(&rig);
}
