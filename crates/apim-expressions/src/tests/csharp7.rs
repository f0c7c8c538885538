//! The forms that C# 7 added, and older forms that few policies use; each with its failure.

use super::check;
use crate::{Expression, ParseErrorKind};

#[test]
fn constants_are_folded() {
    check(&[
        (r#"@{ string s; if (1 > 0) { s = "a"; } return s; }"#, "String a"),
        (r#"@{ string s; if (1 < 0) { s = "a"; } return s; }"#, "!parse: Use of unassigned local variable 's'"),
        (r#"@{ if (1 + 1 == 2) { return 1; } }"#, "Int32 1"),
        (r#"@{ const int n = 3; if (n > 2 && n < 4) { return n; } }"#, "Int32 3"),
        (r#"@{ var n = 3; if (n > 2) { return n; } }"#, "!parse: not all code paths return a value"),
        (r#"@{ while (1 == 1) { if (context.Api.Id != "") { return 1; } } }"#, "Int32 1"),
        (r#"@{ for (; "a" == "a";) { return 1; } }"#, "Int32 1"),
        (r#"@{ do { return 1; } while (!false); }"#, "Int32 1"),
        (r#"@{ string s; if (!(1 > 2)) { s = "x"; } return s; }"#, "String x"),
        (r#"@{ const string k = "a" + "b"; switch ("ab") { case k: return 1; } }"#, "Int32 1"),
        (r#"@{ switch (1) { case 1: return 1; } }"#, "Int32 1"),
        (r#"@{ switch (2) { case 1: return 1; } }"#, "!parse: not all code paths return a value"),
        (r#"@{ switch (true) { case true: return 1; case false: return 2; } }"#, "Int32 1"),
        (
            r#"@{ var b = true; switch (b) { case true: return 1; case false: return 2; } }"#,
            "!parse: not all code paths return a value",
        ),
        (r#"@{ const long a = 5; const int b = (int)a; const byte c = b + 1; return c; }"#, "Byte 6"),
        (r#"@{ const double d = 1.5 * 2; const bool t = d == 3; if (t) { return "y"; } }"#, "String y"),
        (
            r#"@{ const int n = int.MaxValue; return n + 1; }"#,
            "!parse: The operation overflows at compile time in checked mode",
        ),
        (
            r#"@{ const int n = int.MinValue; return -n; }"#,
            "!parse: The operation overflows at compile time in checked mode",
        ),
        (
            r#"@((byte)256)"#,
            "!parse: Constant value '256' cannot be converted to a 'byte' (use 'unchecked' syntax to override)",
        ),
        (
            r#"@((int)1e10)"#,
            "!parse: Constant value '10000000000' cannot be converted to a 'int' (use 'unchecked' syntax to override)",
        ),
        (r#"@(unchecked((byte)257))"#, "Byte 1"),
        (r#"@((char)65 + "")"#, "String A"),
        (r#"@(1m / 0)"#, "!parse: Division by constant zero"),
        (r#"@(decimal.MaxValue + 1)"#, "!parse: Evaluation of the decimal constant expression failed"),
        (
            r#"@{ const int a = 7 / 2, b = 7 % 4, c = 1 << 4, d = ~0, e = 6 & 3; return a * 10000 + b * 1000 + c * 10 + d + e; }"#,
            "Int32 33161",
        ),
        (r#"@{ const bool b = false; string s; if (b || true) { s = "q"; } return s; }"#, "String q"),
        (r#"@{ const string s = null; if (s == null) { return 1; } }"#, "Int32 1"),
        (r#"@{ int x; return true || x > 0; }"#, "Boolean True"),
        (r#"@{ int x; return false ? x : 5; }"#, "Int32 5"),
        (r#"@{ byte b = (byte)(200 + 55); ulong u = 5L; return b + (int)u; }"#, "Int32 260"),
    ]);
}

#[test]
fn switches_have_patterns() {
    check(&[
        (
            r#"@{ object o = 5; switch (o) { case string s: return s; case int i when i > 3: return i * 2; default: return 0; } }"#,
            "Int32 10",
        ),
        (
            r#"@{ object o = "x"; switch (o) { case null: return 1; case string s when s.Length == 1: return s + "!"; case string _: return 2; default: return 3; } }"#,
            "String x!",
        ),
        (
            r#"@{ object o = null; switch (o) { case string s: return s; case null: return "none"; default: return "other"; } }"#,
            "String none",
        ),
        (
            r#"@{ switch (context.Variables["number"]) { case int n: return n; case var other: return other; } }"#,
            "Int32 5",
        ),
        (
            r#"@{ int n = 7; switch (n) { case 1: return "a"; case int m when m % 2 == 0: return "even"; case int m: return "odd" + m; } }"#,
            "String odd7",
        ),
        (
            r#"@{ var n = 4; switch (n) { case 4 when false: return 1; case 4: return 2; default: return 3; } }"#,
            "Int32 2",
        ),
        (
            r#"@{ var s = "b"; switch (s) { case "a": case "b": return 1; case var x when x.Length > 3: return 2; default: return 3; } }"#,
            "Int32 1",
        ),
        (
            r#"@{ object o = 2.5; switch (o) { case int i: return i; case double d: return d; default: return 0; } }"#,
            "Double 2.5",
        ),
        (
            r#"@{ JToken t = JToken.Parse("[1,2]"); switch (t) { case JArray a: return a.Count; case JObject j: return j.Count; default: return -1; } }"#,
            "Int32 2",
        ),
        (r#"@{ int? n = null; switch (n) { case null: return "null"; case int m: return m; } }"#, "String null"),
        (
            r#"@{ object o = 1; switch (o) { case int a: return a; case int b: return b; default: return 0; } }"#,
            "!parse: The switch case has already been handled by a previous case.",
        ),
        (
            r#"@{ object o = 1; switch (o) { case var a: return a; case 1: return 2; } }"#,
            "!parse: The switch case has already been handled by a previous case.",
        ),
        (
            r#"@{ int n = 1; switch (n) { case string s: return s; default: return 1; } }"#,
            "!parse: An expression of type 'int' cannot be handled by a pattern of type 'string'",
        ),
        (
            r#"@{ int n = 1; switch (n) { case 1: return 1; case 1: return 2; default: return 3; } }"#,
            "!parse: The switch statement contains multiple cases with the same label value",
        ),
        (
            r#"@{ object o = 1; switch (o) { case int? n: return 1; default: return 2; } }"#,
            "!parse: It is not legal to use nullable type 'int?' in a pattern",
        ),
        (
            r#"@{ int n = 1; switch (n) { case null: return 1; default: return 2; } }"#,
            "!parse: Cannot convert null to 'int' because it is a non-nullable value type",
        ),
        (
            r#"@{ var n = 1; switch (n) { case 1: n = 2; } return n; }"#,
            "!parse: Control cannot fall through from one case label to another",
        ),
        (
            r#"@{ var n = 1; switch (n) { case 1: { if (n == 1) { break; } return 5; } default: throw new Exception("x"); } return n; }"#,
            "Int32 1",
        ),
    ]);
}

#[test]
fn tests_have_patterns() {
    check(&[
        (r#"@(context.Variables["number"] is 5)"#, "Boolean True"),
        (r#"@(context.Variables["text"] is "hello")"#, "Boolean True"),
        (r#"@(context.Variables["number"] is 5L)"#, "Boolean False"),
        (r#"@(context.Variables["nothing"] is null)"#, "Boolean True"),
        (r#"@(context.Variables["number"] is var v && (int)v == 5)"#, "Boolean True"),
        (r#"@(context.Variables["number"] is int _)"#, "Boolean True"),
        (r#"@(context.Variables["text"] is int _)"#, "Boolean False"),
        (r#"@{ const int five = 5; object o = 5; return o is five; }"#, "Boolean True"),
        (r#"@{ int five = 5; object o = 5; return o is five; }"#, "!parse: A constant value is expected"),
        (r#"@(5 is 2 + 3)"#, "Boolean True"),
        (r#"@('a' is 'a' && !("a" is "b"))"#, "Boolean True"),
        (r#"@(5 is "a")"#, "!parse: Cannot implicitly convert type 'string' to 'int'"),
        (r#"@("a" is 5)"#, "!parse: Cannot implicitly convert type 'int' to 'string'"),
        (r#"@{ if (!(context.Variables["text"] is string s)) { return "no"; } return s; }"#, "String hello"),
        (
            r#"@{ return context.Variables["number"] is int n ? n : n; }"#,
            "!parse: Use of unassigned local variable 'n'",
        ),
    ]);
}

#[test]
fn expressions_can_throw() {
    check(&[
        (r#"@((string)context.Variables["nothing"] ?? throw new Exception("none"))"#, "!none"),
        (r#"@((string)context.Variables["text"] ?? throw new Exception("none"))"#, "String hello"),
        (r#"@{ int? n = null; int m = n ?? throw new Exception("no number"); return m; }"#, "!no number"),
        (r#"@(context.Api.Id == "x" ? 1 : throw new Exception("not x"))"#, "!not x"),
        (r#"@(context.Api.Id == "x" ? throw new Exception("x") : "y")"#, "String y"),
        (r#"@{ int F(int n) => n > 0 ? n : throw new Exception("small"); return F(0); }"#, "!small"),
        (r#"@{ int F() => throw new Exception("never"); return F(); }"#, "!never"),
        (
            r#"@{ try { var s = (string)null ?? throw new Exception("a"); return s; } catch (Exception e) { return e.Message; } }"#,
            "String a",
        ),
        (r#"@{ int x; var y = context.Api.Id == "orders" ? 1 : throw new Exception(); x = y; return x; }"#, "Int32 1"),
        (r#"@(throw new Exception("a"))"#, "!parse: unexpected `throw`"),
        (
            r#"@(true ? throw new Exception("a") : throw new Exception("b"))"#,
            "!parse: Type of conditional expression cannot be determined because there is no implicit conversion between '<throw expression>' and '<throw expression>'",
        ),
        (r#"@("a" ?? throw "b")"#, "!parse: Cannot implicitly convert type 'string' to 'Exception'"),
    ]);
}

#[test]
fn goto_jumps() {
    check(&[
        (
            r#"@{ var n = 1; switch (n) { case 1: goto case 2; case 2: return "two"; default: return "other"; } }"#,
            "String two",
        ),
        (r#"@{ var n = 1; switch (n) { case 1: goto default; case 2: return 2; default: return 9; } }"#, "Int32 9"),
        (
            r#"@{ var s = "a"; var t = ""; switch (s) { case "b": t += "b"; break; case "a": t += "a"; goto case "b"; } return t; }"#,
            "String ab",
        ),
        (r#"@{ var n = 0; again: n++; if (n < 5) { goto again; } return n; }"#, "Int32 5"),
        (
            r#"@{ foreach (var x in new[] { 1, 2, 3 }) { foreach (var y in new[] { 1, 2, 3 }) { if (x * y == 6) { goto found; } } } return "no"; found: return "yes"; }"#,
            "String yes",
        ),
        (r#"@{ goto end; end: return 1; }"#, "Int32 1"),
        (r#"@{ int x; goto end; x = 1; end: return x; }"#, "!parse: Use of unassigned local variable 'x'"),
        (
            r#"@{ goto inner; { inner: return 1; } }"#,
            "!parse: No such label 'inner' within the scope of the goto statement",
        ),
        (r#"@{ goto case 1; }"#, "!parse: A goto case is only valid inside a switch statement"),
        (
            r#"@{ var n = 1; switch (n) { case 1: goto case 3; default: return 1; } }"#,
            "!parse: No such label 'case 3:' within the scope of the goto statement",
        ),
        (r#"@{ a: a: return 1; }"#, "!parse: The label 'a' is a duplicate"),
        (r#"@{ loop: goto loop; }"#, "!The expression took more than 1000000 steps."),
        (
            r#"@{ var n = 0; try { retry: n++; if (n < 3) { goto retry; } } finally { n += 10; } return n; }"#,
            "Int32 13",
        ),
    ]);
}

#[test]
fn arrays_have_two_dimensions() {
    check(&[
        (r#"@{ int[,] a = { { 1, 2 }, { 3, 4 } }; return a[1, 0]; }"#, "Int32 3"),
        (r#"@{ var a = new int[2, 3]; a[1, 2] = 5; return a[1, 2] + a[0, 0] + a.Length; }"#, "Int32 11"),
        (
            r#"@{ var a = new[,] { { "x", "y" } }; return a.GetLength(0) + "" + a.GetLength(1) + a[0, 1]; }"#,
            "String 12y",
        ),
        (r#"@{ var s = 0; foreach (var n in new int[,] { { 1, 2 }, { 3, 4 } }) { s += n; } return s; }"#, "Int32 10"),
        (r#"@{ var a = new int[2, 2] { { 1, 2 }, { 3, 4 } }; a[0, 0] += 10; return a[0, 0]; }"#, "Int32 11"),
        (r#"@(new int[3, 4].Rank + new int[3, 4].GetUpperBound(1))"#, "Int32 5"),
        (r#"@{ var a = new int[1, 1]; return a[1, 0]; }"#, "!Index was outside the bounds of the array."),
        (r#"@{ var a = new int[1, 1]; return a[0]; }"#, "!parse: No overload for method 'this[]' takes 1 arguments"),
        (r#"@(new int[,] { { 1, 2 }, { 3 } })"#, "!parse: An array initializer of length '2' is expected"),
        (r#"@(new int[1, -1])"#, "!parse: Cannot create an array with a negative size"),
        (r#"@{ int[,] a = null; return a == null; }"#, "Boolean True"),
    ]);
}

#[test]
fn tuples_are_values() {
    check(&[
        (r#"@{ var t = (1, "a"); return t.Item1 + t.Item2; }"#, "String 1a"),
        (r#"@{ var t = (id: 7, name: "x"); return t.name + t.id; }"#, "String x7"),
        (r#"@{ (int a, string b) t = (1, "q"); return t.b; }"#, "String q"),
        (r#"@{ var (a, b) = (1, 2); return a + b; }"#, "Int32 3"),
        (r#"@{ (int a, var b) = (1, "z"); return b + a; }"#, "String z1"),
        (r#"@{ var a = 1; var b = 2; (a, b) = (b, a); return a * 10 + b; }"#, "Int32 21"),
        (r#"@{ (int, int) F(int n) => (n, n * n); var (x, y) = F(3); return y - x; }"#, "Int32 6"),
        (r#"@((1, "a").ToString())"#, "String (1, a)"),
        (r#"@((1, 2) == (1, 2))"#, "Boolean True"),
        (r#"@{ var (_, b) = ("a", "b"); return b; }"#, "String b"),
        (r#"@{ (long, string) t = (1, null); return t.Item1; }"#, "Int64 1"),
        (r#"@{ var a = 5; var t = (a, 1); return t.a; }"#, "Int32 5"),
        (
            r#"@{ var (a, b) = (1, 2, 3); return a; }"#,
            "!parse: Cannot deconstruct a tuple of '3' elements into '2' variables.",
        ),
        (
            r#"@{ var t = (1, 2); return t.Item3; }"#,
            "!parse: '(int, int)' does not contain a definition for 'Item3', or it is not supported",
        ),
        (r#"@{ (int, int) t = (1, "a"); return 1; }"#, "!parse: Cannot implicitly convert type 'string' to 'int'"),
        (r#"@(new[] { 1, 2 }.Select(x => (x, x * x)).Last().Item2)"#, "Int32 4"),
    ]);
}

#[test]
fn other_forms() {
    check(&[
        (r#"@(typeof(string).Name)"#, "String String"),
        (r#"@(typeof(int).FullName + typeof(JObject).Namespace)"#, "String System.Int32Newtonsoft.Json.Linq"),
        (r#"@(typeof(int) == typeof(int))"#, "Boolean True"),
        (r#"@(sizeof(int) + sizeof(char) + sizeof(decimal))"#, "Int32 22"),
        (
            r#"@(sizeof(DateTime))"#,
            "!parse: 'DateTime' does not have a predefined size, therefore sizeof can only be used in an unsafe context",
        ),
        (r#"@{ int n = default; string s = default; return n + (s ?? "null"); }"#, "String 0null"),
        (r#"@(context.Api.Id == "x" ? 5 : default)"#, "Int32 0"),
        (r#"@{ var x = default; return x; }"#, "!parse: There is no target type for the default literal"),
        (r#"@{ var @class = 1; return @class + 1; }"#, "Int32 2"),
        (r#"@{ var @x = 1; return x; }"#, "Int32 1"),
        (r#"@(new { @class = 1 }.ToString())"#, "String { class = 1 }"),
        ("@{\n #region one\n var x = 1;\n #endregion\n return x; }", "Int32 1"),
        (r#"@{ _ = int.Parse("5"); return 1; }"#, "Int32 1"),
        (r#"@{ StringComparison c = 0; return c.ToString(); }"#, "String CurrentCulture"),
        (r#"@(1_000 + 0b1010 + 0xF_F)"#, "Int32 1265"),
    ]);
}

/// A refusal names its origin: the compiler, or this crate alone.
#[test]
fn a_refusal_says_whose_it_is() {
    for source in [
        "@(1 +)",
        "@(context.Nothing)",
        "@{ string s; return s; }",
        "@(new System.IO.FileInfo(\"a\"))",
        "@(\"a\" * 2)",
        "@{ dynamic d = 1; return d; }",
        "@{ int n = \"a\"; return n; }",
        "@(x)",
        "@{ return 1 }",
        "@(\"a\"?.Length?.Foo)",
    ] {
        let error = Expression::parse(source).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Invalid, "{source}: {}", error.message);
    }
    let deep = format!("@({}1{})", "(".repeat(100), ")".repeat(100));
    for source in [
        deep.as_str(),
        "@(new int[1, 2, 3])",
        "@((1, 2, 3, 4, 5, 6, 7, 8).Item1)",
        "@(new Dictionary<DateTime[], int>())",
        "@{ var fs = new List<Func<int>>(); return 1; }",
    ] {
        let error = Expression::parse(source).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Unsupported, "{source}: {}", error.message);
    }
}

#[test]
fn types_outside_the_list_are_told() {
    for source in ["@((1, 2).Item1)", "@(typeof(int).Name)", "@{ Func<int> f = () => 1; return f(); }"] {
        let expression = Expression::parse(source).unwrap();
        assert!(!expression.warnings().is_empty(), "{source}");
        assert!(expression.warnings()[0].offset > 0);
    }
    assert!(Expression::parse("@(new[] { 1 }.Select(x => x + 1).Sum())").unwrap().warnings().is_empty());
}
