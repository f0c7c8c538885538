//! Documents made at random of policies and expressions: whatever loads also runs to an end, and what does not load is
//! refused where it is wrong. None of it panics, hangs or fills the memory.

use std::fmt::Write as _;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::Request;
use proptest::{prelude::*, strategy::ValueTree as _};

use crate::{
    Document, Pipeline, Scope, Service, State,
    rig::{World, document, facts},
};

/// Expressions of every kind of value, some of which fail when they run.
fn expression() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "1",
        "\"text\"",
        "true",
        "null",
        "context.Request.Method",
        "context.Request.Body.As<string>(preserveContent: true)",
        "context.Request.Body.As<JObject>()",
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

/// What an attribute or text is: a literal or an expression, raw or with entities.
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

/// A policy that holds no other: an element with values in its places.
fn leaf() -> impl Strategy<Value = String> {
    let element = prop::sample::select(vec![
        "<set-variable name=\"v\" value=\"#\" />",
        "<set-header name=\"#\" exists-action=\"#\"><value>#</value></set-header>",
        "<set-header name=\"x\"><value>#</value></set-header>",
        "<set-query-parameter name=\"#\"><value>#</value></set-query-parameter>",
        "<set-body>#</set-body>",
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
    ]);
    (element, prop::collection::vec(value(), 4)).prop_map(|(element, values)| {
        let mut parts = element.split('#');
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
            (value(), 1..60u32, inner).prop_map(|(condition, count, inner)| {
                format!("<retry condition=\"{condition}\" count=\"{count}\" interval=\"0\">{inner}</retry>")
            }),
        ]
    });
    prop::collection::vec(nested, 0..5).prop_map(|all| all.concat())
}

/// Loads the document and, when that works, sends a request through it.
fn load_and_run(file: &str) {
    let world = World::new();
    let fragment = "<fragment><set-variable name=\"f\" value=\"@(context.Api.Id)\" /></fragment>".to_owned();
    let service = Service { fragments: [("f".to_owned(), fragment)].into(), ..Service::default() };
    match Document::load(Scope::Api, file, &service) {
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|problem| problem.position.line <= file.split('\n').count()));
        }
        Ok(document) => {
            let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
            let request = Request::post("/orders/7?q=1").body(Bytes::from_static(b"{\"a\":1}")).unwrap();
            let facts = facts(&request);
            let state = State::default();
            let run = pipeline.run(request, facts, &state, &world);
            // Nothing outside makes anybody wait.
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

/// Makes sure that the test above runs documents, and does not refuse them all.
#[test]
fn some_documents_of_each_policy_load() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut loaded = 0;
    for _ in 0..200 {
        let policy = leaf().new_tree(&mut runner).unwrap().current();
        let service = Service::default();
        for section in ["inbound", "backend", "outbound"] {
            let file = format!("<policies><{section}>{policy}</{section}></policies>");
            loaded += usize::from(Document::load(Scope::Api, &file, &service).is_ok());
        }
    }
    assert!(loaded > 30, "{loaded} of 600");
}
