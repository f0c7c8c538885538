//! The links of `demo --break` as switches, with the expected and the actual refusal.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use clap::ValueEnum as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Dashboard, Route, jobs::jobs, refused::ViewRefusal};
use crate::{
    broken_link::Link,
    journal::{Entry, EntryId, Service, Verdict},
    link_switch::{self, HowToBreak, NotSpoilt},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkOnView {
    name: Link,
    help: String,
    /// The jobs whose chains have the link.
    jobs: Vec<String>,
    #[serde(flatten)]
    how: HowToBreak,
    /// The command that shows the broken link in a world of its own.
    command: String,
    expected: ExpectedOnView,
    since: Option<Timestamp>,
    seen: Option<LastRefusal>,
}

#[derive(Serialize)]
struct ExpectedOnView {
    service: String,
    why: &'static str,
}

#[derive(Serialize)]
struct JobOnView {
    name: String,
    /// Whether a host runs, which the job needs.
    host: bool,
}

/// The last refusal since the link was broken.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastRefusal {
    entry: EntryId,
    service: String,
    status: u16,
    reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Links {
    /// Empty if the seed names no links.
    links: Vec<LinkOnView>,
    jobs: Vec<JobOnView>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfLink {
    name: Link,
}

/// The result of breaking or mending a link.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Switched {
    /// Whether the handler was restarted. A new handler has forgotten the old tokens.
    handler_restarted: bool,
    /// The reason why it was not restarted.
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attacked {
    status: u16,
    seen: Option<LastRefusal>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::read("/dashboard/api/links", list),
        Route::change("/dashboard/api/links/break", break_one),
        Route::change("/dashboard/api/links/mend", mend),
        Route::change("/dashboard/api/links/attack", attack),
    ]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Links> {
    let (jobs, entries) = (jobs(&dashboard.world().seed), dashboard.world().journal.entries());
    let spoilt = dashboard.switches().spoilt();
    let on_view = |link: &Link| {
        let of_link = jobs.iter().filter(|job| job.links.contains(link));
        let names: Vec<String> = of_link.map(|job| job.name.clone()).collect();
        let job = names.first().filter(|name| *name != "main").map(|name| format!(" --job {name}"));
        let broken = spoilt.iter().find(|one| one.link == *link);
        LinkOnView {
            name: *link,
            help: link.to_possible_value().and_then(|value| Some(value.get_help()?.to_string())).unwrap_or_default(),
            how: link.how_to_break(),
            command: format!("local-azure demo{} --break {link}", job.unwrap_or_default()),
            expected: ExpectedOnView { service: link.expected().service.to_string(), why: link.expected().why },
            since: broken.map(|broken| broken.since),
            seen: broken.and_then(|broken| seen(&entries, *link, broken.after)),
            jobs: names,
        }
    };
    let known = Link::value_variants().iter().filter(|link| jobs.iter().any(|job| job.links.contains(link)));
    let links = known.map(on_view).collect();
    let host = dashboard.host().is_some();
    Json(Links { links, jobs: jobs.into_iter().map(|job| JobOnView { name: job.name, host }).collect() })
}

async fn break_one(
    State(dashboard): State<Dashboard>,
    body: Result<Json<OfLink>, JsonRejection>,
) -> Result<Json<Switched>, ViewRefusal> {
    let Json(OfLink { name }) = body?;
    dashboard.switches().spoil(name, dashboard.world())?;
    Ok(Json(dashboard.forget_tokens().await))
}

async fn mend(
    State(dashboard): State<Dashboard>,
    body: Result<Json<OfLink>, JsonRejection>,
) -> Result<Json<Switched>, ViewRefusal> {
    let Json(OfLink { name }) = body?;
    if !dashboard.switches().mend(name, dashboard.world()) {
        return Err(ViewRefusal::conflict(format!("{name} is not broken")));
    }
    Ok(Json(dashboard.forget_tokens().await))
}

/// Sends one request of an attacker.
async fn attack(
    State(dashboard): State<Dashboard>,
    body: Result<Json<OfLink>, JsonRejection>,
) -> Result<Json<Attacked>, ViewRefusal> {
    let Json(OfLink { name }) = body?;
    let before = dashboard.world().journal.last();
    let status = link_switch::attack(name, dashboard.world()).await?;
    Ok(Json(Attacked { status, seen: seen(&dashboard.world().journal.entries(), name, before) }))
}

impl Dashboard {
    /// Replaces the handler. A handler keeps tokens and secrets for long; a new one shows the changes at once.
    pub(super) async fn forget_tokens(&self) -> Switched {
        let Some(host) = self.host() else { return Switched { handler_restarted: false, problem: None } };
        match host.replace().await {
            Ok(()) => Switched { handler_restarted: true, problem: None },
            Err(error) => Switched { handler_restarted: false, problem: Some(error.to_string()) },
        }
    }
}

/// Returns the last refusal by the service that is expected to refuse, else by any service.
fn seen(entries: &[Entry], link: Link, after: EntryId) -> Option<LastRefusal> {
    let since = || entries.iter().rev().filter(|entry| entry.id > after && is_refusal(entry));
    let expected = link.expected().service;
    let entry = since().find(|entry| entry.service == expected).or_else(|| since().next())?;
    Some(LastRefusal {
        entry: entry.id,
        service: entry.service.to_string(),
        status: entry.status,
        reason: entry.decision.reason.clone(),
    })
}

/// Reports whether the entry is a refusal. Entries of the handler and its host do not count: they repeat another
/// service's refusal.
fn is_refusal(entry: &Entry) -> bool {
    let tells = matches!(entry.service, Service::Handler | Service::FunctionsHost);
    !tells && matches!(entry.verdict(), Verdict::Refused | Verdict::Failed)
}

impl From<NotSpoilt> for ViewRefusal {
    fn from(error: NotSpoilt) -> Self {
        Self::conflict(error)
    }
}
