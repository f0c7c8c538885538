//! The entries of the journal and of `--trace` for each policy that ran.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::{backend, policies::rig, seed};
use crate::{
    azure::LocalAzure,
    journal::{Entry, Journal, PolicyEnd, Service},
    seed::{CircuitBreaker, NamedBackend, PoolMember, Seed},
};

/// Starts a whole local Azure, whose orders API has these policy files.
async fn start(files: &[(&str, &str)], change: impl FnOnce(&mut Seed)) -> LocalAzure {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let (url, _) = backend().await;
    let mut seed = seed();
    seed.apim.policies = folder.path().to_owned();
    seed.apim.apis[0].backend.sample = None;
    seed.apim.apis[0].backend.url = Some(url.parse().unwrap());
    change(&mut seed);
    assert_eq!(seed.check(), [""; 0]);
    LocalAzure::start(seed).await.unwrap()
}

fn key(azure: &LocalAzure) -> String {
    azure.world().api_management.subscription_keys.of("keyless-functions").unwrap().primary
}

/// Calls the API and returns its journal entry.
async fn call(azure: &LocalAzure, token: &str) -> Entry {
    let request = Request::get("https://apim-keyless.azure-api.net/orders/7")
        .header("Ocp-Apim-Subscription-Key", key(azure))
        .header("Authorization", format!("Bearer {token}"));
    azure.world().network.send(request.body(Body::empty()).unwrap()).await.unwrap();
    last(azure.journal())
}

fn last(journal: &Journal) -> Entry {
    journal.entries().into_iter().rfind(|entry| entry.service == Service::ApiManagement).unwrap()
}

fn document(inbound: &str, outbound: &str, on_error: &str) -> String {
    format!(
        "<policies>\n<inbound><base />{inbound}</inbound>\n<backend><base /></backend>\n<outbound>{outbound}</outbound>\n\
         <on-error><base />{on_error}</on-error></policies>"
    )
}

/// Returns policy, place, outcome and end of each policy run.
fn policies(entry: &Entry) -> Vec<(&str, &str, &str, PolicyEnd)> {
    let policies = entry.decision.policies.iter();
    policies.map(|one| (one.policy.as_str(), one.place.as_str(), one.outcome.as_str(), one.end)).collect()
}

#[tokio::test]
async fn the_journal_says_of_each_policy_where_it_stands_what_it_saw_and_what_it_decided() {
    let global = "<policies><inbound />\n<backend><forward-request timeout=\"@(20 + 10)\" /></backend><outbound />\
                  <on-error /></policies>";
    let inbound = "\n<choose><when condition=\"@(context.Request.MatchedParameters[\"id\"] == \"7\")\">\n\
                   <include-fragment fragment-id=\"mark\" /></when></choose>";
    let fragment =
        "<fragment>\n<set-header name=\"x-caller\"><value>@(context.Subscription.Id)</value></set-header></fragment>";
    let files =
        [("global.xml", global), ("apis/orders.xml", &document(inbound, "", "")), ("fragments/mark.xml", fragment)];
    let azure = start(&files, |_| {}).await;
    let entry = call(&azure, "none").await;
    assert_eq!(entry.status, 200);
    let mut shown = serde_json::to_value(&entry).unwrap()["policies"].take();
    for policy in shown.as_array_mut().unwrap() {
        let time = policy["microseconds"].take();
        assert!(time.as_u64().is_some_and(|time| time < 60_000_000), "{time}");
    }
    let forwarded = shown[3]["outcome"].take();
    let url = azure.world().seed().apim.apis[0].backend.url.clone().unwrap();
    assert_eq!(forwarded, format!("sends GET {url}7; the backend answered 200"));
    let api = "apis/orders.xml";
    assert_eq!(
        shown,
        json!([
            { "policy": "choose", "section": "inbound", "scope": "api", "place": format!("{api}:3"), "end": "passed",
              "values": [{ "name": "condition", "value": "True" }], "outcome": "when[1] is true", "microseconds": null },
            { "policy": "include-fragment", "section": "inbound", "scope": "api", "place": format!("{api}:4"),
              "path": "choose[1]/when[1]", "outcome": "", "end": "passed", "microseconds": null },
            { "policy": "set-header", "section": "inbound", "scope": "fragment", "place": "fragments/mark.xml:2",
              "path": "choose[1]/when[1]", "values": [{ "name": "value", "value": "keyless-functions" }],
              "outcome": "override x-caller", "end": "passed", "microseconds": null },
            { "policy": "forward-request", "section": "backend", "scope": "global", "place": "global.xml:2",
              "values": [{ "name": "timeout", "value": "30" }], "outcome": Value::Null, "end": "passed",
              "microseconds": null },
        ])
    );
    assert_eq!(
        serde_json::from_value::<Entry>(serde_json::to_value(&entry).unwrap()).unwrap().decision.policies.len(),
        4
    );
}

