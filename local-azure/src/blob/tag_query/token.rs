//! The tokens of an expression about tags.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word: a key, `AND`, `OR`.
    Word(String),
    /// A key in double quotes.
    Key(String),
    /// A value in single quotes.
    Value(String),
    Container,
    Comparison(Comparison),
    Open,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// The fault of an expression, in the service's words.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::blob) struct QueryError(pub(in crate::blob) String);

impl Comparison {
    pub(super) fn holds(self, found: &str, value: &str) -> bool {
        match self {
            Self::Equal => found == value,
            Self::NotEqual => found != value,
            Self::Greater => found > value,
            Self::GreaterOrEqual => found >= value,
            Self::Less => found < value,
            Self::LessOrEqual => found <= value,
        }
    }

    pub(super) const fn is_lower_bound(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    pub(super) const fn is_upper_bound(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
    }
}

/// Returns the refusal of the text at a position, counted from 1.
pub(super) fn at(position: usize, reason: &str) -> QueryError {
    QueryError(format!("Error parsing query at or near character position {position}: {reason}"))
}

/// Returns the token that starts at an index, and its length in characters.
pub(super) fn token(characters: &[char], index: usize) -> Result<(Token, usize), QueryError> {
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

/// Returns the text between quotes, and its length with the quotes. A doubled quote stands for one quote.
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
