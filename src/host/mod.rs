//! The custom-handler protocol as types: what the Functions host sends and what it wants back. No Azure in it.
//!
//! The host calls the handler over loopback HTTP. A function with an HTTP trigger and an HTTP output gets the caller's
//! request as it came, below `/api`; any other gets `POST /<function name>` with the JSON of [`InvocationRequest`].
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#overview>

mod invocation;
mod lenient;
mod timer;

pub(crate) use self::{
    invocation::{InvocationId, InvocationRequest, InvocationResponse},
    timer::TimerData,
};
