//! A template ends, whatever it asks for.

use super::render;
use crate::{Environment, Template, Value};

fn limit(template: &str) -> String {
    let body = Value::from_json(r#"{"l":[1,2,3],"s":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#, true).unwrap();
    let environment = Environment::new([("body", body)]);
    Template::parse(template).unwrap().render(&environment).unwrap_err().to_string()
}

#[test]
fn a_rendering_without_end_fails() {
    let nested =
        "{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}";
    assert_eq!(limit(nested), "the liquid template passed a limit: steps (1,000,000)");
    assert_eq!(limit("{{ (1..2147483647) }}"), "the liquid template passed a limit: numbers of a range (100,000)");
    let doubled = "{% assign x = 'xxxxxxxxxxxxxxxx' %}{% for i in (1..60) %}{% assign x = x | Append: x %}{% endfor %}";
    assert_eq!(limit(doubled), "the liquid template passed a limit: text (32 MiB)");
    assert_eq!(limit("{{ 'ab' | Times: 2147483647 }}"), "the liquid template passed a limit: a repeated text");
    let replaced =
        "{% assign x = 'x' %}{% for i in (1..9) %}{% assign x = x | Replace: 'x', 'xxxxxxxxxxxxxxxx' %}{% endfor %}";
    assert_eq!(limit(replaced), "the liquid template passed a limit: steps (1,000,000)");
    // The characters of a text count, and so does comparing them.
    let characters = "{{ 'aaaaaaaaaaaaaaaa' | Times: 65536 | Join: '' | First }}";
    assert_eq!(limit(characters), "the liquid template passed a limit: steps (1,000,000)");
    let sorted = "{{ 'b' | Times: 60000 | Join: 'a' | Sort | Size }}";
    assert_eq!(limit(sorted), "the liquid template passed a limit: steps (1,000,000)");
}

#[test]
fn a_replacement_without_end_fails() {
    let steps = "the liquid template passed a limit: steps (1,000,000)";
    assert_eq!(limit("{{ body.s | Replace: '^(?:(a+)+(?=.))+$', 'x' }}"), ways("^(?:(a+)+(?=.))+$"));
    // A match at each of three million characters, and one that is sought again and again.
    assert_eq!(limit("{{ 'aaaaa' | Times: 60000 | Join: '          ' | Replace: '|b' }}"), steps);
    assert_eq!(limit("{% for i in (1..100000) %}{{ body.s | Replace: 'a', 'b' }}{% endfor %}"), steps);
    assert_eq!(limit("{% for i in (1..100000) %}{{ body.s | Replace: '(a+)+b' }}{% endfor %}"), steps);
    assert_eq!(limit("{% for i in (1..100000) %}{{ body.s | Replace: '[' }}{% endfor %}"), steps);
}

/// The refusal of a search that tries too many ways.
fn ways(pattern: &str) -> String {
    format!(
        "a filter of the liquid template failed: The regular expression `{pattern}` tries more than 500000 ways to match \
         this text."
    )
}

#[test]
fn blocks_are_read_to_a_depth() {
    let nested = |depth: usize| format!("{}x{}", "{% if true %}".repeat(depth), "{% endif %}".repeat(depth));
    assert_eq!(render(&nested(70), "{}"), "x");
    assert_eq!(render(&nested(90), "{}"), "Liquid error: Error - Nesting too deep");
    assert_eq!(render(&nested(20_000), "{}"), "refused: blocks are nested more than 100 deep");
}

#[test]
fn long_templates_are_read_in_a_time_that_grows_with_them() {
    for hard in ["{{", "{% if ", "{{ a | ", "'", "{{ a }", "{% for ", "{{ '", "| a : ", "{%- "] {
        let _ = Template::parse(&hard.repeat(20_000));
        let _ = Template::parse(&format!("{{{{ {} }}}}", hard.repeat(5_000)));
    }
    let conditions = format!("{{% if {} %}}x{{% endif %}}", ["true"; 600].join(" and "));
    assert_eq!(render(&conditions, "{}"), "refused: Too many conditions");
    let path = format!("{{{{ body{} }}}}", ".a".repeat(50_000));
    assert_eq!(render(&path, "{}"), "");
    let indexes = format!("{{{{ {}body{} }}}}", "body[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(render(&indexes, "{}"), "Liquid error: Value cannot be null. (Parameter 'key')");
}
