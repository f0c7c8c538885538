//! The protocol as types: what the host sends where it does not forward a caller's request, and what it wants back.
//!
//! A function with an HTTP trigger and an HTTP output alone gets the caller's request as it came. Every other function
//! gets `POST /NAME` with a [`payload`], one member for each binding. Hosts differ in how they write that, so reading is
//! lenient; what they accept does not differ, so writing is exact.
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
