//! Rule: Azure still deploys the default model of a deployment.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::{
    files::{Files, assert_complains, assert_content},
    plan::MAIN,
};

/// The name, version and retirement date of each model:
/// <https://learn.microsoft.com/azure/foundry/openai/concepts/model-retirements>.
const MODELS: [(&str, &str, &str); 1] = [("gpt-5.4-mini", "2026-03-17", "2027-03-18")];

/// The number of days before the retirement from which the test fails. The default must then change.
const NOTICE_DAYS: i64 = 30;

fn default_model_on(files: &Files, today: Date) -> Vec<String> {
    let parameters = files.program().parameters(MAIN);
    let default =
        |name: &str| parameters.iter().find(|param| param.name == name).and_then(|param| param.default.clone());
    let (model, version) =
        (default("openAIModelName").unwrap_or_default(), default("openAIModelVersion").unwrap_or_default());
    let Some((.., retires)) = MODELS.iter().find(|(name, known, _)| (*name, *known) == (&model, &version)) else {
        return vec![format!("{MAIN} deploys {model} {version}, whose retirement date this test does not know")];
    };
    let mut complaints = Vec::new();
    let date: Date = retires.parse().expect("the table holds dates");
    if date.saturating_sub(NOTICE_DAYS.days()) <= today {
        complaints.push(format!("{MAIN} deploys {model} {version}, which retires on {retires}"));
    }
    if !files.text(MAIN).contains(&format!("retires on {retires}")) {
        complaints.push(format!("{MAIN} does not say that {model} {version} retires on {retires}"));
    }
    complaints
}

fn default_model(files: &Files) -> Vec<String> {
    default_model_on(files, Timestamp::now().to_zoned(TimeZone::UTC).date())
}

#[test]
fn the_default_model_is_far_from_its_retirement() {
    assert_content(default_model);
}

#[test]
fn a_model_near_its_retirement_is_refused() {
    let files = Files::of_this_repository();
    let complaints = default_model_on(&files, "2027-02-20".parse().expect("a date"));
    assert!(complaints.iter().any(|complaint| complaint.contains("retires on 2027-03-18")), "{complaints:?}");
}

#[test]
fn a_model_without_a_known_retirement_is_refused() {
    let broken = Files::of_this_repository().with(MAIN, "'gpt-5.4-mini'", "'gpt-5-mini'");
    assert_complains(default_model, &broken, "deploys gpt-5-mini 2026-03-17, whose retirement date this test does not");
}
