//! A route of the dashboard, and what a request for it must prove.

use axum::{
    handler::Handler,
    routing::{MethodRouter, get, post},
};

use super::Dashboard;

/// What a request must prove, beside a host and an origin that are this run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The page itself: a link of another site may lead to it. It holds no data.
    Page,
    /// A file of the page, without data.
    Asset,
    /// The trade of the token for the cookie: JSON.
    SignIn,
    /// Data: the cookie.
    Read,
    /// A change: the cookie, and JSON.
    Change,
}

/// A path and its handler.
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) answer: MethodRouter<Dashboard>,
}

impl Route {
    /// GET of data.
    pub(super) fn read<H: Handler<T, Dashboard>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self { path, access: Access::Read, answer: get(handler) }
    }

    /// POST that changes something.
    pub(super) fn change<H: Handler<T, Dashboard>, T: 'static>(path: &'static str, handler: H) -> Self {
        Self { path, access: Access::Change, answer: post(handler) }
    }
}
