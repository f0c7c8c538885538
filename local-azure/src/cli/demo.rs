//! `demo`: the main job once, from build to blob, and the evidence.

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anstream::{eprintln, println};
use local_azure::{
    LocalAzure,
    broken_link::Link,
    functions_host::{FunctionsHost, HostOptions, Invocation, Level, LogLine},
    journal_invocations,
};
use serde::Serialize;

use super::{
    BOLD, CommandError, DIM, GREEN, Project, RED,
    chain::{Chain, Refusal},
    seed_file,
};

const NO_JOB: &str = "the seed names no function to run: add `demo = \"NAME\"` to its [function_app]";

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    succeeded: bool,
    broken: Option<Link>,
    refusal: Option<Refusal>,
    wrote: Vec<&'a str>,
    settings: usize,
    secrets_in_settings: usize,
    milliseconds: u128,
    chain: &'a Chain,
}

pub(super) async fn demo(broken: Option<Link>, json: bool) -> Result<ExitCode, CommandError> {
    let project = Project::find()?;
    let mut seed = seed_file::load(None, Some(&project))?;
    let job = seed.function_app.demo.clone().ok_or(NO_JOB)?;
    if let Some(link) = broken {
        if !seed.function_app.links.contains(&link) {
            let links: Vec<_> = seed.function_app.links.iter().map(ToString::to_string).collect();
            return Err(format!("the seed's links do not have {link}; they are: {}", links.join(", ")).into());
        }
        link.spoil(&mut seed);
    }
    project.prepare().await?;

    let started = Instant::now();
    eprintln!("{BOLD}Starting{BOLD:#} local Azure and the Functions host");
    let azure = LocalAzure::start(seed).await?;
    let log = Arc::new(Mutex::new(Vec::new()));
    let host = start_host(&project, &azure, log.clone()).await?;
    let invocation = host.invoke(&job, None).await?;
    host.stop().await;

    let chain = Chain::new(azure.journal().entries());
    let report = Report {
        succeeded: invocation.succeeded(),
        broken,
        refusal: chain.refusal().filter(|_| !invocation.succeeded()),
        wrote: chain.written(),
        settings: azure.world().seed().function_app.settings.len(),
        secrets_in_settings: azure.world().secrets_in(&azure.world().seed().function_app.settings),
        milliseconds: started.elapsed().as_millis(),
        chain: &chain,
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, &invocation, &log.lock().unwrap_or_else(PoisonError::into_inner));
    }
    let clean = report.succeeded && report.secrets_in_settings == 0;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn start_host(
    project: &Project,
    azure: &LocalAzure,
    log: Arc<Mutex<Vec<LogLine>>>,
) -> Result<FunctionsHost, CommandError> {
    let host = FunctionsHost::start(HostOptions {
        environment: azure.app_environment(),
        settings: azure.world().seed().function_app.settings.clone(),
        journal: journal_invocations(azure.journal()),
        log: Arc::new(move |line| log.lock().unwrap_or_else(PoisonError::into_inner).push(line)),
        // The one run is ours; a schedule that comes due meanwhile would add a second.
        fire_timers: false,
        ..HostOptions::new(project.script_root())
    })
    .await?;
    host.wait_ready().await?;
    Ok(host)
}

fn print(report: &Report<'_>, invocation: &Invocation, log: &[LogLine]) {
    println!("\n{BOLD}The main job, once, through the Functions host{BOLD:#}\n");
    report.chain.print();
    println!();
    for url in &report.wrote {
        println!("{GREEN}wrote{GREEN:#}  {url}");
    }
    match &report.refusal {
        Some(Refusal { service, status, reason }) => {
            // The chain above has all of it; some services explain themselves in nine lines.
            let reason = reason.lines().next().unwrap_or_default();
            println!("{RED}failed{RED:#}  {service} refused with {status}: {reason}");
        }
        None if !report.succeeded => {
            let error = invocation.error.as_deref().unwrap_or("the handler gave no reason");
            println!("{RED}failed{RED:#}  {error}");
        }
        None => {}
    }
    if !report.succeeded {
        println!("\nwhat an operator finds in the log:");
        for line in log.iter().filter(|line| line.level == Level::Error) {
            println!("  {DIM}{}{DIM:#}", line.text);
        }
    }
    match report.secrets_in_settings {
        0 => println!("no key, password or connection string in the {} app settings", report.settings),
        found => println!("{RED}{found} of the {} app settings hold a secret{RED:#}", report.settings),
    }
    println!("{DIM}{:.1} s{DIM:#}", Duration::from_millis(report.milliseconds as u64).as_secs_f32());
}
