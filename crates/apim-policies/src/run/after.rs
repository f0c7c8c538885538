//! What policies leave to do when the response is known.

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue};

use super::Run;
use crate::{failure::Failure, outside::Outside, state::Want};

/// One thing to do, in the order in which the policies ran.
pub(crate) enum After<'r, O: Outside> {
    /// Headers to put on the response.
    Headers(Vec<(HeaderName, HeaderValue)>),
    /// Count the bytes of the request and the response, once for a key.
    Bytes(Want),
    /// The policy does the rest, with the key and the estimate that it had when it ran.
    Policy(&'r dyn Finish<O>, String, u64),
}

/// A policy that counts what the response says.
pub(crate) trait Finish<O: Outside>: Send + Sync {
    /// Counts for the key, and the estimate, that the policy had when it ran.
    fn finish<'f, 'r: 'f>(
        &'r self,
        key: String,
        estimate: u64,
        run: &'f mut Run<'r, O>,
    ) -> BoxFuture<'f, Result<(), Failure>>;
}

/// Does all of it. It runs after `outbound` or `on-error`, also when the response came from a policy.
pub(crate) async fn finish<'r, O: Outside>(run: &mut Run<'r, O>) -> Result<(), Failure> {
    for after in std::mem::take(&mut run.after) {
        match after {
            After::Headers(headers) => {
                let response = run.response();
                for (name, value) in headers {
                    response.headers.insert(name, value);
                }
            }
            After::Bytes(want) => run.count_bytes(want),
            After::Policy(policy, key, estimate) => policy.finish(key, estimate, run).await?,
        }
    }
    Ok(())
}
