//! Random documents of policies and expressions. A document that loads also runs to an end; a document that does not
//! load is refused at the place of its error. None of them panics, hangs or fills the memory.

use std::fmt::Write as _;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::Request;
use proptest::{prelude::*, strategy::ValueTree as _};

use crate::{
    Document, Pipeline, Scope, Service, State, policy,
    rig::{World, document, subscribed},
};

/// Returns expressions of every kind of value, some of which fail when they run.
fn expression() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "1",
        "\"text\"",
        "true",
        "null",
        "context.Request.Method",
        "context.Request.Body.As<string>(preserveContent: true)",
        "context.Request.Body.As<JObject>()",
        "context.Request.Body.As<XElement>()",
        "XDocument.Parse(\"<a b='1'>t</a>\").Root",
        "\"a.b.c\".AsJwt()",
        "context.Deployment.Certificates",
        "(Authorization)context.Variables[\"v\"]",
        "context.Response.StatusCode",
        "context.Response.Body.As<string>()",
        "context.Variables[\"v\"]",
        "context.Variables.GetValueOrDefault<string>(\"v\", \"d\")",
        "(string)context.Variables[\"v\"]",
        "(int)context.Variables[\"v\"]",
        "context.LastError.Message",
        "context.Request.Headers.GetValueOrDefault(\"x\", \"\")",
        "context",
        "context.Response",
        "new byte[] { 1 }",
        "new string('a', 100000)",
        "Guid.NewGuid()",
    ]);
    atom.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "==", "&&", "??", "<"]), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.clone().prop_map(|inner| format!("$\"{{{inner}}}\"")),
            inner.prop_map(|inner| format!("({inner}).ToString()")),
        ]
    })
}

/// Returns the value of an attribute or text: a literal or an expression, raw or with entities.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::sample::select(vec!["", "1", "true", "200", "GET", "x-name", "/a/{b}", "http://other.test", "append"])
            .prop_map(str::to_owned),
        4 => expression().prop_map(|code| format!("@({code})")),
        1 => expression().prop_map(|code| format!("@{{ var x = {code}; return x; }}")),
        1 => expression().prop_map(|code| {
            format!("@({})", code.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;"))
        }),
        1 => "\\PC{0,6}",
    ]
}

