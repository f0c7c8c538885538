//! The functions of this app: one file each, and the table that names them all.
//!
//! A new function is `functions/<name>/function.json`, a file here, and a line in [`ALL`].

mod health;
mod snapshot;
mod snapshot_now;
mod snapshots;

use std::sync::Arc;

use axum::routing::{MethodFilter, MethodRouter};

use crate::app::App;

/// Every function that the host may call.
pub(crate) const ALL: &[Function] =
    &[health::FUNCTION, snapshot::FUNCTION, snapshot_now::FUNCTION, snapshots::FUNCTION];

/// A function as the host knows it: its name is that of its folder.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    trigger: Trigger,
    handler: fn(MethodFilter) -> MethodRouter<Arc<App>>,
}

/// What starts a function.
enum Trigger {
    /// The binding is named `timer`.
    Timer,
    /// The route is written as in `function.json`; only its last segment may be optional.
    Http { method: MethodFilter, route: &'static str },
}

impl Function {
    /// The paths at which the host calls this function.
    ///
    /// It keeps the path of an HTTP request, with the prefix `/api` that it gives to every route; anything else it
    /// sends to the function's name.
    pub(crate) fn paths(&self) -> Vec<String> {
        let Trigger::Http { route, .. } = self.trigger else { return vec![format!("/{}", self.name)] };
        match route.rsplit_once('/') {
            Some((start, last)) if last.ends_with("?}") => {
                vec![format!("/api/{start}"), format!("/api/{start}/{}", last.replace('?', ""))]
            }
            _ => vec![format!("/api/{route}")],
        }
    }

    /// What answers there.
    pub(crate) fn endpoint(&self) -> MethodRouter<Arc<App>> {
        (self.handler)(match self.trigger {
            Trigger::Timer => MethodFilter::POST,
            Trigger::Http { method, .. } => method,
        })
    }
}

#[cfg(test)]
mod tests;
