//! Expressions about index tags: the `where` of a search, and the condition `x-ms-if-tags`.
//!
//! Grammar: <https://learn.microsoft.com/azure/storage/blobs/storage-manage-find-blobs>. Values are compared letter by
//! letter, also where they are numbers, and a tag that a blob does not have fits nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::tags::Tags;

/// Keys in one search.
const KEYS: usize = 10;

/// An expression that was understood.
#[derive(Debug)]
pub(super) struct TagQuery {
    root: Node,
    /// The container that a search names with `@container`.
    pub(super) container: Option<String>,
}

/// What is wrong with an expression, in the service's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct QueryError(pub(super) String);

#[derive(Debug)]
enum Node {
    Compare { key: String, comparison: Comparison, value: String },
    And(Vec<Node>),
    Or(Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A bare word: a key, `AND`, `OR`.
    Word(String),
    /// In double quotes.
    Key(String),
    /// In single quotes.
    Value(String),
    Container,
    Comparison(Comparison),
    Open,
    Close,
}

impl TagQuery {
    /// The `where` of a search: comparisons joined by `AND`. Only a search of the whole account may name a container.
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

    /// A condition: `AND`, `OR`, parentheses and every comparison.
    pub(super) fn condition(text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text, true)?;
        let root = parser.any_of()?;
        parser.expect_end()?;
        Ok(Self { root, container: None })
    }

    pub(super) fn matches(&self, tags: &Tags) -> bool {
        self.root.matches(tags)
    }

    /// Those of the tags that the expression names.
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

impl Comparison {
    fn holds(self, found: &str, value: &str) -> bool {
        match self {
            Self::Equal => found == value,
            Self::NotEqual => found != value,
            Self::Greater => found > value,
            Self::GreaterOrEqual => found >= value,
            Self::Less => found < value,
            Self::LessOrEqual => found <= value,
        }
    }

    const fn is_lower_bound(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    const fn is_upper_bound(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
    }
}

/// At most ten keys, and one key twice only as the two ends of a range.
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

fn at(position: usize, reason: &str) -> QueryError {
    QueryError(format!("Error parsing query at or near character position {position}: {reason}"))
}

struct Parser {
    /// Each with the position of its first character, from 1, and as it is written.
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

    /// The refusal of the next token.
    fn unexpected(&self) -> QueryError {
        match self.tokens.get(self.next) {
            Some((position, written, _)) => at(*position, &format!("unexpected '{written}'")),
            None => at(self.end, "unexpected end of query"),
        }
    }

