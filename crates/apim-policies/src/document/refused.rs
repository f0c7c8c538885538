//! Documents that are almost valid by Microsoft's pages, but must be refused.

use crate::{Document, Scope, Service, Severity};

/// Returns the first refusal of the content of a section.
fn refusal(scope: Scope, section: &str, content: &str) -> String {
    let file = format!("<policies><{section}>{content}</{section}></policies>");
    match Document::load(scope, &file, &Service::default()) {
        Ok(_) => format!("{section} takes {content}"),
        Err(problems) => {
            let refusals = problems.into_iter().filter(|problem| problem.severity == Severity::Invalid);
            refusals.map(|problem| problem.message).next().unwrap_or_default()
        }
    }
}

#[test]
fn attributes_that_name_something_are_not_empty() {
    for (name, content) in [
        ("query-parameter-name", "<validate-jwt query-parameter-name=\"\" />"),
        ("token-value", "<validate-jwt token-value=\" \" />"),
        ("output-token-variable-name", "<validate-jwt header-name=\"a\" output-token-variable-name=\"\" />"),
        ("header-name", "<validate-jwt header-name=\"\" />"),
        (
            "name",
            "<validate-jwt header-name=\"a\"><required-claims><claim name=\"\" /></required-claims></validate-jwt>",
        ),
        ("counter-key", "<rate-limit-by-key calls=\"1\" renewal-period=\"1\" counter-key=\"\" />"),
        ("counter-key", "<quota-by-key calls=\"1\" renewal-period=\"300\" counter-key=\"\" />"),
        ("counter-key", "<llm-token-limit counter-key=\"\" tokens-per-minute=\"1\" estimate-prompt-tokens=\"true\" />"),
        (
            "remaining-calls-variable-name",
            "<rate-limit-by-key calls=\"1\" renewal-period=\"1\" counter-key=\"a\" remaining-calls-variable-name=\"\" />",
        ),
        ("key", "<cache-lookup-value key=\"\" variable-name=\"a\" />"),
        ("variable-name", "<cache-lookup-value key=\"a\" variable-name=\"\" />"),
        ("key", "<cache-store-value key=\"\" value=\"a\" duration=\"1\" />"),
        ("key", "<cache-remove-value key=\"\" />"),
        ("key", "<limit-concurrency key=\"\" max-count=\"1\" />"),
        ("resource", "<authentication-managed-identity resource=\"\" />"),
        ("thumbprint", "<authentication-certificate thumbprint=\"\" />"),
        ("name", "<set-variable name=\"\" value=\"a\" />"),
        ("name", "<set-header name=\"\"><value>a</value></set-header>"),
        ("name", "<set-query-parameter name=\"\"><value>a</value></set-query-parameter>"),
        ("name", "<emit-metric name=\"\"><dimension name=\"API ID\" /></emit-metric>"),
        ("name", "<emit-metric name=\"a\"><dimension name=\"\" value=\"b\" /></emit-metric>"),
        (
            "errors-variable-name",
            "<validate-content unspecified-content-type-action=\"detect\" max-size=\"1\" size-exceeded-action=\"detect\" \
             errors-variable-name=\"\" />",
        ),
        (
            "response-variable-name",
            "<send-request response-variable-name=\"\"><set-url>http://a</set-url><set-method>GET</set-method></send-request>",
        ),
        ("require-scheme", "<validate-jwt header-name=\"a\" require-scheme=\"\" />"),
        ("response-variable-name", "<return-response response-variable-name=\" \" />"),
        ("source", "<trace source=\"\"><message>a</message></trace>"),
        ("logger-id", "<log-to-eventhub logger-id=\"\">a</log-to-eventhub>"),
        ("from", "<find-and-replace from=\"\" to=\"a\" />"),
        ("template", "<rewrite-uri template=\"\" />"),
    ] {
        let said = refusal(Scope::Api, "inbound", content);
        assert!(said.starts_with(&format!("the attribute \"{name}\" of <")), "{said}");
    }
}

