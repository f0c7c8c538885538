//! Translates .NET's patterns to patterns of the engine, which writes some constructs differently.
//!
//! The translator reads the pattern in the order of .NET's parser (dotnet/runtime, `RegexParser.cs`). So it refuses an
//! invalid pattern at .NET's offset and in .NET's words. It refuses by name the constructs without an equivalent in the
//! engine: balancing and numbered groups, conditions that are not groups, references to later groups, rare Unicode
//! blocks, right-to-left search.

mod class;
mod escape;
mod group;

use crate::problem::Failure;

pub(crate) const IGNORE_CASE: i32 = 1;
pub(crate) const MULTILINE: i32 = 2;
pub(crate) const EXPLICIT_CAPTURE: i32 = 4;
const COMPILED: i32 = 8;
pub(crate) const SINGLELINE: i32 = 16;
const IGNORE_WHITESPACE: i32 = 32;
const ECMASCRIPT: i32 = 256;
const CULTURE_INVARIANT: i32 = 512;
/// The meaning of `$` and `\Z`: the end, or the place before a last line break.
const NEAR_END: &str = r"(?=\n?\z)";
/// The largest number in a pattern.
const LARGEST_NUMBER: u32 = i32::MAX.unsigned_abs();

/// A group that captures.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: Option<String>,
}

#[derive(Debug)]
pub(super) struct Translated {
    pub(super) pattern: String,
    /// The groups, in the order of their brackets.
    pub(super) groups: Vec<Group>,
    /// Whether something is repeated a given number of times.
    pub(super) counted: bool,
    /// Whether each place where a match may begin can cost a reading of the whole text. It cannot where the engine's
    /// automaton runs the pattern, because the automaton reads once for all places. It also cannot where the pattern is
    /// one character after the other, because there the engine counts each step back.
    pub(super) in_strides: bool,
    /// Whether the pattern asks where the search begins: `\G`.
    pub(super) has_start: bool,
}

struct Translator<'p> {
    source: &'p str,
    /// The end of the part that is already read, in bytes.
    at: usize,
    out: String,
    groups: Vec<Group>,
    before: Before,
    options: i32,
    /// The brackets around this place.
    open: Vec<Open>,
    /// The group numbers that no earlier group has. A later group may have them.
    unknown: Vec<Unknown>,
    counted: bool,
    /// Whether the pattern has alternatives, a repeated group, or a lookaround.
    branches: bool,
    /// Whether the pattern has something that the engine's automaton cannot run.
    looks: bool,
    has_start: bool,
}

/// The kind of element before a place, for a quantifier there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// An element that can be repeated.
    Unit,
    /// A lookaround, which the engine does not repeat.
    Look,
    Quantifier,
}

/// A bracket that is not closed yet.
struct Open {
    /// The options outside of the bracket.
    options: i32,
    /// The kind of element that the closed bracket is.
    closed: Before,
    /// The number of alternatives that a condition has so far.
    alternatives: Option<usize>,
}

struct Unknown {
    number: u32,
    /// The refusal if no such group exists at all. Without a refusal, the number is then the code of a character.
    refusal: Option<Failure>,
}

/// `Regex.Unescape`: returns the characters that escapes stand for.
pub(crate) fn unescape(source: &str) -> Result<String, Failure> {
    let mut translator = Translator::new(source, 0);
    let mut out = String::new();
    while let Some(at) = translator.rest().find('\\') {
        out.push_str(&translator.rest()[..at]);
        translator.take(at + 1);
        if !translator.rest().is_empty() {
            out.push(translator.character()?);
        }
    }
    out.push_str(translator.rest());
    Ok(out)
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
    let mut translator = Translator::new(source, options);
    if options & IGNORE_CASE != 0 {
        translator.out.push_str("(?i)");
    }
    if options & SINGLELINE != 0 {
        translator.out.push_str("(?s)");
    }
    while let Some(c) = translator.next_character()? {
        translator.part(c)?;
    }
    translator.end()
}

impl<'p> Translator<'p> {
    fn new(source: &'p str, options: i32) -> Self {
        Self {
            source,
            at: 0,
            out: String::new(),
            groups: Vec::new(),
            before: Before::Nothing,
            options,
            open: Vec::new(),
            unknown: Vec::new(),
            counted: false,
            branches: false,
            looks: false,
            has_start: false,
        }
    }

    fn has(&self, option: i32) -> bool {
        self.options & option != 0
    }

    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on by `length` bytes.
    fn take(&mut self, length: usize) {
        self.at += length;
    }

    /// Skips a character if it is the next one, and reports whether it was.
    fn takes(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        if is_next {
            self.take(c.len_utf8());
        }
        is_next
    }

    /// Returns .NET's refusal of the pattern at the end of the part that is read.
    fn invalid(&self, why: &str) -> Failure {
        let at = self.source[..self.at].encode_utf16().count();
        Failure::regex_parse(format!("Invalid pattern '{}' at offset {at}. {why}", self.source))
    }

