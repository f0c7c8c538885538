//! The part of a Bicep file's syntax that the rules need.

/// One Bicep file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Every declaration, in the order of the file.
    pub(crate) declarations: Vec<Declaration>,
    /// The scope of the deployment: `resourceGroup` unless the file says otherwise.
    pub(crate) target_scope: String,
    /// The lines that are not Bicep.
    pub(crate) errors: Vec<usize>,
}

/// A `param`, `var`, `resource`, `module`, `output` or `type`.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The kind of the declaration.
    pub(crate) kind: DeclarationKind,
    /// The symbolic name.
    pub(crate) name: String,
    /// The line on which it begins, from 1.
    pub(crate) line: usize,
    /// Type and version of a resource, or the path of a module. Empty otherwise.
    pub(crate) target: String,
    /// Whether the resource is declared elsewhere, and only referred to here.
    pub(crate) existing: bool,
    /// The declared type of a parameter, an output or a type.
    pub(crate) declared_type: Option<Expression>,
    /// Body, value or default.
    pub(crate) value: Option<Expression>,
    /// The decorators above it: name and arguments.
    pub(crate) decorators: Vec<Decorator>,
}

/// `@name(arguments)`.
#[derive(Debug)]
pub(crate) struct Decorator {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) arguments: Vec<Expression>,
}

/// The kind of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeclarationKind {
    /// `param`
    Param,
    /// `var`
    Var,
    /// `resource`
    Resource,
    /// `module`
    Module,
    /// `output`
    Output,
    /// `type`
    Type,
}

/// An expression, or a type, with the line on which it begins.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The expression itself.
    pub(crate) form: Form,
}

/// The forms of an expression.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `12`
    Integer(i64),
    /// `'text ${expression}'`
    Text(Vec<Piece>),
    /// `{ name: value }`
    Object(Vec<Property>),
    /// `[a, b]`
    Array(Vec<Expression>),
    /// A symbol, or the name of a type.
    Name(String),
    /// `of.name`. `asserted` is set if `!` asserts it or `.?` makes it safe.
    Member { of: Box<Expression>, name: String, asserted: bool },
    /// `of[index]`
    Index { of: Box<Expression>, index: Box<Expression> },
    /// `name(arguments)`, or `on.name(arguments)`.
    Call { on: Option<Box<Expression>>, name: String, arguments: Vec<Expression> },
    /// `condition ? this : that`
    Choice { condition: Box<Expression>, this: Box<Expression>, that: Box<Expression> },
    /// `left operator right`
    Binary { operator: String, left: Box<Expression>, right: Box<Expression> },
    /// `!of` or `-of`
    Unary { operator: String, of: Box<Expression> },
    /// `[for (item, index) in over: body]`
    Loop { item: String, index: Option<String>, over: Box<Expression>, body: Box<Expression> },
    /// `if (condition) body`
    If { condition: Box<Expression>, body: Box<Expression> },
    /// `parameters => body`
    Lambda { parameters: Vec<String>, body: Box<Expression> },
    /// In a type: `a | b`.
    Union(Vec<Expression>),
    /// In a type: `of[]`.
    ArrayOf(Box<Expression>),
    /// In a type: `of?`.
    Nullable(Box<Expression>),
    /// Syntax that the rules do not examine.
    Other,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// A literal part, as written.
    Literal(String),
    /// `${expression}`
    Interpolated(Expression),
}

/// A property of an object.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    /// The property's name. In a type, `*` means any other name.
    pub(crate) name: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The property's value, or its type.
    pub(crate) value: Expression,
}

impl File {
    /// Returns the declaration of a symbol. Outputs are not symbols.
    pub(crate) fn find(&self, name: &str) -> Option<&Declaration> {
        self.declarations.iter().find(|declared| declared.name == name && declared.kind != DeclarationKind::Output)
    }

    pub(crate) fn of_kind(&self, kind: DeclarationKind) -> impl Iterator<Item = &Declaration> {
        self.declarations.iter().filter(move |declared| declared.kind == kind)
    }
}

impl Declaration {
    /// Returns the body of a resource or module, inside its loop and condition.
    pub(crate) fn body(&self) -> Option<&Expression> {
        let mut at = self.value.as_ref()?;
        loop {
            match &at.form {
                Form::Loop { body, .. } | Form::If { body, .. } => at = body,
                _ => return Some(at),
            }
        }
    }

    pub(crate) fn decorator(&self, name: &str) -> Option<&Decorator> {
        self.decorators.iter().find(|decorator| decorator.name == name)
    }
}

impl Expression {
    /// Returns a property of an object.
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        let Form::Object(properties) = &self.form else { return None };
        properties.iter().find(|property| property.name == name)
    }

    /// Returns a text without interpolation.
    pub(crate) fn literal(&self) -> Option<&str> {
        let Form::Text(pieces) = &self.form else { return None };
        match pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Calls `visit` with this expression and every expression inside it.
    pub(crate) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expression)) {
        visit(self);
        match &self.form {
            Form::Null | Form::Bool(_) | Form::Integer(_) | Form::Name(_) | Form::Other => {}
            Form::Text(pieces) => {
                for piece in pieces {
                    if let Piece::Interpolated(inner) = piece {
                        inner.walk(visit);
                    }
                }
            }
            Form::Object(properties) => properties.iter().for_each(|property| property.value.walk(visit)),
            Form::Array(items) | Form::Union(items) => items.iter().for_each(|item| item.walk(visit)),
            Form::Member { of, .. } | Form::Unary { of, .. } | Form::ArrayOf(of) | Form::Nullable(of) => of.walk(visit),
            Form::Index { of, index } => {
                of.walk(visit);
                index.walk(visit);
            }
            Form::Call { on, arguments, .. } => {
                on.iter().for_each(|on| on.walk(visit));
                arguments.iter().for_each(|argument| argument.walk(visit));
            }
            Form::Choice { condition, this, that } => {
                condition.walk(visit);
                this.walk(visit);
                that.walk(visit);
            }
            Form::Binary { left, right, .. } => {
                left.walk(visit);
                right.walk(visit);
            }
            Form::Loop { over, body, .. } => {
                over.walk(visit);
                body.walk(visit);
            }
            Form::If { condition, body } => {
                condition.walk(visit);
                body.walk(visit);
            }
            Form::Lambda { body, .. } => body.walk(visit),
        }
    }
}
