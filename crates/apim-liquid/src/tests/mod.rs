//! Rendered templates: DotLiquid's answers, the limits, and arbitrary text.

mod dotliquid;
mod limits;
mod neighbours;
mod random;

use crate::{Environment, Template, Value};

/// Renders a template with a JSON body, or returns the reason for its refusal.
fn render(template: &str, body: &str) -> String {
    let body = Value::from_json(body, true).unwrap();
    match Template::parse(template) {
        Ok(template) => template.render(&Environment::new([("body", body)])).unwrap(),
        Err(error) => format!("refused: {error}"),
    }
}
