//! Policies in their places: in a section, or in a policy that holds others.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{KINDS, Policy, not_played};
use crate::{
    failure::Failure,
    load::Element,
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::{Scope, Section},
};

/// Policies that hold policies, one in another, up to this depth.
const DEEPEST: usize = 32;
/// Policies that one request may run; `retry` in `retry` would run them without end.
const MOST: u32 = 10_000;

/// A policy in its place.
#[derive(Debug)]
pub(crate) struct Step {
    /// Name of its element, `LastError.Source`.
    pub(crate) name: &'static str,
    /// The element's own `id`, `LastError.PolicyId`; every policy may have one.
    pub(crate) id: Option<String>,
    pub(crate) scope: Scope,
    /// `LastError.Path`
    pub(crate) path: String,
    policy: Policy,
}

impl Step {
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Makes this the running policy, and gives the one that was.
    pub(super) fn begin<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<Option<&'r Self>, Stop> {
        let outer = run.enter(Some(self));
        if run.count_policy() > MOST {
            self.end(Err(too_many()), outer, run)?;
        }
        Ok(outer)
    }

    /// Makes the outer policy the running one again. A failure is this one's.
    pub(super) fn end<'r, O: Outside, T>(
        &self,
        ended: Result<T, impl Into<Stop>>,
        outer: Option<&'r Self>,
        run: &mut Run<'r, O>,
    ) -> Result<T, Stop> {
        let ended = ended.map_err(|stop| match stop.into() {
            Stop::Failed(mut failure) => {
                failure.error_mut().locate(self, run.section);
                run.trace(|| format!("failed: {}", failure.error()));
                Stop::Failed(failure)
            }
            stop => stop,
        });
        run.enter(outer);
        ended
    }
}

/// What a section holds.
#[derive(Debug)]
pub(crate) enum Statement {
    /// `<base />`: the same section of the scopes above.
    Base,
    Step(Arc<Step>),
}

/// Why the policies after this one do not run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// To `on-error`.
    Failed(Failure),
    /// To the caller: `return-response`.
    Returned,
    /// To what follows `cache-store`: `cache-lookup` found a response.
    Found,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Reads the content of a section.
pub(crate) fn load_section(section: Section, element: &Element<'_>, problems: &mut Problems) -> Vec<Statement> {
    let mut statements = Vec::new();
    for child in element.child_elements(problems) {
        if child.name() == "base" {
            child.only_attributes(&[], problems);
            child.children(&[], problems);
            if statements.iter().any(|one| matches!(one, Statement::Base)) {
                child.problem(problems, format!("<base> appears twice in <{section}>"));
            }
            statements.push(Statement::Base);
        } else {
            statements.extend(load_step(&child, problems).map(Statement::Step));
        }
    }
    statements
}

pub(super) fn load_step(element: &Element<'_>, problems: &mut Problems) -> Option<Arc<Step>> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == element.name()) else {
        refuse_unknown(element, problems);
        return None;
    };
    if let Some(section) = element.section()
        && !kind.sections.contains(&section)
    {
        element.problem(problems, format!("the policy <{}> is not allowed in <{section}>", kind.name));
    }
    let id = element.attribute("id", problems).map(str::to_owned);
    let policy = (kind.load)(element, problems)?;
    Some(Arc::new(Step { name: kind.name, id, scope: element.scope(), path: element.path(), policy }))
}

fn refuse_unknown(element: &Element<'_>, problems: &mut Problems) {
    let name = element.name();
    match not_played::reason(name) {
        Some(reason) => element.unsupported(problems, format!("the policy <{name}>: {reason}")),
        None if name == "base" => {
            element.problem(problems, "<base> stands in a section, not in a policy or fragment");
        }
        None => element.problem(problems, format!("<{name}> is not a policy")),
    }
}

/// Reads the policies that a policy holds.
pub(crate) fn load_all(element: &Element<'_>, problems: &mut Problems) -> Vec<Arc<Step>> {
    if element.depth() > DEEPEST {
        element.problem(problems, format!("policies are nested more than {DEEPEST} deep"));
        return Vec::new();
    }
    element.child_elements(problems).iter().filter_map(|child| load_step(child, problems)).collect()
}

fn too_many() -> Failure {
    Failure::internal("", "", format!("the request ran more than {MOST} policies, which local-azure does not do"))
}

/// Runs policies one after the other.
pub(crate) fn run_all<'f, 'r, O: Outside>(
    steps: &'r [Arc<Step>],
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
