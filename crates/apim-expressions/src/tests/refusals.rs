//! Expressions that are refused before they run, with the place.

use super::check;
use crate::Expression;

#[test]
fn constructs_outside_the_subset() {
    check(&[
        ("@{ goto end; return 1; }", "!parse: No such label 'end' within the scope of the goto statement"),
        ("@(await x)", "!parse: unexpected `x`"),
        ("@(typeof(string))", "!a policy expression that returns a `Type` is not supported"),
        ("@{ dynamic x = 1; return x; }", "!parse: `dynamic` is not supported"),
        ("@(this)", "!parse: `this` is not supported"),
        ("@{ yield return 1; }", "!parse: unexpected `yield`"),
        ("@(context.Variables[\"a\"] is < 5)", "!parse: unexpected `<`"),
        ("@{ string s = null; s ??= \"a\"; return s; }", "!parse: `??=` is not supported: it is newer than C# 7"),
        ("@(new int[2, 2, 2])", "!parse: arrays of more than two dimensions are not supported"),
        ("@(x.y)", "!parse: The name 'x' does not exist in the current context"),
        ("@(string)", "!parse: 'string' is a type, which is not valid in the given context"),
        ("@(context.Request.Method())", "!parse: No overload for method 'Method' takes 0 arguments"),
        ("@(\"a\".ToLower)", "!parse: 'string' does not contain a definition for 'ToLower', or it is not supported"),
        ("@(null.Length)", "!parse: '<null>' does not contain a definition for 'Length', or it is not supported"),
        ("@(context.Trace(\"x\"))", "!parse: the call returns nothing (`void`), and a value is needed"),
        (
            "@(context.GetType())",
            "!parse: 'IExpressionContext' does not contain a definition for 'GetType', or it is not supported",
        ),
    ]);
}

#[test]
fn types_outside_the_list() {
    check(&[
        ("@(System.IO.File.ReadAllText(\"x\"))", "!parse: type `System.IO.File` is not on API Management's list"),
        ("@(File.ReadAllText(\"x\"))", "!parse: type `File` is not on API Management's list"),
        ("@(Environment.MachineName)", "!parse: type `Environment` is not on API Management's list"),
        (
            "@(new System.Net.Http.HttpClient())",
            "!parse: type `System.Net.Http.HttpClient` is not on API Management's list",
        ),
        ("@((XmlDocument)context.Variables[\"a\"])", "!parse: type `XmlDocument` is not on API Management's list"),
        (
            "@((CaptureCollection)null)",
            "!parse: type `System.Text.RegularExpressions.CaptureCollection` is allowed by API Management but not supported here",
        ),
        ("@(new List())", "!parse: type `List` takes 1 type arguments, not 0"),
        ("@(new IResponse())", "!parse: an object of the class 'IResponse' cannot be made with `new` here"),
        (
            "@(DateTimeKind.Local)",
            "!parse: 'DateTimeKind' does not contain a definition for 'Local', or it is not supported",
        ),
        (
            "@(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).ToString(\"o\"))",
            "String 2026-01-01T00:00:00.0000000Z",
        ),
    ]);
}

#[test]
fn brackets_and_ends() {
    check(&[
        ("", "!parse: a policy expression begins with `@(` or `@{`"),
        ("context", "!parse: a policy expression begins with `@(` or `@{`"),
        ("@(", "!parse: a policy expression that begins with `@(` ends with `)`"),
        ("@(1}", "!parse: a policy expression that begins with `@(` ends with `)`"),
        ("@()", "!parse: the expression ends too early"),
        ("@{}", "!parse: not all code paths return a value"),
        ("@(1) + (2)", "!parse: unexpected `)`"),
        ("@((1)", "!parse: ) expected"),
        ("@(1 2)", "!parse: unexpected `2`"),
        ("@{ return 1; } }", "!parse: unexpected `}`"),
        ("@(\"a\" /* never closed )", "!parse: a comment has no end"),
        ("@('ab')", "!parse: a character literal must hold exactly one character"),
        ("@($\"{1\")", "!parse: Unterminated string literal"),
        ("@($\"}\")", "!parse: a `}` in an interpolated string must be doubled"),
        ("@(1 # 2)", "!parse: unexpected `#`"),
        ("@(1 € 2)", "!parse: unexpected character '€'"),
    ]);
}

/// Razor reads a block before C# does.
#[test]
fn bodies_must_be_in_braces() {
    let found = Expression::parse("@{ if (true) return 1; return 2; }").unwrap_err();
    assert_eq!(
        found.message,
        "Expected a \"{\" but found a \"return\". Block statements must be enclosed in \"{\" and \"}\". You cannot use \
         single-statement control-flow statements in CSHTML pages."
    );
    assert_eq!(found.offset, 13);
    for source in [
        "@{ if (true) { return 1; } else return 2; }",
        "@{ for (;;) break; return 1; }",
        "@{ foreach (var x in new[] { 1 }) continue; return 1; }",
        "@{ while (true) return 1; }",
        "@{ do return 1; while (true); }",
        "@{ using (SHA256.Create()) return 1; }",
        "@{ if (true) { if (true) return 1; } return 2; }",
        "@{ if (true); return 1; }",
    ] {
        let found = Expression::parse(source).unwrap_err();
        assert!(found.message.starts_with("Expected a \"{\" but found a \""), "{source}: {}", found.message);
    }
}

#[test]
fn an_error_points_at_its_cause() {
    for (source, at) in [
        ("@(context.Secret)", ".Secret"),
        ("@(1 + unknown)", "unknown"),
        ("@(\"é\" + x)", "x)"),
        ("@(string.IsNullOrEmpty(5))", "5))"),
        ("@{ var a = 1;\n return a.B; }", ".B"),
        ("@(System.IO.File.Exists(\"a\"))", "System"),
        ("@((Foo)null)", "Foo"),
        ("@(true && 1)", "1)"),
    ] {
        let found = Expression::parse(source).unwrap_err();
        assert_eq!(found.offset, source.find(at).unwrap(), "{source}: {}", found.message);
    }
}
