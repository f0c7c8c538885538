//! Turns the tree into the program: looks up every name, finds every type, and writes out every conversion. Refuses the
//! code that the C# compiler behind API Management would refuse on upload.

mod arguments;
mod call;
mod candidate;
mod chain;
mod constant;
mod creation;
mod expression;
mod fit;
mod fixed;
mod flow;
mod function;
mod group;
mod infer;
mod known;
mod lambda;
mod linq;
mod operator;
mod pattern;
mod place;
mod program;
mod statement;
mod switch;
mod tuple;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use self::known::{Fixed, Parameter, Returned, Switch, SwitchPaths};
pub(crate) use self::program::{CheckedProgram, program};
use super::{
    Reads, limits,
    problem::{ParseError, ParseWarning},
    program::{Code, Function},
    syntax::{ExprKind, TypeName},
    types::{Class, Type, convert, names},
    value::Value,
};

/// An expression with its type.
struct Typed {
    code: Code,
    class: Type,
    /// The value of a constant expression.
    constant: Option<Value>,
}

/// The meaning of a name in scope.
#[derive(Clone)]
enum Local {
    Variable(usize, Type),
    /// An index into the program's functions.
    Function(usize),
}

struct FunctionType {
    returns: Type,
    parameters: Vec<Parameter>,
}

/// The type that `return` must give.
#[derive(Clone)]
enum Returns {
    /// Any type: `return` gives the value of the expression, in the main block.
    Main,
    Type(Type),
    /// Any type: `return` decides the type of a lambda.
    Infer,
}

struct Checker {
    scopes: Vec<Vec<(Arc<str>, Local)>>,
    /// For each scope, the names in the inner scopes that have ended.
    ended: Vec<HashSet<Arc<str>>>,
    /// Whether the code here is inside `checked` (true) or `unchecked` (false), if in either.
    checked: Option<bool>,
    slots: usize,
    function_types: Vec<FunctionType>,
    functions: Vec<Function>,
    returns: Returns,
    /// The values that the statements of a lambda return, in the order of the source.
    returned: Vec<Returned>,
    /// The type of each value that the main block returns.
    gives: Vec<Type>,
    touches: Touches,
    loops: usize,
    /// For each loop around this place, the number of variables where the loop begins.
    loop_slots: Vec<usize>,
    breakable: usize,
    catches: usize,
    /// Whether this place is inside a `finally`, which no jump leaves.
    finally: bool,
    /// The variables that cannot be assigned, by slot.
    fixed: BTreeMap<usize, Fixed>,
    /// The values of constants, by slot.
    constants: BTreeMap<usize, Value>,
    /// Conditions that are constants, by the address of their expression.
    conditions: HashMap<usize, bool>,
    ways: HashMap<usize, SwitchPaths>,
    /// The section that each `goto case` leads to, by its place in the source.
    jumps: HashMap<usize, usize>,
    switches: Vec<Switch>,
    /// The labels of the blocks around this place.
    labels: Vec<(Arc<str>, usize)>,
    label_count: usize,
    warnings: Vec<ParseWarning>,
}

/// The members of `context` that an expression uses anywhere.
#[derive(Clone, Copy, Default)]
struct Touches {
    request_body: bool,
    /// `context.Response`
    response: bool,
    /// The body of `context.Response` or of another response.
    response_body: bool,
}

fn error(offset: usize, message: impl Into<String>) -> ParseError {
    ParseError::invalid(offset, message)
}

fn unsupported(offset: usize, message: impl Into<String>) -> ParseError {
    ParseError::unsupported(offset, message)
}

/// Returns a type that a variable can have.
fn variable_type(written: &TypeName) -> Result<Type, ParseError> {
    let class = names::resolve(written)?;
    if class.is(Class::Void) {
        return Err(error(written.at, "`void` is no type of a variable"));
    }
    if class.class.is_static() {
        return Err(error(written.at, format!("'{class}': static types cannot be used as types of values")));
    }
    Ok(class)
}

impl Typed {
    fn new(code: Code, class: impl Into<Type>) -> Self {
        Self { code, class: class.into(), constant: None }
    }
}

impl Checker {
    fn reads(&self) -> Reads {
        let Touches { request_body, response, response_body } = self.touches;
        // A response that the expression returns takes its body along.
        let leaves = self.gives.iter().any(|class| matches!(class.class, Class::Object | Class::Response));
        Reads { request_body, response_body: response && (response_body || leaves) }
    }

    /// Records which messages the expression reads.
    fn touch(&mut self, owner: Class, member: &str) {
        match (owner, member) {
            (Class::Request, "Body") => self.touches.request_body = true,
            (Class::Response, "Body") => self.touches.response_body = true,
            (Class::Context, "Response") => self.touches.response = true,
            _ => {}
        }
    }

