//! The part of Azure AI Content Safety that API Management calls: it finds only the texts that the seed lists
//! (learn.microsoft.com/azure/ai-services/content-safety).

use serde_json::{Value, json};

use super::{
    body::{Object, wrong_type},
    content_filter::look_for,
    refusal::Refusal,
};
use crate::seed::{ContentCategory, ModelAccount};

/// Characters of a text.
const LONGEST: usize = 10_000;

const CATEGORIES: [(&str, ContentCategory); 4] = [
    ("Hate", ContentCategory::Hate),
    ("SelfHarm", ContentCategory::SelfHarm),
    ("Sexual", ContentCategory::Sexual),
    ("Violence", ContentCategory::Violence),
];

pub(super) fn analyze(account: &ModelAccount, body: &Object) -> Result<String, Refusal> {
    let known = ["text", "categories", "blocklistNames", "haltOnBlocklistHit", "outputType"];
    body.only(&known, &[])?;
    let text = body.text("text")?.ok_or_else(|| Object::missing("text"))?;
    short(text)?;
    let asked: Option<Vec<&str>> = match body.get("categories") {
        None => None,
        Some(Value::Array(list)) => Some(list.iter().filter_map(Value::as_str).collect()),
        Some(other) => return Err(wrong_type("categories", "an array of strings", other)),
    };
    let found = look_for(&account.content_filter, text);
    let analysis: Vec<_> = CATEGORIES
        .iter()
        .filter(|(name, _)| asked.as_ref().is_none_or(|asked| asked.contains(name)))
        .map(|(name, category)| json!({ "category": name, "severity": found.grade(*category) }))
        .collect();
    // Blocklists have no entries here.
    Ok(json!({ "blocklistsMatch": [], "categoriesAnalysis": analysis }).to_string())
}

pub(super) fn shield(account: &ModelAccount, body: &Object) -> Result<String, Refusal> {
    body.only(&["userPrompt", "documents"], &[])?;
    let prompt = body.text("userPrompt")?.unwrap_or_default();
    short(prompt)?;
    let documents = match body.get("documents") {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(other) => return Err(wrong_type("documents", "an array of strings", other)),
    };
    let is_attack = |text: &str| json!({ "attackDetected": look_for(&account.content_filter, text).is_attack() });
    let documents: Vec<_> = documents.into_iter().map(is_attack).collect();
    Ok(json!({ "userPromptAnalysis": is_attack(prompt), "documentsAnalysis": documents }).to_string())
}

fn short(text: &str) -> Result<(), Refusal> {
    match text.chars().count() {
        0..=LONGEST => Ok(()),
        _ => Err(Refusal::invalid(
            "The input text is too long: 10,000 characters are the most.",
            "text",
            "InvalidRequestBody",
        )),
    }
}
