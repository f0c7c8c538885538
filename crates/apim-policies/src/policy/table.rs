//! The table of policies. Each row defines a variant of [`Policy`], its loading and its running.

use super::{
    not_played,
    row::{B, I, IB, IBO, IBOE, IE, IO, IOE, O, OE, Played, PolicyGroup, PolicyRow},
    wait::{HoldsWaiting, Waiting},
};
use crate::{
    load::Element,
    outside::Outside,
    problem::Problems,
    run::Run,
    step::{AnyPolicy, Stop},
};

type Load = fn(&Element<'_>, &mut Problems) -> Option<Policy>;

/// Defines the type of all policies, and the functions that load and run them. Each row has the variant, the file and
/// the type. For each element that the variant reads, it has name, sections, group and the parts that run.
macro_rules! policies {
    ($($variant:ident = $module:ident::$kind:ident $(<$of:ident>)? {
        $($name:literal $sections:ident $group:ident $played:expr;)+
    })+) => {
        /// A policy that was checked.
        #[derive(Debug)]
        pub(crate) enum Policy {
            $($variant(Box<super::$module::$kind $(<$of>)?>),)+
        }

        const TABLE: &[(PolicyRow, Load)] = &[$($((
            PolicyRow { name: $name, sections: $sections, group: PolicyGroup::$group, played: $played },
            |element, problems| super::$module::load(element, problems).map(|policy| Policy::$variant(Box::new(policy))),
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
        if let Self::Choose(policy) = self {
            Waiting::Choose(policy)
        } else if let Self::IncludeFragment(policy) = self {
            Waiting::Fragment(policy)
        } else if let Self::SendRequest(policy) = self {
            Waiting::Request(policy)
        } else {
            Waiting::Other
        }
    }
}

/// Returns every policy of the reference, with the refused ones at the end.
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