#[tokio::test]
async fn a_refusal_an_answer_of_a_policy_and_an_error_leave_their_policies_in_the_journal() {
    let jwt = "\n<validate-jwt header-name=\"Authorization\"><openid-config \
               url=\"https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration\" /></validate-jwt>";
    let on_error = "<set-header name=\"x\"><value>@(context.LastError.Reason)</value></set-header>";
    let azure = start(&[("apis/orders.xml", &document(jwt, "", on_error))], |_| {}).await;
    let entry = call(&azure, "0paque-and-1nvalid-t0ken").await;
    assert_eq!(entry.status, 401);
    let [refused, error] = &policies(&entry)[..] else { panic!("{entry:?}") };
    assert_eq!((refused.0, refused.1, refused.3), ("validate-jwt", "apis/orders.xml:3", PolicyEnd::Failed));
    assert!(refused.2.starts_with("failed: "), "{refused:?}");
    assert_eq!(entry.decision.reason.as_deref(), refused.2.strip_prefix("failed: "));
    assert_eq!((error.0, error.2), ("set-header", "override x"));

    let answer = "<choose><when condition=\"true\"><return-response><set-status code=\"403\" />\
                  </return-response></when></choose>";
    let azure = start(&[("apis/orders.xml", &document(answer, "", ""))], |_| {}).await;
    let entry = call(&azure, "none").await;
    assert_eq!(entry.status, 403);
    assert_eq!(
        policies(&entry),
        [
            ("choose", "apis/orders.xml:2", "when[1] is true", PolicyEnd::Answered),
            ("return-response", "apis/orders.xml:2", "403 Forbidden; answers 403", PolicyEnd::Answered),
        ]
    );
    assert_eq!(entry.decision.reason.as_deref(), Some("return-response in apis/orders.xml:2 answers 403 Forbidden"));

    let fails = "<set-variable name=\"x\" value=\"@(int.Parse(&quot;x&quot;))\" />";
    let azure = start(&[("apis/orders.xml", &document("", fails, ""))], |_| {}).await;
    let entry = call(&azure, "none").await;
    assert_eq!(entry.status, 500);
    let [forward, failed] = &policies(&entry)[..] else { panic!("{entry:?}") };
    assert_eq!((forward.0, forward.1), ("forward-request", "the global document that every service begins with"));
    assert_eq!(failed.3, PolicyEnd::Failed);
    assert!(failed.2.starts_with("failed: ExpressionValueEvaluationFailure: "), "{failed:?}");

    // The request is refused before any policy; only on-error runs.
    let request = Request::get("https://apim-keyless.azure-api.net/orders/7").body(Body::empty()).unwrap();
    azure.world().network.send(request).await.unwrap();
    let entry = last(azure.journal());
    assert_eq!((entry.status, entry.decision.policies.len()), (401, 0));
    assert!(entry.decision.reason.unwrap().starts_with("Access denied due to missing subscription key."));
}

