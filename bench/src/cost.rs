//! The cost of a million main jobs on Flex Consumption, from measured CPU and memory.

use serde_json::{Value, json};

/// Instance sizes. Azure bills the size of the instance, and not the memory that the platform adds for itself.
const SIZES: [Size; 2] = [Size { gigabytes: 0.5, cores: 0.25 }, Size { gigabytes: 2.0, cores: 1.0 }];
const JOBS: f64 = 1e6;
/// Executions that an instance runs at the same time.
const CONCURRENCY: f64 = 16.0;
/// The shortest billed time in seconds: on demand, an execution is billed for at least one second.
const SHORTEST_BILLED: f64 = 1.0;
/// The assumed wait of one job in seconds: for API Management with its backend, and for Blob Storage. Tokens and the
/// secret are in memory.
const WAIT: f64 = 0.045;

struct Size {
    gigabytes: f64,
    cores: f64,
}

/// The measured inputs of one contender.
pub(crate) struct Inputs {
    pub(crate) name: &'static str,
    /// Processor time of one main job, in seconds.
    pub(crate) cpu: f64,
    /// The resident memory after the load.
    pub(crate) resident_mb: f64,
}

/// Gigabyte-seconds of a million main jobs.
struct Cost {
    /// The cost when an instance runs as many jobs at the same time as it accepts.
    busy: f64,
    /// The cost when jobs run one at a time, far apart, as a timer runs them.
    apart: f64,
}

fn cost(inputs: &Inputs, size: &Size) -> Cost {
    let alone = WAIT + inputs.cpu / size.cores;
    // The limit is either the processor or the waiting.
    let per_job = (inputs.cpu / size.cores).max(alone / CONCURRENCY);
    Cost { busy: JOBS * per_job * size.gigabytes, apart: JOBS * alone.max(SHORTEST_BILLED) * size.gigabytes }
}

/// Returns a table in Markdown, with its formula.
pub(crate) fn table(all: &[Inputs]) -> String {
    let mut text = format!(
        "`GB-s = 1,000,000 × GB × max(cpu ÷ cores, (wait + cpu ÷ cores) ÷ concurrency)` while an instance is busy, and\n\
         `1,000,000 × GB × max(1 s, wait + cpu ÷ cores)` when each job comes alone, as a timer's does (on demand, an\n\
         execution is billed for a second at least). `cpu` is measured; the instance's GB and cores are Azure's sizes;\n\
         `wait` is assumed to be {:.0} ms (API Management and its backend, Blob Storage; tokens and the secret are in\n\
         memory) and `concurrency` {CONCURRENCY}. The host's own processor time is left out, for all alike.\n\n\
         | handler | CPU a job | resident | 512 MB, busy | 2,048 MB, busy | 512 MB, apart | 2,048 MB, apart |\n\
         |---|---|---|---|---|---|---|\n",
        WAIT * 1e3
    );
    for inputs in all {
        let [small, large] = SIZES.map(|size| cost(inputs, &size));
        text += &format!(
            "| {} | {:.2} ms | {:.0} MB | {:.0} GB-s | {:.0} GB-s | {:.0} GB-s | {:.0} GB-s |\n",
            inputs.name,
            inputs.cpu * 1e3,
            inputs.resident_mb,
            small.busy,
            large.busy,
            small.apart,
            large.apart,
        );
    }
    text
}

pub(crate) fn to_json(all: &[Inputs]) -> Value {
    let rows = all.iter().map(|inputs| {
        let [small, large] = SIZES.map(|size| cost(inputs, &size));
        json!({
            "handler": inputs.name, "cpuSeconds": inputs.cpu, "residentMb": inputs.resident_mb,
            "gbSeconds512": { "busy": small.busy, "apart": small.apart },
            "gbSeconds2048": { "busy": large.busy, "apart": large.apart },
        })
    });
    Value::Array(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_or_the_waiting_is_the_limit() {
        let size = Size { gigabytes: 2.0, cores: 1.0 };
        let inputs = |cpu| Inputs { name: "any", cpu, resident_mb: 1.0 };
        // 45 ms of waiting, 16 at a time.
        assert!((cost(&inputs(0.0), &size).busy - 1e6 * 0.045 / 16.0 * 2.0).abs() < 1e-6);
        assert!((cost(&inputs(0.010), &size).busy - 1e6 * 0.010 * 2.0).abs() < 1e-6);
        assert!((cost(&inputs(0.010), &size).apart - 2e6).abs() < 1e-6);
    }
}
