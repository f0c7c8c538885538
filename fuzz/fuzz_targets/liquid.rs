//! Every text is accepted or refused as a liquid template, as a JSON body and as an XML body. The rendering of an
//! accepted template ends.

#![no_main]

use apim_liquid::{Environment, NilElement, Template, Value};
use libfuzzer_sys::fuzz_target;

const BODY: &str = r#"{"s":"hello","l":[3,"a",null,2.5],"o":{"k":"v"},"n":7,"d":"2021-03-04T05:06:07Z"}"#;

fuzz_target!(|text: &str| {
    let _ = Value::from_json(text, true);
    let _ = Value::from_xml(text, NilElement::Null);
    if let (Ok(template), Ok(body)) = (Template::parse(text), Value::from_json(BODY, true)) {
        let _ = template.render(&Environment::new([("body", body)]));
    }
});
