//! Bicep as data: declarations and their values, read from the syntax tree of `tree-sitter-bicep`.

use tree_sitter::{Node, Parser, Tree};

/// What one file declares.
pub(crate) struct Document {
    pub(crate) declarations: Vec<Declaration>,
}

/// A `param`, `var`, `resource`, `module` or `output`.
pub(crate) struct Declaration {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Type and version of a resource, path of a module, otherwise empty.
    pub(crate) of: String,
    /// Declared elsewhere, and only referred to here.
    pub(crate) existing: bool,
    /// The loop variable and what it runs over.
    pub(crate) each: Option<(String, Value)>,
    /// Body, value or default; a parameter may have none.
    pub(crate) value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Param,
    Var,
    Resource,
    Module,
    Output,
}

/// An expression, as far as the rules look into it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A string: literal pieces (`Ok`) and interpolated expressions (`Err`).
    Text(Vec<Result<String, Value>>),
    Object(Vec<(String, Value)>),
    Array(Vec<Value>),
    /// `condition ? this : that`.
    Either(Box<Value>, Box<Value>),
    /// `[for x in …: this]`.
    Each(Box<Value>),
    /// Anything else, as written.
    Code(String),
}

impl Document {
    pub(crate) fn parse(text: &str) -> Self {
        let text = without_extensions(text);
        let tree = tree(&text);
        let mut cursor = tree.root_node().walk();
        let declarations =
            tree.root_node().named_children(&mut cursor).filter_map(|node| declaration(node, &text)).collect();
        Self { declarations }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Declaration> {
        self.declarations.iter().find(|declaration| declaration.name == name && declaration.kind != Kind::Output)
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Declaration> {
        self.declarations.iter().filter(move |declaration| declaration.kind == kind)
    }

    /// Resources of a type that this file deploys.
    pub(crate) fn deployed(&self, of_type: impl Into<String>) -> impl Iterator<Item = &Declaration> {
        let of_type = of_type.into();
        self.of_kind(Kind::Resource).filter(move |resource| !resource.existing && resource.resource_type() == of_type)
    }
}

impl Declaration {
    pub(crate) fn resource_type(&self) -> &str {
        self.of.split('@').next().unwrap_or_default()
    }

    /// A member of the body, by path: `properties.scope`.
    pub(crate) fn get(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(self.value.as_ref()?, |value, key| value.get(key))
    }

    /// A member that is a plain string or expression, as written; empty when absent.
    pub(crate) fn written(&self, path: &str) -> String {
        self.get(path).map(Value::written).unwrap_or_default()
    }
}

impl Value {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn members(&self) -> &[(String, Value)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    pub(crate) fn items(&self) -> &[Value] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    /// A string without its quotes, an expression as written, and nothing for what has parts.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Code(code) => code.clone(),
            Self::Text(pieces) => pieces.iter().map(|piece| piece.clone().unwrap_or_else(|e| e.written())).collect(),
            Self::Object(_) | Self::Array(_) | Self::Either(..) | Self::Each(_) => String::new(),
        }
    }
}

/// The syntax tree; what is no Bicep becomes error nodes in it.
pub(crate) fn tree(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).expect("the grammar fits the parser");
    parser.parse(text, None).expect("only a cancelled parse gives no tree")
}

/// The grammar is older than the statement `extension NAME`, so such lines are blanked.
pub(crate) fn without_extensions(text: &str) -> String {
    let blank = |line: &str| if line.starts_with("extension ") { String::new() } else { line.to_owned() };
    text.lines().map(|line| blank(line) + "\n").collect()
}

fn declaration(node: Node<'_>, text: &str) -> Option<Declaration> {
    let kind = match node.kind() {
        "parameter_declaration" => Kind::Param,
        "variable_declaration" => Kind::Var,
        "resource_declaration" => Kind::Resource,
        "module_declaration" => Kind::Module,
        "output_declaration" => Kind::Output,
        _ => return None,
    };
    let parts = named(node);
    // Between name and value stands the type of a parameter or output, or the string of a resource or module.
    let value_at = if kind == Kind::Var { 1 } else { 2 };
    let of =
        if matches!(kind, Kind::Resource | Kind::Module) { value(parts[1], text).written() } else { String::new() };
    let mut cursor = node.walk();
    Some(Declaration {
        kind,
        name: source(parts[0], text),
        of,
        existing: node.children(&mut cursor).any(|child| child.kind() == "existing"),
        each: parts.get(value_at).and_then(|part| loop_of(*part, text)),
        value: parts.get(value_at).map(|part| value(*part, text)).map(|value| match value {
            // Of a loop over resources or modules the rules see the body.
            Value::Each(body) if matches!(kind, Kind::Resource | Kind::Module) => *body,
            other => other,
        }),
    })
}

fn loop_of(node: Node<'_>, text: &str) -> Option<(String, Value)> {
    if node.kind() != "for_statement" {
        return None;
    }
    let parts = named(node);
    let variable = if parts[0].kind() == "for_loop_parameters" { named(parts[0])[0] } else { parts[0] };
    Some((source(variable, text), value(parts[1], text)))
}

fn value(node: Node<'_>, text: &str) -> Value {
    let parts = named(node);
    match node.kind() {
        "string" => Value::Text(parts.iter().map(|part| piece(*part, text)).collect()),
        "object" => Value::Object(parts.iter().map(|part| member(*part, text)).collect()),
        "array" => Value::Array(parts.iter().map(|part| value(*part, text)).collect()),
        "ternary_expression" => Value::Either(Box::new(value(parts[1], text)), Box::new(value(parts[2], text))),
        "for_statement" => Value::Each(Box::new(value(parts[2], text))),
        "if_statement" => value(parts[1], text),
        _ => Value::Code(source(node, text).split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

fn piece(node: Node<'_>, text: &str) -> Result<String, Value> {
    if node.kind() == "interpolation" { Err(value(named(node)[0], text)) } else { Ok(source(node, text)) }
}

fn member(node: Node<'_>, text: &str) -> (String, Value) {
    let parts = named(node);
    (source(parts[0], text).trim_matches('\'').to_owned(), value(parts[1], text))
}

fn named<'tree>(node: Node<'tree>) -> Vec<Node<'tree>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().ends_with("comment")).collect()
}

fn source(node: Node<'_>, text: &str) -> String {
    text[node.byte_range()].to_owned()
}