    /// Takes a word in any letter case, if it is next.
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
        // An expression in parentheses that is deeper than any program writes would only fill the stack.
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

/// The token that starts at an index, and its length in characters.
fn token(characters: &[char], index: usize) -> Result<(Token, usize), QueryError> {
    let character = |offset: usize| characters.get(index + offset).copied();
    let first = character(0).unwrap_or_default();
    Ok(match (first, character(1)) {
        ('(', _) => (Token::Open, 1),
        (')', _) => (Token::Close, 1),
        ('=', _) => (Token::Comparison(Comparison::Equal), 1),
        ('<', Some('>')) => (Token::Comparison(Comparison::NotEqual), 2),
        ('<', Some('=')) => (Token::Comparison(Comparison::LessOrEqual), 2),
        ('>', Some('=')) => (Token::Comparison(Comparison::GreaterOrEqual), 2),
        ('<', _) => (Token::Comparison(Comparison::Less), 1),
        ('>', _) => (Token::Comparison(Comparison::Greater), 1),
        ('"', _) => {
            let (text, length) = quoted(characters, index, '"')?;
            (Token::Key(text), length)
        }
        ('\'', _) => {
            let (text, length) = quoted(characters, index, '\'')?;
            (Token::Value(text), length)
        }
        ('@', _) => {
            let word: String = characters.iter().skip(index + 1).take_while(|one| one.is_ascii_alphabetic()).collect();
            if !word.eq_ignore_ascii_case("container") {
                return Err(at(index + 1, &format!("unexpected '@{word}'")));
            }
            (Token::Container, 1 + word.len())
        }
        (one, _) if one.is_ascii_alphanumeric() || one == '_' => {
            let is_word = |one: &&char| one.is_ascii_alphanumeric() || **one == '_';
            let word: String = characters.iter().skip(index).take_while(is_word).collect();
            let length = word.len();
            (Token::Word(word), length)
        }
        (other, _) => return Err(at(index + 1, &format!("unexpected '{other}'"))),
    })
}

/// The text between quotes, where a doubled quote stands for itself, and its length with the quotes.
fn quoted(characters: &[char], start: usize, quote: char) -> Result<(String, usize), QueryError> {
    let mut text = String::new();
    let mut index = start + 1;
    while let Some(character) = characters.get(index) {
        if *character != quote {
            if !(character.is_ascii_alphanumeric() || " +-./:=_".contains(*character)) {
                return Err(at(index + 1, &format!("'{character}' not permitted in tag name or value")));
            }
            text.push(*character);
            index += 1;
        } else if characters.get(index + 1) == Some(&quote) {
            text.push(quote);
            index += 2;
        } else {
            return Ok((text, index + 1 - start));
        }
    }
    Err(at(start + 1, "unexpected end of query"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_search_compares_text() {
        let found = tags(&[("project", "one"), ("year", "2026"), ("a b", "x")]);
        for (text, fits) in [
            ("project='one'", true),
            ("\"project\" = 'one' AND year > '2025'", true),
            ("year >= '2026' and year < '2027'", true),
            ("year > '3'", false),
            ("year < '3'", true),
            ("\"a b\"='x'", true),
            ("absent='x'", false),
            ("absent < 'x'", false),
        ] {
            assert_eq!(TagQuery::search(text, true).unwrap().matches(&found), fits, "{text}");
        }
        let query = TagQuery::search("@container = 'logs' AND project='one'", true).unwrap();
        assert_eq!(query.container.as_deref(), Some("logs"));
        assert_eq!(query.named(&found), tags(&[("project", "one")]));
    }

    #[test]
    fn a_condition_knows_or_and_not_equal() {
        let found = tags(&[("a", "1"), ("b", "2")]);
        for (text, fits) in [
            ("a = '1' AND (b = '3' OR b = '2')", true),
            ("a <> '1' OR b <> '2'", false),
            ("\"a\" <> '2'", true),
            ("a = '1' AND b = '3' OR b = '2'", true),
        ] {
            assert_eq!(TagQuery::condition(text).unwrap().matches(&found), fits, "{text}");
        }
        assert!(!TagQuery::condition("c <> '1'").unwrap().matches(&found), "a tag that is not there fits nothing");
        assert!(TagQuery::condition("tag=tagValue").is_err());
        assert!(TagQuery::condition("@container='c'").is_err());
    }

    #[test]
    fn a_search_that_is_not_understood_is_refused_at_its_place() {
        const AT: &str = "Error parsing query at or near character position";
        for (text, refusal) in [
            ("1='x'", format!("{AT} 1: unexpected '1'")),
            ("project='one' AND year = Year", format!("{AT} 26: unexpected 'Year'")),
            ("a='1' OR b='2'", format!("{AT} 7: unexpected 'OR'")),
            ("a <> '1'", format!("{AT} 3: unexpected '<>'")),
            ("(a='1')", format!("{AT} 1: unexpected '('")),
            ("a='1", format!("{AT} 3: unexpected end of query")),
            ("", format!("{AT} 1: unexpected end of query")),
            ("a='c#'", format!("{AT} 5: '#' not permitted in tag name or value")),
            (
                "a='1' AND a='2'",
                "Error parsing query: can't have multiple conditions for a single tag unless they define a range"
                    .to_owned(),
            ),
        ] {
            assert_eq!(TagQuery::search(text, true).unwrap_err(), QueryError(refusal), "{text}");
        }
        let many = (0..11).map(|n| format!("k{n}='v'")).collect::<Vec<_>>().join(" AND ");
        assert!(TagQuery::search(&many, true).unwrap_err().0.ends_with("at most 10 unique tags in a query"));
        assert_eq!(
            TagQuery::search("@container='c' AND a='1'", false).unwrap_err().0,
            "Error parsing query: Cannot have container in both uri and query"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z0-9@'\"<>=() ANDOR_äöü]{0,60}") {
            let _ = (TagQuery::search(&text, true), TagQuery::condition(&text));
        }
    }
}
