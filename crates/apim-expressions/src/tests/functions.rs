//! Lambdas, delegates and functions among the statements; each with its failure.

use super::check;

#[test]
fn lambdas_have_statements() {
    check(&[
        (r#"@(string.Join(",", new[] { 1, 2, 3 }.Select(x => { var y = x * 2; return y + 1; })))"#, "String 3,5,7"),
        (
            r#"@(string.Join(",", new[] { 1, 2, 3 }.Where(x => { if (x == 2) { return false; } return true; })))"#,
            "String 1,3",
        ),
        (r#"@(new[] { 1, 2 }.Select(x => { if (x == 1) { return 1; } return 2.5; }).Sum())"#, "Double 3.5"),
        (
            r#"@(new[] { "a", "b" }.Select(x => { if (x == "a") return null; return x; }).Count(x => x == null))"#,
            "Int32 1",
        ),
        (
            r#"@(Regex.Replace("a1b2", "[0-9]", m => { var n = int.Parse(m.Value); return (n + 1).ToString(); }))"#,
            "String a2b3",
        ),
        (r#"@{ var total = 0; new List<int> { 1, 2, 3 }.ForEach(x => { total += x; }); return total; }"#, "Int32 6"),
        (r#"@(new[] { 3, 1, 2 }.OrderBy((int x) => -x).First())"#, "Int32 3"),
        (r#"@(new[] { 1, 2 }.Aggregate(0, (int a, int b) => { return a + b; }))"#, "Int32 3"),
        (
            r#"@(new[] { 1 }.Select(x => { if (x > 0) { return 1; } }).First())"#,
            "!parse: Not all code paths return a value in lambda expression",
        ),
        (
            r#"@(new[] { 1 }.Select(x => { }).First())"#,
            "!parse: The type arguments for method cannot be inferred from the usage.",
        ),
        (
            r#"@(new[] { 1 }.Where(x => { return 5; }).First())"#,
            "!parse: Cannot implicitly convert type 'int' to 'bool'",
        ),
        (
            r#"@(new[] { 1 }.Select((string x) => x).First())"#,
            "!parse: Parameter 'x' is declared as another type than 'int'",
        ),
        (
            r#"@(new[] { 1, 2 }.Select(x => { switch (x) { case 1: return "one"; default: return "more"; } }).Last())"#,
            "String more",
        ),
        (r#"@(new[] { 1, 2 }.Select(x => { try { return 1 / (x - 1); } catch { return -1; } }).Sum())"#, "Int32 0"),
    ]);
}

#[test]
fn methods_are_delegates() {
    check(&[
        (r#"@("1,2,3".Split(',').Select(int.Parse).Sum())"#, "Int32 6"),
        (r#"@("a1b2".Count(char.IsDigit))"#, "Int32 2"),
        (r#"@(new string("a-b".Where(char.IsLetterOrDigit).ToArray()))"#, "String ab"),
        (r#"@(new[] { "", "a" }.Any(string.IsNullOrEmpty))"#, "Boolean True"),
        (r#"@(string.Join(",", new[] { "a b" }.Select(Uri.EscapeDataString)))"#, "String a%20b"),
        (r#"@{ bool Odd(int n) => n % 2 == 1; return new[] { 1, 2, 3 }.Count(Odd); }"#, "Int32 2"),
        (r#"@{ Func<int, int> twice = x => x * 2; return twice(4) + twice.Invoke(1); }"#, "Int32 10"),
        (r#"@{ Func<string> hello = () => "hi"; return hello(); }"#, "String hi"),
        (r#"@{ Func<int, int, int> add = (a, b) => a + b; return new[] { 1, 2, 3 }.Aggregate(add); }"#, "Int32 6"),
        (r#"@{ Func<int, int> fact = null; fact = n => n < 2 ? 1 : n * fact(n - 1); return fact(5); }"#, "Int32 120"),
        (r#"@{ var log = ""; Action<string> add = s => { log += s; }; add("a"); add("b"); return log; }"#, "String ab"),
        (r#"@{ Func<string, int> parse = int.Parse; return parse("7"); }"#, "Int32 7"),
        (r#"@{ Func<int, bool> big = x => x > 2; return new[] { 1, 2, 3 }.Where(big).Count(); }"#, "Int32 1"),
        (
            r#"@{ Func<int, int> f = x => x; return f("a"); }"#,
            "!parse: Cannot implicitly convert type 'string' to 'int'",
        ),
        (
            r#"@{ Func<int, int> f = x => x; return f(1, 2); }"#,
            "!parse: Delegate 'Func<int, int>' does not take 2 arguments",
        ),
        (r#"@{ Func<int, int> f = null; return f(1); }"#, "!Object reference not set to an instance of an object."),
        (
            r#"@{ Func<int, int> f = (a, b) => a; return 1; }"#,
            "!parse: Delegate 'Func<int, int>' does not take 2 arguments",
        ),
        (r#"@{ var f = (Func<int, int>)(x => x + 1); return f(1); }"#, "Int32 2"),
    ]);
}

#[test]
fn functions_have_all_kinds_of_parameters() {
    check(&[
        (r#"@{ int F(int a, int b = 2) => a * 10 + b; return F(1) + F(1, 3); }"#, "Int32 25"),
        (r#"@{ int F(int a, int b) => a * 10 + b; return F(b: 1, a: 2); }"#, "Int32 21"),
        (r#"@{ void F(out int a) { a = 5; } int x; F(out x); return x; }"#, "Int32 5"),
        (
            r#"@{ bool F(string s, out int n) => int.TryParse(s, out n); return F("7", out var m) ? m : -1; }"#,
            "Int32 7",
        ),
        (r#"@{ void F(ref int a) { a += 5; } int x = 1; F(ref x); return x; }"#, "Int32 6"),
        (r#"@{ int F(params int[] n) => n.Sum(); return F(1, 2, 3) + F() + F(new[] { 10 }); }"#, "Int32 16"),
        (
            r#"@{ void F(out int a) { } int x; F(out x); return x; }"#,
            "!parse: The out parameter 'a' must be assigned to before control leaves the current method",
        ),
        (r#"@{ void F(ref int a) { } int x; F(ref x); return x; }"#, "!parse: Use of unassigned local variable 'x'"),
        (
            r#"@{ void F(ref int a) { } int x = 1; F(x); return x; }"#,
            "!parse: Argument 1 must be passed with the 'ref' keyword",
        ),
        (r#"@{ int F(int a, int b) => a; return F(1); }"#, "!parse: No overload for method 'F' takes 1 arguments"),
        (r#"@{ int F(int a) => a; return F(c: 1); }"#, "!parse: No overload for method 'F' takes 1 arguments"),
        (r#"@(int.TryParse("5", out _))"#, "Boolean True"),
        (r#"@(int.TryParse("x", out int _))"#, "Boolean False"),
        (r#"@{ int x; int F() => x; return F(); }"#, "!parse: Use of unassigned local variable 'x'"),
        (r#"@{ int x; void Set() { x = 3; } Set(); return x; }"#, "Int32 3"),
        (r#"@{ int x; int F() => x; x = 4; return F(); }"#, "Int32 4"),
        (
            r#"@{ int F(int a = 1, int b) => a; return F(1, 2); }"#,
            "!parse: Optional parameters must appear after all required parameters",
        ),
    ]);
}
