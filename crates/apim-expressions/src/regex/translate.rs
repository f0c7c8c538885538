//! Translates .NET's patterns to those of the engine, which writes some constructs differently.
//!
//! Constructs without an equivalent are refused by name: balancing groups, Unicode blocks, right-to-left search.

mod class;

use crate::problem::Failure;

const IGNORE_CASE: i32 = 1;
const MULTILINE: i32 = 2;
const EXPLICIT_CAPTURE: i32 = 4;
const COMPILED: i32 = 8;
const SINGLELINE: i32 = 16;
const IGNORE_WHITESPACE: i32 = 32;
const ECMASCRIPT: i32 = 256;
const CULTURE_INVARIANT: i32 = 512;
/// What `$` and `\Z` mean: the end, or before a last line break.
const NEAR_END: &str = r"(?=\n?\z)";

/// A group that captures.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: Option<String>,
}

#[derive(Debug)]
pub(super) struct Translated {
    pub(super) pattern: String,
    /// In the order of their brackets.
    pub(super) groups: Vec<Group>,
    /// Whether something is repeated a number of times.
    pub(super) counted: bool,
    /// Whether each place where a match may begin can cost a reading of the whole text. It cannot where the engine's
    /// automaton runs the pattern: that reads once for all places. Nor can it where the pattern is one character after the
    /// other: there the engine counts each step back.
    pub(super) in_strides: bool,
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    groups: Vec<Group>,
    counted: bool,
    /// Whether the pattern has alternatives, a repeated group, or a look at the text around it.
    branches: bool,
    /// Whether it has something that the engine's automaton cannot run.
    looks: bool,
    /// Options here; those outside of each open bracket.
    options: i32,
    outer: Vec<i32>,
    source: &'p str,
}

pub(super) fn translate(source: &str, options: i32) -> Result<Translated, Failure> {
    let known = IGNORE_CASE
        | MULTILINE
        | EXPLICIT_CAPTURE
        | COMPILED
        | SINGLELINE
        | IGNORE_WHITESPACE
        | ECMASCRIPT
        | CULTURE_INVARIANT;
    if options & !known != 0 {
        return Err(Failure::unsupported("`RegexOptions.RightToLeft`"));
    }
    let mut translator = Translator {
        rest: source,
        out: String::new(),
        groups: Vec::new(),
        counted: false,
        branches: false,
        looks: false,
        options,
        outer: Vec::new(),
        source,
    };
    if options & IGNORE_CASE != 0 {
        translator.out.push_str("(?i)");
    }
    if options & SINGLELINE != 0 {
        translator.out.push_str("(?s)");
    }
    while !translator.rest.is_empty() {
        translator.next()?;
    }
    Ok(Translated {
        pattern: translator.out,
        groups: translator.groups,
        counted: translator.counted,
        in_strides: translator.branches && translator.looks,
    })
}

