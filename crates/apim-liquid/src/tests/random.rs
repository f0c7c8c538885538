//! Any text is a template or is refused. Any template renders or passes a limit.

use proptest::prelude::*;

use crate::{Environment, NilElement, Template, Value};

/// Returns valid and invalid pieces of templates.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "{{",
        "}}",
        "{%",
        "%}",
        "{%-",
        "-%}",
        " ",
        "\n",
        "if",
        "endif",
        "for",
        "i",
        "in",
        "endfor",
        "case",
        "when",
        "else",
        "body",
        "body.l",
        "body.s",
        ".",
        "[",
        "]",
        "'",
        "\"",
        "|",
        ":",
        ",",
        "==",
        ">",
        "and",
        "or",
        "contains",
        "assign",
        "x",
        "=",
        "1",
        "2.5",
        "(1..3)",
        "Append",
        "Replace",
        "Split",
        "Sort",
        "Times",
        "DividedBy",
        "Date",
        "Slice",
        "Truncate",
        "tablerow",
        "cols",
        "endtablerow",
        "cycle",
        "capture",
        "endcapture",
        "raw",
        "endraw",
        "limit",
        "offset",
        "empty",
        "nil",
        "true",
        "JSONArrayFor",
        "endJSONArrayFor",
        "forloop.index",
        "unless",
        "endunless",
        "Currency",
    ]);
    prop_oneof![9 => words.prop_map(str::to_owned), 1 => "\\PC{0,3}"]
}

/// Returns a whole filter call on some value.
fn call() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "body",
        "body.s",
        "body.l",
        "body.o",
        "body.n",
        "body.f",
        "body.d",
        "nil",
        "true",
        "'x y'",
        "-3",
        "2.50",
        "''",
        "(1..3)",
        "empty",
        "99999999999",
    ]);
    let filter = prop::sample::select(vec![
        "Append",
        "Prepend",
        "Upcase",
        "Capitalize",
        "StripHtml",
        "NewlineToBr",
        "Escape",
        "UrlEncode",
        "UrlDecode",
        "Replace",
        "ReplaceFirst",
        "Remove",
        "RemoveFirst",
        "Truncate",
        "TruncateWords",
        "Slice",
        "Split",
        "Join",
        "Size",
        "First",
        "Last",
        "Sort",
        "Map",
        "Uniq",
        "Compact",
        "Plus",
        "Minus",
        "DividedBy",
        "Modulo",
        "Times",
        "Round",
        "Abs",
        "AtLeast",
        "AtMost",
        "Default",
        "Currency",
        "Date",
    ]);
    let arguments = prop::collection::vec(value.clone(), 0..3);
    (value, prop::collection::vec((filter, arguments), 1..4)).prop_map(|(value, calls)| {
        let calls: String = calls.iter().map(|(name, with)| format!(" | {name}: {}", with.join(", "))).collect();
        format!("{{{{ {value}{calls} }}}}")
    })
}

fn body() -> Value {
    let text = r#"{"s":"hello é😀","l":[3,"a",null,2.5,[1]],"o":{"k":"v"},"n":7,"f":1e300,"d":"2021-03-04T05:06:07Z"}"#;
    Value::from_json(text, true).unwrap()
}

proptest! {
    #[test]
    fn any_pieces_end(pieces in prop::collection::vec(piece(), 0..40), joined: bool) {
        let text = pieces.join(if joined { "" } else { " " });
        if let Ok(template) = Template::parse(&text) {
            let _ = template.render(&Environment::new([("body", body())]));
        }
    }

    #[test]
    fn any_filters_end(call in call()) {
        let template = Template::parse(&call).unwrap();
        let _ = template.render(&Environment::new([("body", body())]));
    }

    #[test]
    fn any_body_is_read_or_refused(text in "\\PC{0,40}", json in "[\\[\\]{}\",:0-9a-z\\\\ .-]{0,40}") {
        for text in [&text, &json] {
            let _ = Value::from_json(text, true);
            let _ = Value::from_xml(text, NilElement::Null);
        }
    }
}
