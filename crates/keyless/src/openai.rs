//! A model of Azure `OpenAI`, called with a managed identity: through API Management, or directly.
//!
//! ```no_run
//! # async fn example(model: keyless::openai::Model) -> Result<(), keyless::Error> {
//! let request = serde_json::json!({ "messages": [{ "role": "user", "content": "Say hello." }] });
//! println!("{}", model.chat(&request).send().await?.text());
//!
//! let mut events = model.chat(&request).stream().await?;
//! while let Some(event) = events.next().await {
//!     print!("{}", event?.text().unwrap_or_default());
//! }
//! # Ok(()) }
//! ```
//!
//! | setting | is | absent |
//! |---|---|---|
//! | `<NAME>__route` | `apim`, or `direct` | `apim` |
//! | `<NAME>__deployment` | name of the deployment | an error |
//! | `<NAME>__baseUrl`, `__audience` | of the route `apim`: the API's address and the API that tokens are for | an error with that route |
//! | `<NAME>__subscriptionKeySecret`, `__subscriptionKeyHeader` | of the route `apim`: as for any API (feature `api-management`) | no key is sent; `api-key` |
//! | `<NAME>__endpoint` | of the route `direct`: the account's address | an error with that route |
//! | `<NAME>__scope` | of the route `direct` | `https://cognitiveservices.azure.com/.default` |
//! | `<NAME>__apiVersion` | such as `2024-10-21`: the deployments surface | the v1 surface |
//! | `<NAME>__credential`, `__clientId`, … | the calling identity, as for any connection | |
//!
//! **Addresses.** An address may end in `/openai/v1`, in `/openai`, or before both; the client adds the missing part.
//!
//! **Retries.** After 408, 429, 5xx or a failed connection a call is tried up to three times within 200 s. Retries are
//! at most a tenth of all calls. `retry-after-ms` and `Retry-After` are honoured up to ten seconds; a longer wait is
//! left to the caller ([`Error::retry_after`](crate::Error::retry_after)). After the first event there are no retries.
//! A gateway's 408 and 500 are not retried, because the gateway has already tried its other backends.
//!
//! **Ending a call.** Dropping the future or the [`ModelEvents`] closes the connection, and the model stops working.
//!
//! **Prompts.** No text of a request or an answer reaches a log, an error or a `Debug`.
//!
//! | file | holds |
//! |---|---|
//! | `model` | one deployment, called with one identity |
//! | `settings` | its settings |
//! | `surface` | the paths of operations: v1, or deployments with a version |
//! | `call` | a call: build it, send it, retry it |
//! | `answer` | an answer in one piece |
//! | `events` | an answer event by event |
//! | `sse` | a parser for server-sent events |
//! | `usage` | text, usage and end of an answer, in the formats of both operations |
//! | `refusal` | the party that must act after a refusal, by status and body |

mod answer;
mod call;
mod events;
mod model;
mod refusal;
mod settings;
mod sse;
mod surface;
#[cfg(test)]
mod tests;
mod usage;

pub use self::{
    answer::ModelAnswer,
    call::ModelCall,
    events::{ModelEvent, ModelEvents},
    model::{Model, Route},
    surface::ApiVersion,
    usage::Usage,
};
