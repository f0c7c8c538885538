//! Whether the handler works with the variables of a file: it is built, staged and started with them.
//!
//! How far that reaches into Azure is the handler's to say: the function `ready` is asked if there is one. No timer is
//! fired, since timers write.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use http::Method;
use local_azure::{
    functions_host::{FunctionsHost, HostOptions, ScriptSummary},
    journal::Journal,
};

use super::{Finding, State};
use crate::cli::{CommandError, Project, dotenv, invoke};

/// Name of the function that probes what the handler calls.
const READY: &str = "ready";

pub(super) async fn check(file: &Path) -> Result<Vec<Finding>, CommandError> {
    let variables = dotenv::read(file)?;
    let project = Project::find()?;
    let script_root = project.script_root();
    project.build_and_stage(&script_root, false).await?;
    let ScriptSummary { functions, problems } = ScriptSummary::read(&script_root, &variables)?;
    let mut findings = vec![Finding {
        name: "functions".to_owned(),
        state: if problems.is_empty() { State::Good } else { State::Failed },
        note: if problems.is_empty() {
            functions.join(", ")
        } else {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        },
    }];
    if functions.is_empty() {
        return Ok(findings);
    }
    let host = start(&script_root, variables).await?;
    match host.wait_ready().await {
        Ok(()) => {
            let note = "it starts with these settings".to_owned();
            findings.push(Finding { name: "handler".to_owned(), state: State::Good, note });
            findings.push(ready(&host).await?);
        }
        // It holds the last that the handler said.
        Err(error) => {
            findings.push(Finding { name: "handler".to_owned(), state: State::Failed, note: error.to_string() });
        }
    }
    host.stop().await;
    Ok(findings)
}

async fn start(script_root: &Path, variables: BTreeMap<String, String>) -> Result<FunctionsHost, CommandError> {
    let host = FunctionsHost::start(HostOptions {
        script_root: script_root.to_owned(),
        address: ([127, 0, 0, 1], 0).into(),
        environment: variables.clone().into_iter().collect(),
        settings: variables,
        journal: Journal::default(),
        log: Arc::new(|_| {}),
        fire_timers: false,
    });
    Ok(host.await?)
}

/// What the handler says about the services it calls.
async fn ready(host: &FunctionsHost) -> Result<Finding, CommandError> {
    let name = "Azure".to_owned();
    let function = host.functions().iter().find(|function| function.name == READY);
    let Some(url) = function.and_then(|function| function.invoke_url.as_deref()) else {
        let note = format!("not asked: the app has no HTTP function named {READY} that probes what it calls");
        return Ok(Finding { name, state: State::Missing, note });
    };
    let (status, body) = invoke::send(host.url().as_str(), Method::GET, url, None).await?;
    let state = if status.is_success() { State::Good } else { State::Failed };
    Ok(Finding { name, state, note: format!("{status} {}", String::from_utf8_lossy(&body)) })
}
