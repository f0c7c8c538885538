//! Which test sees what each policy does: a changed request, response or refusal.

use std::path::Path;

use super::{Played, PolicyGroup, policies};

/// Policy, file below `src/policy`, test. Those for language models are beside their policies.
const TESTS: &[(&str, &str, &str)] = &[
    ("authentication-basic", "authentication_basic.rs", "the_credential_replaces_the_callers"),
    ("authentication-certificate", "authentication_certificate.rs", "the_request_carries_the_certificate_to_show"),
    (
        "authentication-managed-identity",
        "authentication_managed_identity.rs",
        "the_token_replaces_the_callers_or_goes_to_a_variable",
    ),
    ("cache-lookup", "cache_lookup.rs", "a_response_is_found_until_its_time_is_over"),
    ("cache-lookup-value", "cache_lookup_value.rs", "without_a_value_the_default_is_taken_or_the_variable_stays_unset"),
    ("cache-remove-value", "cache_remove_value.rs", "a_value_is_gone_and_others_stay"),
    ("cache-store", "cache_lookup.rs", "a_status_other_than_200_is_kept_on_demand_alone"),
    ("cache-store-value", "cache_store_value.rs", "a_value_is_there_for_other_requests_until_its_time_is_over"),
    ("check-header", "check_header.rs", "a_header_must_be_there_with_one_of_the_values"),
    ("choose", "choose.rs", "the_first_true_condition_decides"),
    ("cors", "cors/tests.rs", "an_allowed_request_gets_headers_even_on_an_error_and_another_one_an_empty_answer"),
    ("cross-domain", "cross_domain.rs", "the_file_is_served_and_other_requests_go_on"),
    ("emit-metric", "emit_metric.rs", "the_request_goes_on_and_the_trace_says_what_would_be_sent"),
    ("find-and-replace", "find_and_replace.rs", "every_place_is_replaced_in_the_request_or_the_response"),
    ("forward-request", "forward_request.rs", "an_error_status_fails_only_when_it_is_asked_to"),
    (
        "get-authorization-context",
        "get_authorization_context.rs",
        "the_documented_policy_and_header_send_the_connections_token",
    ),
    ("include-fragment", "include_fragment.rs", "the_policies_of_the_fragment_run_in_its_place"),
    ("ip-filter", "ip_filter.rs", "callers_are_let_through_by_their_address"),
    ("json-to-xml", "json_to_xml.rs", "the_shapes_are_those_of_the_service"),
    ("jsonp", "jsonp.rs", "json_becomes_the_argument_of_the_callers_function"),
    ("limit-concurrency", "limit_concurrency.rs", "one_too_many_is_refused_and_a_place_is_free_again_after"),
    ("log-to-eventhub", "log_to_eventhub.rs", "the_request_goes_on_and_the_message_is_not_shown"),
    ("mock-response", "mock_response.rs", "the_first_example_that_fits_is_the_answer"),
    ("quota", "quota.rs", "the_calls_of_a_subscription_run_out_until_the_period_ends"),
    ("quota-by-key", "quota_by_key.rs", "the_calls_of_a_key_run_out_until_the_period_ends"),
    ("rate-limit", "rate_limit.rs", "a_subscription_that_calls_too_often_is_told_when_to_come_back"),
    ("rate-limit-by-key", "rate_limit_by_key.rs", "each_key_has_its_own_moving_window"),
    (
        "redirect-content-urls",
        "redirect_content_urls.rs",
        "links_to_the_backend_become_links_to_the_gateway_and_the_reverse",
    ),
    ("retry", "retry.rs", "it_goes_on_while_the_condition_holds_and_attempts_are_left"),
    ("return-response", "return_response.rs", "it_answers_at_once_and_nothing_after_it_runs"),
    ("rewrite-uri", "rewrite_uri.rs", "the_template_replaces_the_path_below_the_backend"),
    ("send-one-way-request", "send_request/tests.rs", "whatever_comes_of_a_one_way_request_is_ignored"),
    ("send-request", "send_request/tests.rs", "a_new_request_has_only_what_the_policy_gives_it"),
    ("send-service-bus-message", "send_service_bus_message.rs", "the_request_goes_on_and_the_message_is_not_shown"),
    ("set-backend-service", "set_backend_service.rs", "the_path_below_the_api_follows_the_new_base"),
    ("set-body", "set_body/mod.rs", "the_request_is_changed_before_the_backend_and_the_response_after"),
    ("set-header", "set_header.rs", "each_action_does_what_it_says_to_a_present_and_to_an_absent_header"),
    ("set-method", "set_method.rs", "the_backend_gets_the_method_of_the_policy"),
    ("set-query-parameter", "set_query_parameter.rs", "the_backend_gets_the_changed_query"),
    ("set-status", "set_status.rs", "status_and_reason_are_those_of_the_policy"),
    ("set-variable", "set_variable.rs", "a_literal_is_a_string_and_an_expression_keeps_its_type"),
    ("trace", "trace.rs", "it_says_what_it_is_told"),
    (
        "validate-azure-ad-token",
        "validate_azure_ad_token/tests.rs",
        "a_client_that_is_listed_passes_with_a_token_of_either_version",
    ),
    ("validate-client-certificate", "validate_client_certificate.rs", "one_identity_must_fit_in_all_its_claims"),
    ("validate-content", "validate_content.rs", "a_request_fits_the_schema_of_its_operation_or_is_refused"),
    ("validate-headers", "validate_headers.rs", "documented_headers_have_their_values_and_others_are_not_there"),
    ("validate-jwt", "validate_jwt/tests/answers.rs", "status_and_message_are_those_of_the_policy"),
    (
        "validate-parameters",
        "validate_parameters.rs",
        "documented_parameters_have_their_values_and_others_are_not_there",
    ),
    ("validate-status-code", "validate_status_code.rs", "a_status_that_is_not_documented_is_ignored_told_or_prevented"),
    ("wait", "wait/tests.rs", "the_first_to_end_may_be_enough"),
    ("xml-to-json", "xml_to_json.rs", "the_shapes_are_those_of_the_service"),
];

#[test]
fn every_policy_has_a_test_that_sees_what_it_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy");
    for (policy, file, test) in TESTS {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(&format!("fn {test}(")), "{policy}: {file} has no test {test}");
    }
    for row in policies() {
        let played = !matches!(row.played, Played::Refused(_)) && row.group != PolicyGroup::Models;
        let count = TESTS.iter().filter(|(policy, ..)| *policy == row.name).count();
        assert_eq!(count, usize::from(played), "{}", row.name);
    }
}

#[test]
fn the_documentation_names_the_tests() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gateway.md");
    let text = std::fs::read_to_string(page).unwrap();
    let rows: String =
        TESTS.iter().map(|(policy, file, test)| format!("| `{policy}` | `{file}` | `{test}` |\n")).collect();
    let table = format!("| policy | file | test |\n|---|---|---|\n{rows}");
    assert!(text.contains(&table), "write this table into docs/gateway.md:\n{table}");
}
