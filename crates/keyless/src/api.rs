//! APIs that accept tokens, behind API Management with a subscription key, or elsewhere.
//!
//! | file | holds |
//! |---|---|
//! | `client` | one API, called with one identity for one audience |
//! | `call` | a call: build it, send it, check the answer |
//! | `forward` | a caller's request streamed to the API, and the answer streamed back |
//! | `send` | tries, renewals and time limits of calls and forwarded requests |
//! | `credentials` | the token and the key of a request, and their renewal after a 401 |
//! | `subscription_key` | the subscription key, from Key Vault |
//! | `refusal` | the cause of a 401 or 403 |
//! | `retry` | the rules of retries: which calls, when, and how often |
//! | `payload` | a request's body: whether it may be sent again, and whether it flows |
//! | `path` | the path of an API below the base URL |
//! | `strip` | headers and parameters that are not passed on, in either direction |

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
