//! Tests each rule of the dialect against the answer of DotLiquid's 2.0.3xx line. If a later DotLiquid differs, its
//! answer is right, too. A run-time error may have the words of either version.

use serde_json::Value as Json;

use crate::{Environment, NilElement, Template, Value};

/// Returns the context of the recorded rows that have variables.
fn context(row: &Json) -> Value {
    if row.get("variables").is_none() {
        return Value::Nil;
    }
    let variables = Value::from_json(&row["variables"].to_string(), true).unwrap();
    let url = Value::object([("Path", "/orders/7".into()), ("QueryString", "?x=1&y=2".into())]);
    Value::object([("Variables", variables), ("Request", Value::object([("Url", url), ("Method", "POST".into())]))])
}

fn render(row: &Json) -> Result<String, String> {
    let text = |name: &str| row[name].as_str().unwrap();
    let template = Template::parse(text("template")).map_err(|error| format!("SyntaxException: {error}"))?;
    let body = match row.get("content_type") {
        Some(_) => Value::from_xml(text("body"), NilElement::Blank).unwrap(),
        None => Value::from_json(text("body"), row["parse_date"] != false).unwrap(),
    };
    Ok(template.render(&Environment::new([("body", body), ("context", context(row))])).unwrap())
}

#[test]
fn templates_are_rendered_and_refused_as_dotliquid_does() {
    let mut wrong = Vec::new();
    for row in include_str!("dotliquid.jsonl").lines() {
        let row: Json = serde_json::from_str(row).unwrap();
        let rendered = render(&row);
        let is_right = match &rendered {
            Ok(text) => row["expect"] == **text || row["also"] == **text,
            Err(message) => row["error"] == **message || row["also"]["error"] == **message,
        };
        if !is_right {
            wrong.push(format!("{} over {} gives {rendered:?}", row["template"], row["body"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
