//! Variables have a value before they are read, by the rules of C#.

use super::check;

#[test]
fn a_value_on_every_way_is_a_value() {
    let rows = [
        r#"@{ string s; if (context.Variables.ContainsKey("a")) { s = "a"; } else { s = "b"; } return s; }"#,
        r#"@{ string s; if (context.Variables.ContainsKey("a")) { return "a"; } else { s = "b"; } return s; }"#,
        r#"@{ string s; using (var h = SHA256.Create()) { s = "b"; } return s; }"#,
        r#"@{ string s; try { s = "b"; } catch { return "a"; } return s; }"#,
        r#"@{ string s; try { int.Parse("x"); } catch { } finally { s = "b"; } return s; }"#,
        r#"@{ string s; switch (1) { case 1: s = "b"; break; default: s = "c"; break; } return s; }"#,
        r#"@{ string s; while (true) { s = "b"; break; } return s; }"#,
        r#"@{ string s; do { s = "b"; } while (false); return s; }"#,
        r#"@{ string s; for (int i = 0; ; i++) { if (i < 2) { continue; } s = "b"; break; } return s; }"#,
        r#"@{ int n; return int.TryParse("5", out n) && n == 5 ? "b" : "a"; }"#,
        r#"@{ int n; if (!int.TryParse("5", out n) || n < 0) { return "a"; } return n == 5 ? "b" : "a"; }"#,
        r#"@{ long n; if (true && long.TryParse("5", out n)) { return n == 5 ? "b" : "a"; } return "a"; }"#,
        r#"@{ if (!(context.Variables["number"] is int n)) { return "a"; } return n == 5 ? "b" : "a"; }"#,
        r#"@{ if (context.Tracing) { string x; } return new[] { "b" }.Select(x => x).First(); }"#,
        r#"@{ if (context.Tracing) { string x; } string Get(string x) { return x; } return Get("b"); }"#,
        r#"@{ string s = null; string Get() { return s ?? "b"; } return Get(); }"#,
    ];
    check(&rows.map(|row| (row, "String b")));
}

#[test]
fn a_way_without_a_value_is_refused() {
    let rows = [
        r#"@{ string s; if (context.Variables.ContainsKey("a")) { s = "a"; } return s; }"#,
        r#"@{ string s; foreach (var x in new[] { 1 }) { s = "a"; } return s; }"#,
        r#"@{ string s; while (context.Variables.ContainsKey("a")) { s = "a"; } return s; }"#,
        r#"@{ string s; while (true) { if (context.Tracing) { break; } s = "a"; break; } return s; }"#,
        r#"@{ string s; for (int i = 0; i < 2; i++) { s = "a"; } return s; }"#,
        r#"@{ string s; try { s = "a"; } catch { } return s; }"#,
        r#"@{ string s; try { s = "a"; } catch { return s; } return s; }"#,
        r#"@{ string s; var n = 1; switch (n) { case 1: s = "b"; break; } return s; }"#,
        r#"@{ string s; var n = 1; switch (n) { case 1: s = "b"; break; default: break; } return s; }"#,
        r#"@{ string s; return context.Tracing && int.TryParse(s, out var n); }"#,
        r#"@{ int s; return context.Tracing && int.TryParse("1", out s) || s == 1; }"#,
        r#"@{ int s; return context.Tracing ? (s = 1) : s; }"#,
        r#"@{ int s; context.Subscription?.Id.Substring(s = 1); return s; }"#,
        r#"@{ string s; string t = (string)context.Variables["a"] ?? (s = "a"); return s; }"#,
        r#"@{ string s; return new[] { 1 }.Select(x => s).First(); }"#,
        r#"@{ int s; s++; return s; }"#,
        r#"@{ int s; s += 1; return s; }"#,
        r#"@{ int[] s; s[0] = 1; return s; }"#,
        r#"@{ string s; return $"{s}"; }"#,
        r#"@{ string s; return new JObject { ["a"] = s }; }"#,
        r#"@{ if (context.Variables["number"] is int s) { } return s; }"#,
        r#"@(context.Variables["number"] is int s || s > 4)"#,
        r#"@{ string Get() { string s; return s; } return Get(); }"#,
    ];
    check(&rows.map(|row| (row, "!parse: Use of unassigned local variable 's'")));
}
