//! Any text is an expression that ends, or is refused.

#![no_main]

use apim_expressions::{Context, Entropy, Expression};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for source in [format!("@({text})"), format!("@{{{text}}}")] {
        if let Ok(expression) = Expression::parse(&source) {
            let mut context = Context::new(Default::default(), Default::default(), Entropy::seeded(1));
            let _ = expression.evaluate(&mut context);
        }
    }
});
