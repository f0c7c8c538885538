//! The dashboard repeats invocations of the Functions host.

use std::{path::Path, sync::Arc};

use local_azure::{
    LocalAzure,
    functions_host::{FunctionsHost, HostOptions},
    journal::{Entry, EntryId},
    journal_invocations,
    seed::Seed,
};
use serde_json::{Value, json};

use crate::rig::{SEED, script_root};

/// A page that is signed in.
struct Page {
    client: reqwest::Client,
    origin: String,
    cookie: String,
}

impl Page {
    async fn open(azure: &LocalAzure) -> Self {
        let url = azure.dashboard().url();
        let (origin, token) = url.split_once("/#t=").unwrap();
        let client = reqwest::Client::new();
        let request = client.post(format!("{origin}/dashboard/session")).header("content-type", "application/json");
        let answer = request.body(json!({ "token": token }).to_string()).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { client, origin: origin.to_owned(), cookie }
    }

    /// Returns the status, and the answer or the code of the error.
    async fn replay(&self, of: EntryId, given: Value) -> (u16, Value) {
        let url = format!("{}/dashboard/api/requests/{}/replay", self.origin, of.0);
        let request = self.client.post(url).header("cookie", &self.cookie).header("content-type", "application/json");
        let answer = request.body(given.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        let json: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        (status, if status == 200 { json } else { json["error"]["code"].clone() })
    }

    async fn get(&self, id: &Value) -> Value {
        let url = format!("{}/dashboard/api/requests/{id}", self.origin);
        let answer = self.client.get(url).header("cookie", &self.cookie).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }
}

fn last(azure: &LocalAzure) -> Entry {
    azure.journal().entries().pop().unwrap()
}

#[tokio::test]
async fn an_invocation_is_repeated_as_a_new_one_that_says_so() {
    let folder = script_root();
    let azure = LocalAzure::start(Seed::read(Path::new(SEED)).unwrap()).await.unwrap();
    let dashboard = azure.dashboard().clone();
    let host = FunctionsHost::start(HostOptions {
        journal: journal_invocations(azure.journal()),
        log: Arc::new(move |line| dashboard.show_line(&line)),
        enforce_keys: true,
        ..HostOptions::new(folder.path().to_owned())
    });
    let host = Arc::new(host.await.unwrap());
    host.wait_ready().await.unwrap();
    azure.dashboard().show_host(&host);
    let page = Page::open(&azure).await;

    let url = format!("{}api/hello?code=secret", host.url());
    assert_eq!(page.client.get(&url).send().await.unwrap().status(), 200);
    let first = last(&azure);
    assert!(!serde_json::to_string(&first).unwrap().contains("secret"), "the query may hold keys");
    let (status, answer) = page.replay(first.id, json!({})).await;
    assert_eq!((status, &answer["status"]), (200, &200.into()));
    assert!(answer["body"].as_str().unwrap().ends_with(r#""sent":false}"#));
    let again = last(&azure);
    assert_eq!((again.replay_of, json!(again.id)), (Some(first.id), answer["entry"].clone()));
    assert_ne!(again.invocation.as_ref().unwrap().id, first.invocation.as_ref().unwrap().id);
    assert_eq!(again.trace.unwrap().to_string(), answer["trace"], "its chain can be found");
    let shown = page.get(&answer["entry"]).await;
    assert_eq!(shown["row"]["replayOf"], json!(first.id));
    let own = shown["logs"]["own"].as_array().unwrap();
    assert!(own.iter().any(|line| line["text"].as_str().unwrap().starts_with("Executing 'Functions.hello'")));

    // The replay of a request that may change something needs a confirmation.
    page.client.post(&url).body("{}").send().await.unwrap();
    let posted = last(&azure).id;
    let body = json!({ "body": "{}", "contentType": "application/json" });
    assert_eq!(page.replay(posted, body.clone()).await, (409, "Unconfirmed".into()));
    assert_eq!(last(&azure).id, posted, "nothing ran");
    let mut confirmed = body;
    confirmed["confirmed"] = true.into();
    let (status, answer) = page.replay(posted, confirmed).await;
    assert_eq!(status, 200);
    assert!(answer["body"].as_str().unwrap().ends_with(r#""sent":true}"#));

    host.invoke("yearly", None).await.unwrap();
    let timer = last(&azure).id;
    assert_eq!(page.replay(timer, json!({})).await, (409, "Unconfirmed".into()));
    assert_eq!(page.replay(timer, json!({ "confirmed": true })).await.0, 200);
    assert_eq!(last(&azure).replay_of, Some(timer));

    // Only the host's own functions can be repeated.
    azure
        .world()
        .network()
        .send(http::Request::get("https://management.azure.com/").body(axum::body::Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(page.replay(last(&azure).id, json!({ "confirmed": true })).await, (400, "NotInvocation".into()));
    assert_eq!(page.replay(EntryId(9999), json!({})).await, (404, "NoSuchEntry".into()));
    drop(host);
    assert_eq!(page.replay(first.id, json!({})).await, (409, "NoHost".into()));
}
