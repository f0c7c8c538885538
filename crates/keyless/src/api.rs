//! APIs that take tokens: behind API Management with a subscription key, or any other.
//!
//! | file | holds |
//! |---|---|
//! | `client` | one API, called as one identity for one audience |
//! | `call` | a call: made, sent, its answer checked |
//! | `forward` | a caller's request passed on, and the answer back, both as they come in |
//! | `send` | tries, renewals and time limits below both |
//! | `credentials` | the token and the key of a request, and what to do about them after a 401 |
//! | `subscription_key` | the key, which lives in Key Vault |
//! | `refusal` | what a 401 or 403 is about |
//! | `retry` | what is tried again, when, and how often |
//! | `payload` | a request's body: whether it may be sent again, and whether it flows |
//! | `path` | where an API is, below the base URL |
//! | `strip` | what a caller's request may not carry on, nor an answer back |

mod call;
mod client;
mod credentials;
mod forward;
mod path;
mod payload;
mod refusal;
mod retry;
mod send;
mod strip;
#[cfg(not(feature = "api-management"))]
#[path = "api/no_subscription_key.rs"]
mod subscription_key;
#[cfg(feature = "api-management")]
mod subscription_key;
#[cfg(test)]
#[cfg(feature = "api-management")]
mod tests;

#[cfg(all(feature = "openai", feature = "api-management"))]
pub(crate) use self::subscription_key::{KeyDefaults, SubscriptionKey};
pub use self::{
    call::{ApiResponse, Call},
    client::Api,
    path::ApiPath,
};
#[cfg(feature = "openai")]
pub(crate) use self::{
    payload::Payload,
    refusal::beginning,
    retry::{Repeat, Tries, retry_after},
    send::{Request, Unanswered, paced},
};
