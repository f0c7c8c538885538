//! Reads pieces into nodes: tags with their blocks. The messages are DotLiquid's.

use crate::{
    expression::{Comparison, Output, captures, fragment, group, pattern, scan},
    fault::ParseError,
    source::{Piece, Pieces, prepare},
    syntax::{Branch, Condition, Join, Loop, Node, When},
};

/// The deepest nesting of blocks. DotLiquid has no such limit: from 80 levels on, it gives up while rendering.
const DEEPEST_BLOCK: usize = 100;

/// The largest number of conditions of one tag.
const MOST_CONDITIONS: usize = 500;

pub(crate) fn template(template: &str) -> Result<Vec<Node>, ParseError> {
    let prepared = prepare(template)?;
    let mut parser = Parser { pieces: Pieces::new(&prepared), depth: 0 };
    parser.body("")
}

struct Parser<'t> {
    pieces: Pieces<'t>,
    depth: usize,
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ParseError> {
    Err(ParseError(message.into()))
}

/// The end of a part of a block.
enum End<'t> {
    /// The end tag of the block, or the end of the template.
    Block,
    /// A tag inside the block that begins the next part, such as `else`.
    Part { name: &'t str, markup: &'t str },
}

impl<'t> Parser<'t> {
    /// Reads nodes up to the block's end, or up to a tag that `is_part` accepts.
    fn block(
        &mut self,
        name: &str,
        is_part: fn(&str, &str) -> Result<bool, ParseError>,
    ) -> Result<(Vec<Node>, End<'t>), ParseError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            match piece {
                Piece::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Piece::Output { markup, .. } => nodes.push(Node::Output(Output::parse(markup)?)),
                Piece::Tag { name: tag, .. } if !name.is_empty() && tag.strip_prefix("end") == Some(name) => {
                    return Ok((nodes, End::Block));
                }
                Piece::Tag { name: tag, markup, .. } => {
                    if is_part(tag, markup)? {
                        return Ok((nodes, End::Part { name: tag, markup }));
                    }
                    nodes.extend(self.tag(name, tag, markup)?);
                }
                Piece::Unclosed { whole, is_tag: true } => {
                    return refuse(format!(r"Tag '{whole}' was not properly terminated with regexp: (?-mix:\%\}})"));
                }
                Piece::Unclosed { whole, is_tag: false } => {
                    return refuse(format!(
                        r"Variable '{whole}' was not properly terminated with regexp: (?-mix:\}}\}})"
                    ));
                }
            }
        }
        if name.is_empty() { Ok((nodes, End::Block)) } else { refuse(format!("{name} tag was never closed")) }
    }

    /// Reads a block without parts.
    fn body(&mut self, name: &str) -> Result<Vec<Node>, ParseError> {
        Ok(self.block(name, |_, _| Ok(false))?.0)
    }

    fn tag(&mut self, block: &str, name: &str, markup: &str) -> Result<Option<Node>, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST_BLOCK {
            return refuse(format!("blocks are nested more than {DEEPEST_BLOCK} deep"));
        }
        let node = match name {
            "assign" => assign(markup)?,
            "capture" => {
                let Some(found) = captures(pattern!(r"(\w+)"), markup)? else {
                    return refuse("Syntax Error in 'capture' tag - Valid syntax: capture [var]");
                };
                Node::Capture { name: group(&found, 1), body: self.body(name)? }
            }
            "if" | "unless" => self.conditional(name, markup)?,
            "case" => self.case(markup)?,
            "for" | "JSONArrayFor" => self.repeat(name, markup)?,
            "tablerow" => self.table_row(markup)?,
            "cycle" => cycle(markup)?,
            "ifchanged" => Node::IfChanged(self.body(name)?),
            "block" => {
                if captures(pattern!(r"(\w+)"), markup)?.is_none() {
                    return refuse("Syntax Error in 'block' tag - Valid syntax: block [name]");
                }
                Node::Group(self.body(name)?)
            }
            "comment" => {
                self.body(name)?;
                Node::Group(Vec::new())
            }
            "raw" | "literal" => self.verbatim(name)?,
            "break" => Node::Break,
            "continue" => Node::Continue,
            "include" => Node::Include,
            "extends" => {
                self.pieces.end();
                Node::Include
            }
            "else" => return refuse(format!("{block} tag does not expect else tag")),
            "end" => {
                return refuse(format!("'end' is not a valid delimiter for {block} tags. Use end{block}"));
            }
            _ => return refuse(format!("Unknown tag '{name}'")),
        };
        self.depth -= 1;
        Ok(Some(node))
    }

    /// Reads everything up to the end tag, unchanged.
    fn verbatim(&mut self, name: &str) -> Result<Node, ParseError> {
        let mut text = String::new();
        for piece in self.pieces.by_ref() {
            if let Piece::Tag { name: tag, .. } = piece
                && tag.strip_prefix("end") == Some(name)
            {
                return Ok(Node::Text(text));
            }
            text.push_str(piece.whole());
        }
        refuse(format!("{name} tag was never closed"))
    }

    fn conditional(&mut self, name: &str, markup: &str) -> Result<Node, ParseError> {
        let mut branches = Vec::new();
        let mut condition = Some(condition(markup)?);
        loop {
            let (body, end) = self.block(name, |tag, _| Ok(matches!(tag, "else" | "elsif" | "elseif")))?;
            branches.push(Branch { condition: condition.take(), body });
            match end {
                End::Block => return Ok(Node::If { branches, is_unless: name == "unless" }),
                End::Part { name: "else", .. } => {}
                End::Part { markup, .. } => condition = Some(self::condition(markup)?),
            }
        }
    }

    fn case(&mut self, markup: &str) -> Result<Node, ParseError> {
        let Some(found) = captures(pattern!("(", fragment!(), ")"), markup)? else {
            return refuse("Syntax Error in 'case' tag - Valid syntax: case [condition]");
        };
        let left = group(&found, 1);
        let mut branches: Vec<When> = Vec::new();
        loop {
            let (body, end) = self.block("case", |tag, _| Ok(matches!(tag, "when" | "else")))?;
            // The content before the first `when` is dropped.
            if let Some(branch) = branches.last_mut() {
                branch.body = body;
            }
            let (comparisons, is_else) = match end {
                End::Block => return Ok(Node::Case { branches }),
                End::Part { name: "when", markup } => (when(&left, markup)?, false),
                End::Part { markup, .. } if markup.trim().is_empty() => (Vec::new(), true),
                End::Part { .. } => {
                    return refuse("Syntax Error in 'case' tag - Valid else condition: {% else %} (no parameters)");
                }
            };
            branches.push(When { comparisons, is_else, body: Vec::new() });
        }
    }

    fn repeat(&mut self, name: &str, markup: &str) -> Result<Node, ParseError> {
        let syntax = pattern!(r"(\w+)\s+in\s+(", fragment!(), r"+)\s*(reversed)?");
        let Some(found) = captures(syntax, markup)? else {
            return refuse(format!("Syntax Error in '{name}' tag - Valid syntax: {name} [item] in [collection]"));
        };
        Ok(Node::For(Loop {
            variable: group(&found, 1),
            list: group(&found, 2),
            is_reversed: found.get(3).is_some(),
            separator: if name == "for" { "" } else { "," },
            attributes: attributes(markup)?,
            body: self.body(name)?,
        }))
    }

    fn table_row(&mut self, markup: &str) -> Result<Node, ParseError> {
        let syntax = pattern!(r"(\w+)\s+in\s+((?:\(?[\w\-\.\[\]]\)?)+)");
        let Some(found) = captures(syntax, markup)? else {
            return refuse(
                "Syntax Error in 'tablerow' tag - Valid syntax: tablerow [item] in [collection] cols=[number]",
            );
        };
        Ok(Node::TableRow(Loop {
            variable: group(&found, 1),
            list: group(&found, 2),
            is_reversed: false,
            separator: "",
            attributes: attributes(markup)?,
            body: self.body("tablerow")?,
        }))
    }
}

