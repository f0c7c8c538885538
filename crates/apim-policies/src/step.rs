//! Policies in their places: in a section, or inside another policy.

use std::{fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;

use crate::{
    failure::Failure,
    load::Element,
    location::Location,
    outside::Outside,
    problem::Problems,
    run::{Run, Running},
    trace::PolicyEnd,
};

/// The deepest nesting of policies in policies.
const DEEPEST_POLICY: usize = 32;
/// The most policies that one request may run. Without the limit, `retry` in `retry` would run them without end.
const MOST_POLICIES: u32 = 10_000;

/// Any policy. The table of policies implements it, so a policy may hold others without knowing the table.
pub(crate) trait AnyPolicy: fmt::Debug + Send + Sync + Sized + 'static {
    /// Reads any policy. Returns its name and the policy, or `None` after its problems were reported.
    fn load(element: &Element<'_>, problems: &mut Problems) -> Option<(&'static str, Self)>;

    /// Executes the policy.
    fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> impl Future<Output = Result<(), Stop>> + Send;
}

/// A policy in its place.
#[derive(Debug)]
pub(crate) struct Step<P> {
    pub(crate) location: Location,
    pub(crate) policy: P,
}

/// Policies in the order of their execution.
pub(crate) type Steps<P> = Vec<Arc<Step<P>>>;

impl<P> Step<P> {
    /// Makes this the running policy, and returns the previous one.
    pub(crate) fn begin<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<Option<Running<'r>>, Stop> {
        let outer = run.enter(&self.location);
        if run.count_policy() > MOST_POLICIES {
            self.end(Err(too_many()), outer, run)?;
        }
        Ok(outer)
    }

    /// Makes the outer policy the running one again. A failure is recorded as this policy's.
    pub(crate) fn end<'r, O: Outside, T>(
        &self,
        ended: Result<T, impl Into<Stop>>,
        outer: Option<Running<'r>>,
        run: &mut Run<'r, O>,
    ) -> Result<T, Stop> {
        let ended = ended.map_err(Into::into);
        let (ended, end) = match ended {
            Ok(value) => (Ok(value), PolicyEnd::Passed),
            Err(Stop::Failed(mut failure)) => {
                // The policies around the failed one have nothing to add.
                if failure.error().section.is_none() {
                    run.trace(|| format!("failed: {}", failure.error()));
                }
                failure.error_mut().locate(&self.location, run.section);
                (Err(Stop::Failed(failure)), PolicyEnd::Failed)
            }
            Err(stop @ (Stop::Returned | Stop::Found)) => (Err(stop), PolicyEnd::Answered),
        };
        run.leave(outer, end);
        ended
    }
}

/// The reason why the policies after this one do not run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The request goes to `on-error`.
    Failed(Failure),
    /// The response goes to the caller: `return-response`.
    Returned,
    /// `cache-lookup` found a response. It goes to the policies after `cache-store`.
    Found,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Reads a policy.
pub(crate) fn load_step<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Option<Arc<Step<P>>> {
    let id = element.attribute("id", problems).map(str::to_owned);
    let (name, policy) = P::load(element, problems)?;
    let location = Location {
        name,
        id,
        scope: element.scope(),
        path: element.path(),
        fragment: element.fragment(),
        line: element.line(),
    };
    Some(Arc::new(Step { location, policy }))
}

/// Reads the policies inside a policy.
pub(crate) fn load_all<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Steps<P> {
    if element.depth() > DEEPEST_POLICY {
        element.unsupported(problems, format!("policies are nested more than {DEEPEST_POLICY} deep"));
        return Vec::new();
    }
    element.child_elements(problems).iter().filter_map(|child| load_step(child, problems)).collect()
}

fn too_many() -> Failure {
    Failure::internal("", "", format!("the request ran more than {MOST_POLICIES} policies, which is the limit here"))
}

/// Runs policies one after the other.
pub(crate) fn run_all<'f, 'r: 'f, P: AnyPolicy, O: Outside>(
    steps: &'r [Arc<Step<P>>],
    run: &'f mut Run<'r, O>,
) -> BoxFuture<'f, Result<(), Stop>> {
    Box::pin(async move {
        for step in steps {
            let outer = step.begin(run)?;
            let ended = step.policy.run(run).await;
            step.end(ended, outer, run)?;
        }
        Ok(())
    })
}
