//! What every policy needs.

pub(super) use crate::{
    failure::Failure,
    load::{Count, Element, Readable, Setting},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::{Scope, Section},
    step::Stop,
};
