//! Rule: for all parameters, a name has letters and a length that Azure accepts, and no two resources share a name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::Deserialize;

use crate::{patterns, plan::Plan, program::Report};

const RULE: &str = "names";

/// Azure's limits for the name of a resource type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    min: usize,
    max: usize,
    pattern: String,
    /// The scope in which the name must be unique.
    unique_in: String,
}

static LIMITS: LazyLock<BTreeMap<String, Limits>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/names.json")).unwrap_or_default());

/// Checks the name of every resource that a plan makes.
pub(crate) fn check(report: &Report<'_>, plan: &Plan<'_>) {
    let mut ids = BTreeSet::new();
    for deployed in plan.made() {
        let resource = &deployed.resource;
        let place = deployed.body.place_of("name").unwrap_or(resource.place);
        let id = resource.id().shown();
        if !resource.is_graph() && !ids.insert(id) {
            let name = resource.name.shown();
            let message =
                format!("{name} is deployed twice with the options {}: name each differently", plan.options());
            report.add(RULE, place, message);
        }
        let Some(limits) = LIMITS.get(resource.type_name()) else { continue };
        let name = &resource.name;
        let (least, most) = name.length();
        if least < limits.min || most > limits.max {
            let message = format!(
                "{} has {} letters; {} takes {} to {}",
                name.shown(),
                if most == usize::MAX { "any number of".to_owned() } else { format!("up to {most}") },
                resource.type_name(),
                limits.min,
                limits.max
            );
            report.add(RULE, place, message);
        }
        if !patterns::matches(&limits.pattern, &name.longest()) {
            let message =
                format!("{} has letters that {} does not take: {}", name.shown(), resource.type_name(), limits.pattern);
            report.add(RULE, place, message);
        }
        if limits.unique_in == "all of Azure" && !name.labels().any(|what| what.starts_with("uniqueString(")) {
            let message = format!("{} must be unique in all of Azure: add uniqueString(…) to it", name.shown());
            report.add(RULE, place, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn the_limits_are_read_whole() {
        assert!(LIMITS.len() >= 34, "{}", LIMITS.len());
        for (name, limits) in LIMITS.iter() {
            Regex::new(&limits.pattern).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
