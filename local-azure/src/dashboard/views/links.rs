//! The links of `demo --break` as switches: what each spoils, the refusal that is expected, and the one that was seen.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use clap::ValueEnum as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Views, refused::Refused};
use crate::{
    broken_link::Link,
    journal::{Entry, EntryId, Service},
    link_switch::{self, Expected, HowToBreak, NotSpoilt, Spoilt},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkOnView {
    name: Link,
    help: String,
    /// The jobs whose chains have it.
    jobs: Vec<String>,
    #[serde(flatten)]
    how: HowToBreak,
    /// The command that shows it in a world of its own.
    command: String,
    expected: Expected,
    since: Option<Timestamp>,
    seen: Option<Seen>,
}

/// The last refusal since a link is broken.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen {
    entry: EntryId,
    service: Service,
    status: u16,
    reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Links {
    /// None where the seed names no links.
    links: Vec<LinkOnView>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfLink {
    name: Link,
}

/// What became of a switch.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Switched {
    /// Whether the handler was started anew, which forgets the tokens that it kept.
    handler_restarted: bool,
    /// Why it was not.
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attacked {
    status: u16,
    seen: Option<Seen>,
}

pub(super) async fn list(State(views): State<Arc<Views>>) -> Json<Links> {
    let (app, entries) = (&views.world.seed.function_app, views.world.journal.entries());
    let spoilt = views.switches.spoilt();
    let main = app.demo.iter().map(|_| ("main", app.links.as_slice()));
    let jobs: Vec<_> = main.chain(app.jobs.iter().map(|job| (job.name.as_str(), job.links.as_slice()))).collect();
    let on_view = |link: &Link| {
        let of_link = jobs.iter().filter(|(_, links)| links.contains(link));
        let names: Vec<String> = of_link.map(|(name, _)| (*name).to_owned()).collect();
        let job = names.first().filter(|name| *name != "main").map(|name| format!(" --job {name}"));
        let broken = spoilt.iter().find(|one| one.link == *link);
        LinkOnView {
            name: *link,
            help: link.to_possible_value().and_then(|value| Some(value.get_help()?.to_string())).unwrap_or_default(),
            how: link.how_to_break(),
            command: format!("local-azure demo{} --break {link}", job.unwrap_or_default()),
            expected: link.expected(),
            since: broken.map(|broken| broken.since),
            seen: broken.and_then(|broken| seen(&entries, *link, broken.after)),
            jobs: names,
        }
    };
    let known = Link::value_variants().iter().filter(|link| jobs.iter().any(|(_, links)| links.contains(link)));
    Json(Links { links: known.map(on_view).collect() })
}

pub(super) async fn break_one(
    State(views): State<Arc<Views>>,
    body: Result<Json<OfLink>, JsonRejection>,
) -> Result<Json<Switched>, Refused> {
    let Json(OfLink { name }) = body?;
    views.switches.spoil(name, &views.world)?;
    Ok(Json(views.forget_tokens().await))
}

pub(super) async fn mend(
    State(views): State<Arc<Views>>,
    body: Result<Json<OfLink>, JsonRejection>,
) -> Result<Json<Switched>, Refused> {
    let Json(OfLink { name }) = body?;
    if !views.switches.mend(name, &views.world) {
        return Err(Refused::conflict(format!("{name} is not broken")));
    }
    Ok(Json(views.forget_tokens().await))
}

/// One request of an attacker.
pub(super) async fn attack(
    State(views): State<Arc<Views>>,
    body: Result<Json<OfLink>, JsonRejection>,
) -> Result<Json<Attacked>, Refused> {
    let Json(OfLink { name }) = body?;
    let before = views.world.journal.last();
    let status = link_switch::attack(name, &views.world).await?;
    Ok(Json(Attacked { status, seen: seen(&views.world.journal.entries(), name, before) }))
}

impl Views {
    /// A handler keeps tokens and secrets for long: a new one shows at once what has changed.
    pub(super) async fn forget_tokens(&self) -> Switched {
        let Some(host) = self.app.host() else { return Switched { handler_restarted: false, problem: None } };
        match host.replace().await {
            Ok(()) => Switched { handler_restarted: true, problem: None },
            Err(error) => Switched { handler_restarted: false, problem: Some(error.to_string()) },
        }
    }

    pub(super) fn broken_links(&self) -> Vec<Spoilt> {
        self.switches.spoilt()
    }

    pub(super) fn mend_links(&self) {
        self.switches.mend_all(&self.world);
    }
}

/// The last refusal by the service that is expected to refuse, else by any.
fn seen(entries: &[Entry], link: Link, after: EntryId) -> Option<Seen> {
    let since = || entries.iter().rev().filter(|entry| entry.id > after && is_refusal(entry));
    let expected = link.expected().service;
    let entry = since().find(|entry| entry.service == expected).or_else(|| since().next())?;
    Some(Seen { entry: entry.id, service: entry.service, status: entry.status, reason: entry.decision.reason.clone() })
}

/// The handler and its host tell what another refused; Key Vault's first answer asks for a token.
fn is_refusal(entry: &Entry) -> bool {
    let tells = matches!(entry.service, Service::Handler | Service::FunctionsHost);
    entry.status >= 400 && !tells && entry.decision.reason.is_some() && entry.verdict_is_refusal()
}

impl Entry {
    fn verdict_is_refusal(&self) -> bool {
        let is_challenge = self.service == Service::KeyVault
            && self.status == 401
            && self.decision.identity.is_none()
            && self.decision.claims.is_empty();
        !is_challenge
    }
}

impl From<NotSpoilt> for Refused {
    fn from(error: NotSpoilt) -> Self {
        Self::conflict(error)
    }
}
