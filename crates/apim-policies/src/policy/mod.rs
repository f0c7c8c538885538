//! The policies that are understood: a table, and one file for each.

mod after;
mod allowance;
mod authentication_managed_identity;
mod check_header;
mod cors;
mod forward_request;
mod ip_filter;
mod limit_concurrency;
mod quota;
mod quota_by_key;
mod rate_limit;
mod rate_limit_by_key;
mod set_header;
mod step;
mod subscription_limits;
mod token_limit;
mod token_policy;
mod validate_azure_ad_token;
mod validate_jwt;

pub(crate) use self::{
    after::{After, finish},
    cors::{is_preflight, policies as cors_policies, preflight},
    step::{Statement, Step, Stop, load_section, run_all},
};
use self::{
    authentication_managed_identity::ManagedIdentity, check_header::CheckHeader, cors::Cors, ip_filter::IpFilter,
    limit_concurrency::LimitConcurrency, quota::Quota, quota_by_key::QuotaByKey, rate_limit::RateLimit,
    rate_limit_by_key::RateLimitByKey, set_header::SetHeader, token_limit::TokenLimit,
    validate_azure_ad_token::ValidateAzureAdToken, validate_jwt::ValidateJwt,
};
use crate::{load::Element, outside::Outside, problem::Problems, run::Run, scope::Section};

/// A policy, checked.
#[derive(Debug)]
pub(crate) enum Policy {
    CheckHeader(Box<CheckHeader>),
    Cors(Box<Cors>),
    ForwardRequest,
    IpFilter(IpFilter),
    LimitConcurrency(LimitConcurrency),
    ManagedIdentity(ManagedIdentity),
    Quota(Quota),
    QuotaByKey(QuotaByKey),
    RateLimit(Box<RateLimit>),
    RateLimitByKey(Box<RateLimitByKey>),
    SetHeader(SetHeader),
    TokenLimit(Box<TokenLimit>),
    ValidateAzureAdToken(Box<ValidateAzureAdToken>),
    ValidateJwt(Box<ValidateJwt>),
}

/// What a policy document knows of one kind of policy.
struct Kind {
    name: &'static str,
    sections: &'static [Section],
    load: fn(&Element<'_>, &mut Problems) -> Option<Policy>,
}

const KINDS: &[Kind] = &[
    authentication_managed_identity::KIND,
    check_header::KIND,
    cors::KIND,
    forward_request::KIND,
    ip_filter::KIND,
    limit_concurrency::KIND,
    quota::KIND,
    quota_by_key::KIND,
    rate_limit::KIND,
    rate_limit_by_key::KIND,
    set_header::KIND,
    token_limit::AZURE_OPENAI,
    token_limit::LLM,
    validate_azure_ad_token::KIND,
    validate_jwt::KIND,
];

impl Policy {
    /// Does what the policy says.
    async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        match self {
            Self::CheckHeader(policy) => policy.run(run).await?,
            Self::Cors(policy) => policy.run(run).await?,
            Self::ForwardRequest => forward_request::run(run).await?,
            Self::IpFilter(policy) => policy.run(run).await?,
            Self::LimitConcurrency(policy) => policy.run(run).await?,
            Self::ManagedIdentity(policy) => policy.run(run).await?,
            Self::Quota(policy) => policy.run(run)?,
            Self::QuotaByKey(policy) => policy.run(run).await?,
            Self::RateLimit(policy) => policy.run(run)?,
            Self::RateLimitByKey(policy) => policy.run(run).await?,
            Self::SetHeader(policy) => policy.run(run).await?,
            Self::TokenLimit(policy) => policy.run(run).await?,
            Self::ValidateAzureAdToken(policy) => policy.run(run).await?,
            Self::ValidateJwt(policy) => policy.run(run).await?,
        }
        Ok(())
    }
}
