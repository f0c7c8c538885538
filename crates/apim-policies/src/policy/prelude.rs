//! The imports that every policy needs.

pub(super) use crate::{
    failure::Failure,
    load::{Count, Element, HttpUrl, Readable, Setting, words},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::{Scope, Section},
    step::Stop,
};
