//! `demo`: runs a job once, from the build to its last link, and prints the chain.

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::output::{eprintln, println};
use axum::body::{Body, to_bytes};
use http::{Request, header};
use local_azure::{
    LocalAzure,
    broken_link::Link,
    functions_host::{FunctionsHost, HostError, HostOptions, Level, LogLine},
    journal_invocations,
    seed::{Job, Seed},
};
use serde::Serialize;

use super::{
    chain::{Chain, ChainRefusal},
    command_error::CommandError,
    project::Project,
    seed_file,
    style::{BOLD, DIM, GREEN, RED},
};

/// The name of the job that runs the function in the seed's `demo`.
const MAIN: &str = "main";

const NO_JOB: &str = "the seed names no function to run: add `demo = \"NAME\"` to its [function_app]";

/// The largest answer of a function that is read, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// The document that `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    job: &'a str,
    succeeded: bool,
    broken: Option<Link>,
    refusal: Option<ChainRefusal>,
    wrote: Vec<&'a str>,
    settings: usize,
    secrets_in_settings: usize,
    milliseconds: u128,
    chain: &'a Chain,
}

/// Returns the job of this name.
fn job(seed: &Seed, name: &str) -> Result<Job, CommandError> {
    let app = &seed.function_app;
    if name == MAIN {
        let function = app.demo.clone().ok_or(NO_JOB)?;
        return Ok(Job { name: name.to_owned(), function, body: None, links: app.links.clone() });
    }
    let known = || app.jobs.iter().map(|job| job.name.as_str()).chain([MAIN]).collect::<Vec<_>>().join(", ");
    let found = app.jobs.iter().find(|job| job.name == name).cloned();
    found.ok_or_else(|| format!("the seed has no job \"{name}\"; it has: {}", known()).into())
}

pub(super) async fn demo(name: &str, broken: Option<Link>, json: bool) -> Result<ExitCode, CommandError> {
    let project = Project::find()?;
    let mut seed = seed_file::load(None, Some(&project))?;
    let job = job(&seed, name)?;
    if let Some(link) = broken {
        if !job.links.contains(&link) {
            let links: Vec<_> = job.links.iter().map(ToString::to_string).collect();
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
    if let Some(link) = broken {
        link.spoil_running(azure.world());
    }
    let mut error = run(&host, &azure, &job).await?;
    let attack = broken.and_then(|link| link.attack(azure.world()));
    if let Some(request) = attack {
        let status = azure.world().network().send(request?).await?.status();
        error = status.is_client_error().then(|| format!("the attack was answered {status}"));
    }
    host.stop().await;

    let chain = Chain::new(azure.journal().entries());
    let report = Report {
        job: &job.name,
        succeeded: error.is_none(),
        broken,
        refusal: chain.refusal().filter(|_| error.is_some()),
        wrote: chain.written(),
        settings: azure.world().seed().function_app.settings.len(),
        secrets_in_settings: azure.world().secrets_in(&azure.world().seed().function_app.settings),
        milliseconds: started.elapsed().as_millis(),
        chain: &chain,
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, error.as_deref(), &log.lock().unwrap_or_else(PoisonError::into_inner));
    }
    let clean = report.succeeded && report.secrets_in_settings == 0;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the function of a job once. Returns the error, if there is one.
async fn run(host: &FunctionsHost, azure: &LocalAzure, job: &Job) -> Result<Option<String>, CommandError> {
    let url = match host.invoke(&job.function, None).await {
        Ok(invocation) if invocation.succeeded() => return Ok(None),
        Ok(invocation) => {
            return Ok(Some(invocation.error.unwrap_or_else(|| "the handler gave no reason".to_owned())));
        }
        Err(HostError::HttpFunction { url, .. }) => url,
        Err(error) => return Err(error.into()),
    };
    let body = job.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let request = Request::post(url).header(header::CONTENT_TYPE, "application/json").body(Body::from(body))?;
    let response = azure.world().network().send(request).await?;
    let status = response.status();
    let body = to_bytes(response.into_body(), LARGEST_ANSWER).await?;
    Ok((!status.is_success()).then(|| format!("{status}: {}", String::from_utf8_lossy(&body).trim())))
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
        // The demo starts the one run itself. A schedule that comes due meanwhile would add a second run.
        fire_timers: false,
        ..HostOptions::new(project.script_root())
    })
    .await?;
    host.wait_ready().await?;
    Ok(host)
}

fn print(report: &Report<'_>, error: Option<&str>, log: &[LogLine]) {
    println!("\n{BOLD}The {} job, once, through the Functions host{BOLD:#}\n", report.job);
    report.chain.print();
    println!();
    for url in &report.wrote {
        println!("{GREEN}wrote{GREEN:#}  {url}");
    }
    match &report.refusal {
        Some(ChainRefusal { service, status, reason }) => {
            // The chain above shows the whole reason. Some services explain themselves in nine lines.
            let reason = reason.lines().next().unwrap_or_default();
            println!("{RED}failed{RED:#}  {service} refused with {status}: {reason}");
        }
        None if !report.succeeded => {
            println!("{RED}failed{RED:#}  {}", error.unwrap_or("the handler gave no reason"));
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
