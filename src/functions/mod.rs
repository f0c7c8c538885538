//! The functions of this app: one file each, and the table that names them all.
//!
//! A new function is `functions/<name>/function.json`, a file here, and a line in [`ALL`]; `cargo local new` makes
//! them.

mod health;
mod ready;
mod relay;
mod secret_expiry;
mod secrets;
mod slot;
mod snapshot;
mod snapshot_now;
mod snapshots;
mod upload;

use std::sync::Arc;

use axum::routing::{MethodFilter, MethodRouter};
use futures_util::future::BoxFuture;

use crate::{
    app::App,
    error::Error,
    host::{InvocationRequest, InvocationResponse, TimerData},
};

/// Every function that the host may call.
#[rustfmt::skip] // One a line: each function is a line of its own.
pub(crate) const ALL: &[Function] = &[
    health::FUNCTION,
    ready::FUNCTION,
    relay::FUNCTION,
    secret_expiry::FUNCTION,
    secrets::FUNCTION,
    snapshot::FUNCTION,
    snapshot_now::FUNCTION,
    snapshots::FUNCTION,
    upload::FUNCTION,
];

/// A function as the host knows it: its name is that of its folder.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) trigger: Trigger,
}

/// What starts a function, and what runs then.
#[derive(Clone, Copy)]
pub(crate) enum Trigger {
    /// The binding is named `timer`.
    Timer { run: fn(Arc<App>, InvocationRequest<TimerData>) -> Running },
    /// The bindings are named `req` and `res`; the route is written as in `function.json`. `run` need not look at the
    /// method, nor does it matter to it in which of its two forms the host sends the request.
    Http { methods: MethodFilter, route: &'static str, run: fn() -> MethodRouter<Arc<App>> },
}

/// A timer's run.
pub(crate) type Running = BoxFuture<'static, Result<InvocationResponse, Error>>;

impl Function {
    /// Whether this function only says that the process lives. It must answer also when too much is going on.
    pub(crate) fn is_health(&self) -> bool {
        self.name == health::FUNCTION.name
    }
}

#[cfg(test)]
mod tests;