fn assign(markup: &str) -> Result<Node, ParseError> {
    let Some(found) = captures(pattern!(r"((?:\(?[\w\-\.\[\]]\)?)+)\s*=\s*(.*)\s*"), markup)? else {
        return refuse("Syntax Error in 'assign' tag - Valid syntax: assign [var] = [source]");
    };
    Ok(Node::Assign { name: group(&found, 1), value: Output::parse(&group(&found, 2))? })
}

fn cycle(markup: &str) -> Result<Node, ParseError> {
    let values = |list: &str| -> Result<Vec<Option<String>>, ParseError> {
        let one = |value| Ok(captures(pattern!(r"\s*(", fragment!(), r")\s*"), value)?.map(|found| group(&found, 1)));
        list.split(',').map(one).collect()
    };
    if let Some(found) = captures(pattern!("^(", fragment!(), r")\s*:\s*(.*)"), markup)? {
        return Ok(Node::Cycle { group: group(&found, 1), values: values(&group(&found, 2))? });
    }
    if captures(pattern!("^", fragment!()), markup)?.is_none() {
        return refuse("Syntax Error in 'cycle' tag - Valid syntax: cycle [name :] var [, var2, var3 ...]");
    }
    let values = values(markup)?;
    let joined: String = values.iter().flatten().map(String::as_str).collect();
    Ok(Node::Cycle { group: format!("'{joined}'"), values })
}

