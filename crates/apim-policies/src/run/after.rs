//! Work that policies postpone until the response is known.

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue};

use super::{Run, Running};
use crate::{failure::Failure, outside::Outside, state::LimitRequest, trace::PolicyEnd};

/// One piece of work. The order is that of the policies.
pub(crate) enum After<'r, O: Outside> {
    /// Headers to put on the response.
    Headers(Vec<(HeaderName, HeaderValue)>),
    /// Count the bytes of the request and the response, once for a key.
    Bytes(LimitRequest),
    /// The policy does the rest, with the values from when it ran.
    Policy(&'r dyn Finish<O>, Counted, Option<Running<'r>>),
    /// The work of [`Self::Policy`], but before `outbound` if that runs. So `outbound` sees the policy's headers and
    /// variables.
    Tokens(&'r dyn Finish<O>, Counted, Option<Running<'r>>),
}

/// The values that a policy that counts tokens had when it ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    /// The counter's key, or a metric's namespace.
    pub(crate) key: String,
    /// The dimensions of a metric.
    pub(crate) dimensions: Vec<(String, Option<String>)>,
    /// The estimate of the prompt's tokens.
    pub(crate) prompt: u64,
}

/// A policy that counts the numbers of the response.
pub(crate) trait Finish<O: Outside>: Send + Sync {
    /// Counts, with the values that the policy had when it ran.
    fn finish<'f, 'r: 'f>(&'r self, known: Counted, run: &'f mut Run<'r, O>) -> BoxFuture<'f, Result<(), Failure>>;
}

/// Finishes the policies that count tokens.
pub(crate) async fn finish_token_policies<'r, O: Outside>(run: &mut Run<'r, O>) -> Result<(), Failure> {
    for after in std::mem::take(&mut run.after) {
        match after {
            After::Tokens(policy, known, running) => finish_policy(policy, known, running, run).await?,
            other => run.after.push(other),
        }
    }
    Ok(())
}

/// Does all work. It runs after `outbound` or `on-error`, also if a policy made the response.
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
            After::Policy(policy, known, running) | After::Tokens(policy, known, running) => {
                finish_policy(policy, known, running, run).await?;
            }
        }
    }
    Ok(())
}

/// Makes a policy the running one, and lets it do the rest.
async fn finish_policy<'r, O: Outside>(
    policy: &'r dyn Finish<O>,
    known: Counted,
    running: Option<Running<'r>>,
    run: &mut Run<'r, O>,
) -> Result<(), Failure> {
    run.step = running;
    let mut ended = policy.finish(known, run).await;
    if let Err(failure) = &mut ended {
        run.locate(failure);
        run.trace(|| format!("failed: {}", failure.error()));
        run.leave(None, PolicyEnd::Failed);
    }
    run.step = None;
    ended
}
