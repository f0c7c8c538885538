//! Tests of whole expressions.

mod assigned;
mod certificates;
mod compiler;
mod context_forms;
mod csharp7;
mod embedding;
mod encodings;
mod flow;
mod forms;
mod functions;
mod limits;
mod listed;
mod members;
mod random;
mod refusals;
mod regex_patterns;
mod semantics;
mod statements;
mod values;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::{
    Api, Body, Context, Deployment, Entropy, Expression, LastError, Operation, Product, Request, Response,
    Subscription, Url, User, Value,
};

/// `{"alg":"RS256","typ":"JWT"}` and claims with `roles`, `sub`, `exp`, without a real signature.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJhcGk6Ly9vcmRlcnMiLCJpc3MiOiJodHRwczovL2lzc3VlciIsInN1YiI6ImFsaWNlIiwiZXhwIjoxNzk1MDAwMDAwLCJyb2xlcyI6WyJPcmRlcnMuUmVhZCIsIk9yZGVycy5Xcml0ZSJdLCJuYW1lIjoiQWxpY2UifQ.c2ln";

fn headers(rows: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in rows {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

/// Makes a request in the middle of its pipeline, with everything that a context can have.
fn context() -> Context {
    let timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
    let mut context = Context::new(timestamp, Uuid::from_u128(0x0102), Entropy::seeded(7));
    context.request = Request {
        method: "POST".to_owned(),
        url: Url::parse("https://backend.example/v2/orders?q=a%20b&tag=1&tag=2").unwrap(),
        original_url: Url::parse("https://gw.azure-api.net/orders/7?q=a%20b&tag=1&tag=2").unwrap(),
        headers: headers(&[("x-one", "1"), ("x-two", "a"), ("x-two", "b"), ("content-type", "application/json")]),
        body: Some(Body::new(Bytes::from_static(br#"{"model":"gpt","stream":true,"n":3,"tags":["a","b"]}"#))),
        ip_address: Some("203.0.113.9".to_owned()),
        matched_parameters: [("id".to_owned(), "7".to_owned())].into(),
        certificate: None,
    };
    context.response = Some(Response {
        status_code: 429,
        status_reason: "Too Many Requests".to_owned(),
        headers: headers(&[("retry-after", "12")]),
        body: Some(Body::new(Bytes::from_static(br#"{"usage":{"total_tokens":42}}"#))),
    });
    context.api =
        Api { id: "orders".to_owned(), name: "Orders".to_owned(), path: "orders".to_owned(), ..Api::default() };
    context.operation = Operation { id: "get-order".to_owned(), ..Operation::default() };
    context.product = Some(Product { id: "starter".to_owned(), name: "Starter".to_owned(), ..Product::default() });
    context.subscription = Some(Subscription { id: "sub-1".to_owned(), ..Subscription::default() });
    context.user = Some(User { groups: vec![("g".to_owned(), "Developers".to_owned())], ..User::default() });
    context.last_error = Some(LastError { source: "validate-jwt".to_owned(), ..LastError::default() });
    context.deployment = Deployment { region: "West Europe".to_owned(), ..Deployment::default() };
    let response = Response {
        status_code: 200,
        body: Some(Body::new(Bytes::from_static(br#"{"access_token":"t","expires_in":3600}"#))),
        ..Response::default()
    };
    context.variables = [
        ("text", Value::from("hello")),
        ("number", Value::from(5)),
        ("flag", Value::from(true)),
        ("nothing", Value::Null),
        ("json", super::Token::parse(r#"{"a":{"b":"c"},"list":[1,2,3],"n":1.5,"none":null}"#).unwrap().into()),
        ("array", super::Token::parse(r#"[{"id":"x"},{"id":"y"}]"#).unwrap().into()),
        ("response", response.into()),
        ("jwt", super::Jwt::parse(TOKEN).unwrap().into()),
        ("token", Value::from(TOKEN)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    context
}

/// Returns type and text of an expression's value, or its error.
fn outcome_in(context: &mut Context, source: &str) -> Result<String, String> {
    let expression = Expression::parse(source).map_err(|error| format!("parse: {error}"))?;
    let value = expression.evaluate(context).map_err(|error| error.to_string())?;
    let text = value.to_text().map_err(|error| error.to_string())?;
    let class = value.type_name();
    let short = class.rsplit_once("System.").map_or(class.as_str(), |(_, short)| short);
    Ok(format!("{short} {text}"))
}

fn outcome(source: &str) -> Result<String, String> {
    outcome_in(&mut context(), source)
}

/// Checks a table of expressions and outcomes; an outcome that begins with `!` is an error.
fn check(rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (source, expected) in rows {
        let found = outcome(source).unwrap_or_else(|error| format!("!{error}"));
        if found != *expected {
            wrong.push(format!("{source}\n    expected {expected}\n    found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
