//! Rows recorded on Microsoft's own host (4.1037, and its newer classes for proxying): the request that the handler
//! got, and the answer that the caller got.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Map, Value};

use crate::raw::{CallerAnswer, RawRig, Received, is_refusal, lines};

const ROWS: &str = include_str!("given_rows.jsonl");

#[tokio::test]
async fn every_row_seen_on_microsofts_host_is_the_same_here() {
    let mut differences = Vec::new();
    for row in ROWS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        differences.extend(differences_of(&row).await.into_iter().map(|what| format!("{}: {what}", row["id"])));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

async fn differences_of(row: &Value) -> Vec<String> {
    let expected = &row["caller receives"];
    let rig = match RawRig::start(&row["root"], &row["settings"]).await {
        Ok(rig) => rig,
        // Azure answers 503 where this host does not start.
        Err(error) if expected["status"] == 503 && is_refusal(&error) => return Vec::new(),
        Err(error) => return vec![error.to_string()],
    };
    rig.answers(&row["handler answers"]);
    let answer = rig.call(row["request"].as_str().unwrap()).await.unwrap();
    let mut found = differences_of_answer(expected, &answer);
    let received = rig.received();
    let seen = &row["handler receives"];
    if seen["times"] != received.len() {
        found.push(format!("sent {} times, there {}", received.len(), seen["times"]));
    }
    if let (Some(first), Some(received)) = (seen.get("first"), received.first()) {
        found.extend(differences_of_request(first, received, &rig.port()));
    }
    found
}

fn differences_of_answer(expected: &Value, answer: &CallerAnswer) -> Vec<String> {
    let mut found = Vec::new();
    if expected["status"] != answer.status {
        found.push(format!("status {}, there {}", answer.status, expected["status"]));
    }
    if expected.get("body").is_some_and(|body| *body != answer.body) {
        found.push(format!("body {:?}, there {}", answer.body, expected["body"]));
    }
    let mut there: Vec<(String, String)> = expected["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pair| (pair[0].as_str().unwrap().to_ascii_lowercase(), pair[1].as_str().unwrap().to_owned()))
        .filter(|(name, value)| is_compared(name) && (name != "server" || value != "Kestrel"))
        .collect();
    let mut here: Vec<_> = answer.headers.iter().filter(|(name, _)| is_compared(name)).cloned().collect();
    there.sort();
    here.sort();
    if expected.get("headers").is_some() && there != here {
        found.push(format!("headers {here:?}, there {there:?}"));
    }
    found
}

/// Reports whether a header is compared. The framing of a body may differ, and the date differs.
fn is_compared(name: &str) -> bool {
    !["date", "content-length", "transfer-encoding"].contains(&name)
}

fn differences_of_request(first: &Value, received: &Received, port: &str) -> Vec<String> {
    let head = first.get("head").or(first.get("line")).and_then(Value::as_str).unwrap().replace("<PORT>", port);
    let mut found = Vec::new();
    if head.lines().next() != Some(received.line.as_str()) {
        found.push(format!("line {}, there {head}", received.line));
    }
    if first.get("head").is_none() {
        return found;
    }
    let mut there = lines(&head);
    let mut here: Vec<_> = received.headers.iter().map(|(name, value)| (name.clone(), masked(name, value))).collect();
    there.sort();
    here.sort();
    if there != here {
        found.push(format!("headers {here:?}, there {there:?}"));
    }
    if first["framing"] != received.framing.as_str() {
        found.push(format!("framing {}, there {}", received.framing, first["framing"]));
    }
    let body = first["body"].as_str().unwrap().replace("<PORT>", port);
    match (serde_json::from_str::<Value>(&body), serde_json::from_str::<Value>(&received.body)) {
        (Ok(there), Ok(mut here)) => {
            if let Some(system) = here.pointer_mut("/Metadata/sys").and_then(Value::as_object_mut) {
                mask_system(system);
            }
            // The order of members counts too, except for the three that are never the same.
            if there != here || names(&body) != names(&received.body) {
                found.push(format!("body {here}, there {there}"));
            }
        }
        _ if body == received.body => {}
        _ => found.push(format!("body {:?}, there {body:?}", received.body)),
    }
    found
}

fn masked(name: &str, value: &str) -> String {
    match name {
        "x-azure-functions-invocationid" | "x-ms-invocation-id" => "<ID>".to_owned(),
        "x-azure-functions-hostversion" => "<VER>".to_owned(),
        "user-agent" => value.replace("4.1052.0.0", "<VER>"),
        "host" if value.starts_with("127.0.0.1:") => "127.0.0.1:<HP>".to_owned(),
        _ => value.to_owned(),
    }
}

fn mask_system(system: &mut Map<String, Value>) {
    for (name, mask) in [("UtcNow", "<NOW>"), ("RandGuid", "<GUID>")] {
        system.insert(name.to_owned(), Value::from(mask));
    }
}

/// Returns the names of members in their order.
fn names(json: &str) -> Vec<&str> {
    json.split("\":").filter_map(|piece| piece.rsplit('"').next()).collect()
}
