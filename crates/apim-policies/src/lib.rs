//! Azure API Management policy documents: load as deployed, check, execute.
//!
//! [`Document::load`] reads one policy file. It understands the whole file or reports each problem with line and
//! column. [`Pipeline::compose`] joins the documents of the scopes that apply to a request at the places of `<base />`.
//! [`Pipeline::run`] executes the result.
//!
//! [`expression`] (the crate `apim-expressions`) runs the policy expressions in the documents.
//!
//! This crate does no I/O, reads no clock and opens no file: the embedder provides those through [`Outside`].
//! `examples/offline.rs` is an embedder in one page. It runs a document against requests, and prints the trace.
//!
//! Documented behaviour cites Microsoft's page (learn.microsoft.com/azure/api-management). A comment says so if the
//! documentation is silent, or if a live gateway was seen to differ.

mod document;
mod execute;
mod facts;
mod failure;
mod json_text;
mod load;
mod location;
mod outcome;
mod outside;
mod pipeline;
mod policy;
#[cfg(test)]
mod predefined_errors;
mod problem;
#[cfg(test)]
mod rig;
mod run;
mod schema;
mod scope;
mod service;
mod state;
mod step;
mod token;
mod trace;
mod usage;

pub use apim_expressions::{self as expression, Certificate, CertificateError};
pub use document::Document;
pub use facts::{Contract, Facts, OperationContent, OperationParameter, OperationResponse, ParameterPlace};
pub use failure::{Failure, LastError};
pub use outcome::Outcome;
pub use outside::{ClientCertificate, ConnectionIdentity, NoReply, Outside, Unreachable, Unread};
pub use pipeline::Pipeline;
pub use policy::{Played, PolicyGroup, PolicyRow, policies};
pub use problem::{Position, Problem, Severity};
pub use schema::{Schema, SchemaError};
pub use scope::{Scope, Section};
pub use service::{Backend, Backends, CircuitBreaker, ManagedIdentityCredentials, PoolMember, Service};
pub use state::{Meter, Metric, Metrics, State};
pub use token::{Jwt, RefusedToken, UnmetClaim, ValidatedToken};
pub use trace::{ExpressionValue, PolicyEnd, PolicyRun, Secrets};
pub use usage::UsageTap;
