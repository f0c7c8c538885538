//! `start`: runs local Azure and the Functions host until Ctrl-C.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use super::output::{eprintln, print, println};
use local_azure::{
    LocalAzure,
    fault::Fault,
    functions_host::{FunctionsHost, HostError, HostOptions},
    journal_invocations,
};

use super::{
    chain_command,
    command_error::CommandError,
    env_file,
    environment::ChildEnvironment,
    keys::{self, HELP, Key, Keys},
    local_settings::LocalSettings,
    project::Project,
    seed_file,
    setting_sources::Sources,
    stop_signal::StopSignal,
    style::{BOLD, DIM, RED},
    terminal::Terminal,
    watch,
};

/// The default port of `func start`.
const DEFAULT_PORT: u16 = 7071;
/// The folder for the host's state, beside the folders of the storage accounts. Azure's container has the same name.
const HOST_STATE: &str = "azure-webjobs-hosts";

#[derive(clap::Args)]
pub(super) struct StartArguments {
    /// Run this folder as it is, with a handler in any language: host.json, and one folder for each function
    #[arg(long, value_name = "DIR", conflicts_with = "no_host")]
    script_root: Option<PathBuf>,
    /// The seed: the world to play
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Port of the Functions host, 7071 unless the settings file says otherwise; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
    /// App settings that override the seed's, in the format of `local.settings.json`; its `Host` section counts too
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Require function keys or the master key, and print them; without this, every authorization level is open
    #[arg(long)]
    enable_auth: bool,
    /// Ignore unknown members of host.json and function.json with a warning; Azure ignores them without one
    #[arg(long, conflicts_with = "no_host")]
    lenient: bool,
    /// Write the variables that other processes need to this file, as dotenv
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Write the same for a process that proves its identity with the token file of the seed's `[workload_identity]`
    #[arg(long, value_name = "FILE")]
    workload_env_file: Option<PathBuf>,
    /// Print what API Management's policies do with each request: which of them ran, their decisions, and the reasons
    #[arg(long)]
    trace: bool,
    /// Set a fault: `SERVICE:KIND[,NAME=VALUE]`, as a `[[faults]]` of the seed; may be given several times
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<Fault>,
    /// Run only the Azure side, without the Functions host
    #[arg(long, conflicts_with_all = ["port", "settings", "enable_auth"])]
    no_host: bool,
    /// Do not rebuild and restart the handler when a file is saved
    #[arg(long, conflicts_with = "no_host")]
    no_watch: bool,
    /// Keep blobs and the status of timers in this folder; without it, they are gone when the command ends
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// Everything that is set up before the Functions host runs.
struct Running {
    azure: LocalAzure,
    /// Absent if the Azure side runs alone.
    project: Option<Project>,
    /// The files before the build: a file that is saved meanwhile counts as changed.
    files: watch::Files,
    settings: LocalSettings,
    terminal: Arc<Terminal>,
}

pub(super) async fn start(arguments: StartArguments) -> Result<ExitCode, CommandError> {
    let stop = StopSignal::listen()?;
    let running = tokio::select! {
        running = set_up(&arguments) => running?,
        () = stop.received() => return Ok(ExitCode::SUCCESS),
    };
    match &running.project {
        Some(project) => run_host(project, &running, &arguments, &stop).await?,
        None => stop.received().await,
    }
    eprintln!("{DIM}stopping{DIM:#}");
    Ok(ExitCode::SUCCESS)
}

/// Checks the possible problems, cheap checks first. Then it builds, and starts the Azure side.
async fn set_up(arguments: &StartArguments) -> Result<Running, CommandError> {
    // A standalone Azure side needs no project.
    let project = match (&arguments.script_root, arguments.no_host) {
        (Some(folder), _) => Some(Project::in_place(folder)?),
        (None, true) => Project::find().ok(),
        (None, false) => Some(Project::find().map_err(|error| format!("{error}, or name one with --script-root"))?),
    };
    let mut seed = seed_file::load(arguments.seed.as_deref(), project.as_ref())?;
    for fault in &arguments.faults {
        fault.check(&seed)?;
        seed.faults.push(fault.clone());
    }
    let settings = LocalSettings::from_project(project.as_ref(), arguments.settings.as_ref())?;
    let project = project.filter(|_| !arguments.no_host);
    if project.is_some() {
        refuse_taken(port(arguments, &settings))?;
    }
    [&arguments.env_file, &arguments.workload_env_file]
        .into_iter()
        .flatten()
        .try_for_each(|file| env_file::check(file))?;
    let mut files = project.as_ref().and_then(|project| watch::files(project.root())).unwrap_or_default();
    if let Some(project) = &project {
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
    for file in [&arguments.env_file, &arguments.workload_env_file].into_iter().flatten() {
        project.iter().for_each(|project| watch::note(&mut files, project.root(), file));
    }
    let terminal = Arc::new(Terminal::default());
    let network_terminal = Arc::clone(&terminal);
    azure.world().network().on_unknown_host(move |host| network_terminal.unknown_host(host));
    print_services(&azure, arguments.env_file.as_deref());
    print_dashboard(&azure);
    print_policy_findings(&azure);
    Ok(Running { azure, project, files, settings, terminal })
}

fn port(arguments: &StartArguments, settings: &LocalSettings) -> u16 {
    arguments.port.or(settings.port).unwrap_or(DEFAULT_PORT)
}

/// Refuses a taken port before anything is built.
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
    running: &Running,
    arguments: &StartArguments,
    stop: &StopSignal,
) -> Result<(), CommandError> {
    let Running { azure, terminal, .. } = running;
    let host = Arc::new(start_host(project, running, arguments).await?);
    azure.dashboard().show_host(&host);
    let mut keys = Keys::listen();
    if keys.is_some() {
        println!("{DIM}{HELP}{DIM:#}");
    }
    let ended = tokio::select! {
        reason = host.stopped() => Err(terminal.end(&reason).into()),
        () = stop.received() => {
            terminal.stopping();
            Ok(())
        }
        () = watch::follow_changes(project, &host, running.files.clone()), if !arguments.no_watch => Ok(()),
        () = follow_keys(keys.as_mut(), project, &host, azure) => {
            terminal.stopping();
            Ok(())
        }
    };
    host.stop().await;
    ended
}

async fn start_host(
    project: &Project,
    Running { azure, settings, terminal, .. }: &Running,
    arguments: &StartArguments,
) -> Result<FunctionsHost, CommandError> {
    let mut app_settings = azure.world().seed().function_app.settings.clone();
    app_settings.extend(settings.values.clone());
    let child = ChildEnvironment::of_this_shell(app_settings);
    if !child.hidden.is_empty() {
        eprintln!("{DIM}the shell's variables win over the app settings {}{DIM:#}", child.hidden.join(", "));
    }
    let sources = Sources {
        seed: &azure.world().seed().function_app.settings,
        file: &settings.values,
        shell: &child.shell,
        azure: &azure.environment(),
    };
    azure.dashboard().show_settings(sources.settings());
    let (host_terminal, journal_terminal) = (Arc::clone(terminal), Arc::clone(terminal));
    let record = journal_invocations(azure.journal());
    let dashboard = azure.dashboard().clone();
    let host = FunctionsHost::start(HostOptions {
        address: SocketAddr::from(([127, 0, 0, 1], port(arguments, settings))),
        environment: child.variables(azure.environment()),
        settings: child.settings,
        journal: Arc::new(move |invocation| {
            record(invocation);
            journal_terminal.invocation(invocation);
        }),
        log: Arc::new(move |line| {
            dashboard.show_line(&line);
            host_terminal.log(&line);
        }),
        fire_timers: true,
        enforce_keys: arguments.enable_auth,
        state: arguments.data.as_ref().map(|folder| folder.join(HOST_STATE)),
        cors: settings.cors.clone(),
        restart_on_change: arguments.no_watch,
        lenient: arguments.lenient,
        ..HostOptions::new(project.script_root())
    });
    Ok(host.await?)
}

/// Does the actions of the pressed keys, until a key ends the command.
async fn follow_keys(keys: Option<&mut Keys>, project: &Project, host: &FunctionsHost, azure: &LocalAzure) {
    let Some(keys) = keys else { return std::future::pending().await };
    while let Some(key) = keys.next().await {
        let done = match key {
            Key::Quit => return,
            Key::Clear => {
                // Erase the screen and the lines that have scrolled away, then go to the upper left corner (ECMA-48).
                print!("\u{1b}[2J\u{1b}[3J\u{1b}[H");
                Ok(())
            }
            Key::Open => {
                let functions = host.functions();
                let url = functions.iter().find_map(|function| function.invoke_url.as_deref());
                keys::open(url.unwrap_or(host.url().as_str())).map_err(CommandError::from)
            }
            Key::Dashboard => keys::open(&azure.dashboard_file().display().to_string()).map_err(CommandError::from),
            Key::Restart => host.replace().await.map_err(CommandError::from),
            Key::Rebuild => watch::renew(project, host).await,
            Key::Chain => {
                chain_command::print_last(azure.journal().entries());
                Ok(())
            }
        };
        if let Err(problem) = done {
            eprintln!("{RED}error{RED:#}: {problem}");
        }
    }
    // The terminal is gone: signals end the command.
    std::future::pending().await
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

fn print_dashboard(azure: &LocalAzure) {
    println!("\n{BOLD}Dashboard:{BOLD:#} {}", azure.dashboard().url());
}

/// Prints the problems of policy documents. Calls under a refused document are answered 500.
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