/// Policies without child policies. A value replaces each `#`.
const LEAVES: &[&str] = &[
    "<set-variable name=\"v\" value=\"#\" />",
    "<set-header name=\"#\" exists-action=\"#\"><value>#</value></set-header>",
    "<set-header name=\"x\"><value>#</value></set-header>",
    "<set-query-parameter name=\"#\"><value>#</value></set-query-parameter>",
    "<set-body>#</set-body>",
    "<set-body template=\"liquid\">{{ body | Append: '#' }}{% for i in (1..3) %}#{% endfor %}<a>{{body.a}}</a></set-body>",
    "<json-to-xml apply=\"#\" consider-accept-header=\"#\" namespace-prefix=\"#\" attribute-block-name=\"#\" />",
    "<xml-to-json kind=\"direct\" apply=\"#\" consider-accept-header=\"#\" trim=\"#\" />",
    "<set-status code=\"#\" reason=\"#\" />",
    "<set-method>#</set-method>",
    "<rewrite-uri template=\"#\" copy-unmatched-params=\"#\" />",
    "<set-backend-service base-url=\"#\" />",
    "<find-and-replace from=\"#\" to=\"#\" />",
    "<trace source=\"t\"><message>#</message><metadata name=\"#\" value=\"#\" /></trace>",
    "<return-response><set-status code=\"#\" /><set-body>#</set-body></return-response>",
    "<return-response response-variable-name=\"v\" />",
    "<emit-metric name=\"#\" value=\"#\"><dimension name=\"x\" value=\"#\" /></emit-metric>",
    "<log-to-eventhub logger-id=\"l\">#</log-to-eventhub>",
    "<validate-jwt token-value=\"#\" failed-validation-httpcode=\"#\" failed-validation-error-message=\"#\" />",
    "<forward-request timeout=\"#\" buffer-request-body=\"true\" />",
    "<forward-request />",
    "<include-fragment fragment-id=\"f\" />",
    "<authentication-basic username=\"#\" password=\"#\" />",
    "<authentication-managed-identity resource=\"#\" ignore-error=\"true\" output-token-variable-name=\"v\" />",
    "<cache-lookup vary-by-developer=\"#\" vary-by-developer-groups=\"false\"><vary-by-header>#</vary-by-header></cache-lookup>",
    "<cache-lookup-value key=\"#\" default-value=\"#\" variable-name=\"v\" />",
    "<cache-remove-value key=\"#\" />",
    "<cache-store duration=\"#\" cache-response=\"#\" />",
    "<cache-store-value key=\"#\" value=\"#\" duration=\"#\" />",
    "<check-header name=\"#\" failed-check-httpcode=\"#\" failed-check-error-message=\"#\" ignore-case=\"#\" />",
    "<cors><allowed-origins><origin>#</origin></allowed-origins><allowed-headers><header>#</header></allowed-headers></cors>",
    "<llm-emit-token-metric namespace=\"#\"><dimension name=\"x\" value=\"#\" /></llm-emit-token-metric>",
    "<azure-openai-emit-token-metric><dimension name=\"x\" value=\"#\" /></azure-openai-emit-token-metric>",
    "<get-authorization-context provider-id=\"p\" authorization-id=\"#\" context-variable-name=\"v\" identity-type=\"#\" identity=\"#\" ignore-error=\"#\" />",
    "<ip-filter action=\"#\"><address>#</address></ip-filter>",
    "<jsonp callback-parameter-name=\"#\" />",
    "<mock-response status-code=\"200\" content-type=\"a/b\" />",
    "<quota calls=\"2\" bandwidth=\"1\" renewal-period=\"0\" />",
    "<quota-by-key calls=\"2\" renewal-period=\"300\" counter-key=\"#\" increment-condition=\"#\" increment-count=\"#\" />",
    "<rate-limit calls=\"2\" renewal-period=\"9\" remaining-calls-variable-name=\"v\" />",
    "<rate-limit-by-key calls=\"#\" renewal-period=\"#\" counter-key=\"#\" increment-condition=\"#\" />",
    "<send-request response-variable-name=\"#\" mode=\"#\" timeout=\"#\"><set-url>#</set-url><set-method>GET</set-method></send-request>",
    "<send-request response-variable-name=\"v\" ignore-error=\"true\"><set-url>http://other.test</set-url><set-method>#</set-method><set-body>#</set-body></send-request>",
    "<send-one-way-request><set-url>#</set-url><set-method>#</set-method></send-one-way-request>",
    "<llm-token-limit counter-key=\"#\" tokens-per-minute=\"#\" estimate-prompt-tokens=\"#\" remaining-tokens-variable-name=\"v\" />",
    "<azure-openai-token-limit counter-key=\"#\" tokens-per-minute=\"9\" estimate-prompt-tokens=\"true\" />",
    "<validate-azure-ad-token tenant-id=\"#\" token-value=\"#\"><audiences><audience>#</audience></audiences></validate-azure-ad-token>",
    "<authentication-certificate thumbprint=\"#\" />",
    "<cross-domain><cross-domain-policy /></cross-domain>",
    "<llm-content-safety backend-id=\"#\" shield-prompt=\"#\" />",
    "<redirect-content-urls />",
    "<llm-semantic-cache-lookup score-threshold=\"#\" embeddings-backend-id=\"#\" embeddings-backend-auth=\"system-assigned\" />",
    "<llm-semantic-cache-store duration=\"#\" />",
    "<azure-openai-semantic-cache-lookup score-threshold=\"#\" embeddings-backend-id=\"#\" embeddings-backend-auth=\"system-assigned\" />",
    "<azure-openai-semantic-cache-store duration=\"#\" />",
    "<send-service-bus-message queue-name=\"#\"><payload>#</payload></send-service-bus-message>",
    "<validate-client-certificate ignore-error=\"true\" />",
    "<validate-content unspecified-content-type-action=\"detect\" max-size=\"9\" size-exceeded-action=\"#\"><content-type-map><type when=\"#\" to=\"a/b\" /></content-type-map><content validate-as=\"json\" action=\"detect\" /></validate-content>",
    "<validate-headers specified-header-action=\"#\" unspecified-header-action=\"#\" errors-variable-name=\"v\" />",
    "<validate-parameters specified-parameter-action=\"#\" unspecified-parameter-action=\"#\" errors-variable-name=\"v\" />",
    "<validate-status-code unspecified-status-code-action=\"#\" errors-variable-name=\"v\" />",
    "<validate-jwt header-name=\"#\"><issuers><issuer>#</issuer></issuers><required-claims><claim name=\"#\"><value>#</value></claim></required-claims></validate-jwt>",
];

