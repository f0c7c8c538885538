//! The part of Azure AI Content Safety that API Management calls: it finds only the texts that the seed lists
//! (learn.microsoft.com/azure/ai-services/content-safety).

use serde_json::{Value, json};

use super::{
    body::{Object, wrong_type},
    content_filter::look_for,
    refusal::ModelRefusal,
};
use crate::seed::{ContentCategory, ModelAccount};

/// The most characters of a text, and of all documents together.
const LONGEST_TEXT: usize = 10_000;

/// The most documents of one request to shield a prompt.
const MOST_DOCUMENTS: usize = 5;

/// The scales of severities. Here severities are on the coarser scale, whose values are also on the finer one.
const OUTPUT_TYPES: [&str; 2] = ["FourSeverityLevels", "EightSeverityLevels"];

const CATEGORIES: [(&str, ContentCategory); 4] = [
    ("Hate", ContentCategory::Hate),
    ("SelfHarm", ContentCategory::SelfHarm),
    ("Sexual", ContentCategory::Sexual),
    ("Violence", ContentCategory::Violence),
];

pub(super) fn analyze(account: &ModelAccount, body: &Object) -> Result<String, ModelRefusal> {
    // There are no blocklists here.
    body.only(&["text", "categories", "haltOnBlocklistHit", "outputType"], &["blocklistNames"])?;
    let text = body.text("text")?.ok_or_else(|| Object::missing("text"))?;
    short(text.chars().count(), "text")?;
    body.bool("haltOnBlocklistHit")?;
    if let Some(other) = body.text("outputType")?.filter(|kind| !OUTPUT_TYPES.contains(kind)) {
        return Err(unknown("outputType", other, &OUTPUT_TYPES));
    }
    let asked = texts(body, "categories")?;
    let names = CATEGORIES.map(|(name, _)| name);
    if let Some(other) = asked.iter().flatten().find(|asked| !names.contains(asked)) {
        return Err(unknown("categories", other, &names));
    }
    let found = look_for(&account.content_filter, text);
    let analysis: Vec<_> = CATEGORIES
        .iter()
        .filter(|(name, _)| asked.as_ref().is_none_or(|asked| asked.contains(name)))
        .map(|(name, category)| json!({ "category": name, "severity": found.grade(*category) }))
        .collect();
    Ok(json!({ "blocklistsMatch": [], "categoriesAnalysis": analysis }).to_string())
}

pub(super) fn shield(account: &ModelAccount, body: &Object) -> Result<String, ModelRefusal> {
    body.only(&["userPrompt", "documents"], &[])?;
    let prompt = body.text("userPrompt")?.unwrap_or_default();
    short(prompt.chars().count(), "userPrompt")?;
    let documents = texts(body, "documents")?.unwrap_or_default();
    if documents.len() > MOST_DOCUMENTS {
        return Err(refusal("There are too many documents: 5 are the most.", "documents"));
    }
    short(documents.iter().map(|text| text.chars().count()).sum(), "documents")?;
    let is_attack = |text: &str| json!({ "attackDetected": look_for(&account.content_filter, text).is_attack() });
    let documents: Vec<_> = documents.into_iter().map(is_attack).collect();
    Ok(json!({ "userPromptAnalysis": is_attack(prompt), "documentsAnalysis": documents }).to_string())
}

/// Reads a list of texts; `None` if it is absent.
fn texts<'b>(body: &'b Object, name: &str) -> Result<Option<Vec<&'b str>>, ModelRefusal> {
    let Some(value) = body.get(name) else { return Ok(None) };
    let texts = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
    texts.map(Some).ok_or_else(|| wrong_type(name, "an array of strings", value))
}

/// Refuses a text that is longer than the service's limit.
fn short(characters: usize, name: &str) -> Result<(), ModelRefusal> {
    if characters > LONGEST_TEXT {
        return Err(refusal("The input text is too long: 10,000 characters are the most.", name));
    }
    Ok(())
}

fn unknown(name: &str, value: &str, known: &[&str]) -> ModelRefusal {
    refusal(&format!("'{value}' is no value of '{name}', which takes {}.", known.join(", ")), name)
}

fn refusal(message: &str, name: &str) -> ModelRefusal {
    ModelRefusal::invalid(message, name, "InvalidRequestBody")
}
