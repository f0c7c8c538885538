//! Statements, each with its failure.

use super::check;

#[test]
fn declarations() {
    check(&[
        (
            r#"@{ var x = 1; string s = "a"; int a = 1, b = 2; const int c = 3; return x + a + b + c + s; }"#,
            "String 7a",
        ),
        (r#"@{ string s; int n; s = "a"; n = 1; return s + n; }"#, "String a1"),
        (r#"@{ string s; return s; }"#, "!parse: Use of unassigned local variable 's'"),
        (r#"@{ int[] n = { }; return n.Length; }"#, "Int32 0"),
        (
            r#"@{ string s = context.Variables["text"]; return s; }"#,
            "!parse: Cannot implicitly convert type 'object' to 'string'. An explicit conversion exists (are you missing a cast?)",
        ),
        (r#"@{ int n = "5"; return n; }"#, "!parse: Cannot implicitly convert type 'string' to 'int'"),
        (r#"@{ var x = null; return x; }"#, "!parse: Cannot assign <null> to an implicitly-typed variable"),
        (r#"@{ var x; return x; }"#, "!parse: Implicitly-typed variables must be initialized"),
        (
            r#"@{ int x = 1; int x = 2; return x; }"#,
            "!parse: A local variable named 'x' is already defined in this scope",
        ),
        (
            r#"@{ int x = 1; if (true) { int x = 2; } return x; }"#,
            "!parse: A local variable named 'x' is already defined in this scope",
        ),
        (r#"@{ if (true) { int x = 2; } return x; }"#, "!parse: The name 'x' does not exist in the current context"),
        (
            r#"@{ byte b = 200; byte c = 300; return c; }"#,
            "!parse: Cannot implicitly convert type 'int' to 'byte'. An explicit conversion exists (are you missing a cast?)",
        ),
        (r#"@{ long n = 5; double d = n; return d / 2; }"#, "Double 2.5"),
        (r#"@{ return; }"#, "!parse: An object of a type convertible to 'object' is required"),
        (r#"@{ int x = 1; }"#, "!parse: not all code paths return a value"),
        (
            r#"@{ 1 + 1; return 1; }"#,
            "!parse: Only assignment, call, increment, decrement, and new object expressions can be used as a statement",
        ),
        (r#"@{ int x = 1 return x; }"#, "!parse: ; expected"),
    ]);
}

#[test]
fn choices() {
    check(&[
        (r#"@{ if (1 > 2) { return "a"; } else if (2 > 1) { return "b"; } else { return "c"; } }"#, "String b"),
        (r#"@{ if (false) { return 1; } return 2; }"#, "Int32 2"),
        (r#"@{ if (false) { return 1; } }"#, "!parse: not all code paths return a value"),
        (
            r#"@{ if (context.Variables["flag"]) { return 1; } return 2; }"#,
            "!parse: Cannot implicitly convert type 'object' to 'bool'. An explicit conversion exists (are you missing a cast?)",
        ),
        (
            r#"@{ switch ((string)context.Variables["text"]) { case "x": return 1; case "y": case "hello": return 2; default: return 3; } }"#,
            "Int32 2",
        ),
        (r#"@{ var r = 0; switch (5) { case 1: r = 1; break; default: r = 9; break; } return r; }"#, "Int32 9"),
        (
            r#"@{ var n = 5; switch (n) { case 1: int y = 1; case 2: return 2; default: return 3; } return 4; }"#,
            "!parse: Control cannot fall through from one case label to another",
        ),
        (
            r#"@{ var x = 5; switch (x) { case x: return 1; default: return 2; } }"#,
            "!parse: A constant value is expected",
        ),
    ]);
}

#[test]
fn loops() {
    check(&[
        (r#"@{ var s = ""; for (char c = 'a'; c <= 'd'; c++) { s += c; } return s; }"#, "String abcd"),
        (
            r#"@{ char c = 'b'; char? n = 'b'; char? none = null; n++; none++; return "" + --c + n + none; }"#,
            "String ac",
        ),
        (r#"@{ var l = new List<char> { 'a' }; l[0]++; return l[0]; }"#, "Char b"),
        (r#"@{ char c = '\uffff'; c++; return (int)c; }"#, "Int32 0"),
        (r#"@{ byte b = 255; b++; sbyte s = -128; s--; return b + s; }"#, "Int32 127"),
        (
            r#"@{ decimal d = 1.5m; d--; float f = 1; ++f; uint u = 0; u--; return d + "," + f + "," + u; }"#,
            "String 0.5,2,4294967295",
        ),
        (
            r#"@{ char c = 'a'; c += 1; return c; }"#,
            "!parse: Cannot implicitly convert type 'int' to 'char'. An explicit conversion exists (are you missing a cast?)",
        ),
        (r#"@{ char c = 'a'; c += '\x1'; return c; }"#, "Char b"),
        (
            r#"@{ var t = 0; for (int i = 0; i < 5; i++) { if (i == 1) { continue; } if (i == 4) { break; } t += i; } return t; }"#,
            "Int32 5",
        ),
        (r#"@{ var t = ""; foreach (var x in new[] { "a", "b" }) { t += x; } return t; }"#, "String ab"),
        (r#"@{ var t = ""; foreach (string x in "a;b".Split(';')) { t = x + t; } return t; }"#, "String ba"),
        (
            r#"@{ foreach (JObject o in (JArray)context.Variables["array"]) { return o["id"].ToString(); } return null; }"#,
            "String x",
        ),
        (
            r#"@{ foreach (JObject o in (JArray)((JObject)context.Variables["json"])["list"]) { return o; } return null; }"#,
            "!Unable to cast object of type 'Newtonsoft.Json.Linq.JValue' to type 'Newtonsoft.Json.Linq.JObject'.",
        ),
        (
            r#"@{ foreach (var p in (JObject)context.Variables["json"]) { return p.Key + p.Value["b"]; } return null; }"#,
            "String ac",
        ),
        (
            r#"@{ foreach (JProperty p in ((JObject)context.Variables["json"]).Properties()) { return p.Name; } return null; }"#,
            "String a",
        ),
        (
            r#"@{ foreach (var h in context.Request.Headers) { if (h.Key == "x-two") { return h.Value[1]; } } return null; }"#,
            "String b",
        ),
        (
            r#"@{ foreach (var x in 5) { } return 1; }"#,
            "!parse: foreach statement cannot operate on variables of type 'int' because it does not contain a public instance definition for 'GetEnumerator'",
        ),
        (
            r#"@{ string[] none = null; foreach (var x in none) { } return 1; }"#,
            "!Object reference not set to an instance of an object.",
        ),
        (
            r#"@{ var l = new List<int> { 1 }; foreach (var x in l) { l.Add(x); } return 1; }"#,
            "!Collection was modified; enumeration operation may not execute.",
        ),
        (r#"@{ var n = 0; while (n < 3) { n++; } do { n--; } while (n > 1); return n; }"#, "Int32 1"),
        (r#"@{ if (true) { break; } return 1; }"#, "!parse: No enclosing loop out of which to break or continue"),
    ]);
}

#[test]
fn exceptions() {
    check(&[
        (r#"@{ try { return int.Parse("x"); } catch { return -1; } }"#, "Int32 -1"),
        (
            r#"@{ try { return int.Parse("x").ToString(); } catch (Exception ex) { return ex.Message; } }"#,
            "String The input string 'x' was not in a correct format.",
        ),
        (
            r#"@{ try { return int.Parse("x").ToString(); } catch (System.Exception ex) { return ex.ToString(); } }"#,
            "String System.FormatException: The input string 'x' was not in a correct format.",
        ),
        (
            r#"@{ try { return JObject.Parse("[").ToString(); } catch (Exception) { return "bad"; } finally { context.Trace("done"); } }"#,
            "String bad",
        ),
        (r#"@{ try { throw new Exception("mine"); } catch (Exception ex) { throw; } }"#, "!mine"),
        (
            r#"@{ try { return 1; } catch (FormatException) { return 2; } }"#,
            "!parse: type `FormatException` is not on API Management's list",
        ),
        (r#"@{ try { return 1; } catch (Exception e) when (true) { return 2; } }"#, "Int32 1"),
        (r#"@{ throw; }"#, "!parse: A throw statement with no arguments is not allowed outside of a catch clause"),
        (r#"@{ throw "x"; }"#, "!parse: Cannot implicitly convert type 'string' to 'Exception'"),
        (r#"@{ try { return 1; } }"#, "!parse: Expected catch or finally"),
        (
            r#"@{ using (var h = System.Security.Cryptography.SHA256.Create()) { return h.ComputeHash(new byte[0]).Length; } }"#,
            "Int32 32",
        ),
        (
            r#"@{ using (var h = System.IO.File.Open("x")) { return 1; } }"#,
            "!parse: type `System.IO.File` is not on API Management's list",
        ),
    ]);
}

#[test]
fn variables_are_assigned() {
    check(&[
        (
            r#"@{ var x = 5; x++; ++x; x--; x += 2; x -= 1; x *= 3; x /= 2; x %= 7; x <<= 2; x >>= 1; x |= 8; x &= 12; x ^= 1; return x; }"#,
            "Int32 13",
        ),
        (r#"@{ var x = 1; return x++ + x; }"#, "Int32 3"),
        (r#"@{ int x, y; x = y = 3; return x + y; }"#, "Int32 6"),
        (r#"@{ var s = "a"; s += 1; s += 'b'; s += null; return s; }"#, "String a1b"),
        (r#"@{ byte b = 255; b++; return b; }"#, "Byte 0"),
        (r#"@{ var s = "a"; s++; return s; }"#, "!parse: Operator '++' cannot be applied to operand of type 'string'"),
        (
            r#"@{ 5 = 6; return 1; }"#,
            "!parse: The left-hand side of an assignment must be a variable, property or indexer",
        ),
    ]);
}

#[test]
fn elements_and_members_are_assigned() {
    check(&[
        (
            r#"@{ var j = new JObject(); j["a"] = 1; j["b"] = new JArray("x"); j["b"][0] = "y"; j["a"] = null; return j.ToString(Formatting.None); }"#,
            r#"String {"a":null,"b":["y"]}"#,
        ),
        (r#"@{ var a = new int[3]; a[0] = 1; a[1]++; a[1] += 5; return a[0] + a[1] + a[2]; }"#, "Int32 7"),
        (r#"@{ var a = new int[1]; a[1] = 1; return a; }"#, "!Index was outside the bounds of the array."),
        (r#"@{ var a = new int[-1]; return a; }"#, "!parse: Cannot create an array with a negative size"),
        (
            r#"@{ var d = new Dictionary<string, int>(); d["a"] = 1; d["a"]++; d["b"] = 5; return d["a"] + d.Count; }"#,
            "Int32 4",
        ),
        (
            r#"@{ var d = new Dictionary<string, int>(); d["a"]++; return d; }"#,
            "!The given key 'a' was not present in the dictionary.",
        ),
        (
            r#"@{ var d = new Dictionary<string, int> { { "a", 1 } }; d.Add("a", 2); return d; }"#,
            "!An item with the same key has already been added. Key: a",
        ),
        (
            r#"@{ context.Variables["x"] = 1; return 1; }"#,
            "!parse: Property or indexer of 'IReadOnlyDictionary<string, object>' cannot be assigned to -- it is read only",
        ),
        (
            r#"@{ context.Request.Method = "GET"; return 1; }"#,
            "!parse: Property or indexer 'IRequest.Method' cannot be assigned to -- it is read only",
        ),
        (
            r#"@{ var s = "abc"; s[0] = 'x'; return s; }"#,
            "!parse: Property or indexer of 'string' cannot be assigned to -- it is read only",
        ),
        (
            r#"@{ var j = (JObject)context.Variables["json"]; j["a"]["b"] = 1; j.Property("list").Remove(); return j.ToString(Formatting.None); }"#,
            r#"String {"a":{"b":1},"n":1.5,"none":null}"#,
        ),
        (r#"@{ var p = new JProperty("a", 1); p.Value = "x"; return p.ToString(); }"#, r#"String "a": "x""#),
        (
            r#"@{ var j = new JObject(); j.Property("absent").Remove(); return j; }"#,
            "!Object reference not set to an instance of an object.",
        ),
        (
            r#"@{ var l = new List<string> { "a" }; l[0] = "b"; l.Add("c"); l.Remove("b"); l.Insert(0, "d"); return string.Join("", l); }"#,
            "String dc",
        ),
        (
            r#"@{ var l = new List<string>(); l.Add(1); return l; }"#,
            "!parse: Argument 1: cannot convert from 'int' to 'string'",
        ),
        (
            r#"@{ var s = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "a" }; s.Add("A"); return s.Count + (s.Contains("A") ? 10 : 0); }"#,
            "Int32 11",
        ),
        (
            r#"@{ var b = new StringBuilder(); b.Append("x").Append(1).AppendLine(); return b.ToString(); }"#,
            "String x1\r\n",
        ),
    ]);
}

#[test]
fn functions() {
    check(&[
        (r#"@{ int Twice(int n) { return n * 2; } return Twice(4); }"#, "Int32 8"),
        (r#"@{ int Fib(int n) { if (n < 2) return n; return Fib(n - 1) + Fib(n - 2); } return Fib(10); }"#, "Int32 55"),
        (r#"@{ var t = 0; void Add(int n) { t += n; } Add(1); Add(2); return t; }"#, "Int32 3"),
        (r#"@{ int One() => 1; return One(); }"#, "Int32 1"),
        (r#"@{ int Bad(int n) { } return 1; }"#, "!parse: 'Bad': not all code paths return a value"),
        (
            r#"@{ int F(int n) { return n; } return F("x"); }"#,
            "!parse: Cannot implicitly convert type 'string' to 'int'",
        ),
        (r#"@{ int F(int n) { return n; } return F(); }"#, "!parse: No overload for method 'F' takes 0 arguments"),
        (
            r#"@{ int F(int n) { return F(n + 1); } return F(0); }"#,
            "!The expression nests more than 160 calls and operations.",
        ),
        (r#"@{ return G(1); }"#, "!parse: The name 'G' does not exist in the current context"),
    ]);
}

#[test]
fn variables_that_stay_as_they_are() {
    check(&[
        (r#"@{ const int a = 2; const int b = a * -3; const string s = "x" + "y"; return s + b; }"#, "String xy-6"),
        (
            r#"@{ const int a = 1; a = 2; return a; }"#,
            "!parse: The left-hand side of an assignment must be a variable, property or indexer",
        ),
        (
            r#"@{ const int a = 1; a++; return a; }"#,
            "!parse: The left-hand side of an assignment must be a variable, property or indexer",
        ),
        (r#"@{ const int a; return 1; }"#, "!parse: A const field requires a value to be provided"),
        (r#"@{ const var a = 1; return 1; }"#, "!parse: Implicitly-typed variables cannot be constant"),
        (
            r#"@{ int n = 1; const int a = n; return a; }"#,
            "!parse: The expression being assigned to 'a' must be constant",
        ),
        (r#"@{ const Guid a = Guid.Empty; return a; }"#, "!parse: The type 'Guid' cannot be declared const"),
        (
            r#"@{ foreach (var x in new[] { 1 }) { x = 2; } return 1; }"#,
            "!parse: Cannot assign to 'x' because it is a 'foreach iteration variable'",
        ),
        (
            r#"@{ foreach (var x in new[] { 1 }) { int.TryParse("5", out x); } return 1; }"#,
            "!parse: Cannot assign to 'x' because it is a 'foreach iteration variable'",
        ),
        (
            r#"@{ using (var h = SHA256.Create()) { h = null; } return 1; }"#,
            "!parse: Cannot assign to 'h' because it is a 'using variable'",
        ),
    ]);
}

#[test]
fn labels_and_finally() {
    check(&[
        (
            r#"@{ switch (1) { case 1: return 1; case 1: return 2; default: return 3; } }"#,
            "!parse: The switch statement contains multiple cases with the same label value",
        ),
        (
            r#"@{ switch ("a") { default: return 1; case "b": default: return 3; } }"#,
            "!parse: The switch statement contains multiple cases with the same label value",
        ),
        (
            r#"@{ try { return 1; } finally { return 2; } }"#,
            "!parse: Control cannot leave the body of a finally clause",
        ),
        (
            r#"@{ while (true) { try { return 1; } finally { continue; } } }"#,
            "!parse: No enclosing loop out of which to break or continue",
        ),
        (r#"@{ try { return 1; } finally { foreach (var x in "ab") { break; } } }"#, "Int32 1"),
    ]);
}