impl Translator<'_> {
    fn has(&self, option: i32) -> bool {
        self.options & option != 0
    }

    fn take(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn invalid(&self, why: &str) -> Failure {
        let at = self.source[..self.source.len() - self.rest.len()].chars().count();
        Failure::regex_parse(format!("Invalid pattern '{}' at offset {at}. {why}", self.source))
    }

    fn next(&mut self) -> Result<(), Failure> {
        let Some(c) = self.rest.chars().next() else { return Ok(()) };
        match c {
            '\\' => self.escape(),
            '[' => self.class(),
            '(' => self.open(),
            ')' => {
                self.take(1);
                let Some(outer) = self.outer.pop() else { return Err(self.invalid("Too many )'s.")) };
                self.options = outer;
                self.out.push(')');
                Ok(())
            }
            '$' => {
                self.take(1);
                if self.has(MULTILINE) {
                    self.out.push_str("(?m:$)")
                } else {
                    self.near_end()
                }
                Ok(())
            }
            '^' => {
                self.take(1);
                self.out.push_str(if self.has(MULTILINE) { "(?m:^)" } else { r"\A" });
                Ok(())
            }
            '*' | '+' | '?' => {
                self.take(1);
                self.branches |= self.out.ends_with(')');
                self.out.push(c);
                self.after_quantifier()
            }
            '{' => self.braces(),
            '#' if self.has(IGNORE_WHITESPACE) => {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.take(end);
                Ok(())
            }
            c if self.has(IGNORE_WHITESPACE) && c.is_whitespace() => {
                self.take(c.len_utf8());
                Ok(())
            }
            c => {
                self.take(c.len_utf8());
                self.branches |= c == '|';
                self.literal(c);
                Ok(())
            }
        }
    }

    fn near_end(&mut self) {
        self.looks = true;
        self.out.push_str(NEAR_END);
    }

    fn looks_around(&mut self) {
        self.looks = true;
        self.branches = true;
    }

    fn literal(&mut self, c: char) {
        if c.is_alphanumeric() || matches!(c, '.' | '|' | '_' | ' ') || !c.is_ascii() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        }
    }

    /// A lazy `?` may follow; another quantifier may not.
    fn after_quantifier(&mut self) -> Result<(), Failure> {
        if self.rest.starts_with('?') {
            self.take(1);
            self.out.push('?');
        }
        let nested = self.rest.starts_with(['*', '+', '?']) || repetition(self.rest).is_some();
        if nested { Err(self.invalid("Nested quantifier.")) } else { Ok(()) }
    }

    /// `{2}`, `{2,}`, `{2,5}`; anything else stands for itself.
    fn braces(&mut self) -> Result<(), Failure> {
        let Some(length) = repetition(self.rest) else {
            self.take(1);
            self.out.push_str(r"\{");
            return Ok(());
        };
        self.branches |= self.out.ends_with(')');
        self.out.push_str(&self.rest[..length]);
        self.take(length);
        self.counted = true;
        self.after_quantifier()
    }

    fn open(&mut self) -> Result<(), Failure> {
        self.take(1);
        if self.rest.starts_with("?#") {
            let end = self.rest.find(')').ok_or_else(|| self.invalid("Unterminated (?#...) comment."))?;
            self.take(end + 1);
            return Ok(());
        }
        if !self.rest.starts_with('?') {
            self.outer.push(self.options);
            if self.has(EXPLICIT_CAPTURE) {
                self.out.push_str("(?:");
            } else {
                self.groups.push(Group { name: None });
                self.out.push('(');
            }
            return Ok(());
        }
        for plain in ["?:", "?=", "?!", "?<=", "?<!", "?>"] {
            if self.rest.starts_with(plain) {
                if plain != "?:" {
                    self.looks_around();
                }
                self.outer.push(self.options);
                self.out.push('(');
                self.out.push_str(plain);
                self.take(plain.len());
                return Ok(());
            }
        }
        if self.rest.starts_with("?(") {
            return self.condition();
        }
        let close = match self.rest.as_bytes().get(1) {
            Some(b'<') => Some('>'),
            Some(b'\'') => Some('\''),
            _ => None,
        };
        match close {
            Some(close) => self.named(close),
            None => self.inline_options(),
        }
    }

    fn named(&mut self, close: char) -> Result<(), Failure> {
        let inner = &self.rest[2..];
        let end = inner.find(close).ok_or_else(|| self.invalid("Invalid group name."))?;
        let name = &inner[..end];
        if name.contains('-') {
            return Err(Failure::unsupported("a balancing group in a regular expression"));
        }
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit()) {
            let numbered = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
            return Err(if numbered {
                Failure::unsupported("a numbered group in a regular expression")
            } else {
                self.invalid("Invalid group name.")
            });
        }
        if self.groups.iter().any(|group| group.name.as_deref() == Some(name)) {
            return Err(Failure::unsupported("a group name that is used twice in a regular expression"));
        }
        self.outer.push(self.options);
        self.out.push_str(&format!("(?<{name}>"));
        self.groups.push(Group { name: Some(name.to_owned()) });
        self.take(2 + end + 1);
        Ok(())
    }

    /// `(?(1)yes|no)`, `(?(name)yes|no)`, `(?(a)yes|no)`.
    fn condition(&mut self) -> Result<(), Failure> {
        let inner = &self.rest[2..];
        let end = inner.find(')').ok_or_else(|| self.invalid("Illegal conditional (?(...)) expression."))?;
        let name = &inner[..end];
        self.looks_around();
        self.outer.push(self.options);
        if let Some(index) = self.group_index(name) {
            self.out.push_str(&format!("(?({index})"));
            self.take(2 + end + 1);
            return Ok(());
        }
        // A condition that is no group looks ahead.
        self.out.push_str("(?(?=");
        self.outer.push(self.options);
        self.take(2);
        while !self.rest.is_empty() && self.outer.len() > 1 && !self.rest.starts_with(')') {
            self.next()?;
        }
        self.next()
    }

    /// The place, from 1, of the bracket that .NET knows under this name or number.
    fn group_index(&self, name: &str) -> Option<usize> {
        let named = self.groups.iter().position(|group| group.name.as_deref() == Some(name));
        if let Some(index) = named {
            return Some(index + 1);
        }
        let number: usize = name.parse().ok().filter(|number| *number > 0)?;
        let unnamed = self.groups.iter().enumerate().filter(|(_, group)| group.name.is_none());
        unnamed.map(|(index, _)| index + 1).nth(number - 1)
    }

    /// `(?i)` and `(?i-m:…)`.
    fn inline_options(&mut self) -> Result<(), Failure> {
        let end = self.rest.find([')', ':']).ok_or_else(|| self.invalid("Unrecognized grouping construct."))?;
        let (letters, group) = (self.rest[1..end].to_owned(), self.rest[end..].starts_with(':'));
        let before = self.options;
        let (mut on, mut off) = (String::new(), String::new());
        let mut negative = false;
        for letter in letters.chars() {
            let option = match letter {
                '-' => {
                    negative = true;
                    continue;
                }
                '+' => {
                    negative = false;
                    continue;
                }
                'i' => IGNORE_CASE,
                'm' => MULTILINE,
                's' => SINGLELINE,
                'n' => EXPLICIT_CAPTURE,
                'x' => IGNORE_WHITESPACE,
                _ => return Err(self.invalid("Unrecognized grouping construct.")),
            };
            if negative {
                self.options &= !option
            } else {
                self.options |= option
            }
            if matches!(letter, 'i' | 's') {
                if negative { off.push(letter) } else { on.push(letter) }
            }
        }
        self.take(end + 1);
        let dash = if off.is_empty() { "" } else { "-" };
        if group {
            self.outer.push(before);
            self.out.push_str(&format!("(?{on}{dash}{off}:"));
        } else if !on.is_empty() || !off.is_empty() {
            self.out.push_str(&format!("(?{on}{dash}{off})"));
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Failure> {
        let Some(letter) = self.rest[1..].chars().next() else {
            return Err(self.invalid("Illegal \\ at end of pattern."));
        };
        match letter {
            'Z' => self.near_end(),
            'A' | 'z' | 'b' | 'B' | 'G' => {
                self.looks |= letter == 'G';
                self.out.push_str(&self.rest[..2]);
            }
            'k' => return self.named_reference(),
            '1'..='9' => return self.reference(),
            _ => {
                let (text, length) = self.character(false)?;
                self.out.push_str(&text);
                self.take(length);
                return Ok(());
            }
        }
        self.take(2);
        Ok(())
    }

    fn named_reference(&mut self) -> Result<(), Failure> {
        let inner = self.rest.get(3..).unwrap_or_default();
        let close = match self.rest.as_bytes().get(2) {
            Some(b'<') => '>',
            Some(b'\'') => '\'',
            _ => return Err(self.invalid("Malformed \\k<...> named back reference.")),
        };
        let end = inner.find(close).ok_or_else(|| self.invalid("Malformed \\k<...> named back reference."))?;
        let index = self.group_index(&inner[..end]);
        let index = index.ok_or_else(|| self.invalid("Reference to undefined group."))?;
        self.looks_around();
        self.out.push_str(&format!("(?:\\{index})"));
        self.take(3 + end + 1);
        Ok(())
    }

    fn reference(&mut self) -> Result<(), Failure> {
        let digits = self.rest[1..].bytes().take_while(u8::is_ascii_digit).count().min(3);
        for length in (1..=digits).rev() {
            if let Some(index) = self.group_index(&self.rest[1..=length]) {
                self.looks_around();
                self.out.push_str(&format!("(?:\\{index})"));
                self.take(length + 1);
                return Ok(());
            }
        }
        Err(self.invalid("Reference to undefined group."))
    }
}

/// The length of `{2}`, `{2,}` or `{2,5}`.
fn repetition(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('{')?;
    let end = inner.char_indices().take(24).find(|(_, c)| *c == '}').map(|(end, _)| end)?;
    let (least, most) = inner[..end].split_once(',').unwrap_or((&inner[..end], ""));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!least.is_empty() && number(least) && number(most)).then_some(end + 2)
}