/// Every number of a policy is an `int` of .NET.
#[test]
fn numbers_end_where_an_int_does() {
    const PROVIDER: &str = "<send-request response-variable-name=\"a\" timeout=\"N\"><set-url>http://a</set-url>\
         <set-method>GET</set-method></send-request>";
    for (section, name, content) in [
        ("inbound", "calls", "<rate-limit calls=\"N\" renewal-period=\"1\" />"),
        ("inbound", "calls", "<rate-limit-by-key calls=\"N\" renewal-period=\"1\" counter-key=\"a\" />"),
        (
            "inbound",
            "increment-count",
            "<rate-limit-by-key calls=\"1\" renewal-period=\"1\" counter-key=\"a\" increment-count=\"N\" />",
        ),
        ("inbound", "calls", "<quota-by-key calls=\"N\" renewal-period=\"300\" counter-key=\"a\" />"),
        ("inbound", "bandwidth", "<quota-by-key bandwidth=\"N\" renewal-period=\"300\" counter-key=\"a\" />"),
        ("inbound", "renewal-period", "<quota-by-key calls=\"1\" renewal-period=\"N\" counter-key=\"a\" />"),
        ("inbound", "max-count", "<limit-concurrency key=\"a\" max-count=\"N\" />"),
        ("inbound", "duration", "<cache-store-value key=\"a\" value=\"b\" duration=\"N\" />"),
        ("outbound", "duration", "<cache-store duration=\"N\" />"),
        ("backend", "timeout", "<forward-request timeout=\"N\" />"),
        ("backend", "timeout-ms", "<forward-request timeout-ms=\"N\" />"),
        ("backend", "interval", "<retry condition=\"true\" count=\"1\" interval=\"N\" />"),
        ("inbound", "clock-skew", "<validate-jwt header-name=\"a\" clock-skew=\"N\" />"),
        ("inbound", "timeout", PROVIDER),
        (
            "inbound",
            "tokens-per-minute",
            "<llm-token-limit counter-key=\"a\" tokens-per-minute=\"N\" estimate-prompt-tokens=\"true\" />",
        ),
    ] {
        let taken = refusal(Scope::Api, section, &content.replace('N', "2147483647"));
        assert!(taken.starts_with(section), "{taken}");
        for number in ["2147483648", "4294967296", "-1", "1.5", "1e3", "0x10", "\u{661}"] {
            let said = refusal(Scope::Api, section, &content.replace('N', number));
            assert!(said.starts_with(&format!("the attribute \"{name}\" of <")), "{number}: {said}");
        }
    }
}

#[test]
fn attributes_that_are_literals_take_no_expression() {
    for (section, name, content) in [
        ("backend", "buffer-response", "<forward-request buffer-response=\"@(true)\" />"),
        ("backend", "buffer-request-body", "<forward-request buffer-request-body=\"@(true)\" />"),
        ("backend", "fail-on-error-status-code", "<forward-request fail-on-error-status-code=\"@(true)\" />"),
        ("backend", "http-version", "<forward-request http-version=\"@(\"1\")\" />"),
        ("inbound", "name", "<emit-metric name=\"@(\"a\")\"><dimension name=\"API ID\" /></emit-metric>"),
        (
            "inbound",
            "namespace",
            "<llm-emit-token-metric namespace=\"@(\"a\")\"><dimension name=\"API ID\" /></llm-emit-token-metric>",
        ),
        ("inbound", "max-count", "<limit-concurrency key=\"a\" max-count=\"@(1)\" />"),
        ("inbound", "calls", "<rate-limit calls=\"@(1)\" renewal-period=\"1\" />"),
        ("inbound", "renewal-period", "<quota-by-key calls=\"1\" renewal-period=\"@(300)\" counter-key=\"a\" />"),
        (
            "inbound",
            "tokens-per-minute",
            "<llm-token-limit counter-key=\"a\" tokens-per-minute=\"@(1)\" estimate-prompt-tokens=\"true\" />",
        ),
        (
            "inbound",
            "output-token-variable-name",
            "<validate-jwt header-name=\"a\" output-token-variable-name=\"@(\"a\")\" />",
        ),
        ("inbound", "client-id", "<authentication-managed-identity resource=\"a\" client-id=\"@(\"a\")\" />"),
        (
            "inbound",
            "caching-type",
            "<cache-lookup-value key=\"a\" variable-name=\"b\" caching-type=\"@(\"internal\")\" />",
        ),
        ("inbound", "logger-id", "<log-to-eventhub logger-id=\"@(\"a\")\">x</log-to-eventhub>"),
        ("inbound", "source", "<trace source=\"@(\"a\")\"><message>x</message></trace>"),
        ("inbound", "validate-trust", "<validate-client-certificate validate-trust=\"@(true)\" />"),
        ("inbound", "status-code", "<mock-response status-code=\"@(200)\" />"),
        ("inbound", "fragment-id", "<include-fragment fragment-id=\"@(\"a\")\" />"),
        ("inbound", "name", "<set-variable name=\"@(\"a\")\" value=\"b\" />"),
    ] {
        let said = refusal(Scope::Api, section, content);
        assert!(
            said.starts_with(&format!("the attribute \"{name}\" of <"))
                && said.ends_with("does not take a policy expression"),
            "{said}"
        );
    }
}

