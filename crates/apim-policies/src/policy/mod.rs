//! The policies that are understood: a table, and one file for each.

mod after;
mod allowance;
mod authentication_basic;
mod authentication_managed_identity;
mod bandwidth;
mod cache_lookup;
mod cache_lookup_value;
mod cache_remove_value;
mod cache_store;
mod cache_store_value;
mod caching_type;
mod check_header;
mod choose;
mod cors;
mod emit_metric;
mod exists_action;
mod find_and_replace;
mod forward_request;
mod get_authorization_context;
mod include_fragment;
mod ip_filter;
mod jsonp;
mod limit_concurrency;
mod log_to_eventhub;
mod mock_response;
mod not_played;
mod quota;
mod quota_by_key;
mod rate_limit;
mod rate_limit_by_key;
mod redirect;
mod required_claims;
mod retry;
mod return_response;
mod rewrite_uri;
mod send_request;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_method;
mod set_query_parameter;
mod set_status;
mod set_variable;
mod step;
mod subscription_limits;
mod token_limit;
mod token_policy;
mod trace;
mod validate_azure_ad_token;
mod validate_jwt;
mod wait;

pub(crate) use self::{
    after::{After, finish},
    cache_store::after as after_cache_store,
    cors::{is_preflight, policies as cors_policies, preflight},
    step::{Statement, Step, Stop, load_all, load_section, run_all},
};
use self::{
    authentication_basic::Basic, authentication_managed_identity::ManagedIdentity, cache_lookup::CacheLookup,
    cache_lookup_value::CacheLookupValue, cache_remove_value::CacheRemoveValue, cache_store::CacheStore,
    cache_store_value::CacheStoreValue, check_header::CheckHeader, choose::Choose, cors::Cors, emit_metric::EmitMetric,
    find_and_replace::FindAndReplace, forward_request::ForwardRequest,
    get_authorization_context::GetAuthorizationContext, include_fragment::IncludeFragment, ip_filter::IpFilter,
    jsonp::Jsonp, limit_concurrency::LimitConcurrency, log_to_eventhub::LogToEventHub, mock_response::MockResponse,
    quota::Quota, quota_by_key::QuotaByKey, rate_limit::RateLimit, rate_limit_by_key::RateLimitByKey, retry::Retry,
    return_response::ReturnResponse, rewrite_uri::RewriteUri, send_request::SendRequest,
    set_backend_service::SetBackendService, set_body::SetBody, set_header::SetHeader, set_method::SetMethod,
    set_query_parameter::SetQueryParameter, set_status::SetStatus, set_variable::SetVariable, token_limit::TokenLimit,
    trace::Trace, validate_azure_ad_token::ValidateAzureAdToken, validate_jwt::ValidateJwt, wait::Wait,
};
use crate::{load::Element, outside::Outside, problem::Problems, run::Run, scope::Section};

/// A policy, checked.
#[derive(Debug)]
pub(crate) enum Policy {
    Basic(Basic),
    CacheLookup(Box<CacheLookup>),
    CacheLookupValue(CacheLookupValue),
    CacheRemoveValue(CacheRemoveValue),
    CacheStore(CacheStore),
    CacheStoreValue(CacheStoreValue),
    CheckHeader(Box<CheckHeader>),
    Choose(Choose),
    Cors(Box<Cors>),
    EmitMetric(Box<EmitMetric>),
    FindAndReplace(FindAndReplace),
    ForwardRequest(ForwardRequest),
    GetAuthorizationContext(Box<GetAuthorizationContext>),
    IncludeFragment(IncludeFragment),
    IpFilter(IpFilter),
    Jsonp(Jsonp),
    LimitConcurrency(LimitConcurrency),
    LogToEventHub(LogToEventHub),
    ManagedIdentity(ManagedIdentity),
    MockResponse(MockResponse),
    Quota(Quota),
    QuotaByKey(QuotaByKey),
    RateLimit(Box<RateLimit>),
    RateLimitByKey(Box<RateLimitByKey>),
    Retry(Box<Retry>),
    ReturnResponse(Box<ReturnResponse>),
    RewriteUri(RewriteUri),
    SendRequest(Box<SendRequest>),
    SetBackendService(Box<SetBackendService>),
    SetBody(SetBody),
    SetHeader(SetHeader),
    SetMethod(SetMethod),
    SetQueryParameter(SetQueryParameter),
    SetStatus(SetStatus),
    SetVariable(SetVariable),
    TokenLimit(Box<TokenLimit>),
    Trace(Box<Trace>),
    ValidateAzureAdToken(Box<ValidateAzureAdToken>),
    ValidateJwt(Box<ValidateJwt>),
    Wait(Wait),
}

