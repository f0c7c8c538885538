//! Classes of characters.

use super::{ECMASCRIPT, Translator};
use crate::problem::Failure;

/// The categories of Unicode that .NET knows. The engine knows more names.
const CATEGORIES: [&str; 37] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
];

/// The deepest nesting of classes that subtract a class.
const DEEPEST_CLASS: usize = 50;

/// .NET's `\w`: fewer characters than the engine's.
const WORD: &str = r"\p{L}\p{Mn}\p{Nd}\p{Pc}";

/// Returns the characters of a named block of Unicode, as a range inside brackets.
fn block(name: &str) -> Option<&'static str> {
    Some(match name {
        "IsBasicLatin" => r"\x{0}-\x{7F}",
        "IsLatin-1Supplement" => r"\x{80}-\x{FF}",
        "IsLatinExtended-A" => r"\x{100}-\x{17F}",
        "IsLatinExtended-B" => r"\x{180}-\x{24F}",
        "IsGreek" | "IsGreekandCoptic" => r"\x{370}-\x{3FF}",
        "IsCyrillic" => r"\x{400}-\x{4FF}",
        "IsArmenian" => r"\x{530}-\x{58F}",
        "IsHebrew" => r"\x{590}-\x{5FF}",
        "IsArabic" => r"\x{600}-\x{6FF}",
        "IsDevanagari" => r"\x{900}-\x{97F}",
        "IsThai" => r"\x{E00}-\x{E7F}",
        "IsGeneralPunctuation" => r"\x{2000}-\x{206F}",
        "IsCurrencySymbols" => r"\x{20A0}-\x{20CF}",
        "IsHiragana" => r"\x{3040}-\x{309F}",
        "IsKatakana" => r"\x{30A0}-\x{30FF}",
        "IsCJKUnifiedIdeographs" => r"\x{4E00}-\x{9FFF}",
        "IsHangulSyllables" => r"\x{AC00}-\x{D7AF}",
        _ => return None,
    })
}

impl Translator<'_> {
    /// Returns `\d` and similar escapes as the inside of a class.
    pub(super) fn shorthand(&self, letter: char) -> String {
        let inside = match (letter.to_ascii_lowercase(), self.has(ECMASCRIPT)) {
            ('d', true) => "0-9",
            ('d', false) => r"\d",
            ('s', true) => r" \t\n\v\f\r",
            ('s', false) => r"\s",
            (_, true) => "a-zA-Z0-9_",
            (_, false) => WORD,
        };
        if letter.is_ascii_uppercase() { format!("[^{inside}]") } else { inside.to_owned() }
    }

    /// Reads `{Lu}` or `{IsGreek}` behind `\p` or `\P`. Returns it as the inside of a class.
    pub(super) fn property(&mut self, letter: char) -> Result<String, Failure> {
        if self.rest().encode_utf16().take(3).count() < 3 {
            return Err(self.invalid(r"Incomplete \p{X} character escape."));
        }
        if !self.takes('{') {
            self.take(self.peek().map_or(0, char::len_utf8));
            return Err(self.invalid(r"Malformed \p{X} character escape."));
        }
        let mut name = self.name();
        while self.takes('-') {
            name = format!("{name}-{}", self.name());
        }
        if !self.takes('}') {
            self.take(self.peek().map_or(0, char::len_utf8));
            return Err(self.invalid(r"Incomplete \p{X} character escape."));
        }
        let inside = if CATEGORIES.contains(&&*name) {
            format!(r"\p{{{name}}}")
        } else if let Some(range) = block(&name) {
            range.to_owned()
        } else if name.starts_with("Is") {
            return Err(Failure::unsupported(format!("the Unicode block {name} in a regular expression")));
        } else {
            return Err(self.invalid(&format!("Unknown property '{name}'.")));
        };
        Ok(if letter == 'P' { format!("[^{inside}]") } else { inside })
    }

    /// Reads the part after `[` up to its `]`. A class to subtract may stand at its end: `-[…]`.
    pub(super) fn class(&mut self, depth: usize) -> Result<String, Failure> {
        if depth > DEEPEST_CLASS {
            return Err(Failure::unsupported("a class of characters that is nested so deep in a regular expression"));
        }
        let mut class = if self.takes('^') { "[^" } else { "[" }.to_owned();
        let mut taken_out = None;
        // The character at which a range began.
        let mut range: Option<char> = None;
        let mut is_first = true;
        loop {
            let Some(mut c) = self.peek() else { return Err(self.invalid("Unterminated [] set.")) };
            self.take(c.len_utf8());
            let mut is_escaped = false;
            match (c, self.peek()) {
                (']', _) if !is_first => break,
                ('\\', Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P'))) => {
                    self.take(1);
                    if range.is_some() {
                        return Err(self.invalid(&format!("Cannot include class \\{letter} in character range.")));
                    }
                    let is_property = matches!(letter, 'p' | 'P');
                    let inside = if is_property { self.property(letter)? } else { self.shorthand(letter) };
                    class.push_str(&inside);
                    is_first = false;
                    continue;
                }
                ('\\', Some('-')) => {
                    self.take(1);
                    class.push_str(&self.range(range.take(), '-')?);
                    is_first = false;
                    continue;
                }
                ('\\', Some(_)) => (c, is_escaped) = (self.character()?, true),
                _ => {}
            }
            let next = self.rest();
            let takes_out = c == '[' && range.is_some() || c == '-' && next.starts_with('[') && range.is_none();
            if takes_out && !is_escaped && !is_first {
                class.push_str(&range.take().map(member).unwrap_or_default());
                self.take(usize::from(c == '-'));
                taken_out = Some(self.taken_out(depth)?);
            } else if range.is_none() && next.starts_with('-') && next.len() > 1 && !next.starts_with("-]") {
                self.take(1);
                range = Some(c);
            } else {
                class.push_str(&self.range(range.take(), c)?);
            }
            is_first = false;
        }
        class.push(']');
        Ok(match taken_out {
            Some(taken_out) => format!("[{class}--{taken_out}]"),
            None => class,
        })
    }

    /// Returns the members of a class from one character to another, or the second character alone.
    fn range(&self, from: Option<char>, to: char) -> Result<String, Failure> {
        match from {
            Some(from) if from > to => Err(self.invalid("[x-y] range in reverse order.")),
            Some(from) => Ok(format!("{}-{}", member(from), member(to))),
            None => Ok(member(to)),
        }
    }

    /// Reads a class to subtract. It must be the end of its outer class.
    fn taken_out(&mut self, depth: usize) -> Result<String, Failure> {
        let class = self.class(depth + 1)?;
        if self.peek().is_some_and(|c| c != ']') {
            return Err(self.invalid("A subtraction must be the last element in a character class."));
        }
        Ok(class)
    }
}

/// Returns a character of a class, as the engine writes it.
fn member(c: char) -> String {
    if c.is_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) }
}
