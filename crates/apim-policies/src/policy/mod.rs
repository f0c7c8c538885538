//! The policies that are understood: a table, and one file for each.

mod forward_request;
mod set_header;
mod validate_jwt;

use std::sync::Arc;

use self::{set_header::SetHeader, validate_jwt::ValidateJwt};
use crate::{
    execute::Context,
    failure::Failure,
    load::Element,
    outside::Outside,
    problem::Problems,
    scope::{Scope, Section},
    token::OpenIdCache,
};

/// A policy, checked.
#[derive(Debug)]
pub(crate) enum Policy {
    ForwardRequest,
    SetHeader(SetHeader),
    ValidateJwt(Box<ValidateJwt>),
}

/// What a policy document knows of one kind of policy.
struct Kind {
    name: &'static str,
    sections: &'static [Section],
    load: fn(&Element<'_>, &mut Problems) -> Option<Policy>,
}

const KINDS: &[Kind] = &[forward_request::KIND, set_header::KIND, validate_jwt::KIND];

/// A policy in its place.
#[derive(Debug)]
pub(crate) struct Step {
    /// The element's own `id`, `LastError.PolicyId`; every policy may have one.
    pub(crate) id: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) policy: Policy,
}

/// What a section holds.
#[derive(Debug)]
pub(crate) enum Statement {
    /// `<base />`: the same section of the scopes above.
    Base,
    Step(Arc<Step>),
}

/// Reads the content of a section.
pub(crate) fn load_section(
    scope: Scope,
    section: Section,
    element: &Element<'_>,
    problems: &mut Problems,
) -> Vec<Statement> {
    let mut statements = Vec::new();
    for child in element.child_elements(problems) {
        if child.name() == "base" {
            child.only_attributes(&[], problems);
            child.children(&[], problems);
            if statements.iter().any(|one| matches!(one, Statement::Base)) {
                child.problem(problems, format!("<base> appears twice in <{section}>"));
            }
            statements.push(Statement::Base);
        } else if let Some(step) = load_step(scope, section, &child, problems) {
            statements.push(Statement::Step(Arc::new(step)));
        }
    }
    statements
}

fn load_step(scope: Scope, section: Section, element: &Element<'_>, problems: &mut Problems) -> Option<Step> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == element.name()) else {
        element.problem(problems, format!("the policy <{}> is not supported", element.name()));
        return None;
    };
    if !kind.sections.contains(&section) {
        element.problem(problems, format!("the policy <{}> is not allowed in <{section}>", kind.name));
    }
    let id = element.attribute("id", problems).map(str::to_owned);
    let policy = (kind.load)(element, problems)?;
    Some(Step { id, scope, policy })
}

impl Step {
    /// Does what the policy says.
    pub(crate) async fn run<O: Outside>(
        &self,
        section: Section,
        context: &mut Context<O::Body>,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Result<(), Failure> {
        match &self.policy {
            Policy::ForwardRequest => forward_request::run(context, outside).await,
            Policy::SetHeader(policy) => {
                policy.run(context.headers(section));
                Ok(())
            }
            Policy::ValidateJwt(policy) => policy.run(context, keys, outside).await,
        }
    }
}
