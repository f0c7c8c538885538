//! Reads a path.

use super::step::{Condition, Matching, NESTING, Operand, Operator, Step};
use crate::{json::Scalar, problem::Failure};

/// Reads a whole path: `$` or nothing, then steps.
pub(super) fn path(text: &str) -> Result<Vec<Step>, Failure> {
    let mut parser = Parser { rest: text.trim(), depth: 0 };
    if parser.rest.starts_with('$') {
        parser.rest = &parser.rest[1..];
    }
    let steps = parser.steps(&[])?;
    if parser.rest.is_empty() { Ok(steps) } else { Err(parser.unexpected()) }
}

struct Parser<'p> {
    rest: &'p str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.starts_with(text);
        if found {
            self.rest = &self.rest[text.len()..];
        }
        found
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn unexpected(&self) -> Failure {
        match self.peek() {
            Some(c) => Failure::json_exception(format!("Unexpected character while parsing path: {c}")),
            None => Failure::json_exception("Unexpected end while parsing path."),
        }
    }

    /// Reads steps up to one of the characters that end a path inside a condition.
    fn steps(&mut self, ends: &[char]) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        let mut first = true;
        while let Some(c) = self.peek() {
            if ends.contains(&c) {
                break;
            }
            match c {
                '[' | '(' if c == '[' => {
                    self.rest = &self.rest[1..];
                    steps.push(self.bracket(false)?);
                }
                '.' => {
                    self.rest = &self.rest[1..];
                    let deep = self.eat(".");
                    if deep && self.eat("[") {
                        steps.push(self.bracket(true)?);
                    } else {
                        steps.push(self.name(deep, ends)?);
                    }
                }
                _ if first => steps.push(self.name(false, ends)?),
                _ => return Err(self.unexpected()),
            }
            first = false;
        }
        Ok(steps)
    }

    fn name(&mut self, deep: bool, ends: &[char]) -> Result<Step, Failure> {
        let end = self.rest.find(|c: char| matches!(c, '.' | '[') || ends.contains(&c)).unwrap_or(self.rest.len());
        let name = self.rest[..end].trim();
        self.rest = &self.rest[end..];
        Ok(match (name, deep) {
            ("", true) if self.rest.is_empty() => Step::Deep(None),
            ("", _) => return Err(self.unexpected()),
            ("*", true) => Step::Deep(None),
            ("*", false) => Step::Values,
            (name, true) => Step::Deep(Some(name.to_owned())),
            (name, false) => Step::Member(name.to_owned()),
        })
    }

    /// Reads the part after `[`.
    fn bracket(&mut self, deep: bool) -> Result<Step, Failure> {
        self.blank();
        let step = match self.peek() {
            Some('\'' | '"') => {
                let names = self.quoted_names()?;
                match (names.as_slice(), deep) {
                    ([one], true) => Step::Deep(Some(one.clone())),
                    ([one], false) => Step::Member(one.clone()),
                    (_, false) => Step::Members(names),
                    (_, true) => return Err(Failure::unsupported("several names after `..` in a JSONPath")),
                }
            }
            Some('?') => {
                self.rest = &self.rest[1..];
                self.blank();
                if !self.eat("(") {
                    return Err(self.unexpected());
                }
                let condition = self.either()?;
                if !self.eat(")") {
                    return Err(self.unexpected());
                }
                Step::Filter(condition, deep)
            }
            Some('*') => {
                self.rest = &self.rest[1..];
                Step::Elements
            }
            _ => self.indexes()?,
        };
        self.blank();
        if self.eat("]") { Ok(step) } else { Err(Failure::json_exception("Path ended with open indexer.")) }
    }

    fn quoted_names(&mut self) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        loop {
            self.blank();
            names.push(self.quoted()?);
            self.blank();
            if !self.eat(",") {
                return Ok(names);
            }
        }
    }

    /// Reads `'text'`, in which `\'` stands for a quote.
    fn quoted(&mut self) -> Result<String, Failure> {
        let Some(quote @ ('\'' | '"')) = self.peek() else { return Err(self.unexpected()) };
        let mut text = String::new();
        let mut letters = self.rest[1..].char_indices();
        while let Some((at, c)) = letters.next() {
            match c {
                '\\' => text.extend(letters.next().map(|(_, escaped)| escaped)),
                c if c == quote => {
                    self.rest = &self.rest[at + 2..];
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err(Failure::json_exception("Path ended with an open string."))
    }

    fn number(&mut self) -> Option<i64> {
        self.blank();
        let end = self.rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(self.rest.len());
        let number = self.rest[..end].parse().ok()?;
        self.rest = &self.rest[end..];
        Some(number)
    }

    fn indexes(&mut self) -> Result<Step, Failure> {
        let start = self.number();
        self.blank();
        if self.eat(":") {
            let end = self.number();
            self.blank();
            let step = if self.eat(":") { self.number().unwrap_or(1) } else { 1 };
            if step == 0 {
                return Err(Failure::json_exception("Step cannot be zero."));
            }
            return Ok(Step::Slice(start, end, step));
        }
        let Some(first) = start else { return Err(self.unexpected()) };
        let mut all = vec![first];
        while self.eat(",") {
            all.push(self.number().ok_or_else(|| self.unexpected())?);
            self.blank();
        }
        Ok(if all.len() == 1 { Step::Index(first) } else { Step::Indexes(all) })
    }

    fn either(&mut self) -> Result<Condition, Failure> {
        if self.depth == NESTING {
            return Err(Failure::unsupported(format!("a JSONPath that nests more than {NESTING} conditions")));
        }
        self.depth += 1;
        let mut any = vec![self.both()?];
        while self.eat("||") {
            any.push(self.both()?);
        }
        self.depth -= 1;
        Ok(Condition::Any(any))
    }

    fn both(&mut self) -> Result<Condition, Failure> {
        let mut all = vec![self.comparison()?];
        while self.eat("&&") {
            all.push(self.comparison()?);
        }
        Ok(Condition::All(all))
    }

    fn comparison(&mut self) -> Result<Condition, Failure> {
        self.blank();
        if self.eat("(") {
            let inner = self.either()?;
            if !self.eat(")") {
                return Err(self.unexpected());
            }
            self.blank();
            return Ok(inner);
        }
        let left = self.operand()?;
        self.blank();
        let operators = [
            ("===", Operator::Same),
            ("!==", Operator::NotSame),
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
            ("=~", Operator::Matches),
        ];
        let found = operators.into_iter().find(|(symbol, _)| self.rest.starts_with(symbol));
        let Some((symbol, operator)) = found else { return Ok(Condition::Exists(left)) };
        self.rest = &self.rest[symbol.len()..];
        self.blank();
        let right = self.operand()?;
        self.blank();
        Ok(Condition::Compare(left, operator, right))
    }

    fn operand(&mut self) -> Result<Operand, Failure> {
        const ENDS: [char; 9] = [' ', ')', '=', '!', '<', '>', '&', '|', '~'];
        match self.peek() {
            Some(start @ ('@' | '$')) => {
                self.rest = &self.rest[1..];
                Ok(Operand::Path { from_root: start == '$', steps: self.steps(&ENDS)? })
            }
            Some('\'' | '"') => Ok(Operand::Value(Scalar::Text(self.quoted()?.into()))),
            Some('/') => {
                let end = self.rest[1..]
                    .find('/')
                    .ok_or_else(|| Failure::json_exception("Path ended with an open regex."))?;
                let pattern = self.rest[1..=end].to_owned();
                self.rest = &self.rest[end + 2..];
                let letters = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                let options = self.rest[..letters].to_owned();
                self.rest = &self.rest[letters..];
                Ok(Operand::Pattern(Matching::new(pattern, &options)))
            }
            _ => {
                let end = self.rest.find(|c| ENDS.contains(&c)).unwrap_or(self.rest.len());
                let word = &self.rest[..end];
                let value = match word {
                    "true" => Scalar::Bool(true),
                    "false" => Scalar::Bool(false),
                    "null" => Scalar::Null,
                    number => match (number.parse(), number.parse()) {
                        (Ok(whole), _) => Scalar::Integer(whole),
                        (_, Ok(real)) if !number.is_empty() => Scalar::Float(real),
                        _ => return Err(Failure::json_exception("Could not read query operator.")),
                    },
                };
                self.rest = &self.rest[end..];
                Ok(Operand::Value(value))
            }
        }
    }
}
