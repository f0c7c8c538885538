//! The identities that services are called as: no key, no password, only tokens.
//!
//! | file | holds |
//! |---|---|
//! | `credential` | how an identity is named: by settings, or in code |
//! | `identities` | one token cache for each distinct identity |
//! | `tokens` | keeps the access tokens of one identity |
//! | `token` | a token, with the header that shows it |
//! | `token_error`, `problem` | why there is no token, and what an operator mends |
//! | `answer`, `recorded` | what the identity endpoint says, which the SDK hides or loses |
//! | `refused` | a policy that drops a token which a service refused |
//! | `uncached` | an SDK credential without the SDK's own cache |
//! | `counted` | counts what a credential gives |
//! | `claims` | what a token says, for people |
//!
//! The SDK's credentials have a cache as well: it holds a lock during the call, for every audience; it does not renew
//! before the last five minutes, and then fails although its token is still good; and it cannot be made to forget a
//! token. `uncached` makes the credential anew, or a renewal gets the old token again.

mod answer;
mod claims;
mod counted;
mod credential;
mod identities;
mod problem;
mod recorded;
mod refused;
mod token;
mod token_error;
mod tokens;
mod uncached;

pub(crate) use self::{
    claims::UnverifiedClaims, identities::Identities, refused::ForgetRefused, token::Token, tokens::TokenCache,
};
pub use self::{
    credential::{ClientId, Credential, Developer, ObjectId, Tenant, Tool, UserAssigned},
    problem::IdentityProblem,
    token_error::TokenError,
};
