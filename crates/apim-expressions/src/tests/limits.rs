//! No expression hangs, overflows the stack, or grows without bound.

use super::{context, outcome, outcome_in};

/// Runs code on a stack half as large as the stacks that servers and tests usually give their threads.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap()
}

fn assert_stopped(body: &str) {
    let source = format!("@{{ {body} }}");
    let error = on_a_small_stack(move || outcome(&source)).unwrap_err();
    assert!(error.starts_with("The expression "), "{body}: {error}");
}

#[test]
fn what_does_not_end_is_ended() {
    for body in [
        "while (true) { }",
        "for (;;) { }",
        "do { } while (true);",
        "for (int i = 0; i < 1; i += 0) { } return 1;",
        "while (true) { try { int.Parse(\"x\"); } catch { continue; } finally { context.Trace(\"\"); } }",
        "while (true) { try { throw new Exception(\"x\"); } catch { } }",
        "int F(int n) { return F(n) + F(n); } return F(1);",
        "int F(int n) { try { return F(n); } catch { return F(n); } } return F(1);",
        "int F(int n) { foreach (var x in \"ab\") { if (true) { return new[] { 1 }.Select(y => F(n)).Sum(); } } return 1; } return F(1);",
        "int F(int n) { return n > 5 ? 1 : (true ? ($\"{F(n - 1) + F(n - 1)}\").Length : 2); } return F(0);",
    ] {
        assert_stopped(body);
    }
}

#[test]
fn strings_cannot_grow_for_ever() {
    for body in [
        "var s = \"x\"; while (true) { s += s; }",
        "var s = \"x\"; while (true) { s = $\"{s}{s}\"; }",
        "var s = \"x\"; while (true) { s = s.Replace(\"x\", \"xx\"); }",
        "return \"x\".PadLeft(int.MaxValue);",
        "return $\"{1,1000}\".Replace(\" \", \"\".PadLeft(100000));",
        "return new string('x', int.MaxValue);",
        "var b = new StringBuilder(\"x\"); while (true) { b.Append(b.ToString()); }",
        "var s = \"\".PadLeft(1000000); var a = new JArray(s, s, s, s, s, s, s, s, s, s); return a.ToString();",
        "var s = \"\".PadLeft(1000000); return string.Join(s, new[] { s, s, s, s, s, s, s, s, s, s });",
        "var s = \"\".PadLeft(1000000); return string.Concat(s, s, s, s, s, s, s, s, s, s);",
        "while (true) { context.Trace(\"\".PadLeft(100000)); }",
        "return Regex.Replace(\"\".PadLeft(100000), \"\", \"\".PadLeft(1000));",
    ] {
        assert_stopped(body);
    }
}

#[test]
fn collections_cannot_grow_for_ever() {
    for body in [
        "var l = new List<string>(); while (true) { l.Add(\"x\"); }",
        "var l = new List<int> { 1 }; while (true) { l.AddRange(l); }",
        "return Enumerable.Range(0, int.MaxValue);",
        "return Enumerable.Repeat(\"x\", int.MaxValue);",
        "return new int[int.MaxValue];",
        "return new byte[int.MaxValue];",
        "var a = new JArray(); while (true) { a.Add(1); }",
        "var a = new JArray(1); while (true) { a.Add(a); }",
        "return \"\".PadLeft(2000000, ',').Split(',');",
        "return \"\".PadLeft(2000000, 'x').ToCharArray().Select(c => c.ToString()).ToList();",
        "var d = new Dictionary<string, int>(); var i = 0; while (true) { d[i.ToString()] = i++; }",
        "var e = Enumerable.Range(0, 9); return e.SelectMany(a => e.SelectMany(b => e.SelectMany(c => e.SelectMany(d => \
         e.SelectMany(f => e.SelectMany(g => e)))))).Count();",
        "var x = new List<object>(); while (true) { x = new List<object> { x, x }; JsonConvert.SerializeObject(x); }",
    ] {
        assert_stopped(body);
    }
}

const DEEP_VALUES: &str = "The expression nests values more than 64 deep.";
const DEEP_JSON: &str = "The expression nests JSON more than 64 deep.";
const INSIDE: &str = "putting a collection into one that is itself inside another is not supported";

