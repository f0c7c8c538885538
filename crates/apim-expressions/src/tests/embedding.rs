//! The inputs and outputs of an evaluation besides its value.

use super::{context, outcome_in};
use crate::{Body, Expression, Value};

#[test]
fn a_body_that_was_read_is_gone() {
    let mut context = context();
    assert_eq!(outcome_in(&mut context, "@(context.Request.Body.As<string>(true).Length)").unwrap(), "Int32 52");
    assert!(context.request.body.as_ref().and_then(Body::content).is_some());
    assert_eq!(outcome_in(&mut context, "@(context.Request.Body.As<string>().Length)").unwrap(), "Int32 52");
    assert!(context.request.body.as_ref().and_then(Body::content).is_none());
    assert!(outcome_in(&mut context, "@(context.Request.Body.As<string>(true))").is_err());
    context.request.body = None;
    assert_eq!(
        outcome_in(&mut context, "@(context.Request.Body.As<string>(true))").unwrap_err(),
        "Object reference not set to an instance of an object."
    );
}

#[test]
fn the_same_context_gives_the_same_values() {
    let source = "@(Guid.NewGuid().ToString() + new Random().Next() + DateTime.UtcNow.Ticks)";
    let first = outcome_in(&mut context(), source).unwrap();
    assert_eq!(outcome_in(&mut context(), source).unwrap(), first);
    let mut same = context();
    outcome_in(&mut same, source).unwrap();
    assert_ne!(outcome_in(&mut same, source).unwrap(), first);
}

#[test]
fn time_is_that_of_the_context() {
    let mut context = context();
    context.elapsed = std::time::Duration::from_millis(1500);
    let now = outcome_in(&mut context, "@(DateTime.UtcNow.ToString(\"o\"))").unwrap();
    assert_eq!(now, "String 2026-11-21T09:30:01.5000000Z");
    assert_eq!(outcome_in(&mut context, "@(context.Elapsed)").unwrap(), "TimeSpan 00:00:01.5000000");
}

#[test]
fn traces_reach_the_embedder() {
    let mut context = context();
    outcome_in(&mut context, "@{ context.Trace(\"one\"); context.Trace(\"two\"); return 1; }").unwrap();
    assert_eq!(context.traces, ["one", "two"]);
}

#[test]
fn values_go_from_one_expression_to_the_next() {
    let mut context = context();
    for (name, source) in [
        ("list", "@(new List<string> { \"a\" })"),
        ("response", "@(context.Response)"),
        ("when", "@(DateTime.UtcNow)"),
        ("bytes", "@(Encoding.UTF8.GetBytes(\"hi\"))"),
    ] {
        let value = Expression::parse(source).unwrap().evaluate(&mut context).unwrap();
        context.variables.insert(name.to_owned(), value);
    }
    for (source, expected) in [
        ("@(((List<string>)context.Variables[\"list\"]).Count)", "Int32 1"),
        ("@(((IResponse)context.Variables[\"response\"]).StatusCode)", "Int32 429"),
        ("@(((DateTime)context.Variables[\"when\"]).ToString(\"yyyy\"))", "String 2026"),
        (
            "@(((string[])context.Variables[\"list\"]).Length)",
            "!Unable to cast object of type 'System.Collections.Generic.List`1[System.String]' to type 'System.String[]'.",
        ),
        ("@(((IEnumerable<string>)context.Variables[\"list\"]).First())", "String a"),
    ] {
        let found = outcome_in(&mut context, source).unwrap_or_else(|error| format!("!{error}"));
        assert_eq!(found, expected, "{source}");
    }
    assert_eq!(context.variables["bytes"].as_bytes().unwrap(), b"hi");
}

/// The gateway moves requests between threads.
#[test]
fn expressions_and_contexts_can_be_sent() {
    fn sent<T: Send>() {}
    fn shared<T: Sync>() {}
    sent::<super::Context>();
    sent::<Value>();
    sent::<Expression>();
    shared::<Expression>();
    shared::<Value>();
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?} {:?}", Value::from("secret"), context().variables);
    assert!(!shown.contains("secret") && !shown.contains("hello"), "{shown}");
}
