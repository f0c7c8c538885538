//! Expressions about index tags: the `where` of a search, and the condition `x-ms-if-tags`.
//!
//! Grammar: <https://learn.microsoft.com/azure/storage/blobs/storage-manage-find-blobs>. Values are compared as text,
//! even if they are numbers. A tag that a blob does not have matches nothing.

mod token;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::token::QueryError;
use self::token::{Comparison, Token, at, token};
use super::tags::Tags;

/// The most keys in one search.
const KEYS: usize = 10;

/// A parsed expression.
#[derive(Debug)]
pub(super) struct TagQuery {
    root: Node,
    /// The container that a search names with `@container`.
    pub(super) container: Option<String>,
}

#[derive(Debug)]
enum Node {
    Compare { key: String, comparison: Comparison, value: String },
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl TagQuery {
    /// Parses the `where` of a search: comparisons joined by `AND`. Only a search of the whole account may name a
    /// container.
    pub(super) fn search(text: &str, of_account: bool) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text, false)?;
        let mut container = None;
        let mut comparisons = Vec::new();
        loop {
            if parser.peek() == Some(&Token::Container) {
                if !of_account {
                    return Err(QueryError(
                        "Error parsing query: Cannot have container in both uri and query".to_owned(),
                    ));
                }
                let place = parser.position();
                if container.replace(parser.container()?).is_some() {
                    return Err(at(place, "can't have multiple conditions for the container"));
                }
            } else {
                comparisons.push(parser.comparison()?);
            }
            if !parser.is_next("AND") {
                break;
            }
        }
        parser.expect_end()?;
        check_keys(&comparisons)?;
        Ok(Self { root: Node::And(comparisons), container })
    }

    /// Parses a condition: `AND`, `OR`, parentheses and every comparison.
    pub(super) fn condition(text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text, true)?;
        let root = parser.any_of()?;
        parser.expect_end()?;
        Ok(Self { root, container: None })
    }

    pub(super) fn matches(&self, tags: &Tags) -> bool {
        self.root.matches(tags)
    }

    /// Returns the tags that the expression names.
    pub(super) fn named(&self, tags: &Tags) -> Tags {
        let mut keys = BTreeSet::new();
        self.root.keys(&mut keys);
        tags.iter().filter(|(key, _)| keys.contains(key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

impl Node {
    fn matches(&self, tags: &Tags) -> bool {
        match self {
            Self::Compare { key, comparison, value } => {
                tags.get(key).is_some_and(|found| comparison.holds(found.as_str(), value.as_str()))
            }
            Self::And(nodes) => nodes.iter().all(|node| node.matches(tags)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(tags)),
        }
    }

    fn keys<'n>(&'n self, keys: &mut BTreeSet<&'n str>) {
        match self {
            Self::Compare { key, .. } => _ = keys.insert(key),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(|node| node.keys(keys)),
        }
    }
}

/// Checks that there are at most ten keys, and that a key occurs twice only as the two ends of a range.
fn check_keys(comparisons: &[Node]) -> Result<(), QueryError> {
    let mut by_key: BTreeMap<&str, Vec<Comparison>> = BTreeMap::new();
    for node in comparisons {
        if let Node::Compare { key, comparison, .. } = node {
            by_key.entry(key).or_default().push(*comparison);
        }
    }
    if by_key.len() > KEYS {
        return Err(QueryError("Error parsing query: there can be at most 10 unique tags in a query".to_owned()));
    }
    let is_range = |bounds: &[Comparison]| match bounds {
        [_] => true,
        [one, other] => {
            one.is_lower_bound() && other.is_upper_bound() || one.is_upper_bound() && other.is_lower_bound()
        }
        _ => false,
    };
    match by_key.values().all(|bounds| is_range(bounds)) {
        true => Ok(()),
        false => Err(QueryError(
            "Error parsing query: can't have multiple conditions for a single tag unless they define a range"
                .to_owned(),
        )),
    }
}

struct Parser {
    /// The tokens, each with the position of its first character, from 1, and its original text.
    tokens: Vec<(usize, String, Token)>,
    next: usize,
    end: usize,
    is_condition: bool,
}

impl Parser {
    fn new(text: &str, is_condition: bool) -> Result<Self, QueryError> {
        let characters: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let mut index = 0;
        while let Some(first) = characters.get(index) {
            if first.is_whitespace() {
                index += 1;
                continue;
            }
            let (token, length) = token(&characters, index)?;
            let written = characters.iter().skip(index).take(length).collect();
            tokens.push((index + 1, written, token));
            index += length;
        }
        Ok(Self { tokens, next: 0, end: characters.len() + 1, is_condition })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, _, token)| token)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(position, ..)| *position)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += usize::from(token.is_some());
        token
    }

    /// Returns the refusal of the next token.
    fn unexpected(&self) -> QueryError {
        match self.tokens.get(self.next) {
            Some((position, written, _)) => at(*position, &format!("unexpected '{written}'")),
            None => at(self.end, "unexpected end of query"),
        }
    }

    /// Takes the next token if it is this word, in any letter case.
    fn is_next(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn expect_end(&self) -> Result<(), QueryError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected()) }
    }

    fn any_of(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all_of()?];
        while self.is_next("OR") {
            nodes.push(self.all_of()?);
        }
        Ok(Node::Or(nodes))
    }

    fn all_of(&mut self) -> Result<Node, QueryError> {
        let mut nodes = vec![self.term()?];
        while self.is_next("AND") {
            nodes.push(self.term()?);
        }
        Ok(Node::And(nodes))
    }

    fn term(&mut self) -> Result<Node, QueryError> {
        // The most nested parentheses. No program writes more, and more would only fill the stack.
        const DEPTH: usize = 32;
        if self.peek() != Some(&Token::Open) {
            return self.comparison();
        }
        let depth = self.tokens.iter().take(self.next).filter(|(_, _, token)| *token == Token::Open).count();
        if depth >= DEPTH {
            return Err(self.unexpected());
        }
        self.next += 1;
        let node = self.any_of()?;
        if self.peek() != Some(&Token::Close) {
            return Err(self.unexpected());
        }
        self.next += 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, QueryError> {
        let key = match self.peek() {
            Some(Token::Word(word)) if !word.starts_with(|first: char| first.is_ascii_digit()) => word.clone(),
            Some(Token::Key(key)) if !key.is_empty() => key.clone(),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        let comparison = self.operator()?;
        Ok(Node::Compare { key, comparison, value: self.value()? })
    }

    fn operator(&mut self) -> Result<Comparison, QueryError> {
        match self.peek() {
            Some(Token::Comparison(found)) if self.is_condition || *found != Comparison::NotEqual => {
                let found = *found;
                self.next += 1;
                Ok(found)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn value(&mut self) -> Result<String, QueryError> {
        match self.peek() {
            Some(Token::Value(_)) => match self.take() {
                Some(Token::Value(value)) => Ok(value),
                _ => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    fn container(&mut self) -> Result<String, QueryError> {
        self.next += 1;
        if self.peek() != Some(&Token::Comparison(Comparison::Equal)) {
            return Err(self.unexpected());
        }
        self.next += 1;
        self.value()
    }
}

#[cfg(test)]
mod tests;
