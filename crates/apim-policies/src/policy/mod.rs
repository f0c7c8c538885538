//! The policies that are understood: a table, and one file for each.

mod forward_request;
mod set_header;
mod step;
mod validate_jwt;

pub(crate) use self::step::{Statement, Step, Stop, load_section, run_all};
use self::{set_header::SetHeader, validate_jwt::ValidateJwt};
use crate::{load::Element, outside::Outside, problem::Problems, run::Run, scope::Section};

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

impl Policy {
    /// Does what the policy says.
    async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        match self {
            Self::ForwardRequest => forward_request::run(run).await?,
            Self::SetHeader(policy) => policy.run(run).await?,
            Self::ValidateJwt(policy) => policy.run(run).await?,
        }
        Ok(())
    }
}
