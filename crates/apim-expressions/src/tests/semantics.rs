//! Cases where C# behaves differently than expected.

use super::check;

#[test]
fn numbers() {
    check(&[
        ("@(int.MaxValue + int.Parse(\"1\"))", "Int32 -2147483648"),
        ("@(2147483648)", "UInt32 2147483648"),
        ("@(4294967296 + 1)", "Int64 4294967297"),
        ("@(1L + 1)", "Int64 2"),
        ("@(7 / 2 * 2.0)", "Double 6"),
        ("@(-7 / 2 + -7 % 3)", "Int32 -4"),
        ("@(1.0 / 0)", "Double Infinity"),
        ("@((int)3.99 + (int)-3.99)", "Int32 0"),
        (r#"@((byte)(295 + (int)context.Variables["number"]))"#, "Byte 44"),
        ("@('a' + 1)", "Int32 98"),
        ("@((char)('a' + 1))", "Char b"),
        ("@(\"\" + 'a' + 1)", "String a1"),
        ("@(0.1 + 0.2)", "Double 0.30000000000000004"),
        ("@(1e20)", "Double 1E+20"),
        ("@(0x1F + 0b11 + 1_000)", "Int32 1034"),
        ("@(0x_1F + 1__0 + 1e0_1)", "Double 51"),
        ("@(1_)", "!parse: Invalid number"),
        ("@(1_.5)", "!parse: Invalid number"),
        ("@(1e_1)", "!parse: Invalid number"),
        ("@(1_e1)", "!parse: Invalid number"),
        ("@(1.5_)", "!parse: Invalid number"),
        ("@(0x1_)", "!parse: Invalid number"),
        ("@(0b1_L)", "!parse: Invalid number"),
        (
            r#"@(new Dictionary<string, int> { ["a"] = 1, { "b", 2 } }.Count)"#,
            "!parse: Invalid initializer member declarator",
        ),
        (
            r#"@(new Dictionary<string, int> { { "b", 2 }, ["a"] = 1 }.Count)"#,
            "!parse: Invalid initializer member declarator",
        ),
        ("@(1 << 33)", "Int32 2"),
        ("@(-1 >> 1)", "Int32 -1"),
        ("@(~5 & 0xFF)", "Int32 250"),
        ("@(5 == 5.0 && 'a' == 97)", "Boolean True"),
        ("@(18446744073709551616)", "!parse: `18446744073709551616` is not a number"),
        ("@(9223372036854775808)", "UInt64 9223372036854775808"),
        ("@(1.5m)", "Decimal 1.5"),
        ("@((decimal)1)", "Decimal 1"),
        ("@(1 + true)", "!parse: Operator '+' cannot be applied to operands of type 'int' and 'bool'"),
        ("@(int.MinValue / int.Parse(\"-1\"))", "!Arithmetic operation resulted in an overflow."),
    ]);
}

#[test]
fn equality() {
    check(&[
        (r#"@("a" + "b" == "ab")"#, "Boolean True"),
        (r#"@("é" == "e\u0301")"#, "Boolean False"),
        // Between `object` and `string`, C# compares references.
        (r#"@(context.Variables["text"] == "hello")"#, "Boolean False"),
        (r#"@((string)context.Variables["text"] == "hello")"#, "Boolean True"),
        (r#"@(context.Variables["text"].Equals("hello"))"#, "Boolean True"),
        (r#"@((object)1 == (object)1)"#, "Boolean False"),
        (r#"@(new JValue(1).Equals(new JValue(1)))"#, "Boolean True"),
        (r#"@(JToken.DeepEquals(JToken.Parse("{'a':[1]}"), JToken.Parse("{'a':[1]}")))"#, "Boolean True"),
        (r#"@(new { a = 1 }.Equals(new { a = 1 }))"#, "Boolean True"),
        (r#"@(new[] { 1 }.Equals(new[] { 1 }))"#, "Boolean False"),
        (r#"@(DateTime.MinValue == new DateTime(1, 1, 1))"#, "Boolean True"),
        (r#"@(((JObject)context.Variables["json"])["list"]?[0].Value<int>() == 1)"#, "Boolean True"),
        (r#"@(((JObject)context.Variables["json"])["absent"]?.Value<bool>() == true)"#, "Boolean False"),
        (r#"@(((JObject)context.Variables["json"])["absent"]?.Value<bool>() != true)"#, "Boolean True"),
        (r#"@(((int?)null) > 1 || ((int?)null) <= 1)"#, "Boolean False"),
        (r#"@(((int?)null) + 1)"#, "null "),
        (r#"@(((int?)5).Value + ((int?)null).GetValueOrDefault(2))"#, "Int32 7"),
        (r#"@((int)(int?)null)"#, "!Nullable object must have a value."),
    ]);
}

#[test]
fn to_string_is_that_of_the_invariant_culture() {
    check(&[
        ("@(true.ToString() + false)", "String TrueFalse"),
        ("@(1.5.ToString() + 1.0 + 1234567.25)", "String 1.511234567.25"),
        ("@(DateTime.UtcNow.ToString())", "String 11/21/2026 09:30:00"),
        ("@(DateTimeOffset.UtcNow.ToString())", "String 11/21/2026 09:30:00 +00:00"),
        ("@(new { a = 1, b = \"x\" }.ToString())", "String { a = 1, b = x }"),
        ("@(new List<string>().ToString())", "String System.Collections.Generic.List`1[System.String]"),
        ("@(new string[0] + \"\")", "String System.String[]"),
        (
            "@(RegexOptions.IgnoreCase | RegexOptions.Multiline)",
            "Text.RegularExpressions.RegexOptions IgnoreCase, Multiline",
        ),
        ("@(DateTime.UtcNow.DayOfWeek + \"\")", "String Saturday"),
        ("@(new Dictionary<string, int> { { \"a\", 1 } }.First() + \"\")", "String [a, 1]"),
        ("@(255.ToString(\"X\") + 5.ToString(\"D3\") + 0.5.ToString(\"P0\"))", "String FF00550 %"),
        ("@(5.ToString(\"Q9\"))", "!Format specifier was invalid."),
    ]);
}

#[test]
fn strings_count_utf_16() {
    check(&[
        ("@(\"é😀\".Length)", "Int32 3"),
        ("@(\"a😀b\".Substring(3))", "String b"),
        ("@(\"a😀b\".IndexOf('b'))", "Int32 3"),
        ("@(\"a😀b\".Substring(0, 2))", "String a\u{fffd}"),
        ("@(\"\\ud83d\\ude00\".Length + \"\\x41\\t\")", "String 2A\t"),
    ]);
}

#[test]
fn json_keeps_references_order_and_times() {
    check(&[
        (
            r#"@{ var a = new JObject(); var b = new JObject { ["x"] = a }; a["y"] = 1; return b.ToString(Formatting.None); }"#,
            r#"String {"x":{"y":1}}"#,
        ),
        // A token that is already in a document is copied into the next one.
        (
            r#"@{ var a = new JObject(); var b = new JObject { ["x"] = a }; var c = new JObject { ["x"] = a }; a["y"] = 1; return c.ToString(Formatting.None); }"#,
            r#"String {"x":{}}"#,
        ),
        (r#"@{ var a = new JArray(); a.Add(a); return a.ToString(Formatting.None); }"#, "String [[]]"),
        (r#"@(JObject.Parse("{'z':1,'a':2,'z':3}").ToString(Formatting.None))"#, r#"String {"z":3,"a":2}"#),
        (r#"@(JObject.Parse("{'d':'2026-11-21T09:30:00Z'}")["d"].ToString())"#, "String 11/21/2026 09:30:00"),
        (
            r#"@(JObject.Parse("{'d':'2026-11-21T09:30:00.50Z'}").ToString(Formatting.None))"#,
            r#"String {"d":"2026-11-21T09:30:00.5Z"}"#,
        ),
        (r#"@(JObject.Parse("{'d':'2026-11-21'}")["d"].Type)"#, "Newtonsoft.Json.Linq.JTokenType String"),
        (
            r#"@(new JObject { ["d"] = DateTime.MinValue, ["f"] = 1.0, ["l"] = 5L, ["s"] = "\u2028\"" }.ToString(Formatting.None))"#,
            r#"String {"d":"0001-01-01T00:00:00","f":1.0,"l":5,"s":"\u2028\""}"#,
        ),
        (r#"@((string)new JObject { ["b"] = true }["b"] + (int)new JObject { ["s"] = "7" }["s"])"#, "String True7"),
        (r#"@(new JArray(new List<string> { "a", "b" }).Count + new JArray(1, "x", null).Count)"#, "Int32 5"),
        (r#"@(new JArray { 1, "a" }.ToString())"#, "String [\r\n  1,\r\n  \"a\"\r\n]"),
        (r#"@(new JArray().ToString() + new JObject().ToString())"#, "String []{}"),
        (r#"@{ var a = JToken.Parse("[1,[2]]"); return a[1][0].Root.ToString(Formatting.None); }"#, "String [1,[2]]"),
        (
            r#"@{ var a = JArray.Parse("[1,2,3]"); a[0].Remove(); a.RemoveAt(0); return a.ToString(Formatting.None); }"#,
            "String [3]",
        ),
    ]);
}
