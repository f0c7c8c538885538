//! The keywords of C#.

/// Keywords that cannot begin or be an expression of the subset. They are not names.
const UNSUPPORTED: [&str; 25] = [
    "abstract",
    "base",
    "class",
    "delegate",
    "dynamic",
    "enum",
    "event",
    "explicit",
    "extern",
    "fixed",
    "from",
    "implicit",
    "interface",
    "internal",
    "namespace",
    "operator",
    "params",
    "private",
    "protected",
    "public",
    "ref",
    "stackalloc",
    "static",
    "struct",
    "this",
];

/// Keywords of C# that are part of the subset. They are not names either.
const KEYWORDS: [&str; 36] = [
    "as",
    "break",
    "case",
    "catch",
    "const",
    "continue",
    "default",
    "do",
    "else",
    "false",
    "finally",
    "for",
    "foreach",
    "if",
    "in",
    "is",
    "lock",
    "new",
    "null",
    "out",
    "return",
    "switch",
    "throw",
    "true",
    "try",
    "using",
    "void",
    "while",
    "unsafe",
    "volatile",
    "yield",
    "checked",
    "unchecked",
    "goto",
    "sizeof",
    "typeof",
];

/// Types whose keyword makes `(keyword)` a cast. The code after it does not matter.
pub(crate) const PREDEFINED: [&str; 15] = [
    "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte", "short", "string", "uint",
    "ulong", "ushort",
];

pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name) || is_unsupported(name) && name != "from"
}

pub(crate) fn is_unsupported(name: &str) -> bool {
    UNSUPPORTED.contains(&name)
}
