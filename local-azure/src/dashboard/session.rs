//! The token in the printed address, and the cookie that a browser gets in exchange.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use super::{Access, Dashboard, Route};
use crate::run_secret::RunSecret;

/// The secrets of one run.
pub(super) struct Session {
    token: RunSecret,
    cookie: RunSecret,
    /// Browsers do not separate cookies of one host by port, so the name has the port.
    cookie_name: String,
}

impl Session {
    pub(super) fn new(port: u16) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let (token, cookie) = (RunSecret::with_256_bits()?, RunSecret::with_256_bits()?);
        Ok(Self { token, cookie, cookie_name: format!("local-azure-{port}") })
    }

    pub(super) fn token(&self) -> &str {
        self.token.reveal()
    }

    /// Reports whether one of the request's cookies is this run's.
    pub(super) fn is_open(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie_name && self.cookie.is(value.as_bytes()))
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route { path: "/dashboard/session", access: Access::SignIn, answer: post(sign_in) }]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    token: String,
}

async fn sign_in(State(dashboard): State<Dashboard>, Json(SignIn { token }): Json<SignIn>) -> Response {
    let session = dashboard.session();
    if !session.token.is(token.as_bytes()) {
        let message = "this address is of another run of local-azure: take the one that the running one printed";
        let error = json!({ "error": { "code": "WrongToken", "message": message } });
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", session.cookie_name, session.cookie.reveal());
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
}
