//! Lists the secrets of the vault that expire soon: names and dates, never a value.

use functions_handler::axum::{Json, extract::State};
use jiff::Timestamp;

use crate::{app::App, error::Error, expiry::Report};

pub(crate) async fn run(State(app): State<App>) -> Result<Json<Report>, Error> {
    let secrets = app.secrets.dates().await?;
    Ok(Json(Report::new(secrets, Timestamp::now(), app.expiry_days)))
}
