//! Tests whether the handler works with the variables of a file: builds, stages and starts it with them.
//!
//! It calls the function `ready`, if there is one; that function decides which services of Azure it tries. No timer is
//! fired, because timers write.

use std::{collections::BTreeMap, fmt, path::Path};

use http::Method;
use local_azure::functions_host::{FunctionsHost, HostOptions, ScriptSummary};
use serde::Deserialize;

use super::finding::{Finding, FindingState};
use crate::cli::{
    command_error::CommandError,
    dotenv, environment,
    invoke::{Host, HostAnswer},
    project::Project,
    seed_file,
};

pub(super) async fn check(file: &Path) -> Result<Vec<Finding>, CommandError> {
    let variables = dotenv::read(file)?;
    let project = Project::find()?;
    let readiness = seed_file::load(None, Some(&project))?.function_app.readiness;
    let script_root = project.script_root();
    project.prepare().await?;
    let ScriptSummary { functions, problems, warnings } =
        ScriptSummary::read_in(&script_root, &environment::path(), &variables)?;
    let mut findings = vec![Finding {
        name: "functions".to_owned(),
        state: if problems.is_empty() { FindingState::Good } else { FindingState::Failed },
        note: if problems.is_empty() {
            functions.join(", ")
        } else {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        },
    }];
    findings.extend(warnings.into_iter().map(|note| Finding {
        name: "functions".to_owned(),
        state: FindingState::Warning,
        note,
    }));
    if functions.is_empty() {
        return Ok(findings);
    }
    let host = start(&script_root, variables).await?;
    match host.wait_ready().await {
        Ok(()) => {
            let note = "it starts with these settings".to_owned();
            findings.push(Finding { name: "handler".to_owned(), state: FindingState::Good, note });
            findings.extend(ready(&host, readiness.as_deref()).await?);
        }
        // The error holds the handler's last output.
        Err(error) => {
            findings.push(Finding { name: "handler".to_owned(), state: FindingState::Failed, note: error.to_string() });
        }
    }
    host.stop().await;
    Ok(findings)
}

async fn start(script_root: &Path, variables: BTreeMap<String, String>) -> Result<FunctionsHost, CommandError> {
    let host = FunctionsHost::start(HostOptions {
        environment: variables.clone().into_iter().collect(),
        settings: variables,
        ..HostOptions::new(script_root.to_owned())
    });
    Ok(host.await?)
}

/// The shown part of `ready`'s answer.
#[derive(Deserialize)]
struct Readiness {
    checks: Vec<Check>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    service: String,
    milliseconds: u64,
    identity: Identity,
    problem: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    credential: String,
    client_id: Option<String>,
    object_id: Option<String>,
    audience: Option<String>,
    version: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    expires_on: Option<String>,
}

/// Calls the readiness function. Its answer gives one finding for each service that the handler calls.
async fn ready(host: &FunctionsHost, readiness: Option<&str>) -> Result<Vec<Finding>, CommandError> {
    let functions = host.functions();
    let function = functions.iter().find(|function| Some(function.name.as_str()) == readiness);
    let Some(url) = function.and_then(|function| function.invoke_url.as_deref()) else {
        let note = match readiness {
            Some(name) => {
                format!("not asked: the app has no HTTP function named {name}, as the seed's [function_app] says")
            }
            None => "not asked: the seed names no function that probes what the app calls; add \
                     `readiness = \"NAME\"` to its [function_app]"
                .to_owned(),
        };
        return Ok(vec![Finding { name: "Azure".to_owned(), state: FindingState::Missing, note }]);
    };
    let host = Host { url: host.url().to_string(), key: None };
    let HostAnswer { status, body, .. } = host.send(Method::GET, url, Vec::new(), None).await?;
    match serde_json::from_slice::<Readiness>(&body) {
        Ok(readiness) => Ok(readiness.checks.into_iter().map(Finding::from).collect()),
        Err(_) => {
            let note =
                format!("{} answered {status} {}", readiness.unwrap_or_default(), String::from_utf8_lossy(&body));
            Ok(vec![Finding { name: "Azure".to_owned(), state: FindingState::Failed, note }])
        }
    }
}

impl From<Check> for Finding {
    fn from(Check { service, milliseconds, identity, problem }: Check) -> Self {
        let seen = identity.to_string();
        match problem {
            None => Self { name: service, state: FindingState::Good, note: format!("in {milliseconds} ms {seen}") },
            Some(problem) => {
                Self { name: service, state: FindingState::Failed, note: format!("{problem} Asked {seen}") }
            }
        }
    }
}

/// Formats the identity like `as managedidentity b1a7…, token for api://orders (v2.0, roles Orders.Read) until 2026-…`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "as {}", self.credential)?;
        if let Some(id) = &self.client_id {
            write!(f, " {id}")?;
        }
        if let Some(id) = &self.object_id {
            write!(f, " with object ID {id}")?;
        }
        let Some(audience) = &self.audience else { return Ok(()) };
        write!(f, ", token for {audience}")?;
        if let Some(version) = &self.version {
            let roles = if self.roles.is_empty() { "none".to_owned() } else { self.roles.join(" ") };
            write!(f, " (v{version}, app roles: {roles})")?;
        }
        self.expires_on.as_ref().map_or(Ok(()), |end| write!(f, " until {end}"))
    }
}
