//! A route of the dashboard, and the proof that a request for it needs.

use axum::{
    handler::Handler,
    routing::{MethodRouter, get, post},
};

use super::Dashboard;

/// The proof that a request needs, besides this run's host and origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The page itself: a link on another site may lead to it. It holds no data.
    Page,
    /// A file of the page, without data.
    Asset,
    /// The exchange of the token for the cookie: the request must have JSON.
    SignIn,
    /// Data: the request must have the cookie.
    Read,
    /// A change: the request must have the cookie and JSON.
    Change,
}

/// A path and its handler.
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) answer: MethodRouter<Dashboard>,
}

impl Route {
    /// A route that answers GET with data.
    pub(super) fn read<H: Handler<T, Dashboard>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self { path, access: Access::Read, answer: get(handler) }
    }

    /// A route on which POST changes something.
    pub(super) fn change<H: Handler<T, Dashboard>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self { path, access: Access::Change, answer: post(handler) }
    }
}
