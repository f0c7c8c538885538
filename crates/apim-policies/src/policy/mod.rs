//! The policies: one file for each, and one row of the table below.

mod allowance;
mod authentication_basic;
mod authentication_certificate;
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
mod conversion;
mod cors;
mod cross_domain;
mod emit_metric;
mod exists_action;
mod find_and_replace;
mod forward_request;
mod get_authorization_context;
pub(crate) mod include_fragment;
mod ip_filter;
mod json_to_xml;
mod jsonp;
mod limit_concurrency;
mod llm_content_safety;
mod log_to_eventhub;
mod media_type;
mod mock_response;
mod model_service;
mod model_texts;
mod not_played;
mod prelude;
mod quota;
mod quota_by_key;
mod rate_limit;
mod rate_limit_by_key;
mod redirect;
mod redirect_content_urls;
mod required_claims;
mod retry;
mod return_response;
mod rewrite_uri;
mod semantic_cache;
mod send_request;
mod send_service_bus_message;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_method;
mod set_query_parameter;
mod set_status;
mod set_variable;
mod subscription_limits;
#[cfg(test)]
mod tested;
mod token_limit;
mod token_policy;
mod trace;
mod validate_azure_ad_token;
mod validate_client_certificate;
mod validate_content;
mod validate_headers;
mod validate_jwt;
mod validate_parameters;
mod validate_status_code;
mod validation;
mod wait;
mod xml_to_json;

use self::wait::{HoldsWaiting, Waiting};
pub(crate) use self::{
    cors::{Cors, is_preflight, preflight},
    cross_domain::CrossDomain,
};
use crate::{
    load::Element,
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::Section,
    step::{AnyPolicy, Stop},
};

/// A policy of Microsoft's reference
/// (learn.microsoft.com/azure/api-management/api-management-policies).
#[derive(Clone, Copy, Debug)]
pub struct PolicyRow {
    /// Its element.
    pub name: &'static str,
    /// The sections that it may stand in.
    pub sections: &'static [Section],
    /// Where the reference lists it.
    pub group: PolicyGroup,
    /// What of it runs.
    pub played: Played,
}

/// A heading of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyGroup {
    /// Rate limiting and quotas
    Limits,
    /// Authentication and authorization
    Authentication,
    /// Content validation
    Validation,
    /// Routing
    Routing,
    /// Caching
    Caching,
    /// Transformation
    Transformation,
    /// Cross-domain
    CrossDomain,
    /// Integration and external communication
    Integration,
    /// Logging
    Logging,
    /// Language models
    Models,
    /// Policy control and flow
    Flow,
}

