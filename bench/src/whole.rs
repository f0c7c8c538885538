//! A whole run: the contenders' rounds, the other measurements, the tables, and the checks of a quick run.

use std::{error::Error, process::ExitCode};

use local_azure::seed::Seed;
use serde_json::{Value, json};

use crate::{
    Arguments, OPTIMISED, Programs,
    apart::{Apart, Subject},
    azure_process::Figures,
    collector,
    contender::{Contenders, OURS, QUIET, TELEMETRY, root},
    cost,
    fetches::{self, Fetches},
    folder, handler,
    machine::Machine,
    measure::{Job, Measure, Samples},
    micro::{self, Pieces},
    record::Record,
    report::Report,
    rounds::{Arena, Plan},
    scale::{self, Scale},
    seed,
    statistics::Spread,
    targets::{self, Target},
    troubles::Troubles,
};

pub(crate) async fn measure(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut plan = if arguments.quick { Plan::QUICK } else { Plan::FULL };
    plan.rounds = arguments.rounds.unwrap_or(plan.rounds);
    plan.requests = arguments.requests.unwrap_or(plan.requests);
    let folder = folder()?;
    let handler = handler(arguments)?;
    let mut contenders = Contenders::prepare(&handler, &folder, &collector::start().await?)?;
    contenders.left_out.iter().for_each(|reason| eprintln!("{reason}"));
    let machine = Machine::here();
    let programs = Programs::build()?;
    let azure = programs.start_azure()?;
    let mut troubles = Troubles::default();
    let arena = Arena { plan: &plan, environment: &azure.environment, folder: &folder };
    let (samples, failed) = arena.measure(&contenders.all).await;
    for (name, reason) in failed {
        // A peer that fails is left out. A failure of the handler itself fails the run.
        if [OURS, QUIET, TELEMETRY].contains(&name) {
            troubles.add(reason);
        } else {
            contenders.left_out.push(reason);
        }
    }
    let local = troubles.kept("local-azure's figures", azure.figures().map_err(Into::into));
    let pieces = micro::measure(&programs.micro, OPTIMISED, &azure.environment);
    let pieces = troubles.kept("pieces of the hot path", pieces).unwrap_or_default();
    let seed = Seed::read(&seed())?;
    let subject = Subject { handler: &handler, environment: &azure.environment, seed: &seed, folder: &folder };
    // A quick run measures nothing that depends on the clock.
    let apart = if arguments.quick { None } else { Some(subject.all(&mut troubles).await) };
    drop(azure);
    let fetches = fetches::count(&handler, seed, plan.first_requests, &folder).await;
    let fetches = troubles.kept("first requests at once", fetches);
    let mut targets = targets::of(&samples, plan.connections);
    targets.extend(apart.iter().flat_map(Apart::targets));
    targets.extend(others(local.as_ref(), &pieces, &plan, fetches.as_ref()));
    let mut sections = vec![("Targets", targets::table(&targets), targets::to_json(&targets))];
    if !troubles.all().is_empty() {
        sections.push(("Not measured", troubles.list(), json!(troubles.all())));
    }
    sections.extend(sections_of(&samples, &pieces, fetches.as_ref(), local.as_ref()));
    sections.extend(apart.iter().flat_map(Apart::sections));
    let report = Report {
        command: if arguments.quick { "cargo bench-all --quick" } else { "cargo bench-all" },
        machine: &machine,
        contenders: &contenders,
        samples: &samples,
        sections,
    };
    println!("{}", report.text());
    if arguments.quick || arguments.dry {
        report.write(&folder.join("results"))?;
    } else {
        report.write(&root().join("docs/performance"))?;
        report.write_into_document()?;
    }
    let record = record(&samples, &pieces, arguments.record);
    if arguments.record {
        record.write()?;
    } else if arguments.quick {
        regressions(&record, fetches.as_ref(), &mut troubles)?;
    }
    Ok(if troubles.all().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sections_of(
    samples: &Samples,
    pieces: &Pieces,
    fetches: Option<&Fetches>,
    local: Option<&Figures>,
) -> Vec<(&'static str, String, Value)> {
    let costs: Vec<_> = contenders_with_jobs(samples).collect();
    let scale = Scale::simulate(scale_inputs(samples));
    let local = local.map(|Figures { ready_ms, ready_mb, loaded_mb }| {
        let text = format!(
            "Ready after {ready_ms:.0} ms, with {ready_mb:.0} MB resident; {loaded_mb:.0} MB after the load of all \
             contenders.\n"
        );
        ("local-azure", text, json!({ "readyMs": ready_ms, "readyMb": ready_mb, "loadedMb": loaded_mb }))
    });
    let fetches = fetches.map(|fetches| ("First requests at once", fetches.table(), fetches.to_json()));
    let rest = [
        ("Pieces of the hot path", micro::table(pieces), micro::to_json(pieces)),
        ("What a million main jobs take", cost::table(&costs), cost::to_json(&costs)),
        ("1,000 instances at once, simulated", scale.in_words(), scale.to_json()),
    ];
    local.into_iter().chain(fetches).chain(rest).collect()
}

/// Returns the targets of local-azure, of allocations and of first requests.
fn others(local: Option<&Figures>, pieces: &Pieces, plan: &Plan, fetches: Option<&Fetches>) -> [Target; 6] {
    let (ready, ready_mb) = (local.map(|local| local.ready_ms), local.map(|local| local.ready_mb));
    let look_up = pieces.get("secret-look-up").map(|piece| piece.allocations);
    let requests = plan.first_requests;
    let most = fetches.and_then(|fetches| fetches.by_value.values().max().map(|&times| times as f64));
    [
        Target::at_most("local-azure is ready", 150.0, "ms", ready),
        Target::at_most("local-azure's memory when it is ready", 40.0, "MB", ready_mb),
        Target::told("local-azure's memory after the load", "MB", local.map(|local| local.loaded_mb)),
        Target::at_most("allocations to look up a secret in memory", 0.0, "", look_up),
        Target::at_most(format!("{requests} first requests at once: fetches of one token or secret"), 1.0, "", most),
        Target::at_most(
            format!("{requests} first requests at once: failed"),
            0.0,
            "",
            fetches.map(|fetches| fetches.failed as f64),
        ),
    ]
}

fn contenders_with_jobs(samples: &Samples) -> impl Iterator<Item = cost::Inputs> {
    ["handler", "Node", "Python"].into_iter().filter_map(|name| {
        let median = |measure| samples.spread(measure, name).map(|spread| spread.median);
        // Milliseconds for 1,000 jobs are microseconds for one.
        let cpu = median(Measure::Cpu(Job::SnapshotNow))? / 1e6;
        Some(cost::Inputs { name, cpu, resident_mb: median(Measure::LoadedMemory)? })
    })
}

fn scale_inputs(samples: &Samples) -> scale::Inputs {
    let median = |measure| samples.spread(measure, OURS).map(|spread| spread.median);
    match (median(Measure::FirstAnswer), median(Measure::FirstJob)) {
        (Some(first_answer), Some(job)) => scale::Inputs { first_answer, first_job: job - first_answer },
        _ => scale::Inputs::recorded(),
    }
}

/// Returns the figures to record, or to compare with the record. A new record has the median of the rounds. A
/// comparison uses the lowest round, because a busy machine only adds.
fn record(samples: &Samples, pieces: &Pieces, is_new: bool) -> Record {
    let memory = [
        ("idle", Measure::IdleMemory),
        ("after the load", Measure::LoadedMemory),
        ("peak of the large upload", Measure::LargeUploadPeak),
    ];
    let of = |spread: Spread| if is_new { spread.median } else { spread.low };
    let figure = |measure| samples.spread(measure, OURS).map(|spread| (of(spread) * 100.0).round() / 100.0);
    Record {
        memory: memory.into_iter().filter_map(|(name, measure)| Some((name.to_owned(), figure(measure)?))).collect(),
        allocations: pieces.iter().map(|(name, piece)| (name.clone(), piece.allocations)).collect(),
    }
}

/// Adds a trouble for each figure above its record and for each duplicate fetch. Only a quick run is judged, and only
/// on figures that do not depend on the clock.
fn regressions(now: &Record, fetches: Option<&Fetches>, troubles: &mut Troubles) -> Result<(), Box<dyn Error>> {
    let above = Record::read()?.exceeded_by(now);
    let twice = fetches.into_iter().flat_map(Fetches::duplicates);
    let twice = twice.map(|(value, times)| format!("{value} was fetched {times} times"));
    above.into_iter().chain(twice).for_each(|problem| troubles.add(format!("regression: {problem}")));
    if fetches.is_some_and(|fetches| fetches.by_value.is_empty()) {
        troubles.add("nothing was fetched: duplicate fetches could not be counted".to_owned());
    }
    Ok(())
}