#[tokio::test]
async fn a_closed_pool_says_why_nobody_was_asked() {
    let pool = "<set-backend-service backend-id=\"all\" />";
    let breaker =
        CircuitBreaker { failures: 1, interval: 60, statuses: vec![[200, 299]], trip: 60, accept_retry_after: false };
    let azure = start(&[("apis/orders.xml", &document(pool, "", ""))], |seed| {
        let url = seed.apim.apis[0].backend.url.clone();
        let one = NamedBackend { id: "one".to_owned(), url, circuit_breaker: Some(breaker), ..NamedBackend::default() };
        let members = vec![PoolMember { backend: "one".to_owned(), priority: 1, weight: 1 }];
        let all = NamedBackend { id: "all".to_owned(), pool: members, ..NamedBackend::default() };
        seed.apim.backends.extend([one, all]);
    })
    .await;
    let entry = call(&azure, "none").await;
    assert_eq!((entry.status, entry.decision.reason), (200, None));
    let entry = call(&azure, "none").await;
    let closed = "Backend pool 'all' is temporarily unavailable.";
    assert_eq!((entry.status, entry.decision.reason.as_deref()), (503, Some(closed)));
    assert_eq!(entry.decision.policies.last().unwrap().outcome, closed);
}

#[tokio::test]
async fn no_token_key_or_secret_named_value_enters_the_journal() {
    let set = |expression: &str| format!("<set-variable name=\"v\" value=\"@({expression})\" />");
    let dump = "string.Join(&quot;;&quot;, context.Request.Headers.Select(h => h.Key + &quot;=&quot; + h.Value[0]))";
    let inbound = [
        set(dump),
        set("&quot;{{partner}}&quot;.Substring(2)"),
        set("context.Subscription.PrimaryKey"),
        set("context.Request.Headers.GetValueOrDefault(&quot;Authorization&quot;,&quot;&quot;).AsJwt().Id"),
        "<authentication-managed-identity resource=\"https://vault.azure.net\" output-token-variable-name=\"t\" />"
            .to_owned(),
        set("&quot;got &quot; + (string)context.Variables[&quot;t&quot;]"),
        "<trace source=\"s\">@((string)context.Variables[\"v\"])</trace>".to_owned(),
    ]
    .concat();
    let azure = start(&[("apis/orders.xml", &document(&inbound, "", ""))], |seed| {
        seed.apim.named_values.insert("partner".to_owned(), "the partner's s3cret key".to_owned());
        seed.apim.secret_named_values.insert("partner".to_owned());
    })
    .await;
    let token = azure.world().token("id-keyless-caller", "api://orders").unwrap();
    let entry = call(&azure, &token).await;
    assert_eq!(entry.status, 200, "{entry:?}");
    let text = serde_json::to_string(&entry.decision.policies).unwrap();
    assert!(text.contains("got (redacted)") && text.contains("Verbose from s"), "{text}");
    for secret in [key(&azure).as_str(), "s3cret", "eyJ", &token[token.len() - 20..]] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn a_secret_named_value_that_is_not_there_is_refused() {
    let mut seed = seed();
    seed.apim.secret_named_values.insert("none".to_owned());
    assert_eq!(seed.check(), ["apim.secret_named_values: there is no named value \"none\""]);
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
            "  inbound   api        choose: condition = True",
            "  inbound   api        choose: when[1] is true",
            "  inbound   api        choose[1]/when[1]/trace: trace = Bearer (redacted) (redacted)",
            "  inbound   api        choose[1]/when[1]/trace: Verbose from t: Bearer (redacted) (redacted)",
            &format!("  backend   global     forward-request: sends GET {backend}7"),
            "  backend   global     forward-request: the backend answered 200",
            "  outbound  api        set-status: 203 Non Authoritative Information",
            "API Management  GET /orders  401  Access denied due to missing subscription key. Make sure to include \
             subscription key when making requests to an API.",
        ]
    );
}
