//! Variables that begin on one way alone, variables of queries, and messages for C# that this crate does not run.

use super::check;
use crate::{Expression, ParseErrorKind};

#[test]
fn a_variable_that_began_on_one_way_alone_has_no_value() {
    check(&[
        (
            r#"@{ bool c = context.Request.Method == "GET"; if (c && int.TryParse("1", out int b)) { } return b; }"#,
            UNASSIGNED,
        ),
        (
            r#"@{ bool c = context.Request.Method == "GET"; if (c || int.TryParse("1", out int b)) { } return b; }"#,
            UNASSIGNED,
        ),
        (
            r#"@{ bool c = context.Request.Method == "GET"; var d = c ? int.TryParse("1", out int b) : false; return b; }"#,
            UNASSIGNED,
        ),
        (r#"@{ var d = context.User?.Id.Equals(int.TryParse("1", out int b)); return b; }"#, UNASSIGNED),
        (r#"@{ object o = null; var d = o ?? int.TryParse("1", out int b); return b; }"#, UNASSIGNED),
        (r#"@{ object o = 1; bool c = o == null; if (c && o is int b) { } return b; }"#, UNASSIGNED),
        (r#"@{ object o = 1; bool c = o == null; if (c && o is var b) { } return b; }"#, UNASSIGNED),
        (r#"@{ object o = 1; switch (o) { case int b: case string t: return b; } return 0; }"#, UNASSIGNED),
        (
            r#"@{ object o = 1; switch (o) { case int n when int.TryParse("1", out int b): case string t: return b; } return 0; }"#,
            UNASSIGNED,
        ),
    ]);
    check(&[
        (r#"@{ if (int.TryParse("1", out int b) && b > 0) { } return b; }"#, "Int32 1"),
        (r#"@{ if (!int.TryParse("7", out int b)) { return 0; } return b; }"#, "Int32 7"),
        (r#"@{ object o = 1; if (!(o is int b)) { return 0; } return b; }"#, "Int32 1"),
        (r#"@{ object o = 1; while (!(o is int b)) { } return b; }"#, "Int32 1"),
        (r#"@{ object o = 1; switch (o) { case int b: case string t: return 1; } return 0; }"#, "Int32 1"),
        (r#"@{ object o = 1; switch (o) { case int b when b > 0: return b; default: return 0; } }"#, "Int32 1"),
        (
            r#"@{ bool c = context.Request.Method == "POST"; int r; if (c) { int x = 1; r = x; } else { int y = 2; r = y; } return r; }"#,
            "Int32 1",
        ),
        (
            r#"@{ int x; int F() { return x; } bool c = true; if (c) { int y = 2; c = y > 1; } x = 1; return F(); }"#,
            "Int32 1",
        ),
        (
            r#"@{ int r = 0; for (int k = 0; k < 3; k++) { if (k == 1) { continue; } int z = k; r += z; } return r; }"#,
            "Int32 2",
        ),
        (r#"@{ int r; try { int z = 1; r = z; } catch { int w = 2; r = w; } return r; }"#, "Int32 1"),
        (
            r#"@{ bool c = context.Request.Method == "POST"; return c && int.TryParse("4", out int b) ? b : 0; }"#,
            "Int32 4",
        ),
        (
            r#"@{ bool c = context.Request.Method == "POST"; if (!c || !int.TryParse("4", out int b)) { return 0; } return b; }"#,
            "Int32 4",
        ),
        (r#"@(new[] { "1", "x" }.Where(t => int.TryParse(t, out int b) && b == 1).Count())"#, "Int32 1"),
    ]);
}

const UNASSIGNED: &str = "!parse: Use of unassigned local variable 'b'";

#[test]
fn the_variables_of_a_query_are_not_assigned() {
    let read_only = "!parse: Range variable 'x' cannot be assigned to -- it is read only";
    check(&[
        ("@((from x in new[] { 1 } select x = 2).Count())", read_only),
        ("@((from x in new[] { 1 } where (x = 2) > 1 select x).Count())", read_only),
        ("@((from x in new[] { 1 } let y = x++ select y).Count())", read_only),
        ("@((from x in new[] { 1 } from y in new[] { 2 } select x += y).Count())", read_only),
        ("@((from x in new[] { 1 } let y = 1 select x = y).Count())", read_only),
        ("@{ int x = 1; var s = new[] { 1 }.Select(y => y = 5).Sum(); x = s; return x; }", "Int32 5"),
        ("@{ var s = (from y in new[] { 1 } select y + 1).Sum(); int x = 1; x = s; return x; }", "Int32 2"),
    ]);
}

#[test]
fn csharp_that_is_not_played_is_not_called_wrong() {
    for source in [
        "@(global::System.Math.Max(1, 2))",
        r"@{ int \u0061 = 1; return \u0061; }",
        r"@{ int a\u0062 = 1; return 1; }",
        "@{ T F<T>(T x) => x; return F(1); }",
    ] {
        let error = Expression::parse(source).map(drop).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Unsupported, "{source}: {}", error.message);
    }
    for (source, message) in [
        (r#"@(@$"a{1}")"#, "`@$` is not supported: it is newer than C# 7; write `$@`"),
        (
            "@{ try { } catch (string s) { } return 1; }",
            "The type caught or thrown must be derived from System.Exception",
        ),
        (
            "@{ try { } catch { } catch (Exception) { } return 1; }",
            "A previous catch clause already catches all exceptions",
        ),
        (
            r#"@("a".Join(","))"#,
            "Member 'string.Join' cannot be accessed with an instance reference; qualify it with a type name instead",
        ),
        (
            "@(1.Parse(\"1\"))",
            "Member 'int.Parse' cannot be accessed with an instance reference; qualify it with a type name instead",
        ),
    ] {
        let error = Expression::parse(source).map(drop).unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ParseErrorKind::Invalid, message), "{source}");
    }
    check(&[
        ("@{ int await = 5; return await; }", "Int32 5"),
        ("@{ var async = 2; return async + 1; }", "Int32 3"),
        (r#"@($@"a\{1}")"#, r"String a\1"),
    ]);
}
