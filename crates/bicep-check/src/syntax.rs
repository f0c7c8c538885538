//! Reads a Bicep file by `tree-sitter-bicep`.

use tree_sitter::{Node, Parser, Tree};

use crate::ast::{Declaration, DeclarationKind, Decorator, Expression, File, Form, Piece, Property};

/// Reads a file. Text that is not Bicep becomes an error of the file; the rest is read.
pub(crate) fn parse(text: &str) -> File {
    let text = without_extensions(text);
    let mut file = File { target_scope: "resourceGroup".to_owned(), ..File::default() };
    let Some(tree) = tree(&text) else { return File { errors: vec![1], ..file } };
    let reader = Reader { text: &text };
    reader.errors(tree.root_node(), &mut file.errors);
    let mut decorators = Vec::new();
    for node in named(tree.root_node()) {
        if node.kind() == "target_scope_assignment" {
            let scope = named(node).first().map(|scope| reader.expression(*scope));
            file.target_scope = scope.and_then(|scope| scope.literal().map(str::to_owned)).unwrap_or_default();
        } else if node.kind() == "decorators" {
            decorators.extend(named(node).into_iter().filter_map(|node| reader.decorator(node)));
        } else if let Some(mut declaration) = reader.declaration(node) {
            declaration.decorators = std::mem::take(&mut decorators);
            file.declarations.push(declaration);
        }
    }
    file
}

