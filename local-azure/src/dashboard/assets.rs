//! The files of the page, built into the program.

use axum::{response::IntoResponse as _, routing::get};
use http::header;

use super::{Access, Route};

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) struct Asset {
    pub(super) path: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! script {
    ($name:literal) => {
        Asset {
            path: concat!("/dashboard/page/", $name),
            kind: JAVASCRIPT,
            text: include_str!(concat!("page/", $name)),
        }
    };
}

/// Every file of `page/` except the page itself.
pub(super) const ASSETS: &[Asset] = &[
    Asset { path: "/dashboard/page/style.css", kind: "text/css; charset=utf-8", text: include_str!("page/style.css") },
    script!("main.js"),
    script!("api.js"),
    script!("broken.js"),
    script!("dom.js"),
    script!("fault_form.js"),
    script!("keys.js"),
    script!("live.js"),
    script!("outcome.js"),
    script!("redraw.js"),
    script!("replay.js"),
    script!("settings.js"),
    script!("token.js"),
    script!("views.js"),
    script!("words.js"),
    script!("views/logs.js"),
    script!("views/request.js"),
    script!("views/requests.js"),
    script!("views/timers.js"),
    script!("views/secrets.js"),
    script!("views/blobs.js"),
    script!("views/identities.js"),
    script!("views/settings.js"),
    script!("views/functions.js"),
    script!("views/faults.js"),
];

const PAGE: &str = include_str!("page/index.html");

pub(super) fn routes() -> Vec<Route> {
    let page = || async { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response() };
    let asset = |&Asset { path, kind, text }: &Asset| Route {
        path,
        access: Access::Asset,
        answer: get(move || async move { ([(header::CONTENT_TYPE, kind)], text).into_response() }),
    };
    let mut routes = vec![Route { path: "/", access: Access::Page, answer: get(page) }];
    routes.extend(ASSETS.iter().map(asset));
    routes
}
