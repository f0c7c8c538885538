//! Random sources, JSON, formats, paths and patterns: no input makes anything panic.

use proptest::prelude::*;

use super::{context, outcome_in};
use crate::Expression;

const PIECES: [&str; 108] = [
    "context",
    ".",
    "Request",
    "Variables",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "\"a\"",
    "'c'",
    "$\"",
    "@\"",
    "1",
    "2.5",
    "null",
    "true",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "&&",
    "||",
    "?",
    ":",
    "??",
    "?.",
    "?[",
    "=>",
    "=",
    "+=",
    "++",
    "<",
    ">",
    ",",
    ";",
    "!",
    "~",
    "<<",
    "new",
    "JObject",
    "JArray",
    "string",
    "int",
    "List<string>",
    "var",
    "x",
    "y",
    "if",
    "else",
    "for",
    "foreach",
    "in",
    "return",
    "try",
    "catch",
    "switch",
    "case",
    "default",
    "out",
    "as",
    "is",
    "Select",
    "Where",
    "ToString",
    "Length",
    "Body",
    "As<JObject>",
    "Parse",
    "Value<int>",
    "Exception",
    "void",
    "F",
    "Regex",
    "\"",
    "\\",
    "//",
    "/*",
    "*/",
    "é",
    "😀",
    "\n",
    " ",
    "@",
    "from",
    "where",
    "select",
    "let",
    "orderby",
    "join",
    "group",
    "by",
    "into",
    "checked",
    "unchecked",
    "nameof",
    "1.5m",
    "2f",
    "3ul",
    "decimal",
    "XElement",
    "(byte)",
    "when",
    "const",
];

/// The expressions that chains of members begin with.
const VALUES: [&str; 24] = [
    "1",
    "2.5",
    "\"a\"",
    "'c'",
    "null",
    "true",
    "context.Variables[\"json\"]",
    "((JObject)context.Variables[\"json\"])",
    "context.Request.Headers",
    "DateTime.UtcNow",
    "Guid.Empty",
    "new[] { 1, 2 }",
    "new List<string> { \"a\" }",
    "new Dictionary<string, int> { { \"a\", 1 } }",
    "new { a = 1 }",
    "TimeSpan.Zero",
    "context.Response.Body.As<JToken>(true)",
    "(int?)null",
    "(string)null",
    "new JArray(1, \"x\")",
    "context.Product",
    "Encoding.UTF8",
    "\"a,b\".Split(',')",
    "context",
];

const MEMBERS: [&str; 32] = [
    ".ToString()",
    ".Length",
    ".Count",
    "[0]",
    "[\"a\"]",
    ".First()",
    ".Select(x => x)",
    ".Where(x => x != null)",
    ".ToList()",
    ".Value<int>()",
    ".Value<string>(\"a\")",
    ".Equals(null)",
    ".GetHashCode()",
    "?.ToString()",
    "?[0]",
    ".Substring(1)",
    ".Split(',')",
    ".Key",
    ".Any()",
    ".OrderBy(x => x)",
    ".Children()",
    ".SelectToken(\"a\")",
    ".ToObject<string>()",
    ".Year",
    ".ToDictionary(x => x)",
    ".Remove()",
    ".Max()",
    ".Sum()",
    ".Contains(\"a\")",
    ".HasValue",
    ".Distinct()",
    ".Reverse()",
];

const OPERATORS: [&str; 14] = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "??", "&", "<<"];

/// Random pieces of C#, so that sources get far into the parser.
fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.join(" "))
}

/// Makes a value, members of it, and operators between such chains. Most of these sources get past the checker.
fn chains() -> impl Strategy<Value = String> {
    let value = prop::sample::select(VALUES.to_vec());
    let members = prop::collection::vec(prop::sample::select(MEMBERS.to_vec()), 0..4);
    let chain = (value, members).prop_map(|(value, members)| format!("({value}){}", members.concat()));
    let operator = prop::sample::select(OPERATORS.to_vec());
    (chain.clone(), prop::collection::vec((operator, chain), 0..2)).prop_map(|(first, rest)| {
        rest.into_iter().fold(first, |all, (operator, chain)| format!("{all} {operator} {chain}"))
    })
}

fn run(source: &str) -> Result<(), TestCaseError> {
    match Expression::parse(source) {
        Err(error) => {
            prop_assert!(error.offset <= source.len() && source.is_char_boundary(error.offset), "{source}: {error:?}");
        }
        Ok(expression) => {
            if let Ok(value) = expression.evaluate(&mut context()) {
                let _ = value.to_text();
            }
        }
    }
    Ok(())
}

