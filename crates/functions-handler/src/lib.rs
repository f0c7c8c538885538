//! Azure Functions custom handlers in Rust.
#![doc = include_str!("../README.md")]

mod app;
mod callers_request;
mod definition;
mod environment;
mod error;
mod function;
mod handler;
mod host_document;
mod host_json;
mod http_function;
mod invocation;
mod log;
mod plan;
mod posted;
mod rest_of_path;
mod router;
mod rules;
mod run;
mod server;
mod start_error;
mod stop;
mod template;
mod testing;
mod time_span;

pub use axum;
pub use http;
pub use jiff;

pub use self::{
    app::FunctionApp,
    function::Function,
    handler::FunctionHandler,
    invocation::{IntoOutputs, Invocation, Outputs, Timer},
    rest_of_path::RestOfPath,
    start_error::StartError,
    testing::{TestApp, TestResult},
};

#[cfg(test)]
mod tests;
