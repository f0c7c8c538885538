//! The policies that are understood: a table, and one file for each.

mod choose;
mod emit_metric;
mod exists_action;
mod find_and_replace;
mod forward_request;
mod include_fragment;
mod log_to_eventhub;
mod retry;
mod return_response;
mod rewrite_uri;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_method;
mod set_query_parameter;
mod set_status;
mod set_variable;
mod step;
mod trace;
mod validate_jwt;

pub(crate) use self::step::{Statement, Step, Stop, load_all, load_section, run_all};
use self::{
    choose::Choose, emit_metric::EmitMetric, find_and_replace::FindAndReplace, forward_request::ForwardRequest,
    include_fragment::IncludeFragment, log_to_eventhub::LogToEventHub, retry::Retry, return_response::ReturnResponse,
    rewrite_uri::RewriteUri, set_backend_service::SetBackendService, set_body::SetBody, set_header::SetHeader,
    set_method::SetMethod, set_query_parameter::SetQueryParameter, set_status::SetStatus, set_variable::SetVariable,
    trace::Trace, validate_jwt::ValidateJwt,
};
use crate::{load::Element, outside::Outside, problem::Problems, run::Run, scope::Section};

/// A policy, checked.
#[derive(Debug)]
pub(crate) enum Policy {
    Choose(Choose),
    EmitMetric(Box<EmitMetric>),
    FindAndReplace(FindAndReplace),
    ForwardRequest(ForwardRequest),
    IncludeFragment(IncludeFragment),
    LogToEventHub(LogToEventHub),
    Retry(Box<Retry>),
    ReturnResponse(Box<ReturnResponse>),
    RewriteUri(RewriteUri),
    SetBackendService(Box<SetBackendService>),
    SetBody(SetBody),
    SetHeader(SetHeader),
    SetMethod(SetMethod),
    SetQueryParameter(SetQueryParameter),
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
    emit_metric::EMIT,
    emit_metric::LLM,
    emit_metric::OPENAI,
    find_and_replace::KIND,
    forward_request::KIND,
    include_fragment::KIND,
    log_to_eventhub::KIND,
    retry::KIND,
    return_response::KIND,
    rewrite_uri::KIND,
    set_backend_service::KIND,
    set_body::KIND,
    set_header::KIND,
    set_method::KIND,
    set_query_parameter::KIND,
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
            Self::EmitMetric(policy) => policy.run(run).await?,
            Self::FindAndReplace(policy) => policy.run(run).await?,
            Self::IncludeFragment(policy) => run_all(&policy.steps, run).await?,
            Self::ForwardRequest(policy) => policy.run(run).await?,
            Self::LogToEventHub(policy) => policy.run(run).await?,
            Self::Retry(policy) => policy.run(run).await?,
            Self::ReturnResponse(policy) => policy.run(run).await?,
            Self::RewriteUri(policy) => policy.run(run).await?,
            Self::SetBackendService(policy) => policy.run(run).await?,
            Self::SetBody(policy) => policy.run(run).await?,
            Self::SetHeader(policy) => policy.run(run).await?,
            Self::SetMethod(policy) => policy.run(run).await?,
            Self::SetQueryParameter(policy) => policy.run(run).await?,
            Self::SetStatus(policy) => policy.run(run).await?,
            Self::SetVariable(policy) => policy.run(run).await?,
            Self::Trace(policy) => policy.run(run).await?,
            Self::ValidateJwt(policy) => policy.run(run).await?,
        }
        Ok(())
    }
}