    /// Reads a whole number; 0 without digits.
    fn decimal(&mut self) -> Result<u32, Failure> {
        let mut number = 0_u32;
        while let Some(digit) = self.peek().filter(char::is_ascii_digit).and_then(|c| c.to_digit(10)) {
            self.take(1);
            let larger = number.checked_mul(10).and_then(|number| number.checked_add(digit));
            number = larger.filter(|number| *number <= LARGEST_NUMBER).ok_or_else(|| {
                self.invalid("Quantifier and capture group numbers must be less than or equal to Int32.MaxValue.")
            })?;
        }
        Ok(number)
    }

    /// Reads the word characters of a group's name. Before another character, the name is empty.
    fn name(&mut self) -> String {
        let name: String = self.rest().chars().take_while(|c| is_word(*c)).collect();
        self.take(name.len());
        name
    }

    /// Returns the next character after blanks and comments.
    fn next_character(&mut self) -> Result<Option<char>, Failure> {
        loop {
            let in_blanks = self.has(IGNORE_WHITESPACE);
            match self.peek() {
                Some(c) if in_blanks && matches!(c, ' ' | '\t'..='\r') => self.take(1),
                Some('#') if in_blanks => self.take(self.rest().find('\n').unwrap_or(self.rest().len())),
                Some('(') if self.rest().starts_with("(?#") => match self.rest().find(')') {
                    Some(end) => self.take(end + 1),
                    None => {
                        self.at = self.source.len();
                        return Err(self.invalid("Unterminated (?#...) comment."));
                    }
                },
                next => return Ok(next),
            }
        }
    }

    fn part(&mut self, c: char) -> Result<(), Failure> {
        match c {
            '(' => return self.opens(),
            ')' => return self.closes(),
            '*' | '+' | '?' => return self.quantifier(c),
            '{' if is_quantifier(self.rest()) => return self.quantifier(c),
            _ => self.take(c.len_utf8()),
        }
        self.before = Before::Unit;
        match c {
            '\\' => self.escape()?,
            '[' => {
                let class = self.class(0)?;
                self.out.push_str(&class);
            }
            '|' => {
                self.before = Before::Nothing;
                self.branches = true;
                if let Some(Open { alternatives: Some(alternatives), .. }) = self.open.last_mut() {
                    *alternatives += 1;
                }
                self.out.push('|');
            }
            '$' if self.has(MULTILINE) => self.out.push_str("(?m:$)"),
            '$' => self.near_end(),
            '^' => self.out.push_str(if self.has(MULTILINE) { "(?m:^)" } else { r"\A" }),
            '.' => self.out.push('.'),
            c => self.literal(c),
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if c.is_alphanumeric() || matches!(c, '_' | ' ') || !c.is_ascii() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        }
    }

    fn near_end(&mut self) {
        self.looks = true;
        self.before = Before::Look;
        self.out.push_str(NEAR_END);
    }

    fn looks_around(&mut self) {
        self.looks = true;
        self.branches = true;
    }

    /// Reads `*`, `+`, `?`, `{2}`, `{2,}` or `{2,5}`, with a `?` after it for as few as possible.
    fn quantifier(&mut self, symbol: char) -> Result<(), Failure> {
        let from = self.at;
        self.take(1);
        match self.before {
            Before::Unit => {}
            Before::Look => return Err(Failure::unsupported("a repeated look around in a regular expression")),
            Before::Nothing => return Err(self.invalid(&format!("Quantifier '{symbol}' following nothing."))),
            Before::Quantifier => return Err(self.invalid(&format!("Nested quantifier '{symbol}'."))),
        }
        self.before = Before::Quantifier;
        self.branches |= self.out.ends_with(')');
        let mut is_reversed = false;
        if symbol == '{' {
            let least = self.decimal()?;
            if self.takes(',') && self.peek() != Some('}') {
                is_reversed = self.decimal()? < least;
            }
            self.take(1);
            self.counted = true;
        }
        self.out.push_str(&self.source[from..self.at]);
        self.next_character()?;
        if self.takes('?') {
            self.out.push('?');
        }
        if is_reversed { Err(self.invalid("Illegal {x,y} with x > y.")) } else { Ok(()) }
    }

    fn end(self) -> Result<Translated, Failure> {
        if !self.open.is_empty() {
            return Err(self.invalid("Not enough )'s."));
        }
        for unknown in self.unknown {
            if usize::try_from(unknown.number).is_ok_and(|number| number <= self.groups.len()) {
                return Err(Failure::unsupported("a reference to a later or named group by its number"));
            }
            if let Some(refusal) = unknown.refusal {
                return Err(refusal);
            }
        }
        Ok(Translated {
            pattern: self.out,
            groups: self.groups,
            counted: self.counted,
            in_strides: self.branches && self.looks,
            has_start: self.has_start,
        })
    }
}

/// Reports whether the text begins with `{2}`, `{2,}` or `{2,5}`. Other braces stand for themselves.
fn is_quantifier(text: &str) -> bool {
    let without_digits = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let inner = &text[1..];
    let rest = &inner[inner.len() - without_digits(inner)..];
    let rest = rest.strip_prefix(',').map_or(rest, |most| &most[most.len() - without_digits(most)..]);
    inner.starts_with(|c: char| c.is_ascii_digit()) && rest.starts_with('}')
}

/// Reports whether a character can be in names. An unknown escape of such a character is refused.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\u{200c}' | '\u{200d}')
}
