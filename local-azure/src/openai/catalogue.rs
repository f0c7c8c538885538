//! `GET /openai/v1/models`: the region's catalogue, which is not the list of deployments.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::refusal::ModelRefusal;
use crate::seed::ModelAccount;

/// Some of a region's hundreds of models, besides those that the seed deploys: ID, and whether the model can chat.
const OTHERS: [(&str, bool); 4] = [
    ("gpt-4.1-mini-2025-04-14", true),
    ("gpt-5.4-mini-2026-03-17", true),
    ("text-embedding-3-large", false),
    ("text-embedding-3-small", false),
];

fn models(account: &ModelAccount) -> BTreeMap<String, bool> {
    let deployed = account.deployments.iter().map(|one| (one.full_model(), !one.embeds()));
    OTHERS.map(|(id, chats)| (id.to_owned(), chats)).into_iter().chain(deployed).collect()
}

pub(super) fn list(account: &ModelAccount) -> String {
    let data: Vec<_> = models(account).iter().map(|(id, chats)| entry(id, *chats)).collect();
    format!(r#"{{"data":[{}],"object":"list"}}"#, data.join(","))
}

pub(super) fn one(account: &ModelAccount, id: &str) -> Result<String, ModelRefusal> {
    let chats = models(account).get(id).copied().ok_or_else(|| ModelRefusal::ModelNotFound(id.to_owned()))?;
    Ok(entry(id, chats))
}

fn entry(id: &str, chats: bool) -> String {
    let capabilities = json!({
        "inference": true, "chat_completion": chats, "embeddings": !chats, "completion": false, "fine_tune": false
    });
    format!(
        r#"{{"id":{},"object":"model","status":"succeeded","lifecycle_status":"generally-available","created_at":1760918400,"deprecation":{{"inference":1823904000}},"capabilities":{capabilities}}}"#,
        Value::from(id)
    )
}