/// What a policy document knows of one kind of policy.
struct Kind {
    name: &'static str,
    sections: &'static [Section],
    load: fn(&Element<'_>, &mut Problems) -> Option<Policy>,
}

const KINDS: &[Kind] = &[
    authentication_basic::KIND,
    authentication_managed_identity::KIND,
    cache_lookup::KIND,
    cache_lookup_value::KIND,
    cache_remove_value::KIND,
    cache_store::KIND,
    cache_store_value::KIND,
    check_header::KIND,
    choose::KIND,
    cors::KIND,
    emit_metric::EMIT,
    emit_metric::LLM,
    emit_metric::OPENAI,
    find_and_replace::KIND,
    forward_request::KIND,
    get_authorization_context::KIND,
    include_fragment::KIND,
    ip_filter::KIND,
    jsonp::KIND,
    limit_concurrency::KIND,
    log_to_eventhub::KIND,
    mock_response::KIND,
    quota::KIND,
    quota_by_key::KIND,
    rate_limit::KIND,
    rate_limit_by_key::KIND,
    retry::KIND,
    return_response::KIND,
    rewrite_uri::KIND,
    send_request::ONE_WAY,
    send_request::SEND,
    set_backend_service::KIND,
    set_body::KIND,
    set_header::KIND,
    set_method::KIND,
    set_query_parameter::KIND,
    set_status::KIND,
    set_variable::KIND,
    token_limit::AZURE_OPENAI,
    token_limit::LLM,
    trace::KIND,
    validate_azure_ad_token::KIND,
    validate_jwt::KIND,
    wait::KIND,
];

/// Of every policy.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

impl Policy {
    /// Does what the policy says.
    async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        match self {
            Self::Basic(policy) => policy.run(run).await?,
            Self::CacheLookup(policy) => policy.run(run).await?,
            Self::CacheLookupValue(policy) => policy.run(run).await?,
            Self::CacheRemoveValue(policy) => policy.run(run).await?,
            Self::CacheStore(policy) => policy.run(run).await?,
            Self::CacheStoreValue(policy) => policy.run(run).await?,
            Self::CheckHeader(policy) => policy.run(run).await?,
            Self::Choose(policy) => policy.run(run).await?,
            Self::Cors(policy) => policy.run(run).await?,
            Self::EmitMetric(policy) => policy.run(run).await?,
            Self::FindAndReplace(policy) => policy.run(run).await?,
            Self::ForwardRequest(policy) => policy.run(run).await?,
            Self::GetAuthorizationContext(policy) => policy.run(run).await?,
            Self::IncludeFragment(policy) => run_all(&policy.steps, run).await?,
            Self::IpFilter(policy) => policy.run(run).await?,
            Self::Jsonp(policy) => policy.run(run).await?,
            Self::LimitConcurrency(policy) => policy.run(run).await?,
            Self::LogToEventHub(policy) => policy.run(run).await?,
            Self::ManagedIdentity(policy) => policy.run(run).await?,
            Self::MockResponse(policy) => policy.run(run)?,
            Self::Quota(policy) => policy.run(run)?,
            Self::QuotaByKey(policy) => policy.run(run).await?,
            Self::RateLimit(policy) => policy.run(run)?,
            Self::RateLimitByKey(policy) => policy.run(run).await?,
            Self::Retry(policy) => policy.run(run).await?,
            Self::ReturnResponse(policy) => policy.run(run).await?,
            Self::RewriteUri(policy) => policy.run(run).await?,
            Self::SendRequest(policy) => policy.run(run).await?,
            Self::SetBackendService(policy) => policy.run(run).await?,
            Self::SetBody(policy) => policy.run(run).await?,
            Self::SetHeader(policy) => policy.run(run).await?,
            Self::SetMethod(policy) => policy.run(run).await?,
            Self::SetQueryParameter(policy) => policy.run(run).await?,
            Self::SetStatus(policy) => policy.run(run).await?,
            Self::SetVariable(policy) => policy.run(run).await?,
            Self::TokenLimit(policy) => policy.run(run).await?,
            Self::Trace(policy) => policy.run(run).await?,
            Self::ValidateAzureAdToken(policy) => policy.run(run).await?,
            Self::ValidateJwt(policy) => policy.run(run).await?,
            Self::Wait(policy) => policy.run(run).await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    /// Users read there what they may write.
    #[test]
    fn the_documentation_lists_every_policy_and_no_other() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gateway.md");
        let text = std::fs::read_to_string(page).unwrap();
        let (_, list) = text.split_once("## Policies").unwrap();
        let (_, list) = list.split_once("- Flow").unwrap();
        let (list, _) = list.split_once("\n\n").unwrap();
        let listed: Vec<_> = list.split('`').skip(1).step_by(2).collect();
        let mut known: Vec<_> = super::names().collect();
        known.sort_unstable();
        assert_eq!(BTreeSet::from_iter(listed.clone()).into_iter().collect::<Vec<_>>(), known);
        assert_eq!(listed.len(), known.len(), "one is listed twice");
    }
}
