//! Faults on purpose: the possible ones, the set ones, and setting and clearing one.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Dashboard, Route, refused::ViewRefusal};
use crate::fault::{Fault, FaultKind, FaultService, SetFault};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Faults {
    /// The services of this world, each with its possible faults.
    services: Vec<Choice<FaultService>>,
    kinds: Vec<NamedChoice<FaultKind>>,
    set: Vec<SetFault>,
}

#[derive(Serialize)]
struct NamedChoice<T> {
    name: T,
    help: String,
}

#[derive(Serialize)]
struct Choice<T> {
    #[serde(flatten)]
    named: NamedChoice<T>,
    kinds: Vec<FaultKind>,
}

#[derive(Serialize)]
struct Numbered {
    id: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    id: u64,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::read("/dashboard/api/faults", list),
        Route::change("/dashboard/api/faults/set", set),
        Route::change("/dashboard/api/faults/end", end),
    ]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Faults> {
    let seed = &dashboard.world().seed;
    let services = FaultService::value_variants().iter().filter(|service| service.is_in(seed));
    let kinds_of = |service| FaultKind::ALL.iter().copied().filter(|kind| kind.is_of(service)).collect();
    Json(Faults {
        services: services.map(|service| Choice { named: named(*service), kinds: kinds_of(*service) }).collect(),
        kinds: FaultKind::ALL.iter().copied().map(named).collect(),
        set: dashboard.world().faults.all(),
    })
}

/// Sets a fault from now on. Its members are those of the seed's `[[faults]]`.
async fn set(
    State(dashboard): State<Dashboard>,
    body: Result<Json<Fault>, JsonRejection>,
) -> Result<Json<Numbered>, ViewRefusal> {
    let Json(fault) = body?;
    let id = dashboard.world().faults.set(fault).map_err(ViewRefusal::bad)?;
    Ok(Json(Numbered { id }))
}

async fn end(
    State(dashboard): State<Dashboard>,
    body: Result<Json<End>, JsonRejection>,
) -> Result<Json<Numbered>, ViewRefusal> {
    let Json(End { id }) = body?;
    if dashboard.world().faults.end(id) {
        Ok(Json(Numbered { id }))
    } else {
        Err(ViewRefusal::missing(format!("no fault {id} is set")))
    }
}

fn named<T: ValueEnum>(name: T) -> NamedChoice<T> {
    let help = name.to_possible_value().and_then(|value| Some(value.get_help()?.to_string())).unwrap_or_default();
    NamedChoice { name, help }
}
