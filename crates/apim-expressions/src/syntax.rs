//! The tree of a parsed expression, before names and types are looked up.

use std::sync::Arc;

use rust_decimal::Decimal;

/// `@(expression)` or `@{ statements }`.
#[derive(Debug)]
pub(crate) enum Source {
    Single(Expr),
    Block(Vec<Statement>),
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) at: usize,
    pub(crate) kind: ExprKind,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    /// Value and suffix (`l`, `u`, `b` for both).
    Integer(u64, Option<u8>),
    Real(f64),
    Single(f32),
    Decimal(Decimal),
    Text(Arc<str>),
    Char(u16),
    Interpolated(Vec<Segment>),
    Name(Arc<str>),
    /// A type where a value may stand: `string` in `string.Join(…)`.
    Type(TypeName),
    /// `a.b(c)[d]`, flat so that long chains do not nest.
    Chain(Box<Expr>, Vec<Link>),
    Unary(Unary, Box<Expr>),
    /// `++x`, `x--`.
    Step {
        place: Box<Expr>,
        increment: bool,
        prefix: bool,
    },
    /// Operators of one precedence, applied from the left.
    Binary(Box<Expr>, Vec<(usize, Binary, Expr)>),
    Coalesce(Vec<Expr>),
    Conditional(Box<[Expr; 3]>),
    Assign(Box<Expr>, Option<Binary>, Box<Expr>),
    Cast(TypeName, Box<Expr>),
    Is(Box<Expr>, Box<Pattern>),
    As(Box<Expr>, TypeName),
    New {
        class: TypeName,
        arguments: Vec<Argument>,
        initializer: Vec<Item>,
    },
    /// `new T[size]`, `new T[] {…}`, `new[] {…}`.
    NewArray {
        element: Option<TypeName>,
        size: Option<Box<Expr>>,
        items: Vec<Expr>,
    },
    /// `new T[rows, columns]`, `new T[,] { {…}, {…} }`.
    NewGrid {
        element: Option<TypeName>,
        sizes: Option<Box<[Expr; 2]>>,
        rows: Vec<Vec<Expr>>,
    },
    Anonymous(Vec<(Arc<str>, Expr)>),
    Lambda(Lambda),
    /// `throw e` after `??`, `?`, `:` or `=>`.
    Throw(Box<Expr>),
    TypeOf(TypeName),
    SizeOf(TypeName),
    /// `(a, name: b)`
    Tuple(Vec<(Option<Arc<str>>, Expr)>),
    /// `var (a, b)` or `(int a, var b)`. Only an assignment may follow. `_` is not a variable.
    Deconstruct(Vec<(TypeName, Arc<str>)>),
    Default(TypeName),
    /// `default`. Its place decides its type.
    DefaultLiteral,
    /// `checked(…)` and `unchecked(…)`.
    Checked(bool, Box<Expr>),
    NameOf(Box<Expr>),
}

/// A function without a name.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<(Option<TypeName>, Arc<str>)>,
    pub(crate) body: LambdaBody,
    /// Whether the lambda stands for a clause of a query. Nothing assigns the variables of a clause.
    pub(crate) is_clause: bool,
    /// Whether the lambda calls a method or function whose name stands in the source.
    pub(crate) is_method: bool,
}

#[derive(Debug)]
pub(crate) enum LambdaBody {
    Value(Box<Expr>),
    Block(Block),
}

/// A pattern: the part after `is` or `case`.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// `T`, or `T name`, which declares `name`. The name `_` declares nothing. A name alone may be a constant.
    Type(TypeName, Option<Arc<str>>),
    Constant(Box<Expr>),
    /// `var name`
    Var(usize, Arc<str>),
}

/// A piece of an interpolated string.
#[derive(Debug)]
pub(crate) enum Segment {
    Text(Arc<str>),
    Hole { value: Expr, alignment: Option<i32>, format: Option<Arc<str>> },
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) at: usize,
    /// Whether the link is `?.` or `?[`: if the value is null here, so is the rest of the chain.
    pub(crate) conditional: bool,
    pub(crate) kind: LinkKind,
}

#[derive(Debug)]
pub(crate) enum LinkKind {
    Member(Arc<str>, Vec<TypeName>),
    Invoke(Vec<Argument>),
    Index(Vec<Argument>),
}

