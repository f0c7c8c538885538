//! Chat with a model through the handler, which calls the model's account directly.

mod asking;
mod gateway;
mod leaving;
mod page;
mod refusing;

use local_azure::seed::{ModelDeployment, RoleAssignment, Scope, Seed};
use reqwest::Response;
use serde_json::{Value, json};

use crate::rig::{Rig, plain_client};

/// A prompt that no log and no journal may contain.
const PROMPT: &str = "my-secret-prompt";

/// Gives every role of the account to the app's own identity, and names the account in the settings.
fn direct(seed: &mut Seed) {
    seed.role_assignments.push(RoleAssignment {
        identity: "id-keyless-caller".to_owned(),
        role: "Cognitive Services OpenAI User".to_owned(),
        scope: Scope { model_account: Some("oai-keyless-1".to_owned()), ..Scope::default() },
    });
    for (name, value) in [("OPENAI__route", "direct"), ("OPENAI__endpoint", "https://oai-keyless-1.openai.azure.com")] {
        seed.function_app.settings.insert(name.to_owned(), value.to_owned());
    }
}

fn deployment(seed: &mut Seed) -> &mut ModelDeployment {
    seed.model_accounts[0].deployments.iter_mut().find(|deployment| deployment.name == "chat").unwrap()
}

async fn ask(rig: &Rig, body: &Value) -> Response {
    plain_client().post(rig.url("/api/chat")).json(body).send().await.unwrap()
}

fn prompt() -> Value {
    json!({ "prompt": PROMPT })
}

fn streamed() -> Value {
    json!({ "prompt": PROMPT, "stream": true })
}

/// Returns the data of the events, without `[DONE]`.
fn events(body: &str) -> Vec<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}
