//! The protocol as types: the payload of an invocation that the host does not forward, and the expected answer.
//!
//! A function with only an HTTP trigger and an HTTP output gets the caller's request itself. Every other function gets
//! `POST /NAME` with a [`payload`], which has one member for each binding. Hosts write payloads differently, so reading
//! is lenient. All hosts accept the same answers, so writing is exact.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#overview>

mod data;
pub(crate) mod http;
mod lenient;
pub(crate) mod origin;
pub(crate) mod outputs;
pub(crate) mod payload;
#[cfg(test)]
mod properties;
mod timer;

pub use self::{
    data::Invocation,
    outputs::{IntoOutputs, Outputs},
    timer::Timer,
};
