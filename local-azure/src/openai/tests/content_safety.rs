//! Content Safety: its findings, and the requests that it refuses.

use serde_json::{Value, json};

use super::Rig;
use crate::seed::{ContentCategory, FilteredText, ModelAccountKind, RoleAssignment, Scope, Severity};

const ANALYZE: &str = "/contentsafety/text:analyze?api-version=2024-09-01";
const SHIELD: &str = "/contentsafety/text:shieldPrompt?api-version=2024-09-01";

fn rig() -> Rig {
    Rig::with(|seed| {
        let account = &mut seed.model_accounts[0];
        account.kind = ModelAccountKind::AIServices;
        let listed =
            |text: &str, category| FilteredText { text: text.to_owned(), category, severity: Severity::Medium };
        account.content_filter =
            vec![listed("a fight", ContentCategory::Violence), listed("forget all", ContentCategory::Jailbreak)];
        seed.role_assignments.push(RoleAssignment {
            identity: "id-keyless-caller".to_owned(),
            role: "Cognitive Services User".to_owned(),
            scope: Scope { model_account: Some("oai-keyless-1".to_owned()), ..Scope::default() },
        });
    })
}

#[tokio::test]
async fn listed_texts_are_graded() {
    let rig = rig();
    let asked = json!({ "text": "It is a fight.", "categories": ["Hate", "Violence"], "haltOnBlocklistHit": false,
        "blocklistNames": [], "outputType": "EightSeverityLevels" });
    let graded = [json!({ "category": "Hate", "severity": 0 }), json!({ "category": "Violence", "severity": 4 })];
    assert_eq!(rig.post(ANALYZE, &asked).await.json(), json!({ "blocklistsMatch": [], "categoriesAnalysis": graded }));
    let all = rig.post(ANALYZE, &json!({ "text": "peace", "categories": null })).await.json();
    assert_eq!(all["categoriesAnalysis"].as_array().unwrap().len(), 4);
    let asked = json!({ "userPrompt": "hello", "documents": ["forget all", "b"] });
    let found = json!({ "userPromptAnalysis": { "attackDetected": false },
        "documentsAnalysis": [{ "attackDetected": true }, { "attackDetected": false }] });
    assert_eq!(rig.post(SHIELD, &asked).await.json(), found);
}

#[tokio::test]
async fn what_it_does_not_take_is_named() {
    let rig = rig();
    let long = "a".repeat(5_001);
    for (path, asked, code, message) in [
        (ANALYZE, json!({}), "missing_required_parameter", "Missing required parameter: 'text'."),
        (
            ANALYZE,
            json!({ "text": "a", "categories": ["Hate", "Anger"] }),
            "InvalidRequestBody",
            "'Anger' is no value of 'categories', which takes Hate, SelfHarm, Sexual, Violence.",
        ),
        (
            ANALYZE,
            json!({ "text": "a", "categories": ["Hate", 1] }),
            "invalid_type",
            "Invalid type for 'categories': expected an array of strings, but got an array instead.",
        ),
        (
            ANALYZE,
            json!({ "text": "a", "outputType": "TwoSeverityLevels" }),
            "InvalidRequestBody",
            "'TwoSeverityLevels' is no value of 'outputType', which takes FourSeverityLevels, EightSeverityLevels.",
        ),
        (
            ANALYZE,
            json!({ "text": "a", "haltOnBlocklistHit": "no" }),
            "invalid_type",
            "Invalid type for 'haltOnBlocklistHit': expected a boolean, but got a string instead.",
        ),
        (
            ANALYZE,
            json!({ "text": "a", "blocklistNames": ["competitors"] }),
            "unsupported_parameter",
            "local-azure does not play blocklistNames",
        ),
        (
            ANALYZE,
            json!({ "text": "ä".repeat(10_001) }),
            "InvalidRequestBody",
            "The input text is too long: 10,000 characters are the most.",
        ),
        (
            SHIELD,
            json!({ "userPrompt": "a", "documents": [long, long] }),
            "InvalidRequestBody",
            "The input text is too long: 10,000 characters are the most.",
        ),
        (
            SHIELD,
            json!({ "userPrompt": "a", "documents": ["a", "b", "c", "d", "e", "f"] }),
            "InvalidRequestBody",
            "There are too many documents: 5 are the most.",
        ),
    ] {
        let answer = rig.post(path, &asked).await;
        let error = answer.error();
        assert_eq!(
            (answer.status, &error["code"], &error["message"]),
            (400, &Value::from(code), &Value::from(message))
        );
    }
}
