//! The content filter: it finds only the texts that the seed lists
//! (learn.microsoft.com/azure/foundry/openai/concepts/content-filter).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::seed::{ContentCategory, FilteredText, Severity};

/// The findings in a text: the highest severity of each category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings(BTreeMap<ContentCategory, Severity>);

const GRADED: [ContentCategory; 4] =
    [ContentCategory::Hate, ContentCategory::SelfHarm, ContentCategory::Sexual, ContentCategory::Violence];

/// Searches a text for the listed texts.
pub(super) fn look_for(listed: &[FilteredText], text: &str) -> Findings {
    let text = text.to_lowercase();
    let mut found = BTreeMap::new();
    for one in listed.iter().filter(|one| text.contains(&one.text.to_lowercase())) {
        let severity = found.entry(one.category).or_insert(one.severity);
        *severity = one.severity.max(*severity);
    }
    Findings(found)
}

impl Findings {
    /// Reports whether the default filter of every deployment blocks the text.
    pub(super) fn blocks(&self) -> bool {
        self.0.iter().any(|(category, severity)| blocks(*category, *severity))
    }

    /// Describes the findings in a few words, without any part of the text.
    pub(super) fn describe(&self) -> String {
        let found = self.0.iter().map(|(category, severity)| format!("{} {}", name(*category), word(*severity)));
        found.collect::<Vec<_>>().join(", ")
    }

    /// Returns the severity 0, 2, 4 or 6, as Content Safety grades it.
    pub(super) fn grade(&self, category: ContentCategory) -> u8 {
        match self.0.get(&category) {
            None => 0,
            Some(Severity::Low) => 2,
            Some(Severity::Medium) => 4,
            Some(Severity::High) => 6,
        }
    }

    /// Reports whether the text attacks the model's instructions.
    pub(super) fn is_attack(&self) -> bool {
        self.0.contains_key(&ContentCategory::Jailbreak)
    }

    /// Returns the results for a prompt.
    pub(super) fn of_prompt(&self) -> Value {
        let mut results = self.graded();
        let found = self.is_attack();
        results.insert("jailbreak".to_owned(), json!({ "detected": found, "filtered": found }));
        results.into()
    }

    /// Returns the results for an answer.
    pub(super) fn of_answer(&self) -> Value {
        self.graded().into()
    }

    fn graded(&self) -> Map<String, Value> {
        let result = |category: &ContentCategory| match self.0.get(category) {
            None => json!({ "filtered": false, "severity": "safe" }),
            Some(severity) => json!({ "filtered": blocks(*category, *severity), "severity": word(*severity) }),
        };
        GRADED.iter().map(|category| (name(*category).to_owned(), result(category))).collect()
    }
}

fn blocks(category: ContentCategory, severity: Severity) -> bool {
    category == ContentCategory::Jailbreak || severity >= Severity::Medium
}

pub(super) const fn name(category: ContentCategory) -> &'static str {
    match category {
        ContentCategory::Hate => "hate",
        ContentCategory::SelfHarm => "self_harm",
        ContentCategory::Sexual => "sexual",
        ContentCategory::Violence => "violence",
        ContentCategory::Jailbreak => "jailbreak",
    }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_of_each_category_counts_and_low_passes() {
        let listed = |text: &str, category, severity| FilteredText { text: text.to_owned(), category, severity };
        let list = [
            listed("red phrase", ContentCategory::Violence, Severity::Low),
            listed("dark red phrase", ContentCategory::Violence, Severity::High),
            listed("blue phrase", ContentCategory::Hate, Severity::Low),
        ];
        let found = look_for(&list, "A Red Phrase and a blue phrase");
        assert!(!found.blocks());
        assert_eq!(found.describe(), "hate low, violence low");
        let found = look_for(&list, "a dark RED phrase");
        assert!(found.blocks());
        assert_eq!(found.of_answer()["violence"], json!({ "filtered": true, "severity": "high" }));
        assert_eq!(found.of_prompt()["jailbreak"], json!({ "detected": false, "filtered": false }));
        assert_eq!(look_for(&list, "nothing"), Findings::default());
    }
}