#[test]
fn values_cannot_nest_for_ever() {
    for (body, expected) in [
        ("object o = 1; while (true) { o = new object[] { o }; }", DEEP_VALUES),
        ("object o = 1; while (true) { o = new { o }; }", DEEP_VALUES),
        ("var l = new List<object>(); l.Add(l); return l;", INSIDE),
        ("var o = new object[1]; o[0] = o; return o;", INSIDE),
        ("var d = new Dictionary<string, object>(); d[\"a\"] = d; return d;", INSIDE),
        ("var d = new Dictionary<string, object>(); var r = new { d }; d[\"a\"] = r; return d;", INSIDE),
        ("var t = new List<object>(); while (true) { var n = new List<object>(); t.Add(n); t = n; }", INSIDE),
        ("var o = new JObject(); while (true) { o = new JObject { [\"a\"] = o }; }", DEEP_JSON),
        ("var r = new JArray(); var o = r; while (true) { var n = new JArray(); o.Add(n); o = n; }", DEEP_JSON),
    ] {
        let source = format!("@{{ {body} }}");
        let error = on_a_small_stack(move || outcome(&source)).unwrap_err();
        assert_eq!(error, expected, "{body}");
    }
    let deep = format!("@(JToken.Parse(\"{}\"))", "[".repeat(100_000));
    let error = on_a_small_stack(move || outcome(&deep)).unwrap_err();
    assert_eq!(error, "The reader's MaxDepth of 64 has been exceeded. Path '', line 1, position 64.");
}

/// A value that an evaluation stores for the next one does not keep itself alive.
#[test]
fn a_json_document_cannot_contain_itself() {
    let source = "@{ var j = (JObject)context.Variables[\"json\"]; j[\"me\"] = j; j[\"again\"] = j[\"a\"]; \
                  return j[\"me\"][\"me\"] == null; }";
    assert_eq!(outcome_in(&mut context(), source).unwrap(), "Boolean True");
}

#[test]
fn regular_expressions_cannot_explode() {
    for pattern in ["(a+)+$", "(a|aa)*$"] {
        let source = format!("@(Regex.IsMatch(\"\".PadLeft(50000, 'a') + \"b\", \"{pattern}\"))");
        let error = on_a_small_stack(move || outcome(&source)).unwrap_err();
        let expected = format!("The regular expression `{pattern}` tries more than 500000 ways to match this text.");
        assert_eq!(error, expected);
    }
    let plain = on_a_small_stack(|| outcome("@(Regex.IsMatch(\"\".PadLeft(50000, 'a'), \"(.*)*x\"))"));
    assert_eq!(plain.unwrap(), "Boolean False");
    let huge = outcome("@(Regex.IsMatch(\"a\", \"((a{100}){100}){100}\"))").unwrap_err();
    assert_eq!(huge, "The regular expression `((a{100}){100}){100}` is not valid, not supported, or too large.");
    for body in [
        "for (var i = 0; ; i++) { Regex.IsMatch(\"a\", \"a{1000}b\" + i); }",
        // Each search reads to the end, and each group is remembered in each state.
        "return Regex.Matches(\"\".PadLeft(200000, 'a'), \"a[^z]*z|a\").Count;",
        "return Regex.Match(\"\".PadLeft(200000, 'a'), \"\".PadLeft(40, '(') + \"a*\" + \"\".PadLeft(40, ')')).Value;",
        "return Regex.Replace(\"aaaa\", \"a\", \"\".PadLeft(500000, 'x').Replace(\"x\", \"${\"));",
    ] {
        assert_stopped(body);
    }
}

/// A pattern is compiled once for all items.
#[test]
fn a_filter_matches_thousands_of_items() {
    let source = r#"@{
        var list = new JArray();
        for (var i = 0; i < 3000; i++) { list.Add(new JObject(new JProperty("id", "item-" + i))); }
        return list.SelectTokens("$[?(@.id =~ /^ITEM-\\d*7$/i)]").Count();
    }"#;
    assert_eq!(outcome(source).unwrap(), "Int32 300");
}

/// Sources that nest: `open` many times, a middle, `close` as often.
const NESTED: [(&str, &str, &str); 18] = [
    ("(", "1", ")"),
    ("!", "true", ""),
    ("- ", "1", ""),
    ("(int)", "1", ""),
    ("(object)(", "1", ")"),
    ("true ? 1 : ", "2", ""),
    ("1 + (", "1", ")"),
    ("1 == 1 == (", "true", ")"),
    ("\"a\".Replace(\"b\", ", "\"c\"", ")"),
    ("new[] {", "1", "}"),
    ("new { a =", "1", "}"),
    ("new JArray(", "1", ")"),
    ("new JObject { [\"a\"] = ", "1", "}"),
    ("new[] { 1 }.Select(x => ", "1", ")"),
    ("$\"{", "1", "}\""),
    ("context.Variables[(string)", "null", "]"),
    ("new List<object> {", "1", "}"),
    ("default(List<", "int", ">)"),
];

