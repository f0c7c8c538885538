//! `cargo bench-all`: the handler beside the same jobs in Node and Python and beside axum alone, in alternating rounds,
//! with local-azure in its own process.

mod apart;
mod azure_process;
mod chart;
mod collector;
mod compare;
mod contender;
mod cost;
mod fetches;
mod first_job;
mod gateway;
mod http;
mod load;
mod machine;
mod measure;
mod micro;
mod process;
mod record;
mod relay;
mod renewal;
mod report;
mod rounds;
mod scale;
mod statistics;
mod targets;
mod world;

use std::{
    error::Error,
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

use clap::{Parser, Subcommand};
use local_azure::seed::Seed;
use serde_json::{Value, json};

use crate::{
    apart::{Apart, Subject},
    azure_process::AzureProcess,
    contender::{Contenders, OURS, root, run},
    fetches::Fetches,
    machine::Machine,
    measure::{Job, Measure, Samples},
    micro::Pieces,
    record::Record,
    report::Report,
    rounds::{Arena, Plan},
    scale::Scale,
    statistics::Spread,
    targets::Target,
};

/// What the handler is packaged for; both targets are linked statically.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Turns of each way to the gateway.
const GATEWAY_ROUNDS: usize = 40;

/// Measures; see docs/performance.md.
#[derive(Parser)]
#[command(name = "cargo bench-all")]
struct Arguments {
    /// A short run. It fails on memory and allocations a tenth above bench/record.toml and on duplicate fetches, and on
    /// nothing that depends on the clock
    #[arg(long)]
    quick: bool,
    /// Write memory and allocations of this run to bench/record.toml
    #[arg(long)]
    record: bool,
    /// How many rounds
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Measure this binary; without it, `cargo local package` makes one
    #[arg(long, value_name = "FILE")]
    handler: Option<PathBuf>,
    /// One part alone
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Subcommand)]
enum Part {
    /// Handlers that were built in several ways, in turns: size, memory, first answer and job, processor time
    Compare {
        /// Their binaries
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// What the gateway adds to a request
    Gateway,
    /// From `execve` to the first job's blob, beside what its services take
    FirstJob,
    /// What `relay` adds to a call of the gateway
    Relay,
    /// Whether callers notice that tokens are renewed
    Renewal,
    /// Small pieces of the hot path: time, allocations, instructions
    Micro,
    /// 1,000 instances that start within a second, simulated
    Scale,
}

fn main() -> ExitCode {
    let ended = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        // On this thread alone: the other core is for what is measured.
        runtime.block_on(bench(&Arguments::parse()))
    });
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    raise_descriptors()?;
    match &arguments.part {
        None => all(arguments).await,
        Some(Part::Gateway) => {
            gateway::measure(GATEWAY_ROUNDS).await?.iter().for_each(|report| println!("{report}"));
            Ok(ExitCode::SUCCESS)
        }
        Some(Part::Compare { files }) => {
            let azure = Programs::build()?.start_azure()?;
            println!("{}", compare::table(files, &azure.environment, &folder()?).await?);
            Ok(ExitCode::SUCCESS)
        }
        Some(part @ (Part::FirstJob | Part::Relay | Part::Renewal)) => alone(arguments, part).await,
        Some(Part::Scale) => {
            println!("{}", Scale::simulate(scale::Inputs::RECORDED).in_words());
            Ok(ExitCode::SUCCESS)
        }
        Some(Part::Micro) => {
            let programs = Programs::build()?;
            let azure = programs.start_azure()?;
            let pieces = micro::measure(&programs.micro, OPTIMISED, &azure.environment)?;
            println!("{}", micro::table(&pieces));
            micro::time(&programs.micro, &azure.environment)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A part that needs the handler and a world.
async fn alone(arguments: &Arguments, part: &Part) -> Result<ExitCode, Box<dyn Error>> {
    let handler = handler(arguments)?;
    let azure = Programs::build()?.start_azure()?;
    let (seed, folder) = (Seed::read(&seed())?, folder()?);
    let subject = Subject { handler: &handler, environment: &azure.environment, seed: &seed, folder: &folder };
    let text = match part {
        Part::FirstJob => first_job::table(&subject.first_job().await?),
        Part::Relay => subject.relay().await?.table(),
        Part::Renewal => subject.renewal().await?.table(),
        Part::Compare { .. } | Part::Gateway | Part::Micro | Part::Scale => String::new(),
    };
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// The binary to measure.
fn handler(arguments: &Arguments) -> Result<PathBuf, Box<dyn Error>> {
    Ok(arguments.handler.clone().map_or_else(package, Ok)?.canonicalize()?)
}

async fn all(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut plan = if arguments.quick { Plan::QUICK } else { Plan::FULL };
    plan.rounds = arguments.rounds.unwrap_or(plan.rounds);
    let folder = folder()?;
    let handler = handler(arguments)?;
    let mut contenders = Contenders::prepare(&handler, &folder, &collector::start().await?)?;
    contenders.left_out.iter().for_each(|reason| eprintln!("{reason}"));
    let machine = Machine::here();
    let programs = Programs::build()?;
    let azure = programs.start_azure()?;
    let arena = Arena { plan: &plan, environment: &azure.environment, folder: &folder };
    let (samples, failed) = arena.measure(&contenders.all).await?;
    contenders.left_out.extend(failed);
    let pieces = micro::measure(&programs.micro, OPTIMISED, &azure.environment)?;
    let seed = Seed::read(&seed())?;
    let subject = Subject { handler: &handler, environment: &azure.environment, seed: &seed, folder: &folder };
    // A quick run judges no clock.
    let apart = if arguments.quick { None } else { Some(subject.all().await?) };
    let ready =
        json!({ "readyMs": azure.ready_after.as_secs_f64() * 1e3, "residentMb": azure.resident()? as f64 * 1.024e-3 });
    drop(azure);
    let fetches = fetches::count(&handler, seed, plan.first_requests, &folder).await?;
    let mut targets = targets::of(&samples, plan.connections);
    targets.extend(apart.iter().flat_map(Apart::targets));
    targets.extend(of_local_azure(&ready));
    let mut sections = sections(&samples, &pieces, &fetches, &ready);
    sections.extend(apart.iter().flat_map(Apart::sections));
    sections.insert(0, ("Targets", targets::table(&targets), targets::to_json(&targets)));
    let report = Report {
        command: if arguments.quick { "cargo bench-all --quick" } else { "cargo bench-all" },
        machine: &machine,
        contenders: &contenders,
        samples: &samples,
        sections,
    };
    println!("{}", report.text());
    if arguments.quick {
        report.write(&folder.join("results"))?;
    } else {
        report.write(&root().join("docs/performance"))?;
        report.write_into(&root().join("docs/performance.md"))?;
    }
    judge(arguments, &record(&samples, &pieces, arguments.record), &fetches)
}

fn sections(
    samples: &Samples,
    pieces: &Pieces,
    fetches: &Fetches,
    ready: &Value,
) -> Vec<(&'static str, String, Value)> {
    let costs: Vec<_> = contenders_with_jobs(samples).collect();
    let scale = Scale::simulate(scale_inputs(samples));
    let local = format!(
        "Ready after {:.0} ms; {:.0} MB resident after the load.\n",
        ready["readyMs"].as_f64().unwrap_or_default(),
        ready["residentMb"].as_f64().unwrap_or_default()
    );
    vec![
        ("local-azure", local, ready.clone()),
        ("First requests at once", first_requests(fetches), fetches.to_json()),
        ("Pieces of the hot path", micro::table(pieces), micro::to_json(pieces)),
        ("What a million main jobs take", cost::table(&costs), cost::to_json(&costs)),
        ("1,000 instances at once, simulated", scale.in_words(), scale.to_json()),
    ]
}

fn of_local_azure(ready: &Value) -> [Target; 2] {
    [
        Target::at_most("local-azure is ready", 150.0, "ms", ready["readyMs"].as_f64()),
        Target::at_most("local-azure after the load", 40.0, "MB", ready["residentMb"].as_f64()),
    ]
}

fn contenders_with_jobs(samples: &Samples) -> impl Iterator<Item = cost::Inputs> {
    ["handler", "Node", "Python"].into_iter().filter_map(|name| {
        let median = |measure| samples.spread(measure, name).map(|spread| spread.median);
        // Milliseconds of 1,000 jobs are microseconds of one.
        let cpu = median(Measure::Cpu(Job::SnapshotNow))? / 1e6;
        Some(cost::Inputs { name, cpu, resident_mb: median(Measure::LoadedMemory)? })
    })
}

fn scale_inputs(samples: &Samples) -> scale::Inputs {
    let median = |measure| samples.spread(measure, OURS).map(|spread| spread.median);
    match (median(Measure::FirstAnswer), median(Measure::FirstJob)) {
        (Some(first_answer), Some(job)) => scale::Inputs { first_answer, first_job: job - first_answer },
        _ => scale::Inputs::RECORDED,
    }
}

fn first_requests(fetches: &Fetches) -> String {
    let mut text = format!(
        "{} requests to `relay` at once, to an instance that has just started; {} failed.\n\n| value | fetched |\n|---|---|\n",
        fetches.requests, fetches.failed
    );
    for (value, times) in &fetches.by_value {
        text += &format!("| {value} | {times} |\n");
    }
    text
}

/// What the record is compared with. A new record has the highest of the rounds: what is compared with it is their median.
fn record(samples: &Samples, pieces: &Pieces, is_new: bool) -> Record {
    let memory = [
        ("idle", Measure::IdleMemory),
        ("after the load", Measure::LoadedMemory),
        ("peak of the large upload", Measure::LargeUploadPeak),
    ];
    let of = |spread: Spread| if is_new { spread.high } else { spread.median };
    let figure = |measure| samples.spread(measure, OURS).map(|spread| (of(spread) * 100.0).round() / 100.0);
    Record {
        memory: memory.into_iter().filter_map(|(name, measure)| Some((name.to_owned(), figure(measure)?))).collect(),
        allocations: pieces.iter().map(|(name, piece)| (name.clone(), piece.allocations)).collect(),
    }
}

/// Only what does not depend on the clock fails a quick run; a full run judges nothing.
fn judge(arguments: &Arguments, now: &Record, fetches: &Fetches) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.record {
        now.write()?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.quick {
        return Ok(ExitCode::SUCCESS);
    }
    let mut problems = Record::read()?.exceeded_by(now);
    problems.extend(fetches.duplicates().map(|(value, times)| format!("{value} was fetched {times} times")));
    if fetches.by_value.is_empty() {
        problems.push("nothing was fetched: duplicate fetches could not be counted".to_owned());
    }
    problems.iter().for_each(|problem| eprintln!("regression: {problem}"));
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the zip, as it would be deployed, and gives the handler in it.
fn package() -> Result<PathBuf, Box<dyn Error>> {
    run(Command::new("cargo").args(["local", "package", "--target", TARGET]).current_dir(root()))?;
    Ok(root().join("target/app/handler"))
}

/// Programs beside this one, in its own profile.
struct Programs {
    local_azure: PathBuf,
    micro: PathBuf,
}

/// Whether this program's profile is `bench`, and not `dev`.
const OPTIMISED: bool = !cfg!(debug_assertions);

impl Programs {
    fn build() -> Result<Self, Box<dyn Error>> {
        let (profile, folder) = if OPTIMISED { ("bench", "release") } else { ("dev", "debug") };
        // Without --package, as the aliases do: this program and these were built with one set of features.
        let arguments = ["build", "--locked", "--profile", profile];
        run(Command::new("cargo")
            .args(arguments)
            .args(["--bin", "micro", "--bin", "local-azure"])
            .current_dir(root()))?;
        let folder = root().join("target").join(folder);
        Ok(Self { local_azure: folder.join("local-azure"), micro: folder.join("micro") })
    }

    fn start_azure(&self) -> Result<AzureProcess, Box<dyn Error>> {
        Ok(AzureProcess::start(&self.local_azure, &seed(), &folder()?)?)
    }
}

/// The default world, which the sample's own demo runs in.
fn seed() -> PathBuf {
    root().join("local-azure/seed.toml")
}

/// Where peers are installed, and logs and quick results are.
fn folder() -> std::io::Result<PathBuf> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Thousands of connections at once need as many descriptors; processes that are started inherit the limit.
#[cfg(unix)]
fn raise_descriptors() -> Result<(), Box<dyn Error>> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

#[cfg(not(unix))]
fn raise_descriptors() -> Result<(), Box<dyn Error>> {
    Ok(())
}