/// Returns a policy without child policies.
fn leaf() -> impl Strategy<Value = String> {
    prop::sample::select(LEAVES).prop_flat_map(filled)
}

fn filled(leaf: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(value(), 4).prop_map(move |values| {
        let mut parts = leaf.split('#');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (part, value) in parts.zip(values) {
            let _ = write!(text, "{value}{part}");
        }
        text
    })
}

fn policies() -> impl Strategy<Value = String> {
    let nested = leaf().prop_recursive(3, 16, 4, |inner| {
        let inner = prop::collection::vec(inner, 0..4).prop_map(|all| all.concat());
        prop_oneof![
            (value(), inner.clone(), inner.clone()).prop_map(|(condition, then, otherwise)| {
                format!(
                    "<choose><when condition=\"{condition}\">{then}</when><otherwise>{otherwise}</otherwise></choose>"
                )
            }),
            (value(), 1..60u32, inner.clone()).prop_map(|(condition, count, inner)| {
                format!("<retry condition=\"{condition}\" count=\"{count}\" interval=\"0\">{inner}</retry>")
            }),
            (value(), value(), inner.clone()).prop_map(|(key, count, inner)| {
                format!("<limit-concurrency key=\"{key}\" max-count=\"{count}\">{inner}</limit-concurrency>")
            }),
            (value(), inner.clone()).prop_map(|(until, inner)| {
                format!(
                    "<wait for=\"{until}\"><choose><when condition=\"true\">{inner}</when></choose><cache-lookup-value \
                     key=\"k\" variable-name=\"v\" /></wait>"
                )
            }),
        ]
    });
    prop::collection::vec(nested, 0..5).prop_map(|all| all.concat())
}

/// Returns a service that defines all names in the policies above.
fn service() -> Service {
    let fragment = "<fragment><set-variable name=\"f\" value=\"@(context.Api.Id)\" /></fragment>".to_owned();
    Service {
        fragments: [("f".to_owned(), fragment)].into(),
        credential_providers: [("p".to_owned(), ["c".to_owned()].into())].into(),
        ..Service::default()
    }
}

/// Loads the document. If that works, sends a request through it.
fn load_and_run(file: &str) {
    let world = World::new();
    // All policies are allowed in the document of a product.
    match Document::load(Scope::Product, file, &service()) {
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| problem.position.line <= file.split('\n').count()));
        }
        Ok(document) => {
            let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
            let request = Request::post("/orders/7?q=1").body(Bytes::from_static(b"{\"a\":1}")).unwrap();
            let state = State::default();
            let run = pipeline.run(request, subscribed("a"), &state, &world);
            // Nothing outside makes the run wait.
            let outcome = run.now_or_never().unwrap();
            assert!((200..600).contains(&outcome.response.status().as_u16()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_document_of_policies_loads_and_runs_or_is_refused(
        inbound in policies(), backend in policies(), outbound in policies(), on_error in policies()
    ) {
        load_and_run(&document(&inbound, &backend, &outbound, &on_error));
    }
}

/// Makes sure that the test above runs documents, and does not just refuse all of them.
#[test]
fn each_policy_loads_with_some_values() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let loads = |policy: &str| {
        ["inbound", "backend", "outbound"].iter().any(|section| {
            let file = format!("<policies><{section}>{policy}</{section}></policies>");
            // Only the global document may have a cross-domain policy.
            let mut scopes = [Scope::Product, Scope::Global].into_iter();
            scopes.any(|scope| Document::load(scope, &file, &service()).is_ok())
        })
    };
    for leaf in LEAVES {
        let mut tries = (0..500).map(|_| filled(leaf).new_tree(&mut runner).unwrap().current());
        assert!(tries.any(|policy| loads(&policy)), "{leaf}");
    }
}

#[test]
fn every_policy_is_among_them() {
    const HOLDERS: [&str; 4] = ["choose", "retry", "limit-concurrency", "wait"];
    let is_leaf = |name: &&str| {
        LEAVES.iter().any(|leaf| leaf.contains(&format!("<{name} ")) || leaf.contains(&format!("<{name}>")))
    };
    let missing: Vec<_> = policy::policies()
        .filter(|row| !matches!(row.played, policy::Played::Refused(_)))
        .map(|row| row.name)
        .filter(|name| !HOLDERS.contains(name) && !is_leaf(name))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}