/// What of a policy runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// All that its page documents.
    Whole,
    /// All but this.
    Part(&'static str),
    /// Nothing: a document that has it is refused, for this reason.
    Refused(&'static str),
}

const I: &[Section] = &[Section::Inbound];
const B: &[Section] = &[Section::Backend];
const O: &[Section] = &[Section::Outbound];
const IB: &[Section] = &[Section::Inbound, Section::Backend];
const IO: &[Section] = &[Section::Inbound, Section::Outbound];
const IE: &[Section] = &[Section::Inbound, Section::OnError];
const OE: &[Section] = &[Section::Outbound, Section::OnError];
const IBO: &[Section] = &[Section::Inbound, Section::Backend, Section::Outbound];
const IOE: &[Section] = &[Section::Inbound, Section::Outbound, Section::OnError];
const IBOE: &[Section] = &Section::ALL;

type Load = fn(&Element<'_>, &mut Problems) -> Option<Policy>;

/// Makes the type of all policies, what loads them and what runs them. Each row: the variant, the file and type, and for
/// each element that it reads its name, sections, group and what of it runs.
macro_rules! policies {
    ($($variant:ident = $module:ident::$kind:ident $(<$of:ident>)? {
        $($name:literal $sections:ident $group:ident $played:expr;)+
    })+) => {
        /// A policy, checked.
        #[derive(Debug)]
        pub(crate) enum Policy {
            $($variant(Box<$module::$kind $(<$of>)?>),)+
        }

        const TABLE: &[(PolicyRow, Load)] = &[$($((
            PolicyRow { name: $name, sections: $sections, group: PolicyGroup::$group, played: $played },
            |element, problems| $module::load(element, problems).map(|policy| Policy::$variant(Box::new(policy))),
        ),)+)+];

        impl Policy {
            async fn play<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
                match self {
                    $(Self::$variant(policy) => policy.run(run).await?,)+
                }
                Ok(())
            }
        }
    };
}

policies! {
    AuthenticationBasic = authentication_basic::Basic {
        "authentication-basic" I Authentication Played::Whole;
    }
    AuthenticationManagedIdentity = authentication_managed_identity::ManagedIdentity {
        "authentication-managed-identity" IO Authentication Played::Whole;
    }
    CacheLookup = cache_lookup::CacheLookup {
        "cache-lookup" I Caching Played::Whole;
    }
    CacheLookupValue = cache_lookup_value::CacheLookupValue {
        "cache-lookup-value" IBOE Caching Played::Whole;
    }
    CacheRemoveValue = cache_remove_value::CacheRemoveValue {
        "cache-remove-value" IBOE Caching Played::Whole;
    }
    CacheStore = cache_store::CacheStore {
        "cache-store" O Caching Played::Whole;
    }
    CacheStoreValue = cache_store_value::CacheStoreValue {
        "cache-store-value" IBOE Caching Played::Whole;
    }
    CheckHeader = check_header::CheckHeader {
        "check-header" I Authentication Played::Whole;
    }
    Choose = choose::Choose<Policy> {
        "choose" IBOE Flow Played::Whole;
    }
    Cors = cors::Cors {
        "cors" I CrossDomain Played::Whole;
    }
    EmitMetric = emit_metric::EmitMetric {
        "emit-metric" IBOE Logging Played::Part("told in the trace, and added up");
        "llm-emit-token-metric" I Models Played::Part("told in the trace, and added up");
        "azure-openai-emit-token-metric" I Models Played::Part("told in the trace, and added up");
    }
    FindAndReplace = find_and_replace::FindAndReplace {
        "find-and-replace" IBOE Transformation Played::Whole;
    }
    ForwardRequest = forward_request::ForwardRequest {
        "forward-request" B Routing Played::Part("not HTTP/2 to the backend");
    }
    GetAuthorizationContext = get_authorization_context::GetAuthorizationContext {
        "get-authorization-context" I Authentication Played::Part("Entra ID with client credentials alone");
    }
    IncludeFragment = include_fragment::IncludeFragment<Policy> {
        "include-fragment" IBOE Flow Played::Whole;
    }
    IpFilter = ip_filter::IpFilter {
        "ip-filter" I Authentication Played::Whole;
    }
    JsonToXml = json_to_xml::JsonToXml {
        "json-to-xml" IOE Transformation Played::Whole;
    }
    Jsonp = jsonp::Jsonp {
        "jsonp" O CrossDomain Played::Whole;
    }
    LimitConcurrency = limit_concurrency::LimitConcurrency<Policy> {
        "limit-concurrency" IBOE Limits Played::Whole;
    }
    LogToEventHub = log_to_eventhub::LogToEventHub {
        "log-to-eventhub" IBOE Logging Played::Part("told in the trace");
    }
    MockResponse = mock_response::MockResponse {
        "mock-response" IOE Transformation Played::Part("examples of the seed, not schemas");
    }
    Quota = quota::Quota {
        "quota" I Limits Played::Whole;
    }
    QuotaByKey = quota_by_key::QuotaByKey {
        "quota-by-key" I Limits Played::Whole;
    }
    RateLimit = rate_limit::RateLimit {
        "rate-limit" I Limits Played::Whole;
    }
    RateLimitByKey = rate_limit_by_key::RateLimitByKey {
        "rate-limit-by-key" I Limits Played::Whole;
    }
    Retry = retry::Retry<Policy> {
        "retry" IBOE Flow Played::Whole;
    }
    ReturnResponse = return_response::ReturnResponse {
        "return-response" IBOE Flow Played::Whole;
    }
    RewriteUri = rewrite_uri::RewriteUri {
        "rewrite-uri" I Transformation Played::Whole;
    }
    SendRequest = send_request::SendRequest {
        "send-request" IBOE Integration Played::Part("to hosts of the seed and loopback addresses");
        "send-one-way-request" IBOE Integration Played::Part("to hosts of the seed and loopback addresses");
    }
    SetBackendService = set_backend_service::SetBackendService {
        "set-backend-service" IB Routing Played::Part("not Service Fabric");
    }
    SetBody = set_body::SetBody {
        "set-body" IBOE Transformation Played::Whole;
    }
    SetHeader = set_header::SetHeader {
        "set-header" IBOE Transformation Played::Whole;
    }
    SetMethod = set_method::SetMethod {
        "set-method" IE Transformation Played::Whole;
    }
    SetQueryParameter = set_query_parameter::SetQueryParameter {
        "set-query-parameter" IB Transformation Played::Whole;
    }
    SetStatus = set_status::SetStatus {
        "set-status" IBOE Transformation Played::Whole;
    }
    SetVariable = set_variable::SetVariable {
        "set-variable" IBOE Flow Played::Whole;
    }
    TokenLimit = token_limit::TokenLimit {
        "llm-token-limit" I Models Played::Part("prompts are estimated");
        "azure-openai-token-limit" I Models Played::Part("prompts are estimated");
    }
    Trace = trace::Trace {
        "trace" IBOE Logging Played::Whole;
    }
    ValidateAzureAdToken = validate_azure_ad_token::ValidateAzureAdToken {
        "validate-azure-ad-token" I Authentication Played::Whole;
    }
    AuthenticationCertificate = authentication_certificate::AuthenticationCertificate {
        "authentication-certificate" I Authentication Played::Part("not a PFX file in body; to backends of this machine with TLS");
    }
    CrossDomain = cross_domain::CrossDomain {
        "cross-domain" I CrossDomain Played::Whole;
    }
    LlmContentSafety = llm_content_safety::LlmContentSafety {
        "llm-content-safety" IO Models Played::Part("a model account of the seed judges; a stream is held until it is judged");
    }
    RedirectContentUrls = redirect_content_urls::RedirectContentUrls {
        "redirect-content-urls" IO Transformation Played::Whole;
    }
    SemanticCache = semantic_cache::SemanticCache {
        "llm-semantic-cache-lookup" I Models Played::Part("embeddings of the seed's model know words, not meanings");
        "llm-semantic-cache-store" O Models Played::Part("streams are not kept");
        "azure-openai-semantic-cache-lookup" I Models Played::Part("embeddings of the seed's model know words, not meanings");
        "azure-openai-semantic-cache-store" O Models Played::Part("streams are not kept");
    }
    SendServiceBusMessage = send_service_bus_message::SendServiceBusMessage {
        "send-service-bus-message" IOE Integration Played::Part("told in the trace");
    }
    ValidateClientCertificate = validate_client_certificate::ValidateClientCertificate {
        "validate-client-certificate" I Authentication Played::Part("revocation lists are not fetched; where the seed says that the host asks");
    }
    ValidateContent = validate_content::ValidateContent {
        "validate-content" IOE Validation Played::Part("schemas of the seed; not XML schemas");
    }
    ValidateHeaders = validate_headers::ValidateHeaders {
        "validate-headers" OE Validation Played::Part("headers of the seed");
    }
    ValidateParameters = validate_parameters::ValidateParameters {
        "validate-parameters" I Validation Played::Part("parameters of the seed");
    }
    ValidateStatusCode = validate_status_code::ValidateStatusCode {
        "validate-status-code" OE Validation Played::Part("responses of the seed");
    }
    ValidateJwt = validate_jwt::ValidateJwt {
        "validate-jwt" I Authentication Played::Whole;
    }
    Wait = wait::Wait<Policy> {
        "wait" IBO Flow Played::Whole;
    }
    XmlToJson = xml_to_json::XmlToJson {
        "xml-to-json" IOE Transformation Played::Part("not kind javascript-friendly, whose shape no page documents");
    }
}

impl AnyPolicy for Policy {
    fn load(element: &Element<'_>, problems: &mut Problems) -> Option<(&'static str, Self)> {
        let Some((row, load)) = TABLE.iter().find(|(row, _)| row.name == element.name()) else {
            refuse_unknown(element, problems);
            return None;
        };
        if let Some(section) = element.section()
            && !row.sections.contains(&section)
        {
            element.problem(problems, format!("the policy <{}> is not allowed in <{section}>", row.name));
        }
        Some((row.name, load(element, problems)?))
    }

    async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        self.play(run).await
    }
}

