//! Every template ends, even one that asks for endless work.

use super::render;
use crate::{Environment, NilElement, RenderError, Template, Value};

/// Renders with texts of more than a megabyte.
fn render_with_long_texts(template: &str) -> Result<String, RenderError> {
    let words = "aaaaaaaaaaaaaaa ".repeat(70_000);
    let environment = Environment::new([
        ("body", Value::from_json(r#"{"l":[1,2,3],"s":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}"#, true).unwrap()),
        ("l", vec![Value::from("a"); 90_000].into()),
        ("s", "a".repeat(600).into()),
        ("t", words.clone().into()),
        ("u", format!("{words}b").into()),
        ("v", format!("{words}bb").into()),
        ("blanks", " ".repeat(1 << 20).into()),
        ("html", "<aaaaaaaaaaaaa>".repeat(70_000).into()),
    ]);
    Template::parse(template).unwrap().render(&environment)
}

fn limit(template: &str) -> String {
    render_with_long_texts(template).unwrap_err().to_string()
}

#[test]
fn a_rendering_without_end_fails() {
    let nested =
        "{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}";
    assert_eq!(limit(nested), "the liquid template passed a limit: steps (1,000,000)");
    assert_eq!(limit("{{ (1..2147483647) }}"), "the liquid template passed a limit: numbers of a range (100,000)");
    let printed = "{% assign x = 'x' | Times: 100000 | Join: 'xxx' %}{% for i in (1..99) %}{{ x }}{% endfor %}";
    assert_eq!(limit(printed), "the liquid template passed a limit: text (32 MiB)");
    assert_eq!(limit("{{ 'ab' | Times: 2147483647 }}"), "the liquid template passed a limit: a repeated text");
    let replaced =
        "{% assign x = 'x' %}{% for i in (1..9) %}{% assign x = x | Replace: 'x', 'xxxxxxxxxxxxxxxx' %}{% endfor %}";
    assert_eq!(limit(replaced), "the liquid template passed a limit: steps (1,000,000)");
    // The characters of a text count as items, and so do comparisons of them.
    let characters = "{{ 'aaaaaaaaaaaaaaaa' | Times: 65536 | Join: '' | Map: 'x' }}";
    assert_eq!(limit(characters), "the liquid template passed a limit: steps (1,000,000)");
    let sorted = "{{ 'b' | Times: 60000 | Join: 'a' | Sort | Size }}";
    assert_eq!(limit(sorted), "the liquid template passed a limit: steps (1,000,000)");
    let split = "{{ 'a' | Times: 90000 | Join: '            ' | Split: ' ' | Size }}";
    assert_eq!(render(split, "{}"), "90000");
    let parts = "{{ 'a a a a a a a a a a a' | Times: 100000 | Join: ' ' | Split: ' ' | Size }}";
    assert_eq!(limit(parts), "the liquid template passed a limit: steps (1,000,000)");
}

/// Each template reads or lists more than a megabyte in every turn of a loop, and makes almost no text.
#[test]
fn reading_counts_as_making_does() {
    let text = "the liquid template passed a limit: text that is read (64 MiB)";
    let steps = "the liquid template passed a limit: steps (1,000,000)";
    for (turn, expected) in [
        ("{{ t | Size }}", text),
        ("{{ t.size }}", text),
        ("{{ blanks | Strip }}", text),
        ("{{ html | StripHtml }}", text),
        ("{{ t | Truncate: 1 }}", text),
        ("{{ t | TruncateWords: 1 }}", text),
        ("{{ t | Slice: 1 }}", text),
        ("{{ t | Remove: t }}", text),
        ("{{ 'a' | Default: t }}", text),
        ("{% if t == u %}x{% endif %}", text),
        ("{% if t < u %}x{% endif %}", text),
        ("{% if t contains 'b' %}x{% endif %}", text),
        ("{% if v endsWith u %}x{% endif %}", text),
        ("{% if t == 7 %}x{% endif %}", text),
        ("{% if body hasKey t %}x{% endif %}", text),
        ("{% if body hasValue t %}x{% endif %}", text),
        ("{% case t %}{% when u %}x{% endcase %}", text),
        ("{{ body[t] }}", text),
        ("{{ [t] }}", text),
        ("{% cycle t: 'x', 'y' %}", text),
        ("{% for j in t limit: 1 %}x{% endfor %}", steps),
        ("{% for j in l limit: 1 %}x{% endfor %}", steps),
        ("{% tablerow j in l cols: 1 limit: 1 %}x{% endtablerow %}", steps),
        ("{% if l contains 7 %}x{% endif %}", steps),
        ("{{ l | Sort | First }}", steps),
        ("{{ l | Compact | First }}", steps),
    ] {
        let template = format!("{{% for i in (1..90000) %}}{turn}{{% endfor %}}");
        assert_eq!(limit(&template), expected, "{turn}");
    }
    let literal = format!("{{% for i in (1..90000) %}}{{{{ '{}' | Size }}}}{{% endfor %}}", "a".repeat(65_536));
    assert_eq!(limit(&literal), text);
    assert_eq!(limit("{{ t | Times: 20 | Sort | Size }}"), text);
    // The long texts differ only at their ends.
    let uniq = "{% capture c %}{% for i in (1000..2300) %}{{ s }}{{ i }},{% endfor %}{% endcapture %}\
                {{ c | Split: ',' | Uniq | Size }}";
    assert_eq!(limit(uniq), text);
}

#[test]
fn what_is_not_read_costs_nothing() {
    let list =
        "{% assign l = 'a' | Times: 90000 %}{% for i in (1..30000) %}{% if l.first == l.last %}{% endif %}{% endfor %}";
    assert_eq!(render(list, "{}"), "");
    let long = "{% for i in (1..30000) %}{% if t == '' or t == empty or t.first == 'b' %}x{% endif %}{% endfor %}";
    assert_eq!(render_with_long_texts(long).unwrap(), "");
}

/// For each comma, the loop searches back over the blanks to the last other character.
#[test]
fn the_commas_of_a_json_loop_are_set_in_a_time_that_grows_with_it() {
    let blanks = " ".repeat(300);
    let empty = format!("{{% JSONArrayFor i in (1..90000) %}}{blanks}{{% endJSONArrayFor %}}");
    assert_eq!(limit(&empty), "the liquid template passed a limit: text that is read (64 MiB)");
    let items = format!("{{% JSONArrayFor i in (1..50000) %}}{{{{ i }}}}{blanks}{{% endJSONArrayFor %}}");
    assert!(render(&items, "{}").ends_with(&format!("49999,{blanks}50000{blanks}")));
}

#[test]
fn names_of_any_case_are_found_at_once() {
    let children: String = (0..20_000).map(|index| format!("<a{index}/>")).collect();
    let body = Value::from_xml(&format!("<R>{children}<Last>x</Last></R>"), NilElement::Null).unwrap();
    let template = "{% for i in (1..90000) %}{% if body.r.lAST != 'x' %}y{% endif %}{% endfor %}";
    let text = Template::parse(template).unwrap().render(&Environment::new([("body", body)]));
    assert_eq!(text.unwrap(), "");
}

#[test]
fn lists_of_mixed_items_are_refused_however_long() {
    let mixed: Vec<_> =
        (0..2_000).map(|i| if i % 3 == 0 { format!("\"{i}\"") } else { (i * 7919 % 997).to_string() }).collect();
    let body = format!("{{\"l\":[{}]}}", mixed.join(","));
    assert_eq!(
        render("{{ body.l | Sort | Size }}", &body),
        "Liquid error: Failed to compare two elements in the array."
    );
    // Nil can be compared to every item, but it does not hide an incomparable pair.
    for (items, expected) in [
        (r#"{"k":1},null,{},{"k":"a"}"#, "Liquid error: Failed to compare two elements in the array."),
        (r#"{"k":1},null,7"#, "Liquid error: Failed to compare two elements in the array."),
        (r#"{"k":2},{"k":null},{"k":1}"#, ",1,2"),
    ] {
        let body = format!("{{\"l\":[{items}]}}");
        assert_eq!(render("{{ body.l | Sort: 'k' | Map: 'k' | Join: ',' }}", &body), expected, "{items}");
    }
}

#[test]
fn a_replacement_without_end_fails() {
    let steps = "the liquid template passed a limit: steps (1,000,000)";
    assert_eq!(limit("{{ body.s | Replace: '^(?:(a+)+(?=.))+$', 'x' }}"), ways("^(?:(a+)+(?=.))+$"));
    // One template matches at each of three million characters. The others repeat their search again and again.
    assert_eq!(limit("{{ 'aaaaa' | Times: 60000 | Join: '          ' | Replace: '|b' }}"), steps);
    assert_eq!(limit("{% for i in (1..100000) %}{{ body.s | Replace: 'a', 'b' }}{% endfor %}"), steps);
    assert_eq!(limit("{% for i in (1..100000) %}{{ body.s | Replace: '(a+)+b' }}{% endfor %}"), steps);
    assert_eq!(limit("{% for i in (1..100000) %}{{ body.s | Replace: '[' }}{% endfor %}"), steps);
}

/// Returns the refusal of a search that tries too many ways.
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