#[test]
fn values_of_another_kind_or_beyond_their_range_are_refused() {
    const ORIGINS: &str = "<allowed-origins><origin>https://a.test</origin></allowed-origins>";
    let cors = |inside: &str| format!("<cors>{inside}<allowed-headers><header>*</header></allowed-headers></cors>");
    for (content, said) in [
        (
            cors("<allowed-origins><origin>https://*.a.test</origin></allowed-origins>").as_str(),
            "the text of <origin> must be * or a scheme, a host and a port",
        ),
        (
            &cors(&format!("{ORIGINS}<allowed-methods><method>G T</method></allowed-methods>")),
            "the text of <method> must be an HTTP method or *",
        ),
        (
            "<quota-by-key calls=\"1\" renewal-period=\"300\" counter-key=\"a\" first-period-start=\"2020-01-01 00:00:00Z\" />",
            "the attribute \"first-period-start\" of <quota-by-key> must be a time such as 2026-01-31T00:00:00Z",
        ),
        (
            "<quota-by-key calls=\"1\" renewal-period=\"300\" counter-key=\"a\" first-period-start=\"2020-01-01T00:00+02:00\" />",
            "the attribute \"first-period-start\" of <quota-by-key> must be a time such as 2026-01-31T00:00:00Z",
        ),
        (
            "<set-backend-service base-url=\"https://a.test/b?c=d\" />",
            "the attribute \"base-url\" of <set-backend-service> must be a URL without a query",
        ),
        (
            "<llm-content-safety backend-id=\"@(\"a\")\"><categories output-type=\"SixSeverityLevels\">\
             <category name=\"Hate\" threshold=\"4\" /></categories></llm-content-safety>",
            "the attribute \"output-type\" of <categories> must be FourSeverityLevels or EightSeverityLevels",
        ),
        (
            "<retry condition=\"true\" count=\"1\" interval=\"0\"><choose><when condition=\"true\"><wait><choose>\
             <when condition=\"true\" /></choose></wait></when></choose></retry>",
            "<wait> may not stand in <retry>",
        ),
        ("<trace source=\"a\" />", "<trace> needs a <message>"),
        ("<trace source=\"a\"><metadata name=\"b\" value=\"c\" /></trace>", "<trace> needs a <message>"),
        (
            "<validate-client-certificate><identities><identity /></identities></validate-client-certificate>",
            "<identity> needs at least one claim",
        ),
        (
            "<validate-client-certificate><identities /></validate-client-certificate>",
            "<identities> needs at least one <identity>",
        ),
        (
            "<cache-lookup vary-by-developer=\"true\" vary-by-developer-groups=\"true\"><vary-by-query-parameter /></cache-lookup>",
            "<vary-by-query-parameter> is empty",
        ),
        (
            "<emit-metric name=\"a\"><dimension name=\"Client IP\" /></emit-metric>",
            "<dimension> needs a value, unless its name is one of API ID, Operation ID, Product ID, User ID, Subscription \
             ID, Location, Gateway ID, Backend ID",
        ),
    ] {
        assert_eq!(refusal(Scope::Api, "inbound", content), said);
    }
}

#[test]
fn what_azure_takes_and_has_no_effect_or_is_not_played_here_is_told_apart() {
    let load = |content: &str| {
        let file = format!("<policies><inbound>{content}</inbound></policies>");
        let service = Service { is_partial: true, ..Service::default() };
        match Document::load(Scope::Api, &file, &service) {
            Ok(document) => {
                document.warnings().iter().map(|problem| (problem.severity, problem.message.clone())).next_back()
            }
            Err(problems) => problems.into_iter().map(|problem| (problem.severity, problem.message)).next_back(),
        }
    };
    let request = |inside: &str| {
        format!("<send-request response-variable-name=\"a\"><set-url>http://127.0.0.1</set-url>{inside}</send-request>")
    };
    for (content, severity, said) in [
        (
            "<set-backend-service base-url=\"http://127.0.0.1\" sf-partition-key=\"@(context.Request.Method)\" />"
                .to_owned(),
            Severity::Warning,
            "the attribute \"sf-partition-key\" has no effect, because the backend is no Service Fabric service",
        ),
        (
            "<set-backend-service base-url=\"http://127.0.0.1\" dapr-method=\"a\" />".to_owned(),
            Severity::Unsupported,
            "the attribute \"dapr-method\" of <set-backend-service>: it needs a Dapr sidecar",
        ),
        (
            request("<set-method>GET</set-method><proxy url=\"http://a\" />"),
            Severity::Unsupported,
            "<proxy> of a request",
        ),
        (
            request("<set-method>@(context.Request.Method)</set-method>"),
            Severity::Warning,
            "<set-method> of a request is documented without a policy expression",
        ),
    ] {
        assert_eq!(load(&content), Some((severity, said.to_owned())), "{content}");
    }
}
