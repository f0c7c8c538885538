//! `wait`: runs policies concurrently, until all of them or one of them has ended
//! (learn.microsoft.com/azure/api-management/wait-policy).
//!
//! Only the requests that policies send take time. While one is on its way, the other children run. Between requests a
//! policy is not interrupted, so children see each other's current variables. A failure or a returned response ends the
//! other children; this is not documented.

use std::{slice, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::Response;

use super::prelude::*;
use super::{
    choose::Choose,
    include_fragment::IncludeFragment,
    send_request::{Answered, Ready, SendRequest},
};
use crate::step::{AnyPolicy, Step, load_step, run_all};
use crate::{outside::NoReply, run::Running};

const CHILDREN: [&str; 3] = ["send-request", "cache-lookup-value", "choose"];

#[derive(Debug)]
pub(crate) struct Wait<P> {
    until: Setting<Until>,
    children: Vec<Arc<Step<P>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    All,
    Any,
}

words! {
    Until, "all or any";
    "all" => All;
    "any" => Any;
}

pub(super) fn load<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Option<Wait<P>> {
    element.only_attributes(&["id", "for"], problems);
    if element.path().split('/').any(|holder| holder.starts_with("retry[")) {
        element.problem(problems, "<wait> may not stand in <retry>");
    }
    let until = element.has("for").then(|| element.setting("for", problems)).flatten();
    let mut children = Vec::new();
    for child in element.child_elements(problems) {
        if CHILDREN.contains(&child.name()) {
            children.extend(load_step(&child, problems));
        } else {
            child.problem(problems, format!("<{}> is not declared in <wait>", child.name()));
        }
    }
    if !element.has_children() {
        element.problem(problems, "<wait> needs at least one <send-request>, <cache-lookup-value> or <choose>");
    }
    Some(Wait { until: until.unwrap_or(Setting::Literal(Until::All)), children })
}

/// The role of a policy in `wait`. The table of policies defines it.
pub(crate) enum Waiting<'p, P> {
    Choose(&'p Choose<P>),
    Fragment(&'p IncludeFragment<P>),
    Request(&'p SendRequest),
    /// A policy that sends no request.
    Other,
}

pub(crate) trait HoldsWaiting: AnyPolicy {
    fn waiting(&self) -> Waiting<'_, Self>;
}

/// The remaining policies of a child: for each policy that holds the running one, the policies after it. The innermost
/// is last.
#[derive(Debug)]
struct Rest<'r, P>(Vec<slice::Iter<'r, Arc<Step<P>>>>);

/// A child that waits for the answer to its request.
struct WaitingChild<'r, P> {
    step: &'r Arc<Step<P>>,
    running: Option<Running<'r>>,
    answered: Answered,
    rest: Rest<'r, P>,
}

impl<P: HoldsWaiting> Wait<P> {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        let until = run.get(&self.until).await?;
        let outside = run.outside;
        let mut on_their_way = FuturesUnordered::new();
        for child in &self.children {
            let whole = Rest(vec![slice::from_ref(child).iter()]);
            match whole.go_on(run).await? {
                Some((request, sent)) => on_their_way.push(sent.send(request, outside)),
                None if until == Until::Any => return Ok(()),
                None => {}
            }
        }
        while let Some((sent, answer)) = on_their_way.next().await {
            match sent.settle(answer, run)?.go_on(run).await? {
                Some((request, sent)) => on_their_way.push(sent.send(request, outside)),
                None if until == Until::Any => return Ok(()),
                None => {}
            }
        }
        Ok(())
    }
}

impl<'r, P: HoldsWaiting> Rest<'r, P> {
    /// Runs policies up to the next request or the end.
    async fn go_on<O: Outside>(mut self, run: &mut Run<'r, O>) -> Result<Option<(Ready, WaitingChild<'r, P>)>, Stop> {
        while let Some(steps) = self.0.last_mut() {
            let Some(step) = steps.next() else {
                self.0.pop();
                continue;
            };
            match step.policy.waiting() {
                Waiting::Choose(choose) => {
                    let outer = step.begin(run)?;
                    let picked = choose.pick(run).await;
                    self.0.push(step.end(picked, outer, run)?.iter());
                }
                Waiting::Fragment(fragment) => self.0.push(fragment.steps.iter()),
                Waiting::Request(policy) => {
                    let outer = step.begin(run)?;
                    let running = run.running();
                    let prepared = policy.prepare(run).await;
                    let (ready, answered) = step.end(prepared, outer, run)?;
                    return Ok(Some((ready, WaitingChild { step, running, answered, rest: self })));
                }
                Waiting::Other => run_all(slice::from_ref(step), run).await?,
            }
        }
        Ok(None)
    }
}

impl<'r, P: HoldsWaiting> WaitingChild<'r, P> {
    async fn send<O: Outside>(self, ready: Ready, outside: &O) -> (Self, Result<Response<Bytes>, NoReply>) {
        let answer = outside.send(ready.request, ready.timeout).await;
        (self, answer)
    }

    /// Handles the answer as the policy says.
    fn settle<O: Outside>(
        self,
        answer: Result<Response<Bytes>, NoReply>,
        run: &mut Run<'r, O>,
    ) -> Result<Rest<'r, P>, Stop> {
        let outer = self.running.and_then(|running| run.resume(running));
        let settled = self.answered.settle(answer, run);
        self.step.end(settled, outer, run)?;
        Ok(self.rest)
    }
}

#[cfg(test)]
mod tests;
