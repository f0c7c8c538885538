//! The policies that are understood: a table, and one file for each.

mod choose;
mod exists_action;
mod forward_request;
mod retry;
mod return_response;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_status;
mod set_variable;
mod step;
mod trace;
mod validate_jwt;

pub(crate) use self::step::{Statement, Step, Stop, load_section, run_all};
use self::{
    choose::Choose, forward_request::ForwardRequest, retry::Retry, return_response::ReturnResponse,
    set_backend_service::SetBackendService, set_body::SetBody, set_header::SetHeader, set_status::SetStatus,
    set_variable::SetVariable, trace::Trace, validate_jwt::ValidateJwt,
};
use crate::{load::Element, outside::Outside, problem::Problems, run::Run, scope::Section};

/// A policy, checked.
#[derive(Debug)]
pub(crate) enum Policy {
    Choose(Choose),
    ForwardRequest(ForwardRequest),
    Retry(Box<Retry>),
    ReturnResponse(Box<ReturnResponse>),
    SetBackendService(Box<SetBackendService>),
    SetBody(SetBody),
    SetHeader(SetHeader),
    SetStatus(SetStatus),
    SetVariable(SetVariable),
    Trace(Box<Trace>),
    ValidateJwt(Box<ValidateJwt>),
}

/// What a policy document knows of one kind of policy.
struct Kind {
    name: &'static str,
    sections: &'static [Section],
    load: fn(&Element<'_>, &mut Problems) -> Option<Policy>,
}

const KINDS: &[Kind] = &[
    choose::KIND,
    forward_request::KIND,
    retry::KIND,
    return_response::KIND,
    set_backend_service::KIND,
    set_body::KIND,
    set_header::KIND,
    set_status::KIND,
    set_variable::KIND,
    trace::KIND,
    validate_jwt::KIND,
];

impl Policy {
    /// Does what the policy says.
    async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        match self {
            Self::Choose(policy) => policy.run(run).await?,
            Self::ForwardRequest(policy) => policy.run(run).await?,
            Self::Retry(policy) => policy.run(run).await?,
            Self::ReturnResponse(policy) => policy.run(run).await?,
            Self::SetBackendService(policy) => policy.run(run).await?,
            Self::SetBody(policy) => policy.run(run).await?,
            Self::SetHeader(policy) => policy.run(run).await?,
            Self::SetStatus(policy) => policy.run(run).await?,
            Self::SetVariable(policy) => policy.run(run).await?,
            Self::Trace(policy) => policy.run(run).await?,
            Self::ValidateJwt(policy) => policy.run(run).await?,
        }
        Ok(())
    }
}