/// Members that read a text `s` or a number `n`.
const READERS: [&str; 45] = [
    "Regex.Matches(\"ab\\n1\", s).Count",
    "Regex.IsMatch(\"ab\\n1\", s, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)",
    "Regex.Replace(s, \"a|b|.\", m => m.Value + n)",
    "Regex.Replace(\"abc\", \"(?<x>b)\", s)",
    "JObject.Parse(\"{'a':[1,{'b':2}]}\").SelectTokens(\"a[?(@.\" + s + \")]\").Count()",
    "n.ToString(s)",
    "(n * 1.5).ToString(s)",
    "((decimal)n / 3).ToString(s)",
    "TimeSpan.FromSeconds(n).ToString(s)",
    "decimal.Parse(s)",
    "XElement.Parse(s).ToString()",
    "XElement.Parse(\"<a>\" + s + \"</a>\").ToString()",
    "new XElement(\"a\", s, new XAttribute(\"b\", s)).ToString()",
    "new Uri(new Uri(\"http://a/b\"), s).ToString()",
    "TimeZoneInfo.FindSystemTimeZoneById(s).Id",
    "string.Join(s, new[] { s, \"b\", s.ToUpper() }.OrderBy(x => x).ThenBy(x => x.Length))",
    "Convert.ToString(n, 2)",
    "JToken.Parse(s).Path",
    "from x in s where x != s[0] group x by x into g orderby g.Key select g.Count()",
    "DateTime.UtcNow.ToString(s)",
    "5.ToString(s)",
    "1.5.ToString(s)",
    "string.Format(s, 1, \"a\")",
    "JObject.Parse(\"{'a':[1,{'b':2}]}\").SelectToken(s)",
    "Regex.Replace(\"abc\", s, s)",
    "Regex.Split(s, \"a|b\").Length",
    "s.Substring(n)",
    "s.Substring(0, n)",
    "s.Remove(n).Insert(n, s)",
    "s.Split(s).Length + s.IndexOf(s, n)",
    "s[n]",
    "DateTime.Parse(s).AddDays(n)",
    "DateTimeOffset.Parse(s)",
    "TimeSpan.Parse(s)",
    "Guid.Parse(s)",
    "double.Parse(s)",
    "Convert.ToInt32(s, 16)",
    "Convert.FromBase64String(s)",
    "System.Net.WebUtility.HtmlDecode(s) + System.Net.WebUtility.UrlDecode(s) + Uri.UnescapeDataString(s)",
    "new Uri(s).Host",
    "s.AsJwt()?.Subject + s.AsBasic()?.UserId",
    "DateTime.UtcNow.AddYears(n * 1000).AddMonths(n * 100)",
    "BitConverter.ToInt32(Encoding.UTF8.GetBytes(s), n)",
    "new DateTime(n, n, n)",
    "Math.Round(n * 1.5, n)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,200}") {
        for source in [text.clone(), format!("@({text})"), format!("@{{{text}}}")] {
            run(&source)?;
        }
    }

    #[test]
    fn any_tokens_are_run_or_refused(text in pieces()) {
        for source in [format!("@({text})"), format!("@{{{text}; return 1; }}")] {
            run(&source)?;
        }
    }

    #[test]
    fn any_members_are_run_or_refused(text in chains()) {
        run(&format!("@({text})"))?;
        run(&format!("@($\"{{{text}}}\")"))?;
    }

    #[test]
    fn any_json_is_read_or_refused(text in "[\\[\\]{}:,'\"a-c0-9.eE+\\-/*\\\\u \\n]{0,60}") {
        let mut context = context();
        context.variables.insert("text".to_owned(), text.as_str().into());
        let _ = outcome_in(&mut context, "@(JToken.Parse((string)context.Variables[\"text\"]).ToString())");
    }

    #[test]
    fn any_format_path_and_pattern_is_used_or_refused(text in "\\PC{0,30}", count in -5i32..40) {
        let mut context = context();
        context.variables.insert("text".to_owned(), text.as_str().into());
        context.variables.insert("number".to_owned(), count.into());
        let given = "var s = (string)context.Variables[\"text\"]; var n = (int)context.Variables[\"number\"];";
        for call in READERS {
            let expression = Expression::parse(&format!("@{{ {given} return {call}; }}"));
            prop_assert!(expression.is_ok(), "{call}: {:?}", expression.err());
            let _ = expression.unwrap().evaluate(&mut context);
        }
    }
}
