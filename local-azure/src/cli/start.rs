//! `start`: local Azure and the Functions host, until Ctrl-C.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use anstream::{eprintln, println};
use local_azure::{
    LocalAzure,
    functions_host::{FunctionsHost, HostError, HostOptions},
    journal_invocations,
};

use super::{
    BOLD, CommandError, DIM, Project, RED, env_file, environment::ChildEnvironment, local_settings::LocalSettings,
    seed_file, watch,
};

/// `func start`'s.
const DEFAULT_PORT: u16 = 7071;
/// Beside the folders of the storage accounts, and named as Azure names its container.
const HOST_STATE: &str = "azure-webjobs-hosts";

#[derive(clap::Args)]
pub(super) struct StartArguments {
    /// Run this folder as it is, whatever its handler's language: host.json, and one folder for each function
    #[arg(long, value_name = "DIR", conflicts_with = "no_host")]
    script_root: Option<PathBuf>,
    /// The world to play
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Port of the Functions host, 7071 unless the settings file says otherwise; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
    /// App settings that win over the seed's, in the format of `local.settings.json`; its `Host` section counts too
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Ask for function keys and the master key, which are printed; every level is open otherwise
    #[arg(long)]
    enable_auth: bool,
    /// Write the variables for any other process to this file, as dotenv
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// The same for a process that proves itself with the token file of the seed's `[workload_identity]`
    #[arg(long, value_name = "FILE")]
    workload_env_file: Option<PathBuf>,
    /// Print what API Management's policies do with each request: what ran, what it decided, and why
    #[arg(long)]
    trace: bool,
    /// Run the Azure side alone
    #[arg(long, conflicts_with_all = ["port", "settings", "enable_auth"])]
    no_host: bool,
    /// Do not rebuild and restart the handler when a file is saved
    #[arg(long, conflicts_with = "no_host")]
    no_watch: bool,
    /// Keep blobs and the status of timers in this folder; without it they end with the command
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

pub(super) async fn start(arguments: StartArguments) -> Result<ExitCode, CommandError> {
    // A standalone Azure side needs no project.
    let project = match (&arguments.script_root, arguments.no_host) {
        (Some(folder), _) => Some(Project::in_place(folder)?),
        (None, true) => Project::find().ok(),
        (None, false) => Some(Project::find()?),
    };
    let seed = seed_file::load(arguments.seed.as_deref(), project.as_ref())?;
    let of_the_project = project.as_ref().map(|project| project.root().join("local.settings.json"));
    let settings = [of_the_project.filter(|file| file.is_file()), arguments.settings.clone()];
    let settings = LocalSettings::read_all(settings.iter().flatten())?;
    let port = arguments.port.or(settings.port).unwrap_or(DEFAULT_PORT);
    if !arguments.no_host {
        refuse_taken(port)?;
    }
    [&arguments.env_file, &arguments.workload_env_file]
        .into_iter()
        .flatten()
        .try_for_each(|file| env_file::check(file))?;
    if let Some(project) = project.as_ref().filter(|_| !arguments.no_host) {
        project.prepare().await?;
    }
    let azure = LocalAzure::start_in(seed, arguments.data.as_deref()).await?;
    if arguments.trace {
        azure.world().policy_trace().send_to(|line| println!("{DIM}{line}{DIM:#}"));
    }
    if let Some(file) = &arguments.env_file {
        env_file::write(file, &azure, azure.environment())?;
    }
    if let Some(file) = &arguments.workload_env_file {
        let environment = azure.workload_environment();
        let environment = environment.ok_or("--workload-env-file: the seed has no [workload_identity]")?;
        env_file::write(file, &azure, environment)?;
    }
    print_services(&azure, arguments.env_file.as_deref());
    print_policy_findings(&azure);
    match project.filter(|_| !arguments.no_host) {
        Some(project) => run_host(&project, &azure, &arguments, settings).await,
        None => {
            stop_signal().await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A taken port is told before anything is built.
fn refuse_taken(port: u16) -> Result<(), CommandError> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    match std::net::TcpListener::bind(address) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(Box::new(HostError::PortInUse(address))),
        _ => Ok(()),
    }
}

/// Runs the Functions host until Ctrl-C, or until it gives up on the handler.
async fn run_host(
    project: &Project,
    azure: &LocalAzure,
    arguments: &StartArguments,
    settings: LocalSettings,
) -> Result<ExitCode, CommandError> {
    let port = arguments.port.or(settings.port).unwrap_or(DEFAULT_PORT);
    let mut app_settings = azure.world().seed().function_app.settings.clone();
    app_settings.extend(settings.values);
    let child = ChildEnvironment::of_this_shell(app_settings);
    if !child.hidden.is_empty() {
        eprintln!("{DIM}the shell's variables win over the app settings {}{DIM:#}", child.hidden.join(", "));
    }
    let host = FunctionsHost::start(HostOptions {
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        environment: child.variables(azure.environment()),
        settings: child.settings,
        journal: journal_invocations(azure.journal()),
        log: Arc::new(|line| println!("{line}")),
        fire_timers: true,
        enforce_keys: arguments.enable_auth,
        state: arguments.data.as_ref().map(|folder| folder.join(HOST_STATE)),
        cors: settings.cors,
        restart_on_change: arguments.no_watch,
        ..HostOptions::new(project.script_root())
    })
    .await?;
    let ended = tokio::select! {
        reason = host.stopped() => Err(reason.into()),
        signal = stop_signal() => signal.map(|()| ExitCode::SUCCESS),
        () = watch::follow_changes(project, &host), if !arguments.no_watch => Ok(ExitCode::SUCCESS),
    };
    host.stop().await;
    ended
}

fn print_services(azure: &LocalAzure, env_file: Option<&std::path::Path>) {
    println!("\n{BOLD}Azure:{BOLD:#}\n");
    for host in azure.world().network().hosts() {
        println!("\thttps://{host}");
    }
    for (id, file) in azure.certificate_files() {
        println!("\n{DIM}the certificate \"{id}\" and its key are in {}{DIM:#}", file.display());
    }
    match env_file {
        Some(file) => println!("\n{DIM}variables for other processes are in {}{DIM:#}", file.display()),
        None => {
            println!("\n{DIM}these answer through a proxy; --env-file FILE writes what another process needs{DIM:#}")
        }
    }
}

/// What is wrong with policy documents. Calls under a document that is refused are answered 500.
fn print_policy_findings(azure: &LocalAzure) {
    let (refusals, warnings): (Vec<_>, Vec<_>) = azure.policy_findings().iter().partition(|finding| finding.refuses());
    if !refusals.is_empty() {
        println!("\n{RED}policy documents that are refused; calls under them are answered 500:{RED:#}");
    }
    for refusal in refusals {
        println!("\t{RED}{refusal}{RED:#}");
    }
    for warning in warnings {
        println!("{DIM}{warning}{DIM:#}");
    }
}

async fn stop_signal() -> Result<(), CommandError> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    eprintln!("{DIM}stopping{DIM:#}");
    Ok(())
}
