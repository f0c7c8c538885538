//! Azure API Management policy documents: load as deployed, check, execute.
//!
//! [`Document::load`] reads one policy file and either understands all of it or says, with line and column, what it
//! does not. [`Pipeline::compose`] joins the documents of the scopes that apply to a request the way `<base />` says.
//! [`Pipeline::run`] executes the result.
//!
//! [`expression`] runs policy expressions. Documents with expressions are still refused by [`Document::load`]: the
//! policies do not evaluate them yet.
//!
//! Nothing here does I/O, reads a clock or opens a file: the embedder brings those with [`Outside`].
//! What is documented by Microsoft is cited (learn.microsoft.com/azure/api-management); where the documentation is
//! silent or a live gateway was seen to differ, the place says so.

mod execute;
pub mod expression;
mod failure;
mod load;
mod outside;
mod policy;
mod problem;
#[cfg(test)]
mod rig;
mod scope;
mod token;

pub use execute::{Outcome, Variable};
pub use failure::{Failure, LastError};
pub use load::Document;
pub use outside::{Outside, Unreachable};
pub use problem::{Position, Problem};
pub use scope::{Pipeline, Scope, Section};
pub use token::{Jwt, OpenIdCache, ValidatedToken};
