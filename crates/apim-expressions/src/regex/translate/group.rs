//! Groups: capturing groups, lookarounds, options and conditions.

use super::{
    Before, EXPLICIT_CAPTURE, Group, IGNORE_CASE, IGNORE_WHITESPACE, MULTILINE, Open, SINGLELINE, Translator, Unknown,
    is_word,
};
use crate::problem::Failure;

impl Translator<'_> {
    pub(super) fn closes(&mut self) -> Result<(), Failure> {
        self.take(1);
        let Some(open) = self.open.pop() else { return Err(self.invalid("Too many )'s.")) };
        if open.alternatives > Some(1) {
            return Err(self.invalid("Too many | in (?()|)."));
        }
        self.options = open.options;
        self.before = open.closed;
        self.out.push(')');
        Ok(())
    }

    pub(super) fn opens(&mut self) -> Result<(), Failure> {
        self.take(1);
        self.before = Before::Nothing;
        if !self.rest().starts_with('?') || self.rest().starts_with("?)") {
            if self.has(EXPLICIT_CAPTURE) {
                self.open("(?:");
            } else {
                self.groups.push(Group { name: None });
                self.open("(");
            }
            return Ok(());
        }
        self.take(1);
        let Some(kind) = self.peek() else { return Err(self.unrecognized()) };
        match kind {
            ':' => self.open("(?:"),
            '=' | '!' | '>' => {
                self.looks_around();
                self.open(&format!("(?{kind}"));
            }
            '<' | '\'' => {
                self.take(1);
                return self.named(if kind == '<' { '>' } else { '\'' });
            }
            '(' => {
                self.take(1);
                return self.condition();
            }
            _ => return self.inline_options(),
        }
        self.take(1);
        Ok(())
    }

    fn open(&mut self, written: &str) {
        let closed = if written.ends_with(['=', '!']) { Before::Look } else { Before::Unit };
        self.open.push(Open { options: self.options, closed, alternatives: None });
        self.out.push_str(written);
    }

    fn unrecognized(&self) -> Failure {
        self.invalid("Unrecognized grouping construct.")
    }

    /// Reads `(?<name>…)`, or a lookbehind.
    fn named(&mut self, close: char) -> Result<(), Failure> {
        let bad_name = "Invalid group name: Group names must begin with a word character.";
        match self.peek() {
            None => return Err(self.unrecognized()),
            Some(kind @ ('=' | '!')) => {
                self.take(1);
                if close == '\'' {
                    return Err(self.unrecognized());
                }
                self.looks_around();
                self.open(&format!("(?<{kind}"));
                return Ok(());
            }
            Some(c) if !is_word(c) && c != '-' => return Err(self.invalid(bad_name)),
            Some(_) => {}
        }
        let is_number = self.peek().is_some_and(|c| c.is_ascii_digit());
        let number = if is_number { Some(self.decimal()?) } else { None };
        let name = if is_number { String::new() } else { self.name() };
        match self.peek() {
            Some(c) if c != close && c != '-' => return Err(self.invalid(bad_name)),
            _ if number == Some(0) => return Err(self.invalid("Capture number cannot be zero.")),
            None => return Err(self.unrecognized()),
            Some('-') => return Err(Failure::unsupported("a balancing group in a regular expression")),
            Some(_) => self.take(1),
        }
        if is_number {
            return Err(Failure::unsupported("a numbered group in a regular expression"));
        }
        if self.groups.iter().any(|group| group.name.as_deref() == Some(&*name)) {
            return Err(Failure::unsupported("a group name that is used twice in a regular expression"));
        }
        self.open(&format!("(?<{name}>"));
        self.groups.push(Group { name: Some(name) });
        Ok(())
    }

    /// Reads `(?(1)yes|no)`, `(?(name)yes|no)`.
    fn condition(&mut self) -> Result<(), Failure> {
        let bracket = self.at - 1;
        let mut group = None;
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            let number = self.decimal()?;
            if !self.takes(')') {
                self.take(self.peek().map_or(0, char::len_utf8));
                return Err(self.invalid(&format!(
                    "Conditional alternation is missing a closing parenthesis after the group number {number}."
                )));
            }
            group = self.numbered(number);
            if group.is_none() && number > 0 {
                let why = format!("Conditional alternation refers to an undefined group number {number}.");
                self.unknown.push(Unknown { number, refusal: Some(self.invalid(&why)) });
                group = Some(0);
            }
        } else {
            let name = self.name();
            if self.takes(')') {
                group = self.group_named(&name);
            }
        }
        let Some(group) = group else {
            self.at = bracket;
            if self.rest().starts_with("(?#") {
                return Err(self.invalid("Alternation conditions cannot be comments."));
            }
            let is_look = self.rest().starts_with("(?<=") || self.rest().starts_with("(?<!");
            if self.rest().starts_with("(?'") || (self.rest().starts_with("(?<") && !is_look) {
                return Err(self.invalid("Alternation conditions do not capture and cannot be named."));
            }
            return Err(Failure::unsupported("a condition that is no group in a regular expression"));
        };
        self.looks_around();
        self.open.push(Open { options: self.options, closed: Before::Unit, alternatives: Some(0) });
        self.out.push_str(&format!("(?({group})"));
        Ok(())
    }

    /// Returns the place, from 1, of the bracket that has a number in .NET. Groups with names have the last numbers.
    pub(super) fn numbered(&self, number: u32) -> Option<usize> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let unnamed = self.groups.iter().enumerate().filter(|(_, group)| group.name.is_none());
        unnamed.map(|(place, _)| place + 1).nth(index)
    }

    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.name.as_deref() == Some(name)).map(|place| place + 1)
    }

    /// Reads `(?i)` and `(?i-m:…)`.
    fn inline_options(&mut self) -> Result<(), Failure> {
        let outside = self.options;
        let (mut on, mut off, mut negative) = (String::new(), String::new(), false);
        while let Some(letter) = self.peek() {
            let option = match letter.to_ascii_lowercase() {
                '-' | '+' => 0,
                'i' => IGNORE_CASE,
                'm' => MULTILINE,
                's' => SINGLELINE,
                'n' => EXPLICIT_CAPTURE,
                'x' => IGNORE_WHITESPACE,
                _ => break,
            };
            self.take(1);
            if option == 0 {
                negative = letter == '-';
                continue;
            }
            self.options = if negative { self.options & !option } else { self.options | option };
            // The engine gets only these two options. The translation does the work of the others.
            if option == IGNORE_CASE || option == SINGLELINE {
                let (to, from) = if negative { (&mut off, &mut on) } else { (&mut on, &mut off) };
                from.retain(|known| known != letter.to_ascii_lowercase());
                if !to.contains(letter.to_ascii_lowercase()) {
                    to.push(letter.to_ascii_lowercase());
                }
            }
        }
        let dash = if off.is_empty() { "" } else { "-" };
        if self.takes(')') {
            if !on.is_empty() || !off.is_empty() {
                self.out.push_str(&format!("(?{on}{dash}{off})"));
            }
            return Ok(());
        }
        if !self.takes(':') {
            self.take(self.peek().map_or(0, char::len_utf8));
            return Err(self.unrecognized());
        }
        self.open.push(Open { options: outside, closed: Before::Unit, alternatives: None });
        self.out.push_str(&format!("(?{on}{dash}{off}:"));
        Ok(())
    }
}
