//! `cargo bench-all`: the handler beside the same jobs in Node and Python and beside axum alone, in alternating rounds,
//! with local-azure in its own process.

mod apart;
mod azure_process;
mod chart;
mod collector;
mod compare;
mod contender;
mod cost;
mod direct;
mod edge;
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
mod troubles;
mod whole;
mod world;

use std::{
    error::Error,
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

use clap::{Parser, Subcommand};
use local_azure::seed::Seed;

use crate::{
    apart::Subject,
    azure_process::AzureProcess,
    contender::{root, run},
    scale::Scale,
};

/// The target for which the handler is packaged; both targets are linked statically.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Turns of each way to reach the gateway.
const GATEWAY_ROUNDS: usize = 40;

/// Measures the handler and the gateway; see docs/performance.md.
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
    /// The number of rounds, instead of 7 (3 with --quick)
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// The number of requests for `health` on each number of connections, instead of 10,000 (2,000 with --quick); other
    /// jobs get a tenth of it
    #[arg(long, value_name = "N")]
    requests: Option<usize>,
    /// Print the figures without changing a document
    #[arg(long)]
    dry: bool,
    /// Measure this binary; without it, `cargo local package` makes one
    #[arg(long, value_name = "FILE")]
    handler: Option<PathBuf>,
    /// Measure only this part
    #[command(subcommand)]
    part: Option<Measurement>,
}

#[derive(Clone, Subcommand)]
enum Measurement {
    /// Handlers that were built in several ways, in turns: size, memory, first answer and job, processor time
    Compare {
        /// Their binaries
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The number of rounds
        #[arg(long, value_name = "N", default_value_t = compare::ROUNDS)]
        rounds: usize,
        /// Write the table to docs/performance.md
        #[arg(long)]
        write: bool,
    },
    /// The time that the gateway adds to a request
    Gateway,
    /// From `execve` to the first job's blob, beside the time of its services
    FirstJob,
    /// The time that `relay` adds to a call of the gateway
    Relay,
    /// Whether callers notice that tokens are renewed
    Renewal,
    /// Thousands of first requests at once, and how often each token and secret is fetched for them
    FirstRequests,
    /// A small blob through local-azure's edge, and the gateway with the dashboard closed and open
    Edge,
    /// Small pieces of the hot path: time, allocations, instructions
    Micro,
    /// 1,000 instances that start within a second, simulated
    Scale,
}

fn main() -> ExitCode {
    let ended = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        // Everything runs on this thread: the other core is for the measured program.
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
        None => whole::measure(arguments).await,
        Some(Measurement::Gateway) => {
            gateway::measure(GATEWAY_ROUNDS).await?.iter().for_each(|report| println!("{report}"));
            Ok(ExitCode::SUCCESS)
        }
        Some(Measurement::Compare { files, rounds, write }) => {
            let azure = Programs::build()?.start_azure()?;
            let (table, failed) = compare::table(files, *rounds, &azure.environment, &folder()?).await;
            println!("{table}");
            if *write {
                report::write_variants(&table)?;
            }
            Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
        }
        Some(
            part @ (Measurement::FirstJob
            | Measurement::Relay
            | Measurement::Renewal
            | Measurement::FirstRequests
            | Measurement::Edge),
        ) => alone(arguments, part).await,
        Some(Measurement::Scale) => {
            println!("{}", Scale::simulate(scale::Inputs::recorded()).in_words());
            Ok(ExitCode::SUCCESS)
        }
        Some(Measurement::Micro) => {
            let programs = Programs::build()?;
            let azure = programs.start_azure()?;
            let pieces = micro::measure(&programs.micro, OPTIMISED, &azure.environment)?;
            println!("{}", micro::table(&pieces));
            micro::time(&programs.micro, &azure.environment)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs one measurement that needs the handler and a world.
async fn alone(arguments: &Arguments, part: &Measurement) -> Result<ExitCode, Box<dyn Error>> {
    let handler = handler(arguments)?;
    let azure = Programs::build()?.start_azure()?;
    let (seed, folder) = (Seed::read(&seed())?, folder()?);
    let subject = Subject { handler: &handler, environment: &azure.environment, seed: &seed, folder: &folder };
    let text = match part {
        Measurement::FirstJob => first_job::table(&subject.first_job().await?),
        Measurement::Relay => subject.relay().await?.table(),
        Measurement::Renewal => subject.renewal().await?.table(),
        Measurement::FirstRequests => {
            let requests = rounds::Plan::FULL.first_requests;
            fetches::count(&handler, seed.clone(), requests, &folder).await?.table()
        }
        Measurement::Edge => subject.edge().await?.table(),
        Measurement::Compare { .. } | Measurement::Gateway | Measurement::Micro | Measurement::Scale => String::new(),
    };
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// Returns the binary to measure.
fn handler(arguments: &Arguments) -> Result<PathBuf, Box<dyn Error>> {
    Ok(arguments.handler.clone().map_or_else(package, Ok)?.canonicalize()?)
}

/// Builds the zip as for a deployment and returns the handler in it.
fn package() -> Result<PathBuf, Box<dyn Error>> {
    run(Command::new("cargo").args(["local", "package", "--target", TARGET]).current_dir(root()))?;
    Ok(root().join("target/app/handler"))
}

/// The programs that are built beside this one, in the same profile.
struct Programs {
    local_azure: PathBuf,
    micro: PathBuf,
}

/// Whether this program has the profile `bench`, and not `dev`.
const OPTIMISED: bool = !cfg!(debug_assertions);

impl Programs {
    fn build() -> Result<Self, Box<dyn Error>> {
        let (profile, folder) = if OPTIMISED { ("bench", "release") } else { ("dev", "debug") };
        // There is no --package, as in the aliases: this program and those two are built with one set of features.
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

/// Returns the path of the default world's seed. The sample's own demo uses the same world.
fn seed() -> PathBuf {
    root().join("local-azure/seed.toml")
}

/// Creates and returns the folder for installed peers, logs and quick results.
fn folder() -> std::io::Result<PathBuf> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Raises the limit of open descriptors, as thousands of connections at once need it. Started processes inherit the
/// limit.
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
