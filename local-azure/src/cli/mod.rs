//! Commands and their arguments.

mod ask;
mod called_by;
mod chain;
mod chain_command;
mod command_error;
mod demo;
mod doctor;
mod dotenv;
mod env_file;
mod environment;
mod fault;
mod init;
mod invoke;
mod keys;
mod local_settings;
mod mcp;
mod new;
mod output;
mod package;
mod policy;
mod project;
mod regenerate;
mod rollover;
mod route;
mod schedule;
mod seed_command;
mod seed_file;
mod setting_sources;
mod span_tree;
mod stage;
mod start;
mod stop_signal;
mod style;
mod terminal;
mod token;
mod watch;

use std::{path::PathBuf, process::ExitCode};

use self::output::eprintln;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use local_azure::{
    broken_link::Link,
    new_function::{FunctionKind, FunctionName},
};

use self::style::RED;

/// Azure on a laptop: managed identity, signed tokens, Key Vault, Blob, API Management and the Functions host.
#[derive(Parser)]
#[command(name = "local-azure", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, run a job once through the Functions host, and show the chain link by link
    Demo {
        /// The job: `main`, or another job of the seed
        #[arg(long, value_name = "JOB", default_value = "main")]
        job: String,
        /// Break one link: the job fails (exit code 1), and the chain shows which service refused
        #[arg(long = "break", value_name = "LINK")]
        broken: Option<Link>,
        /// Print one JSON document on standard output
        #[arg(long)]
        json: bool,
    },
    /// Run the Azure side and the Functions host with the staged app until Ctrl-C
    Start(start::StartArguments),
    /// Call a function of the running host, timers included, and wait for its outcome
    Invoke(invoke::InvokeArguments),
    /// Print the claims of the token that an identity would get for a resource, but never the token
    Token {
        /// The name of an identity in the seed
        #[arg(long)]
        identity: String,
        /// The resource of the token: an App ID URI, a client ID, or a URI such as `https://vault.azure.net`
        #[arg(long)]
        resource: String,
        /// The seed: the world to play
        #[arg(long, value_name = "FILE")]
        seed: Option<PathBuf>,
        /// Print one JSON document, also for a refusal
        #[arg(long)]
        json: bool,
    },
    /// Work with API Management's policy files
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Make a project that runs: host.json, an HTTP function, a timer, a seed, and for Rust a crate with a test
    Init(init::InitArguments),
    /// Print a seed to start from, with an explanation of each part
    Seed(seed_command::SeedArguments),
    /// Show what the running local-azure did for one request, by trace ID; without an ID, list the latest requests
    Chain(chain_command::ChainArguments),
    /// Run an MCP server on standard input and output: an assistant asks and drives a running local-azure
    Mcp(mcp::McpArguments),
    /// Make the tenant of a running local-azure sign with a new key, as in an emergency
    Rollover(ask::RunArguments),
    /// Replace a key of an API Management subscription in a running local-azure, and in the secrets that hold it
    Regenerate(regenerate::RegenerateArguments),
    /// Set faults in a running local-azure, or list them: throttling, resets, rotated secrets and more
    Fault(fault::FaultArguments),
    /// Print the next occurrences of a timer's schedule, one on each line
    Schedule(schedule::ScheduleArguments),
    /// Write the script root, the folder that the Functions host runs; for a Rust project with its handler
    Stage(stage::StageArguments),
    /// Write the deployable zip; for a Rust project with a release build of its handler
    Package(package::PackageArguments),
    /// Write the files of a new function; in a Rust project on functions-handler, also its lines in src/main.rs
    New {
        /// The trigger
        kind: FunctionKind,
        /// The function's name: folder and URL have it, and in Rust also the module
        name: FunctionName,
    },
    /// Say which tools are installed, and how to install the missing ones
    Doctor {
        /// Also start the handler with the variables of this file, as `start --env-file` or `azd env get-values` write it
        #[arg(long, value_name = "FILE")]
        env_file: Option<PathBuf>,
        /// Print one JSON document: a list of findings
        #[arg(long)]
        json: bool,
    },
    /// Print a script that completes commands and options in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command of this process's arguments.
pub(crate) async fn run() -> ExitCode {
    loopback_server::raise_descriptor_limit();
    let matches = Arguments::command().bin_name(called_by::name()).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let outcome = match arguments.command {
        Command::Demo { job, broken, json } => demo::demo(&job, broken, json).await,
        Command::Start(arguments) => start::start(arguments).await,
        Command::Invoke(arguments) => invoke::invoke(arguments).await,
        Command::Token { identity, resource, seed, json } => token::token(&identity, &resource, seed.as_deref(), json),
        Command::Policy(command) => policy::policy(&command),
        Command::Init(arguments) => init::init(&arguments),
        Command::Seed(arguments) => seed_command::seed(&arguments),
        Command::Chain(arguments) => chain_command::chain(arguments).await,
        Command::Mcp(arguments) => mcp::mcp(arguments).await,
        Command::Rollover(run) => rollover::rollover(run).await,
        Command::Regenerate(arguments) => regenerate::regenerate(arguments).await,
        Command::Fault(arguments) => fault::fault(arguments).await,
        Command::Schedule(arguments) => schedule::schedule_command(&arguments),
        Command::Stage(arguments) => stage::stage(arguments).await,
        Command::Package(arguments) => package::package(arguments).await,
        Command::New { kind, name } => new::new(kind, &name),
        Command::Doctor { env_file, json } => doctor::doctor(env_file.as_deref(), json).await,
        Command::Completions { shell } => {
            completions(shell);
            Ok(ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{RED}error{RED:#}: {error}");
        // Exit code 1 means a job that ran and failed. This command never ran.
        ExitCode::from(2)
    })
}

/// Prints completions for the program's own name, because a shell cannot complete a cargo alias.
fn completions(shell: clap_complete::Shell) {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    output::print!("{}", String::from_utf8_lossy(&script));
}
