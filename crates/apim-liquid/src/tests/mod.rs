//! Templates, rendered: what DotLiquid answers, the limits, and any text at all.

mod dotliquid;
mod limits;
mod neighbours;
mod random;

use crate::{Environment, Template, Value};

/// What a template gives over a JSON body, or the reason for its refusal.
fn render(template: &str, body: &str) -> String {
    let body = Value::from_json(body, true).unwrap();
    match Template::parse(template) {
        Ok(template) => template.render(&Environment::new([("body", body)])).unwrap(),
        Err(error) => format!("refused: {error}"),
    }
}
