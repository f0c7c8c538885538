//! Azure API Management policy documents: load as deployed, check, execute.
//!
//! [`Document::load`] reads one policy file and either understands all of it or says, with line and column, what it
//! does not. [`Pipeline::compose`] joins the documents of the scopes that apply to a request the way `<base />` says.
//! [`Pipeline::run`] executes the result.
//!
//! [`expression`] (the crate `apim-expressions`) runs the policy expressions in them.
//!
//! Nothing here does I/O, reads a clock or opens a file: the embedder brings those with [`Outside`].
//! `examples/offline.rs` is an embedder of a page: it runs a document against requests, and prints the trace.
//!
//! What is documented by Microsoft is cited (learn.microsoft.com/azure/api-management); where the documentation is
//! silent or a live gateway was seen to differ, the place says so.

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
