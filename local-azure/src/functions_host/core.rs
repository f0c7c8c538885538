//! What the parts of a running host share.

use std::{sync::Arc, time::Instant};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use uuid::Uuid;

use super::{
    log::Log,
    process::{Handler, HttpClient},
    script::{FunctionDefinition, Script, Trigger},
    timers::Statuses,
};
use crate::journal::Journal;

pub(super) struct Core {
    pub(super) script: Arc<Script>,
    pub(super) handler: Handler,
    pub(super) client: HttpClient,
    pub(super) log: Log,
    pub(super) journal: Journal,
    pub(super) statuses: Statuses,
    /// Of schedules; UTC unless `WEBSITE_TIME_ZONE` says otherwise.
    pub(super) zone: TimeZone,
    /// `http://localhost:PORT`, as `func start` prints it.
    pub(super) base_url: String,
    pub(super) instance: Uuid,
    pub(super) started: Instant,
    /// `AzureWebJobsDisableHomepage`.
    pub(super) no_homepage: bool,
}

impl Core {
    /// The function with this name, in any letter case.
    pub(super) fn function(&self, name: &str) -> Option<&FunctionDefinition> {
        self.script.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name))
    }

    /// The URL of an HTTP function, with the parameters of its route.
    pub(super) fn invoke_url(&self, function: &FunctionDefinition) -> Option<String> {
        let Trigger::Http(trigger) = &function.trigger else { return None };
        let parts = [self.base_url.as_str(), &self.script.host.route_prefix, &trigger.route];
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
    }

    pub(super) fn now(&self) -> Zoned {
        Timestamp::now().to_zoned(self.zone.clone())
    }
}