fn attributes(markup: &str) -> Result<Vec<(String, String)>, ParseError> {
    let mut all = Vec::new();
    for found in pattern!(r"(\w+)\s*:\s*(", fragment!(), ")").captures_iter(markup) {
        let found = found.map_err(|_| ParseError("the attributes of a tag are too complex to be read".to_owned()))?;
        all.push((group(&found, 1), group(&found, 2)));
    }
    Ok(all)
}

/// Reads the values of a `when`, joined by commas or `or`, as comparisons with the value of its `case`.
fn when(left: &str, markup: &str) -> Result<Vec<Comparison>, ParseError> {
    let syntax = pattern!("(", fragment!(), r")(?:(?:\s+or\s+|\s*,\s*)(", fragment!(), ".*))?");
    let (mut comparisons, mut rest) = (Vec::new(), Some(markup.to_owned()));
    while let Some(markup) = rest {
        let Some(found) = captures(syntax, &markup)? else {
            return refuse(
                "Syntax Error in 'case' tag - Valid when condition: {% when [condition] [or condition2...] %}",
            );
        };
        comparisons.push(Comparison {
            left: left.to_owned(),
            operator: Some("==".to_owned()),
            right: Some(group(&found, 1)),
        });
        rest = found.get(2).map(|rest| rest.as_str().to_owned()).filter(|rest| !rest.is_empty());
        if comparisons.len() > MOST_CONDITIONS {
            return refuse(format!("a tag has more than {MOST_CONDITIONS} conditions"));
        }
    }
    Ok(comparisons)
}

/// Reads comparisons joined by `and` and `or`. They group from the right.
fn condition(markup: &str) -> Result<Condition, ParseError> {
    let parts =
        pattern!(r"(?:\b(?:\s?and\s?|\s?or\s?)\b|(?:\s*(?!\b(?:\s?and\s?|\s?or\s?)\b)(?:", fragment!(), r"|\S+)\s*)+)");
    let syntax_error = || ParseError("Syntax Error in 'if' tag - Valid syntax: if [expression]".to_owned());
    let mut parts = scan(parts, markup)?.into_iter().rev();
    let comparison = |part: Option<String>| Comparison::parse(&part.unwrap_or_default())?.ok_or_else(syntax_error);
    let mut whole = Condition { comparison: comparison(parts.next())?, rest: None };
    let mut count = 1;
    while let Some(operator) = parts.next() {
        let comparison = comparison(parts.next())?;
        let join = match operator.trim() {
            "and" => Some(Join::And),
            "or" => Some(Join::Or),
            _ => None,
        };
        count += 1;
        if count > MOST_CONDITIONS {
            return refuse("Too many conditions");
        }
        // Without a word between the two, the right one is ignored.
        whole = Condition { comparison, rest: join.map(|join| (join, Box::new(whole))) };
    }
    Ok(whole)
}