impl HoldsWaiting for Policy {
    fn waiting(&self) -> Waiting<'_, Self> {
        match self {
            Self::Choose(policy) => Waiting::Choose(policy),
            Self::IncludeFragment(policy) => Waiting::Fragment(policy),
            Self::SendRequest(policy) => Waiting::Request(policy),
            _ => Waiting::Other,
        }
    }
}

/// Every policy of the reference, those that are refused last.
pub fn policies() -> impl Iterator<Item = PolicyRow> {
    TABLE.iter().map(|(row, _)| *row).chain(not_played::ROWS.iter().copied())
}

fn refuse_unknown(element: &Element<'_>, problems: &mut Problems) {
    let name = element.name();
    match not_played::ROWS.iter().find(|row| row.name == name).map(|row| row.played) {
        Some(Played::Refused(reason)) => element.unsupported(problems, format!("the policy <{name}>: {reason}")),
        _ if name == "base" => {
            element.problem(problems, "<base> stands in a section, not in a policy or fragment");
        }
        _ => element.problem(problems, format!("<{name}> is not a policy")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The table of policies in `docs/gateway.md`.
    fn table() -> String {
        let mut lines = vec!["| policy | sections | played |".to_owned(), "|---|---|---|".to_owned()];
        let letters = |sections: &[Section]| {
            let letter = |section: &Section| match section {
                Section::Inbound => 'I',
                Section::Backend => 'B',
                Section::Outbound => 'O',
                Section::OnError => 'E',
            };
            sections.iter().map(letter).collect::<String>()
        };
        let mut rows: Vec<_> = policies().collect();
        rows.sort_by_key(|row| (row.group, row.name));
        for PolicyRow { name, sections, played, .. } in rows {
            let played = match played {
                Played::Whole => "yes".to_owned(),
                Played::Part(but) => format!("yes; {but}"),
                Played::Refused(reason) => format!("**no**: {reason}"),
            };
            lines.push(format!("| `{name}` | {} | {played} |", letters(sections)));
        }
        lines.join("\n") + "\n"
    }

    /// Users read there what they may write.
    #[test]
    fn the_documentation_has_the_table_of_policies() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gateway.md");
        let text = std::fs::read_to_string(page).unwrap();
        assert!(text.contains(&table()), "write this table into docs/gateway.md:\n{}", table());
    }

    #[test]
    fn a_policy_is_in_the_table_once() {
        let mut names: Vec<_> = policies().map(|row| row.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
