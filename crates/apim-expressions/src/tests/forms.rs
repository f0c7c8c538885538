//! The forms that policies use most, each with its failure.

use super::check;

#[test]
fn text() {
    check(&[
        (r#"@(5.ToString())"#, "String 5"),
        (r#"@(context.Variables["nothing"].ToString())"#, "!Object reference not set to an instance of an object."),
        (r#"@("Bearer " + (string)context.Variables["text"])"#, "String Bearer hello"),
        (r#"@("a" + null + 1 + true + 'c' + 1.5)"#, "String a1Truec1.5"),
        (r#"@(1 + 2 + "3")"#, "String 33"),
        (r#"@("a" - "b")"#, "!parse: Operator '-' cannot be applied to operands of type 'string' and 'string'"),
        (r#"@($"{context.Variables["text"]}-{1 + 1}-{{}}-{(true ? "y" : "n")}")"#, "String hello-2-{}-y"),
        (r#"@($"{1.5:F2}|{7,4}|{7,-4}|{255:x}")"#, "String 1.50|   7|7   |ff"),
        (r#"@($"{missing}")"#, "!parse: The name 'missing' does not exist in the current context"),
        (r#"@($@"a\{1}""")"#, r#"String a\1""#),
        (r#"@(@"c:\x""y")"#, r#"String c:\x"y"#),
        ("@(\"a\nb\")", "!parse: Unterminated string literal"),
        (r#"@("a\qb")"#, "!parse: Unrecognized escape sequence"),
        (
            r#"@(string.IsNullOrEmpty("") && string.IsNullOrWhiteSpace(" ") && !string.IsNullOrEmpty("x"))"#,
            "Boolean True",
        ),
        (
            r#"@(string.IsNullOrEmpty(context.Variables["text"]))"#,
            "!parse: Argument 1: cannot convert from 'object' to 'string'",
        ),
        (r#"@("hello".Length)"#, "Int32 5"),
        (r#"@(((string)null).Length)"#, "!Object reference not set to an instance of an object."),
        (r#"@("a,b".Split(',')[1])"#, "String b"),
        (r#"@("a,b".Split(',')[2])"#, "!Index was outside the bounds of the array."),
        (r#"@("a=b=c".Split(new char[] {'='}, 2)[1])"#, "String b=c"),
        (r#"@(string.Join("|", "a,,b".Split(new[] { ',' }, StringSplitOptions.RemoveEmptyEntries)))"#, "String a|b"),
        (r#"@("x model/y".Split(new[] { "model/" }, 2, StringSplitOptions.None)[1])"#, "String y"),
        (r#"@("a b".Split()[1])"#, "String b"),
        (r#"@("abc".Contains("b") && "abc".Contains('c') && !"abc".Contains("B"))"#, "Boolean True"),
        (r#"@("abc".Contains(null))"#, "!Value cannot be null. (Parameter 'value')"),
        (r#"@("  AbC ".Trim().ToLower() + "x".ToUpper() + "..x..".Trim('.'))"#, "String abcXx"),
        (r#"@("text...".TrimEnd('.', ',', ' '))"#, "String text"),
        (r#"@("text".Trim("t"))"#, "!parse: Argument 1: cannot convert from 'string' to 'char[]'"),
        (r#"@("text".ToLower(1))"#, "!parse: No overload for method 'ToLower' takes 1 arguments"),
        (r#"@("a-b-c".Replace("-", "+") + "aba".Replace('a', 'x'))"#, "String a+b+cxbx"),
        (r#"@("a".Replace("", "b"))"#, "!String cannot be of zero length. (Parameter 'oldValue')"),
        (r#"@("abcdef".Substring(2) + "|" + "abcdef".Substring(1, 2))"#, "String cdef|bc"),
        (r#"@("abc".Substring(4))"#, "!startIndex cannot be larger than length of string. (Parameter 'startIndex')"),
        (
            r#"@("abc".Substring(1, 5))"#,
            "!Index and length must refer to a location within the string. (Parameter 'length')",
        ),
        (
            r#"@("Bearer x".StartsWith("Bearer ") && "a.json".EndsWith(".json") && "ABC".StartsWith("ab", StringComparison.OrdinalIgnoreCase))"#,
            "Boolean True",
        ),
        (r#"@("abc".StartsWith(5))"#, "!parse: Argument 1: cannot convert from 'int' to 'string'"),
        (r#"@("hello".IndexOf("l") + "hello".LastIndexOf('l') + "hello".IndexOf("x"))"#, "Int32 4"),
        (r#"@("abc"[1])"#, "Char b"),
        (r#"@("abc"[3])"#, "!Index was outside the bounds of the array."),
        (r#"@(string.Format("{0}/{1:000}", "a", 7) + string.Concat("x", 1))"#, "String a/007x1"),
        (
            r#"@(string.Format("{1}", "a"))"#,
            "!Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
        ),
        (r#"@("a".PadLeft(3, '0') + "b".PadRight(2) + "|")"#, "String 00ab |"),
        (r#"@("ABC".Equals("abc", StringComparison.OrdinalIgnoreCase))"#, "Boolean True"),
    ]);
}

#[test]
fn operators() {
    check(&[
        (r#"@(true && false || true)"#, "Boolean True"),
        (r#"@(false && ((string)null).Length > 0)"#, "Boolean False"),
        (r#"@(1 && true)"#, "!parse: Cannot implicitly convert type 'int' to 'bool'"),
        (r#"@(!context.Variables.ContainsKey("absent"))"#, "Boolean True"),
        (r#"@(!1)"#, "!parse: Operator '!' cannot be applied to operand of type 'int'"),
        (r#"@(!(bool)context.Variables["flag"])"#, "Boolean False"),
        (r#"@(context.Response.StatusCode == 429 ? "slow" : "fine")"#, "String slow"),
        (
            r#"@(true ? 1 : "a")"#,
            "!parse: Type of conditional expression cannot be determined because there is no implicit conversion between 'int' and 'string'",
        ),
        (r#"@(1 == 1 ? 2 == 3 ? "a" : "b" : "c")"#, "String b"),
        (r#"@(context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)"#, "Boolean True"),
        (
            r#"@(context.Response.StatusCode == "429")"#,
            "!parse: Operator '==' cannot be applied to operands of type 'int' and 'string'",
        ),
        (r#"@(context.Request.Body != null && context.Product == null)"#, "Boolean False"),
        (r#"@(5 == null)"#, "Boolean False"),
        (r#"@(context.Product?.Name ?? "none")"#, "String Starter"),
        (r#"@(((Jwt)null)?.Claims["x"][0].Length ?? -1)"#, "Int32 -1"),
        (r#"@(((string[])null)?[0] ?? "d")"#, "String d"),
        (r#"@(5 ?? 6)"#, "!parse: Operator '??' cannot be applied to operands of type 'int' and 'int'"),
        (r#"@(7 / 2 + 7 % 4 + 2 * 3 - 1)"#, "Int32 11"),
        (r#"@(1 / ((int)context.Variables["number"] - 5))"#, "!Attempted to divide by zero."),
        (r#"@(1 / 0)"#, "!parse: Division by constant zero"),
        (r#"@(int.MaxValue + 1)"#, "!parse: The operation overflows at compile time in checked mode"),
        (r#"@(int.MaxValue + (int)context.Variables["number"])"#, "Int32 -2147483644"),
        (r#"@((byte)255)"#, "Byte 255"),
        (
            r#"@((byte)300)"#,
            "!parse: Constant value '300' cannot be converted to a 'byte' (use 'unchecked' syntax to override)",
        ),
        (
            r#"@(true ? null : null)"#,
            "!parse: Type of conditional expression cannot be determined because there is no implicit conversion between '<null>' and '<null>'",
        ),
        (
            r#"@(5 as string)"#,
            "!parse: Cannot convert type 'int' to 'string' via a reference conversion, boxing conversion, unboxing conversion, wrapping conversion, or null type conversion",
        ),
        (r#"@(2147483647 + 1)"#, "!parse: The operation overflows at compile time in checked mode"),
        (r#"@{ const uint lifetime = 60 * 20; return lifetime; }"#, "UInt32 1200"),
        (
            r#"@{ byte b = 200 + 100; return b; }"#,
            "!parse: Cannot implicitly convert type 'int' to 'byte'. An explicit conversion exists (are you missing a cast?)",
        ),
        (r#"@(context.Variables["text"] is string)"#, "Boolean True"),
        (r#"@(context.Variables["number"] is int n && n > 4 ? n + 1 : 0)"#, "Int32 6"),
        (r#"@{ if (context.Variables["text"] is int n && n > 4) { return n; } return "no"; }"#, "String no"),
        (
            r#"@{ int n = 1; return context.Variables["number"] is int n; }"#,
            "!parse: A local variable named 'n' is already defined in this scope",
        ),
        (r#"@(context.Variables["number"] is int? n)"#, "!parse: : expected"),
        (r#"@(context.Variables["nothing"] is null && !(context.Variables["text"] is null))"#, "Boolean True"),
        (r#"@(5 is null)"#, "!parse: Cannot convert null to 'int' because it is a non-nullable value type"),
        (r#"@((context.Variables["text"] as JObject) == null)"#, "Boolean True"),
        (
            r#"@(context.Variables["number"] as int)"#,
            "!parse: The as operator must be used with a reference type or nullable type ('int' is a non-nullable value type)",
        ),
    ]);
}

#[test]
fn json_is_read() {
    check(&[
        (r#"@(((JObject)context.Variables["json"])["a"]["b"])"#, "Newtonsoft.Json.Linq.JValue c"),
        (r#"@((string)((JObject)context.Variables["json"])["a"]["b"])"#, "String c"),
        (r#"@((string)((JObject)context.Variables["json"])["absent"])"#, "null "),
        (r#"@((string)((JObject)context.Variables["json"])["a"])"#, "!Can not convert Object to String."),
        (r#"@((int)((JObject)context.Variables["json"])["none"])"#, "!Can not convert Null to Int32."),
        (r#"@((int)((JObject)context.Variables["json"])["absent"])"#, "!Value cannot be null. (Parameter 'value')"),
        (
            r#"@(((JObject)context.Variables["json"])["absent"]["b"])"#,
            "!Object reference not set to an instance of an object.",
        ),
        (r#"@(((JObject)context.Variables["json"])["absent"]?["b"]?.ToString() ?? "d")"#, "String d"),
        (
            r#"@(((JObject)context.Variables["json"])["n"]["b"])"#,
            "!Cannot access child value on Newtonsoft.Json.Linq.JValue.",
        ),
        (
            r#"@(((JObject)context.Variables["json"])[0])"#,
            "!Accessed JObject values with invalid key value: 0. Object property name expected.",
        ),
        (r#"@(((JArray)context.Variables["array"])[1]["id"].ToString())"#, "String y"),
        (
            r#"@(((JArray)context.Variables["array"])[2])"#,
            "!Index was out of range. Must be non-negative and less than the size of the collection. (Parameter 'index')",
        ),
        (r#"@(((JArray)context.Variables["array"]).Count)"#, "Int32 2"),
        (
            r#"@((JObject)context.Variables["array"])"#,
            "!Unable to cast object of type 'Newtonsoft.Json.Linq.JArray' to type 'Newtonsoft.Json.Linq.JObject'.",
        ),
        (
            r#"@(((JObject)((JArray)context.Variables["array"])[(Int32)context.Variables["number"] - 5]).Value<string>("id"))"#,
            "String x",
        ),
        (r#"@(((JObject)context.Variables["json"]).Value<int>("n"))"#, "Int32 2"),
        (r#"@(((JObject)context.Variables["json"]).Value<int?>("absent") ?? -1)"#, "Int32 -1"),
    ]);
}

#[test]
fn json_is_parsed_and_made() {
    check(&[
        (
            r#"@(((JObject)context.Variables["json"]).Value<int>("a"))"#,
            "!Cannot cast Newtonsoft.Json.Linq.JObject to System.Int32.",
        ),
        (r#"@(JObject.Parse("{\"a\":{\"b\":1}}")["a"]["b"].Value<int>() + 1)"#, "Int32 2"),
        (r#"@(JObject.Parse("{'a':1, b:[1,2,],/*c*/}")["b"].Count())"#, "Int32 2"),
        (r#"@(JObject.Parse(" /*c*/ {'a':1} /*d*/").Value<int>("a"))"#, "Int32 1"),
        (r#"@(JsonConvert.DeserializeObject<JArray>("/*c*/[1]").Count)"#, "Int32 1"),
        (r#"@((int)JToken.Parse("/*c*/{'a':1}").Type == (int)JTokenType.Comment)"#, "Boolean True"),
        (
            r#"@(JObject.Parse("[1]"))"#,
            "!Error reading JObject from JsonReader. Current JsonReader item is not an object: StartArray. Path '', line 1, position 1.",
        ),
        (
            r#"@(JObject.Parse("x"))"#,
            "!Unexpected character encountered while parsing value: x. Path '', line 1, position 0.",
        ),
        (r#"@(JArray.Parse("[1,2]").Count)"#, "Int32 2"),
        (
            r#"@(JsonConvert.SerializeObject(new { typ = "JWT", n = 1, list = new[] { 1, 2 }, d = 1.0 }))"#,
            r#"String {"typ":"JWT","n":1,"list":[1,2],"d":1.0}"#,
        ),
        (r#"@(JsonConvert.DeserializeObject<List<string>>("['a','b']")[1])"#, "String b"),
        (r#"@(JsonConvert.SerializeObject(context.Request))"#, "!turning a `IRequest` into JSON is not supported"),
        (
            r#"@(new JObject(new JProperty("a", 1), new JProperty("b", new JArray("x", "y"))).ToString(Newtonsoft.Json.Formatting.None))"#,
            r#"String {"a":1,"b":["x","y"]}"#,
        ),
        (r#"@(new JObject { { "a", 1 }, { "b", "x" } }.ToString())"#, "String {\r\n  \"a\": 1,\r\n  \"b\": \"x\"\r\n}"),
        (
            r#"@(new JObject { ["a"] = new JObject { ["b"] = true }, ["c"] = null }.ToString(Formatting.None))"#,
            r#"String {"a":{"b":true},"c":null}"#,
        ),
        (
            r#"@(new JObject { { "a", 1 }, { "a", 2 } })"#,
            "!Can not add property a to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.",
        ),
        (r#"@(new JObject(1))"#, "!Can not add System.Int32 to Newtonsoft.Json.Linq.JObject."),
        (r#"@(((JObject)context.Variables["json"]).SelectToken("$.list[1]").ToString())"#, "String 2"),
        (
            r#"@(((JObject)context.Variables["json"]).SelectTokens("$.list[*]").Select(t => t.ToString()).Count())"#,
            "Int32 3",
        ),
        (
            r#"@(((JObject)context.Variables["json"]).SelectToken("$.list[?(@ > 1)]"))"#,
            "!Path returned multiple tokens.",
        ),
        (r#"@(((JObject)context.Variables["json"])["list"].HasValues)"#, "Boolean True"),
        (
            r#"@(((JObject)context.Variables["json"])["a"] == "x")"#,
            "!parse: Operator '==' cannot be applied to operands of type 'JToken' and 'string'",
        ),
        (
            r#"@(string.IsNullOrEmpty(((JObject)context.Variables["json"])["a"]))"#,
            "!parse: Argument 1: cannot convert from 'JToken' to 'string'",
        ),
    ]);
}

#[test]
fn times_and_ids() {
    check(&[
        (r#"@(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ"))"#, "String 2026-11-21T09:30:00Z"),
        (r#"@($"{DateTime.UtcNow:yyyy-MM-dd}")"#, "String 2026-11-21"),
        (r#"@(DateTime.UtcNow.AddDays(1).ToString("R"))"#, "String Sun, 22 Nov 2026 09:30:00 GMT"),
        (r#"@(DateTime.UtcNow.AddSeconds("5"))"#, "!parse: Argument 1: cannot convert from 'string' to 'double'"),
        (
            r#"@(DateTime.UtcNow.ToUniversalTime())"#,
            "!parse: 'DateTime' does not contain a definition for 'ToUniversalTime', or it is not supported",
        ),
        (
            r#"@(DateTime.MinValue.AddDays(-1))"#,
            "!The added or subtracted value results in an un-representable DateTime. (Parameter 'value')",
        ),
        (r#"@((int)(DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds)"#, "Int32 1795253400"),
        (r#"@(DateTimeOffset.UtcNow.ToUnixTimeSeconds())"#, "Int64 1795253400"),
        (r#"@(DateTimeOffset.UtcNow > DateTimeOffset.FromUnixTimeSeconds(0))"#, "Boolean True"),
        (r#"@(DateTime.Parse("2026-01-02").Month + DateTime.Now.Hour)"#, "Int32 10"),
        (r#"@(DateTime.Parse("never"))"#, "!String 'never' was not recognized as a valid DateTime."),
        (r#"@(TimeSpan.FromMinutes(90).ToString())"#, "String 01:30:00"),
        (r#"@(Guid.NewGuid().ToString().Length + Guid.NewGuid().ToString("N").Length)"#, "Int32 68"),
        (r#"@(Guid.NewGuid() == Guid.NewGuid())"#, "Boolean False"),
        (r#"@(Guid.Parse("00000000-0000-0000-0000-000000000001") == Guid.Empty)"#, "Boolean False"),
        (r#"@(Guid.Parse("x"))"#, "!Unrecognized Guid format."),
        (r#"@(new Random().Next(3, 4) + new Random(5).Next(1))"#, "Int32 3"),
        (r#"@(new Random().Next(5, 1))"#, "!'minValue' cannot be greater than maxValue. (Parameter 'minValue')"),
    ]);
}

#[test]
fn parsing_and_converting() {
    check(&[
        (r#"@(int.Parse("-7") + Convert.ToInt32("5"))"#, "Int32 -2"),
        (r#"@(int.Parse("x"))"#, "!The input string 'x' was not in a correct format."),
        (r#"@(int.Parse("3000000000"))"#, "!Value was either too large or too small for an Int32."),
        (r#"@(int.Parse(null))"#, "!Value cannot be null. (Parameter 'value')"),
        (r#"@(int.TryParse("5", out var n) ? n : -1)"#, "Int32 5"),
        (r#"@(int.TryParse("x", out int n) ? n : -1)"#, "Int32 -1"),
        (r#"@(double.Parse("0.8") + long.Parse("2"))"#, "Double 2.8"),
        (r#"@(bool.Parse("True") && !bool.Parse("false"))"#, "Boolean True"),
        (r#"@(bool.Parse("1"))"#, "!String '1' was not recognized as a valid Boolean."),
        (r#"@(Math.Max(0, 7) + Math.Min(1L, 2))"#, "Int64 8"),
        (r#"@(Math.Max("a", "b"))"#, "!parse: Argument 1: cannot convert from 'string' to 'sbyte'"),
        (r#"@(Math.Round(2.5) + Math.Round(1.005, 1))"#, "Double 3"),
        (r#"@(Convert.ToString((object)5) + Convert.ToInt32(2.5) + Convert.ToInt32(true))"#, "String 521"),
        (r#"@(Convert.ToByte(256))"#, "!Value was either too large or too small for an unsigned byte."),
    ]);
}

#[test]
fn regular_expressions() {
    check(&[
        (r#"@(Regex.Match("max-age=60", @"max-age=(?<maxAge>\d+)").Groups["maxAge"]?.Value)"#, "String 60"),
        (r#"@(Regex.IsMatch("a%20b", @"%[0-9A-Fa-f]{2}"))"#, "Boolean True"),
        (r#"@(System.Text.RegularExpressions.Regex.IsMatch("ABC", "b", RegexOptions.IgnoreCase))"#, "Boolean True"),
        (r#"@(Regex.Replace("2026-11", @"(\d+)-(?<m>\d+)", "${m}/$1$$"))"#, "String 11/2026$"),
        (r#"@(new Regex("a+").Matches("aa b a").Count)"#, "Int32 2"),
        (r#"@(Regex.Match("x", "y").Success)"#, "Boolean False"),
        (r#"@(Regex.IsMatch("a", "(?=a)"))"#, "Boolean True"),
        (r#"@(Regex.IsMatch("aa", @"(a)\1"))"#, "Boolean True"),
        (r#"@(Regex.IsMatch("a", "("))"#, "!Invalid pattern '(' at offset 1. Not enough )'s."),
        (r#"@(Regex.Unescape(@"a\t\x41\101\.\u00e9\"))"#, "String a\tAA.é"),
        (r#"@(Regex.Unescape(@"a\q"))"#, r"!Invalid pattern 'a\q' at offset 3. Unrecognized escape sequence \q."),
        (r#"@(Regex.Unescape(null))"#, "!Value cannot be null. (Parameter 'str')"),
        (r#"@(Regex.Replace("a", "a", (string)null))"#, "!Value cannot be null. (Parameter 'replacement')"),
        (
            r#"@{ try { return Regex.IsMatch("a", "a{2,1}"); } catch (Exception e) { return e.Message; } }"#,
            "String Invalid pattern 'a{2,1}' at offset 6. Illegal {x,y} with x > y.",
        ),
        (r#"@(new Regex("a").Replace("aaa", "b", 2) + new Regex("a").Replace("aaa", "b", -1))"#, "String bbabbb"),
        (r#"@(new Regex("a").Replace("aaa", "b", -2))"#, "!Count cannot be less than -1. (Parameter 'count')"),
        (
            r#"@(string.Join("|", new Regex(":").Split("k:l:m", 2)) + string.Join("|", new Regex(":").Split("k:l:m", 0)))"#,
            "String k|l:mk|l|m",
        ),
        (r#"@(new Regex(":").Split("k:l", -1))"#, "!Count cannot be less than -1. (Parameter 'count')"),
        (r#"@(string.Join("|", Regex.Split("Hello World!", @"\b")))"#, "String |Hello| |World|!"),
        (r#"@(string.Join("|", Regex.Split("once - -upon", @"(\s)?(-)")))"#, "String once| |-|| |-|upon"),
        (r#"@(string.Join("|", Regex.Split("123abcde456", "a(?<dot>.)c(.)e")))"#, "String 123|d|b|456"),
        (r#"@(Regex.Replace("aab", @"\Ga", "x") + Regex.Replace("baa", @"\Ga*", "x"))"#, "String xxbxbaa"),
        (r#"@(Regex.IsMatch(null, "a"))"#, "!Value cannot be null. (Parameter 'input')"),
    ]);
}

#[test]
fn lambdas_and_linq() {
    check(&[
        (
            r#"@(string.Join(",", "b;a;c".Split(';').Select(x => x + "!").Where(x => x != "c!").OrderBy(x => x)))"#,
            "String a!,b!",
        ),
        (r#"@("a=1; b=2".Split(';').Select(c => c.Trim().Split('=')).Single(c => c[0] == "b")[1])"#, "String 2"),
        (
            r#"@("a".Split(';').Select(c => c.Split('=')).SingleOrDefault(c => c[0] == "z")?[1] ?? string.Empty)"#,
            "String ",
        ),
        (r#"@(new[] { 1, 2, 3 }.First(x => x > 5))"#, "!Sequence contains no matching element"),
        (r#"@(new[] { 1, 2, 3 }.FirstOrDefault(x => x > 5) + new[] { 1, 2 }.Sum() + new[] { 1, 2 }.Max())"#, "Int32 5"),
        (
            r#"@(new[] { 1, 2, 3 }.Any(x => x > 2) && new[] { 1, 2 }.All(x => x > 0) && new[] { 1 }.Contains(1))"#,
            "Boolean True",
        ),
        (r#"@(new[] { 1, 2, 3 }.Where(x => x))"#, "!parse: Cannot implicitly convert type 'int' to 'bool'"),
        (
            r#"@(new[] { 1, 2, 3 }.Select(x => x.Foo))"#,
            "!parse: 'int' does not contain a definition for 'Foo', or it is not supported",
        ),
        (r#"@(((JArray)context.Variables["array"]).Select(t => (string)t["id"]).ToList().Count)"#, "Int32 2"),
        (
            r#"@(((JArray)context.Variables["array"]).FirstOrDefault(o => o["id"]?.Value<string>() == "y")["id"])"#,
            "Newtonsoft.Json.Linq.JValue y",
        ),
        (
            r#"@(new Dictionary<string,string> { { "a", "1" }, { "b", "2" } }.Select(kv => kv.Key + "=" + kv.Value).Aggregate((x, y) => x + "&" + y))"#,
            "String a=1&b=2",
        ),
        (r#"@(new[] { "a", "b" }.ToDictionary(x => x, x => x.Length)["b"])"#, "Int32 1"),
        (
            r#"@(string.Join("", new[] { 3, 1, 2 }.OrderByDescending(x => x).Skip(1).Take(1).Concat(new[] { 9 }).Distinct()))"#,
            "String 29",
        ),
        (r#"@(Enumerable.Range(1, 4).Select((x, i) => x * i).Sum())"#, "Int32 20"),
        (
            r#"@(context.Request.Headers.Where(h => h.Key.StartsWith("x-")).Select(h => h.Key).ToArray<string>().Length)"#,
            "Int32 2",
        ),
        (r#"@(new[] { 1 }.ToArray<string>())"#, "!parse: No overload of 'ToArray' takes these arguments"),
        (r#"@((from x in new[] { 1 } select x).Count())"#, "Int32 1"),
        (r#"@(new[] { 1 }.Select(x => { return x; }).First())"#, "Int32 1"),
        (r#"@(x => x)"#, "!parse: a lambda can only be an argument of a method that takes one"),
    ]);
}