#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) value: ArgumentValue,
}

#[derive(Debug)]
pub(crate) enum ArgumentValue {
    Plain(Expr),
    /// `ref x`
    Ref(usize, Arc<str>),
    /// `out x`, or `out T x` and `out var x`, which declare it.
    Out {
        at: usize,
        declares: Option<TypeName>,
        name: Arc<str>,
    },
}

/// An element of `{ … }` after `new T(…)`.
#[derive(Debug)]
pub(crate) enum Item {
    /// `value` or `{ a, b }`: arguments of `Add`.
    Add(usize, Vec<Expr>),
    /// `["key"] = value`.
    Index(usize, Expr, Expr),
    /// `Name = value`.
    Property(usize, Arc<str>, Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Minus,
    Plus,
    Complement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Debug)]
pub(crate) struct TypeName {
    pub(crate) at: usize,
    pub(crate) parts: Vec<Arc<str>>,
    pub(crate) arguments: Vec<TypeName>,
    pub(crate) nullable: bool,
    /// The number of `[]` after the name.
    pub(crate) rank: usize,
    /// Whether `[,]` follows the name.
    pub(crate) grid: bool,
    /// The elements of a tuple type, with their names.
    pub(crate) tuple: Box<[(TypeName, Option<Arc<str>>)]>,
}

impl TypeName {
    /// Makes a dotted name without anything else.
    pub(crate) fn plain(at: usize, parts: Vec<Arc<str>>) -> Self {
        Self { at, parts, arguments: Vec::new(), nullable: false, rank: 0, grid: false, tuple: Box::default() }
    }

    pub(crate) fn is_var(&self) -> bool {
        matches!(self.parts.as_slice(), [one] if &**one == "var")
            && self.arguments.is_empty()
            && self.rank == 0
            && !self.grid
            && !self.nullable
    }
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) at: usize,
    pub(crate) kind: StatementKind,
}

pub(crate) type Block = Vec<Statement>;

#[derive(Debug)]
pub(crate) enum StatementKind {
    Declare {
        class: TypeName,
        names: Vec<(usize, Arc<str>, Option<Expr>)>,
    },
    Constant {
        class: TypeName,
        names: Vec<(usize, Arc<str>, Option<Expr>)>,
    },
    Function(Function),
    Evaluate(Expr),
    If {
        branches: Vec<(Expr, Block)>,
        otherwise: Option<Block>,
    },
    For {
        first: Vec<Statement>,
        condition: Option<Expr>,
        after: Vec<Expr>,
        body: Block,
    },
    ForEach {
        class: TypeName,
        name: Arc<str>,
        source: Expr,
        body: Block,
    },
    While {
        condition: Expr,
        body: Block,
    },
    DoWhile {
        body: Block,
        condition: Expr,
    },
    Switch {
        subject: Expr,
        sections: Vec<Section>,
    },
    Try {
        body: Block,
        catches: Vec<Catch>,
        finally: Option<Block>,
    },
    Using {
        resource: Box<Statement>,
        body: Block,
    },
    Lock {
        object: Expr,
        body: Block,
    },
    Return(Option<Expr>),
    Throw(Option<Expr>),
    Break,
    Continue,
    Label(Arc<str>),
    Goto(Arc<str>),
    GotoCase(Expr),
    GotoDefault,
    Block(Block),
    /// `checked { … }` and `unchecked { … }`.
    Checked(bool, Block),
}

/// A function declared among the statements.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) returns: TypeName,
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Block,
}

/// A parameter of a function that is declared among the statements.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) class: TypeName,
    pub(crate) name: Arc<str>,
    pub(crate) mode: Mode,
    pub(crate) default: Option<Expr>,
}

/// The way an argument goes to its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Value,
    Out,
    Ref,
    /// Takes any number of arguments.
    Params,
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) labels: Vec<Label>,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) at: usize,
    /// The pattern; `None` for `default`.
    pub(crate) pattern: Option<Pattern>,
    pub(crate) when: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct Catch {
    pub(crate) class: Option<TypeName>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) when: Option<Expr>,
    pub(crate) body: Block,
}
