//! The custom-handler protocol as types: what the Functions host sends and what it wants back. No Azure in it.
//!
//! The host calls the handler over loopback HTTP. A function with an HTTP trigger and an HTTP output gets the caller's
//! request as it came, below the route prefix; any other, also one with an HTTP trigger and more bindings, gets
//! `POST /<function name>` with the JSON of [`InvocationRequest`]. Hosts differ in how they write that, so reading is
//! lenient; what they accept does not differ, so writing is exact.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#overview>

mod http;
mod invocation;
mod lenient;
mod origin;
#[cfg(test)]
mod properties;
mod timer;

pub(crate) use self::{
    http::{HttpData, HttpOutput, Inexpressible, Malformed},
    invocation::{InvocationRequest, InvocationResponse},
    origin::{INVOCATION_ID, InvocationId, TRACE_PARENT, TraceId},
    timer::TimerData,
};