    fn lookup(&self, name: &str) -> Option<&Local> {
        let names = self.scopes.iter().rev().flat_map(|scope| scope.iter().rev());
        names.into_iter().find(|(known, _)| **known == *name).map(|(_, local)| local)
    }

    /// Gives a new variable its slot. In C#, no variable can hide another variable of the same function.
    fn declare(&mut self, at: usize, name: &Arc<str>, class: Type) -> Result<usize, ParseError> {
        let slot = self.slots;
        self.introduce(at, name, Local::Variable(slot, class))?;
        // An attempt that was given up may have fixed another variable with this slot.
        self.fixed.remove(&slot);
        self.slots += 1;
        Ok(slot)
    }

    fn introduce(&mut self, at: usize, name: &Arc<str>, local: Local) -> Result<(), ParseError> {
        if self.slots + self.functions.len() >= limits::VARIABLES {
            return Err(unsupported(at, format!("the expression has more than {} variables", limits::VARIABLES)));
        }
        if self.lookup(name).is_some() || &**name == "context" {
            let message = format!("A local variable named '{name}' is already defined in this scope");
            return Err(error(at, message));
        }
        if self.ended.last().is_some_and(|ended| ended.contains(name)) {
            let message = format!(
                "A local or parameter named '{name}' cannot be declared in this scope because that name is used in an \
                 enclosing local scope to define a local or parameter"
            );
            return Err(error(at, message));
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((Arc::clone(name), local));
        }
        Ok(())
    }

    /// Runs `check` with its own scope.
    fn scoped<T>(&mut self, check: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        self.scopes.push(Vec::new());
        self.ended.push(HashSet::new());
        let result = check(self);
        let names = self.scopes.pop().unwrap_or_default();
        let inner = self.ended.pop().unwrap_or_default();
        if let Some(ended) = self.ended.last_mut() {
            ended.extend(names.into_iter().map(|(name, _)| name));
            ended.extend(inner);
        }
        result
    }

    /// Converts a value to another type, as C# does implicitly.
    fn convert(&self, value: Typed, to: &Type, at: usize) -> Result<Code, ParseError> {
        if let Some(fitting) = value.fitting(to) {
            return Ok(Code::Constant(fitting));
        }
        if let Some((_, conversion)) = convert::implicit(&value.class, to) {
            let constant = value.constant.as_ref();
            if let Some(constant) = constant.and_then(|known| Self::converted_constant(known, to, &conversion)) {
                return Ok(Code::Constant(constant));
            }
            return Ok(convert_code(value.code, conversion));
        }
        let from = &value.class;
        let mut message = format!("Cannot implicitly convert type '{from}' to '{to}'");
        if convert::explicit(from, to).is_some() {
            message += ". An explicit conversion exists (are you missing a cast?)";
        }
        Err(error(at, message))
    }

    /// Checks an expression that must have a value.
    fn value(&mut self, expression: &super::syntax::Expr) -> Result<Typed, ParseError> {
        let value = self.expression(expression)?;
        if value.class.is(Class::Void) {
            return Err(error(expression.at, "the call returns nothing (`void`), and a value is needed"));
        }
        if value.class.is_too_big() {
            return Err(unsupported(expression.at, "the type of the expression is too complex"));
        }
        let delegates = |class: &Type| class.arguments.iter().any(Type::is_delegate);
        if !value.class.is_delegate() && delegates(&value.class) {
            return Err(unsupported(expression.at, "delegates inside of other values are not supported"));
        }
        if let Some(Value::Bool(known)) = value.constant {
            self.conditions.insert(std::ptr::from_ref(expression).addr(), known);
        }
        Ok(value)
    }

    /// Adds a warning about code that API Management may treat differently.
    fn warn(&mut self, at: usize, message: impl Into<String>) {
        let warning = ParseWarning { offset: at, message: message.into() };
        if !self.warnings.contains(&warning) && self.warnings.len() < 20 {
            self.warnings.push(warning);
        }
    }

    /// Checks an expression that must have the given type.
    fn expect(&mut self, expression: &super::syntax::Expr, class: &Type) -> Result<Code, ParseError> {
        if class.is_delegate()
            && let Some(code) = self.delegate(expression, class)?
        {
            return Ok(code);
        }
        if let Some(code) = self.tuple_literal(expression, class)? {
            return Ok(code);
        }
        if matches!(expression.kind, ExprKind::DefaultLiteral) {
            return Ok(Code::Constant(Value::default_of(class)));
        }
        let value = self.value(expression)?;
        self.convert(value, class, expression.at)
    }
}

fn convert_code(code: Code, conversion: convert::Conversion) -> Code {
    if conversion == convert::Conversion::Same { code } else { Code::Convert(Box::new(code), conversion) }
}
