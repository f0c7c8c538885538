//! Simulates 1,000 instances that start within a second, and the load on Key Vault, the identity endpoint and API
//! Management.
//!
//! The simulation goes from event to event and gives the same result at each run. Each instance is a process: it has
//! its own tokens, its own copy of the secret and its own budget for retries, and knows nothing of the others.

mod limit;
mod simulation;

use std::fs;

use serde_json::{Value, json};

use self::simulation::{Outcome, simulate};
use crate::{
    contender::{OURS, root},
    measure::Measure,
};

/// The measured inputs of the simulation, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Inputs {
    /// The time from the start of a process to its first answer.
    pub(crate) first_answer: f64,
    /// The time from the first answer to the first job's blob.
    pub(crate) first_job: f64,
}

impl Inputs {
    /// Reads docs/performance/results.json, which the last whole run wrote. Without it, the values are those of a quick
    /// run on two cores.
    pub(crate) fn recorded() -> Self {
        let text = fs::read_to_string(root().join("docs/performance/results.json")).unwrap_or_default();
        let results: Value = serde_json::from_str(&text).unwrap_or_default();
        let median = |measure: Measure| {
            let mut measures = results["measures"].as_array()?.iter();
            let found = measures.find(|found| found["measure"] == measure.title().replace('`', ""))?;
            found["contenders"][OURS]["lowMedianHigh"][1].as_f64()
        };
        match (median(Measure::FirstAnswer), median(Measure::FirstJob)) {
            (Some(first_answer), Some(job)) => Self { first_answer, first_job: job - first_answer },
            _ => Self { first_answer: 3.0, first_job: 15.0 },
        }
    }
}

/// The measures that spread the instances' calls and keep calls few.
#[derive(Clone, Copy)]
pub(crate) struct Setup {
    name: &'static str,
    /// Whether tokens and the secret are kept in memory.
    cached: bool,
    /// Whether renewals and retries are spread over time.
    jitter: bool,
    /// Whether a budget limits retries: in the long run to a tenth of all calls.
    budget: bool,
}

const SETUPS: [Setup; 5] = [
    Setup { name: "as it is", cached: true, jitter: true, budget: true },
    Setup { name: "without jitter", cached: true, jitter: false, budget: true },
    Setup { name: "without the budget", cached: true, jitter: true, budget: false },
    Setup { name: "without caching", cached: false, jitter: true, budget: true },
    Setup { name: "without all three", cached: false, jitter: false, budget: false },
];

/// Every setup with its outcome.
pub(crate) struct Scale {
    inputs: Inputs,
    outcomes: Vec<(Setup, Outcome)>,
}

impl Scale {
    pub(crate) fn simulate(inputs: Inputs) -> Self {
        let outcomes = SETUPS.map(|setup| (setup, simulate(inputs, setup, simulation::SECONDS)));
        Self { inputs, outcomes: outcomes.into() }
    }

    /// Returns a table in Markdown, with the assumptions before it.
    pub(crate) fn in_words(&self) -> String {
        let Inputs { first_answer, first_job } = self.inputs;
        let mut text = format!(
            "{} instances start within a second ({first_answer:.1} ms to the first answer, {first_job:.0} ms more to the \
             first job) and get {} job a second each, for {} s. Key Vault takes {} requests in {} s, an instance's \
             identity endpoint {} a second, API Management {} calls a second, but {} from second {} to second {}.\n\n\
             | setup | vault asked | most in a second | vault 429 | for | identity asked | identity 429 | APIM calls a job \
             | APIM 429 | for | jobs failed |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
            simulation::INSTANCES,
            simulation::JOBS_PER_SECOND,
            simulation::SECONDS,
            limit::VAULT_REQUESTS,
            limit::VAULT_SECONDS,
            limit::IDENTITY_REQUESTS,
            limit::APIM_CALLS,
            limit::APIM_CALLS_IN_TROUBLE,
            limit::APIM_TROUBLE.start,
            limit::APIM_TROUBLE.end,
        );
        for (setup, outcome) in &self.outcomes {
            let Outcome { vault, identity, apim, jobs, failed } = outcome;
            text += &format!(
                "| {} | {} | {} | {} | {} s | {} | {} | {:.2} | {} | {} s | {:.2} % |\n",
                setup.name,
                vault.asked,
                vault.most_in_a_second(),
                vault.refused,
                vault.seconds_refusing(),
                identity.asked,
                identity.refused,
                apim.asked as f64 / *jobs as f64,
                apim.refused,
                apim.seconds_refusing(),
                *failed as f64 * 100.0 / *jobs as f64,
            );
        }
        text
    }

    pub(crate) fn to_json(&self) -> Value {
        let rows = self.outcomes.iter().map(|(setup, outcome)| {
            json!({
                "setup": setup.name, "jobs": outcome.jobs, "failed": outcome.failed,
                "vault": outcome.vault.to_json(), "identity": outcome.identity.to_json(),
                "apim": outcome.apim.to_json(),
            })
        });
        Value::Array(rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_keeps_the_vault_and_the_gateway_from_a_flood() {
        let inputs = Inputs { first_answer: 3.0, first_job: 15.0 };
        let outcome = |index: usize, seconds| simulate(inputs, SETUPS[index], seconds);
        let built = outcome(0, simulation::SECONDS);
        assert_eq!((built.vault.refused, built.identity.refused), (0, 0));
        // After the start, renewals without jitter come at the same time.
        let no_jitter = outcome(1, simulation::SECONDS);
        assert!(no_jitter.vault.most_after(60) > 4 * built.vault.most_after(60));
        assert!(outcome(2, 70).apim.asked > outcome(0, 70).apim.asked);
        let no_cache = outcome(3, 20);
        assert!(no_cache.vault.refused > 0 && no_cache.failed > 0);
    }
}
