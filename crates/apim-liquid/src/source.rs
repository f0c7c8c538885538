//! Cuts a template into pieces: tags, outputs and the text between them.

use std::borrow::Cow;

use crate::{expression::pattern, fault::ParseError};

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    /// The whole tag, its name, and the text after the name.
    Tag {
        whole: &'t str,
        name: &'t str,
        markup: &'t str,
    },
    /// The whole output, and the text between its braces.
    Output {
        whole: &'t str,
        markup: &'t str,
    },
    /// Braces that are not closed in their line. They are an error, except in verbatim text.
    Unclosed {
        whole: &'t str,
        is_tag: bool,
    },
}

impl<'t> Piece<'t> {
    pub(crate) fn whole(self) -> &'t str {
        match self {
            Self::Text(whole) | Self::Tag { whole, .. } | Self::Output { whole, .. } | Self::Unclosed { whole, .. } => {
                whole
            }
        }
    }
}

/// Removes the white space that hyphens ask for, and expands the shorthands for a whole template.
pub(crate) fn prepare(template: &str) -> Result<String, ParseError> {
    let template = shorthand(template);
    let before = pattern!(r"([ \t]+)?(\{\{|\{%)-");
    let after = pattern!(r"-(\}\}|%\})(\n|\r\n|[ \t]+)?");
    let trimmed = before.replace_all(&template, "$2");
    Ok(after.replace_all(&trimmed, "$1").into_owned())
}

/// `{{{ … }}}` around a whole template of one line is literal, `{# … #}` a comment.
fn shorthand(template: &str) -> Cow<'_, str> {
    let inside = |open: &str, close: &str| {
        let rest = template.strip_suffix('\n').unwrap_or(template).strip_prefix(open)?;
        let inside = rest.strip_suffix(close)?;
        (!inside.contains('\n')).then(|| inside.strip_prefix([' ', '\t', '\r']).unwrap_or(inside).trim_end())
    };
    if let Some(literal) = inside("{{{", "}}}") {
        return format!("{{% literal %}}{literal}{{% endliteral %}}").into();
    }
    if let Some(comment) = inside("{#", "#}") {
        return format!("{{% comment %}}{comment}{{% endcomment %}}").into();
    }
    template.into()
}

/// The pieces of a prepared template, one after the other.
pub(crate) struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Pieces<'t> {
    pub(crate) fn new(template: &'t str) -> Self {
        Self { rest: template }
    }

    /// Drops all remaining pieces.
    pub(crate) fn end(&mut self) {
        self.rest = "";
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        piece
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let start = match (self.rest.find("{{"), self.rest.find("{%")) {
            (None, None) => self.rest.len(),
            (output, tag) => output.unwrap_or(usize::MAX).min(tag.unwrap_or(usize::MAX)),
        };
        if self.rest.is_empty() {
            return None;
        }
        if start > 0 {
            return Some(Piece::Text(self.take(start)));
        }
        let is_tag = self.rest.starts_with("{%");
        let line = self.rest.split('\n').next().unwrap_or_default();
        let close = if is_tag { "%}" } else { "}" };
        let Some(end) = line[2..].find(close).map(|at| at + 2) else {
            return Some(Piece::Unclosed { whole: self.take(2), is_tag });
        };
        let closed = if is_tag { end + 2 } else { end + 1 + usize::from(line[end + 1..].starts_with('}')) };
        let whole = self.take(closed);
        if !is_tag {
            return Some(match whole.strip_suffix("}}").map(|open| open.get(2..).unwrap_or_default()) {
                Some(markup) if whole.len() >= 4 => Piece::Output { whole, markup },
                _ => Piece::Unclosed { whole, is_tag },
            });
        }
        let inside = whole[2..whole.len() - 2].trim_start();
        let name = inside.len() - inside.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        Some(match name {
            0 => Piece::Unclosed { whole, is_tag },
            _ => Piece::Tag { whole, name: &inside[..name], markup: inside[name..].trim_start() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(template: &str) -> Vec<&str> {
        Pieces::new(template).map(Piece::whole).collect()
    }

    #[test]
    fn tags_and_outputs_are_the_shortest_of_their_line() {
        assert_eq!(pieces("a{{ b }}c{% d %}e"), ["a", "{{ b }}", "c", "{% d %}", "e"]);
        assert_eq!(pieces("{{ b }}}"), ["{{ b }}", "}"]);
        assert_eq!(pieces("{{ 'a}b' }}"), ["{{ 'a}", "b' }}"]);
        assert_eq!(pieces("{{ a\n}}"), ["{{", " a\n}}"]);
        assert_eq!(pieces("%} { { x } }"), ["%} { { x } }"]);
    }

    #[test]
    fn hyphens_take_blanks_before_and_a_line_end_or_blanks_after() {
        for (template, expected) in [
            ("a {{- 1 -}} b", "a{{ 1 }}b"),
            ("a\n{{- 1 }}", "a\n{{ 1 }}"),
            ("a {{ 1 -}}\n\n b", "a {{ 1 }}\n b"),
            ("{{-5}}", "{{5}}"),
            ("{{{ a {{ x }} }}}", "{% literal %}a {{ x }}{% endliteral %}"),
            ("{# a #}", "{% comment %}a{% endcomment %}"),
            ("a{# b #}c", "a{# b #}c"),
        ] {
            assert_eq!(prepare(template).unwrap(), expected);
        }
    }
}