fn tree(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// Leaves lines of the statement `extension NAME` blank, because the grammar is older than it.
fn without_extensions(text: &str) -> String {
    let blank = |line: &str| if line.starts_with("extension ") { String::new() } else { line.to_owned() };
    text.lines().map(|line| blank(line) + "\n").collect()
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn errors(&self, node: Node<'_>, lines: &mut Vec<usize>) {
        if node.is_error() || node.is_missing() {
            lines.push(line(node));
        } else if node.has_error() {
            let mut cursor = node.walk();
            node.children(&mut cursor).for_each(|child| self.errors(child, lines));
        }
    }

    fn declaration(&self, node: Node<'_>) -> Option<Declaration> {
        let kind = match node.kind() {
            "parameter_declaration" => DeclarationKind::Param,
            "variable_declaration" => DeclarationKind::Var,
            "resource_declaration" => DeclarationKind::Resource,
            "module_declaration" => DeclarationKind::Module,
            "output_declaration" => DeclarationKind::Output,
            "type_declaration" => DeclarationKind::Type,
            _ => return None,
        };
        let parts = named(node);
        let mut declaration = Declaration {
            kind,
            name: self.source(*parts.first()?),
            line: line(node),
            target: String::new(),
            existing: has_token(node, "existing"),
            declared_type: None,
            value: None,
            decorators: Vec::new(),
        };
        match kind {
            DeclarationKind::Resource | DeclarationKind::Module => {
                declaration.target = self.expression(*parts.get(1)?).literal().unwrap_or_default().to_owned();
                declaration.value = parts.get(2).map(|part| self.expression(*part));
            }
            DeclarationKind::Var => declaration.value = parts.get(1).map(|part| self.expression(*part)),
            DeclarationKind::Type => declaration.declared_type = parts.get(1).map(|part| self.expression(*part)),
            DeclarationKind::Param | DeclarationKind::Output => {
                declaration.declared_type = parts.get(1).map(|part| self.expression(*part));
                declaration.value = parts.get(2).map(|part| self.expression(*part));
            }
        }
        Some(declaration)
    }

    fn decorator(&self, node: Node<'_>) -> Option<Decorator> {
        let call = self.expression(*named(node).first()?);
        let Form::Call { name, arguments, .. } = call.form else { return None };
        Some(Decorator { name, line: call.line, arguments })
    }

    fn expression(&self, node: Node<'_>) -> Expression {
        Expression { line: line(node), form: self.form(node).unwrap_or(Form::Other) }
    }

    fn boxed(&self, node: Node<'_>) -> Box<Expression> {
        Box::new(self.expression(node))
    }

    fn form(&self, node: Node<'_>) -> Option<Form> {
        let parts = named(node);
        let field = |name: &str| node.child_by_field_name(name);
        Some(match node.kind() {
            "null" => Form::Null,
            "boolean" => Form::Bool(self.source(node) == "true"),
            "number" => Form::Integer(self.source(node).parse().ok()?),
            "string" => Form::Text(self.pieces(node)),
            "object" => {
                let properties = parts.iter().filter(|part| part.kind() == "object_property");
                Form::Object(properties.filter_map(|part| self.property(*part)).collect())
            }
            "array" => Form::Array(self.items(&parts)),
            "identifier" | "primitive_type" => Form::Name(self.source(node)),
            "parenthesized_expression" | "type" | "parenthesized_type" => self.form(*parts.first()?)?,
            "member_expression" => Form::Member {
                of: self.boxed(field("object")?),
                name: self.source(field("property")?),
                asserted: has_token(node, "!") || has_token(node, ".?"),
            },
            "subscript_expression" => {
                Form::Index { of: self.boxed(field("object")?), index: self.boxed(field("index")?) }
            }
            "call_expression" => self.call(field("function")?, &named(field("arguments")?))?,
            "ternary_expression" => Form::Choice {
                condition: self.boxed(field("condition")?),
                this: self.boxed(field("consequence")?),
                that: self.boxed(field("alternative")?),
            },
            "binary_expression" => Form::Binary {
                operator: self.source(field("operator")?),
                left: self.boxed(field("left")?),
                right: self.boxed(field("right")?),
            },
            "unary_expression" => {
                Form::Unary { operator: self.source(field("operator")?), of: self.boxed(field("argument")?) }
            }
            "for_statement" => self.repeated(&parts)?,
            "if_statement" => Form::If { condition: self.boxed(*parts.first()?), body: self.boxed(*parts.get(1)?) },
            "lambda_expression" => {
                Form::Lambda { parameters: self.names(*parts.first()?), body: self.boxed(*parts.get(1)?) }
            }
            "union_type" => Form::Union(self.all(&parts)),
            "array_type" => Form::ArrayOf(self.boxed(*parts.first()?)),
            "nullable_type" => Form::Nullable(self.boxed(*parts.first()?)),
            _ => Form::Other,
        })
    }

    fn all(&self, nodes: &[Node<'_>]) -> Vec<Expression> {
        nodes.iter().filter(|node| node.kind() != "decorators").map(|node| self.expression(*node)).collect()
    }

    /// Reads items. The grammar makes commas optional, and so reads `[a, b[0]]` as three items. An item that begins
    /// where the last one ended is the index of the last one.
    fn items(&self, nodes: &[Node<'_>]) -> Vec<Expression> {
        let mut items: Vec<Expression> = Vec::new();
        let mut end = None;
        for node in nodes.iter().filter(|node| node.kind() != "decorators") {
            let item = self.expression(*node);
            match (items.pop(), item.form) {
                (Some(of), Form::Array(mut index)) if end == Some(node.start_byte()) && index.len() == 1 => {
                    let form = Form::Index { of: Box::new(of), index: Box::new(index.remove(0)) };
                    items.push(Expression { line: item.line, form });
                }
                (last, form) => {
                    items.extend(last);
                    items.push(Expression { line: item.line, form });
                }
            }
            end = Some(node.end_byte());
        }
        items
    }

    fn call(&self, function: Node<'_>, arguments: &[Node<'_>]) -> Option<Form> {
        let arguments = self.all(arguments);
        Some(match self.form(function)? {
            Form::Name(name) => Form::Call { on: None, name, arguments },
            Form::Member { of, name, .. } => Form::Call { on: Some(of), name, arguments },
            _ => return None,
        })
    }

    fn repeated(&self, parts: &[Node<'_>]) -> Option<Form> {
        let [variable, over, body] = parts else { return None };
        let mut names = self.names(*variable).into_iter();
        Some(Form::Loop { item: names.next()?, index: names.next(), over: self.boxed(*over), body: self.boxed(*body) })
    }

    /// Returns the name, or the names in parentheses, that a loop or lambda declares.
    fn names(&self, node: Node<'_>) -> Vec<String> {
        match node.kind() {
            "for_loop_parameters" | "parenthesized_expression" => {
                named(node).into_iter().map(|node| self.source(node)).collect()
            }
            _ => vec![self.source(node)],
        }
    }

    fn property(&self, node: Node<'_>) -> Option<Property> {
        let parts = named(node);
        let value = self.expression(*parts.last()?);
        let name = match parts.as_slice() {
            [_] => "*".to_owned(),
            [name, _] if name.kind() == "string" => self.expression(*name).literal().unwrap_or("‹any›").to_owned(),
            [name, ..] => self.source(*name).trim_end_matches('?').to_owned(),
            [] => return None,
        };
        Some(Property { name, line: line(node), value })
    }

    /// Reads texts from the source, because the grammar drops blanks beside an interpolation.
    fn pieces(&self, node: Node<'_>) -> Vec<Piece> {
        let source = &self.text[node.byte_range()];
        let quotes = if source.starts_with("'''") { 3 } else { 1 };
        let mut at = node.start_byte() + quotes;
        let end = (node.end_byte() - quotes).max(at);
        let mut pieces = Vec::new();
        for part in named(node).into_iter().filter(|part| part.kind() == "interpolation") {
            push_literal(&mut pieces, &self.text[at..part.start_byte()], quotes == 1);
            pieces.extend(named(part).first().map(|inner| Piece::Interpolated(self.expression(*inner))));
            at = part.end_byte();
        }
        push_literal(&mut pieces, &self.text[at..end], quotes == 1);
        pieces
    }

    fn source(&self, node: Node<'_>) -> String {
        self.text[node.byte_range()].to_owned()
    }
}

fn push_literal(pieces: &mut Vec<Piece>, raw: &str, escaped: bool) {
    if raw.is_empty() {
        return;
    }
    let mut text = String::new();
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if escaped => match letters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    pieces.push(Piece::Literal(text));
}

fn named<'tree>(node: Node<'tree>) -> Vec<Node<'tree>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().ends_with("comment")).collect()
}

fn has_token(node: Node<'_>, token: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == token)
}

fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}
