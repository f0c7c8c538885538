//! The policies: one file for each, and one row of the table in `table`.

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
#[cfg(test)]
mod documented;
mod emit_metric;
mod exists_action;
mod find_and_replace;
mod forward_request;
mod get_authorization_context;
pub(crate) mod include_fragment;
mod increment;
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
mod row;
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
mod table;
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

pub(crate) use self::{
    cors::{Cors, is_preflight, preflight},
    cross_domain::CrossDomain,
    table::Policy,
};
pub use self::{
    row::{Played, PolicyGroup, PolicyRow},
    table::policies,
};
