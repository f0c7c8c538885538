//! The identities that call services, with tokens only: no key, no password.
//!
//! | file | holds |
//! |---|---|
//! | `credential` | the name of an identity, from settings or in code |
//! | `identities` | one token cache for each distinct identity |
//! | `tokens` | caches the access tokens of one identity |
//! | `token` | a token and its header |
//! | `token_error`, `problem` | the reasons for a missing token, and the corrections that an operator must make |
//! | `answer`, `recorded` | the identity endpoint's own explanation, which the SDK hides or loses |
//! | `refused` | a policy that drops a refused token |
//! | `uncached` | an SDK credential without the SDK's own cache |
//! | `counted` | counts the tokens of a credential |
//! | `claims` | the claims of a token, for people |
//!
//! The SDK's credentials also have a cache, but it is not usable here. It holds one lock for all audiences during the
//! call. It renews only in the last five minutes, and then fails although its token is still good. It also cannot
//! forget a token. `uncached` makes a new credential for each fetch; otherwise a renewal would get the old token again.

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
