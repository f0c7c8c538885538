//! Greets whoever is named in the path.

use axum::{
    extract::{Path, rejection::PathRejection},
    routing::{MethodFilter, any},
};

use super::{Function, Trigger};
use crate::error::Error;

pub(super) const FUNCTION: Function = Function {
    name: "NAME",
    trigger: Trigger::Http { methods: MethodFilter::GET, route: "NAME/{who}", run: || any(run) },
};

async fn run(who: Result<Path<String>, PathRejection>) -> Result<String, Error> {
    let Path(who) = who?;
    Ok(format!("Hello, {who}!\n"))
}
