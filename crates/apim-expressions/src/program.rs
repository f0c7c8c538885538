//! The checked program: names are slots, members are functions, every conversion is explicit.

use std::sync::Arc;

use super::{
    members::Member,
    types::{Class, Type, convert::Conversion},
    value::Value,
};

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) body: CodeBody,
    pub(crate) slots: usize,
    pub(crate) functions: Vec<Function>,
}

#[derive(Debug)]
pub(crate) enum CodeBody {
    Single(Code),
    Block(Vec<Step>),
}

/// A function that the program declares. Its parameters and variables have their own slots. A call saves and restores
/// these slots, so the function may call itself.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) slots: std::ops::Range<usize>,
    pub(crate) parameters: Vec<usize>,
    pub(crate) body: Vec<Step>,
}

/// An expression.
#[derive(Debug)]
pub(crate) enum Code {
    Constant(Value),
    Local(usize),
    /// A value, and then calls of its members, one after the other.
    Chain(Box<Code>, Vec<Link>),
    /// A static member or constructor.
    Static(Box<BoundCall>),
    Function(usize, Vec<Argument>),
    Convert(Box<Code>, Conversion),
    Not(Box<Code>),
    Negate(Box<Code>, Class),
    Complement(Box<Code>, Class),
    Operate(Box<Code>, Vec<(Operation, Code)>),
    /// `&&`
    All(Vec<Code>),
    /// `||`
    Any(Vec<Code>),
    Conditional(Box<[Code; 3]>),
    Coalesce(Vec<Code>),
    Interpolate(Vec<Piece>),
    Array(Type, Vec<Code>),
    SizedArray(Type, Box<Code>),
    Anonymous(Type, Vec<Code>),
    /// A new object, then calls on it.
    Initialize(Box<Code>, Vec<BoundCall>),
    Is(Box<Code>, Box<Pattern>),
    Throw(Box<Code>),
    /// A call of a delegate in a variable.
    Invoke(Box<Code>, Vec<Code>),
    /// An array of two dimensions, by its lengths.
    SizedGrid(Type, Box<[Code; 2]>),
    /// An array of two dimensions, by its elements row by row, and the length of a row.
    Grid(Type, Vec<Code>, usize),
    /// `(a, b) = tuple`: each element goes to its place, if it has one.
    Deconstruct(Box<Code>, Vec<Option<(WritablePlace, Conversion)>>),
    As(Box<Code>, Type),
    Lambda(Arc<Lambda>),
    Write(Box<Write>),
}

/// An assignment of any kind.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) place: WritablePlace,
    pub(crate) how: How,
}

#[derive(Debug)]
pub(crate) enum WritablePlace {
    Local(usize),
    /// An indexer or property: its object, its arguments, how to read it (if it is read), and how to write it.
    Member {
        object: Code,
        arguments: Vec<Code>,
        read: Option<Bound>,
        write: Bound,
    },
}

#[derive(Debug)]
pub(crate) enum How {
    Set(Code),
    /// `x += v`, `x++`: the operation, and then the conversion back to the type of the place.
    Update {
        operation: Operation,
        operand: Code,
        back: Conversion,
        gives_old: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<usize>,
    /// The slot of a parameter that is a record, the index of a member in it, and that member's slot.
    pub(crate) opened: Vec<(usize, usize, usize)>,
    pub(crate) body: CodeBody,
    /// The slots that a call saves and restores. Only a delegate in a variable has such slots, because it may call
    /// itself.
    pub(crate) own: std::ops::Range<usize>,
}

/// A test of a value by `is` or `case`.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// The value has the type; then the slot gets the value.
    Type(Type, Option<usize>),
    Constant(Value),
    /// Every value matches.
    Any(Option<usize>),
}

#[derive(Debug)]
pub(crate) struct Link {
    /// `?.`: null ends the chain with null.
    pub(crate) conditional: bool,
    pub(crate) call: BoundCall,
}

/// A member, with everything it needs besides its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) member: &'static Member,
    /// The class that the member was found on.
    pub(crate) owner: Class,
    /// Whether the member is an extension method, which can be called on null, too.
    pub(crate) extension: bool,
    /// Type arguments, in the order the member declares them.
    pub(crate) types: Vec<Type>,
}

#[derive(Debug)]
pub(crate) struct BoundCall {
    pub(crate) bound: Bound,
    pub(crate) arguments: Vec<Argument>,
}

#[derive(Debug)]
pub(crate) enum Argument {
    Value(Code),
    Out(usize),
}

#[derive(Debug)]
pub(crate) enum Piece {
    Text(Arc<str>),
    Value { value: Code, width: i32, format: Arc<str> },
}

/// An operation on two values. A null operand makes arithmetic null and comparisons false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Concat,
    /// The operator, the class in which it computes, and whether an overflow is an error.
    Arithmetic(Arithmetic, Class, bool),
    Compare(Comparison),
    Bits(Bits, Class),
    Shift {
        left: bool,
        class: Class,
    },
    /// Whether two values are equal.
    Equal {
        negated: bool,
    },
    /// Whether two references are the same object.
    Same {
        negated: bool,
    },
    /// `XNamespace + string`
    XmlName,
    /// `+` and `-` of times.
    Time {
        subtract: bool,
    },
    /// A `TimeSpan` and a number: their product, or the span divided by the number.
    Scale {
        divide: bool,
    },
    /// A `TimeSpan` divided by another.
    Ratio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    And,
    Or,
    Xor,
}

/// A statement.
#[derive(Debug)]
pub(crate) enum Step {
    Evaluate(Code),
    Set(usize, Code),
    If {
        branches: Vec<(Code, Vec<Step>)>,
        otherwise: Vec<Step>,
    },
    Loop {
        first: Vec<Step>,
        condition: Option<Code>,
        after: Vec<Code>,
        body: Vec<Step>,
        body_first: bool,
    },
    ForEach {
        slot: usize,
        source: Code,
        pairs: bool,
        convert: Conversion,
        body: Vec<Step>,
    },
    Switch {
        subject: Code,
        sections: Vec<Section>,
    },
    Try {
        body: Vec<Step>,
        catches: Vec<Catch>,
        finally: Vec<Step>,
    },
    Return(Option<Code>),
    /// Without a value, throws the exception that the surrounding `catch` caught.
    Throw(Option<Code>),
    Break,
    Continue,
    Block(Vec<Step>),
    Label(usize),
    Goto(usize),
    /// A jump to a section of the innermost `switch`.
    GotoSection(usize),
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) labels: Vec<Label>,
    pub(crate) body: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Label {
    /// The pattern; `None` for `default`.
    pub(crate) pattern: Option<Pattern>,
    pub(crate) when: Option<Code>,
}

#[derive(Debug)]
pub(crate) struct Catch {
    pub(crate) slot: Option<usize>,
    pub(crate) when: Option<Code>,
    pub(crate) body: Vec<Step>,
}