const NESTED_STATEMENTS: [(&str, &str, &str); 8] = [
    ("{", "", "}"),
    ("if (true) {", "", "}"),
    ("if (true) { } else {", "", "}"),
    ("for (;;) {", "", "}"),
    ("try {", "", "} catch { }"),
    ("foreach (var x in \"a\") {", "", "}"),
    ("void F() {", "", "}"),
    ("switch (1) { case 1:", "break;", "break; }"),
];

#[test]
fn deep_nesting_is_refused_or_run() {
    for depth in [10, 16, 20, 24, 30, 45, 60, 100, 1000, 20_000] {
        for (open, middle, close) in NESTED {
            let source = format!("@({}{middle}{})", open.repeat(depth), close.repeat(depth));
            let _ = on_a_small_stack(move || outcome(&source));
        }
        for (open, middle, close) in NESTED_STATEMENTS {
            let source = format!("@{{ return 1; {}{middle}{} }}", open.repeat(depth), close.repeat(depth));
            let _ = on_a_small_stack(move || outcome(&source));
        }
    }
    let source = format!("@({}1{})", "(".repeat(1000), ")".repeat(1000));
    assert_eq!(outcome(&source).unwrap_err(), "parse: the expression nests more than 64 levels deep");
}

#[test]
fn ordinary_nesting_is_run() {
    for (open, middle, close) in NESTED.into_iter().take(8) {
        let source = format!("@({}{middle}{})", open.repeat(15), close.repeat(15));
        assert!(outcome(&source).is_ok(), "{source}");
    }
    let blocks = format!("@{{ {} return 1; {} }}", "if (true) {".repeat(25), "} return 2;".repeat(25));
    assert_eq!(outcome(&blocks).unwrap(), "Int32 1");
}

#[test]
fn long_but_flat_sources_are_fine() {
    for (source, expected) in [
        (format!("@(1{})", " + 1".repeat(5000)), "Int32 5001"),
        (format!("@(\"\"{})", " + \"a\" + 1".repeat(5)), "String a1a1a1a1a1"),
        (format!("@(true{})", " && true".repeat(5000)), "Boolean True"),
        (format!("@(\"a\"{})", ".Trim()".repeat(5000)), "String a"),
        (format!("@((string)null{})", " ?? (string)null".repeat(2000)), "null "),
        (format!("@{{ if (false) {{ }} {} return 1; }}", "else if (false) { }".repeat(2000)), "Int32 1"),
        (format!("@{{ var x = 0; {} return x; }}", "x++;".repeat(5000)), "Int32 5000"),
    ] {
        assert_eq!(on_a_small_stack(move || outcome(&source)).unwrap(), expected);
    }
    let long = format!("@(\"{}\")", "a".repeat(300_000));
    assert_eq!(outcome(&long).unwrap_err(), "parse: the expression is longer than 262144 bytes");
}

#[test]
fn variables_are_counted() {
    let many: String = (0..3000).map(|i| format!("int x{i};")).collect();
    let error = outcome(&format!("@{{ {many} return 1; }}")).unwrap_err();
    assert_eq!(error, "parse: the expression has more than 2000 variables");
}

#[test]
fn types_cannot_explode() {
    let doubling: String = (1..40).map(|i| format!("var a{i} = new {{ x = a{}, y = a{} }};", i - 1, i - 1)).collect();
    let error = outcome(&format!("@{{ var a0 = new {{ x = 1 }}; {doubling} return a39; }}")).unwrap_err();
    assert_eq!(error, "parse: the type of the expression is too complex");
}

#[test]
fn evaluations_with_one_context_share_what_they_may_cost() {
    let mut context = super::context();
    let source = "@(new string('a', 8000000).Length)";
    let mut outcomes = (0..20).map(|_| outcome_in(&mut context, source));
    assert_eq!(outcomes.next().unwrap().unwrap(), "Int32 8000000");
    let refused = outcomes.find_map(Result::err).unwrap();
    assert!(refused.starts_with("The expression made more than "), "{refused}");
    assert!(outcome_in(&mut context, "@(\"a\" + context.Request.Method)").is_ok());
}

#[test]
fn no_source_is_too_long_to_be_refused() {
    for source in [
        format!("@(context{})", " is object".repeat(4_000)),
        format!("@(context{})", " as object".repeat(4_000)),
        format!("@((int{})null)", "[]".repeat(100_000)),
        format!("@(new int[]{}{{}})", "[]".repeat(100_000)),
        format!("@(a{})", ".b".repeat(32_000)),
        format!("@(System{})", ".b".repeat(32_000)),
        "@(1e400)".to_owned(),
        "@(new Uri(\"http://a:99999999/\").Host)".to_owned(),
    ] {
        assert!(on_a_small_stack(move || outcome(&source)).is_err());
    }
}
