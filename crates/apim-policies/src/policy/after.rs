//! What policies of the inbound section leave to do when the response is known.

use http::{HeaderName, HeaderValue};

use super::{bandwidth, quota_by_key::QuotaByKey, rate_limit_by_key::RateLimitByKey, token_limit::TokenLimit};
use crate::{failure::Failure, outside::Outside, run::Run, state::Want};

/// One thing to do, in the order in which the policies ran.
#[derive(Debug)]
pub(crate) enum After<'r> {
    /// Headers to put on the response.
    Headers(Vec<(HeaderName, HeaderValue)>),
    /// Count the call under this key, if a condition holds.
    Rate(&'r RateLimitByKey, String),
    Quota(&'r QuotaByKey, String),
    /// Count the bytes of the request and the response.
    Bytes(Want),
    /// Count the tokens that the response says were used.
    /// The number is the estimate for the prompt.
    Tokens(&'r TokenLimit, String, u64),
}

/// Does all of it. It runs after `outbound` or `on-error`, also when the response came from a policy.
pub(crate) async fn finish<O: Outside>(run: &mut Run<'_, O>) -> Result<(), Failure> {
    for after in std::mem::take(&mut run.after) {
        match after {
            After::Headers(headers) => {
                let response = run.response();
                for (name, value) in headers {
                    response.headers.insert(name, value);
                }
            }
            After::Rate(policy, key) => policy.count(key, run).await?,
            After::Quota(policy, key) => policy.count(key, run).await?,
            After::Bytes(want) => bandwidth::settle(want, run),
            After::Tokens(policy, key, prompt) => policy.count(&key, prompt, run).await?,
        }
    }
    Ok(())
}
