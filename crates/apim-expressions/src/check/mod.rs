//! From the tree to the program: every name is looked up, every type worked out, every conversion written out. What
//! the C# compiler behind API Management would refuse on upload is refused here.

mod arguments;
mod assigned;
mod call;
mod chain;
mod creation;
mod expression;
mod fixed;
mod flow;
mod linq;
mod operator;
mod place;
mod statement;
mod switch;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{
    Reads, limits,
    problem::ParseError,
    program::{Body, Code, Function, Program},
    syntax::Source,
    types::{Class, Type, convert},
};

/// A program, and what is known of it before it runs.
pub(crate) struct Checked {
    pub(crate) program: Program,
    /// The type of its value, once for each `return`.
    pub(crate) gives: Vec<Type>,
    pub(crate) reads: Reads,
}

/// An expression with its type.
struct Typed {
    code: Code,
    class: Type,
    /// The value of a whole-number literal, which fits where its type would not.
    constant: Option<i128>,
}

/// What a name in scope stands for.
#[derive(Clone)]
enum Local {
    Variable(usize, Type),
    /// Index into the program's functions.
    Function(usize),
}

struct FunctionType {
    returns: Type,
    parameters: Vec<Type>,
}

struct Checker {
    scopes: Vec<Vec<(Arc<str>, Local)>>,
    /// For each scope, the names of the scopes inside it that have ended.
    ended: Vec<HashSet<Arc<str>>>,
    /// `checked` or `unchecked` around this place.
    checked: Option<bool>,
    slots: usize,
    function_types: Vec<FunctionType>,
    functions: Vec<Function>,
    /// What `return` must give; `None` in the main block, which may give anything.
    returns: Option<Type>,
    /// What the main block gives, each time it returns.
    gives: Vec<Type>,
    touches: Touches,
    loops: usize,
    breakable: usize,
    catches: usize,
    /// Inside a `finally`, which nothing leaves.
    finally: bool,
    /// By slot.
    fixed: BTreeMap<usize, fixed::Fixed>,
}

/// Members of `context` that an expression asks for anywhere.
#[derive(Clone, Copy, Default)]
struct Touches {
    request_body: bool,
    /// `context.Response`
    response: bool,
    /// The body of that or of another response.
    response_body: bool,
}

/// Checks a whole expression.
pub(crate) fn program(source: &Source) -> Result<Checked, ParseError> {
    let mut checker = Checker {
        scopes: vec![Vec::new()],
        ended: vec![HashSet::new()],
        checked: None,
        slots: 0,
        function_types: Vec::new(),
        functions: Vec::new(),
        returns: None,
        gives: Vec::new(),
        touches: Touches::default(),
        loops: 0,
        breakable: 0,
        catches: 0,
        finally: false,
        fixed: BTreeMap::new(),
    };
    let body = match source {
        Source::Single(expression) => {
            let value = checker.value(expression)?;
            checker.gives.push(value.class);
            Body::Single(value.code)
        }
        Source::Block(statements) => {
            if !flow::always_leaves(statements) {
                return Err(error(0, "not all code paths return a value"));
            }
            Body::Block(checker.block(statements)?)
        }
    };
    assigned::check(source)?;
    let reads = checker.reads();
    let program = Program { body, slots: checker.slots, functions: checker.functions };
    Ok(Checked { program, gives: checker.gives, reads })
}

fn error(offset: usize, message: impl Into<String>) -> ParseError {
    ParseError { offset, message: message.into() }
}

impl Typed {
    fn new(code: Code, class: impl Into<Type>) -> Self {
        Self { code, class: class.into(), constant: None }
    }
}

impl Checker {
    fn reads(&self) -> Reads {
        let Touches { request_body, response, response_body } = self.touches;
        // A response that leaves the expression takes its body along.
        let leaves = self.gives.iter().any(|class| matches!(class.class, Class::Object | Class::Response));
        Reads { request_body, response_body: response && (response_body || leaves) }
    }

    /// Remembers which messages the expression looks into.
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

    /// Gives a new variable its slot. C# lets no variable hide another of the same function.
    fn declare(&mut self, at: usize, name: &Arc<str>, class: Type) -> Result<usize, ParseError> {
        let slot = self.slots;
        self.introduce(at, name, Local::Variable(slot, class))?;
        self.slots += 1;
        Ok(slot)
    }

    fn introduce(&mut self, at: usize, name: &Arc<str>, local: Local) -> Result<(), ParseError> {
        if self.slots + self.functions.len() >= limits::VARIABLES {
            return Err(error(at, format!("the expression has more than {} variables", limits::VARIABLES)));
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

    /// Runs `check` with a scope of its own.
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

    /// A value as another type, as C# converts it unasked.
    fn convert(&self, value: Typed, to: &Type, at: usize) -> Result<Code, ParseError> {
        if let Some(number) = value.constant
            && value.class.is(Class::Int)
            && to.class.is_integer()
            && let Some(number) = super::value::Integer::fit(to.class, number)
        {
            return Ok(Code::Constant(super::value::Value::Integer(number)));
        }
        if let Some((_, conversion)) = convert::implicit(&value.class, to) {
            return Ok(convert_code(value.code, conversion));
        }
        let from = &value.class;
        let mut message = format!("Cannot implicitly convert type '{from}' to '{to}'");
        if convert::explicit(from, to).is_some() {
            message += ". An explicit conversion exists (are you missing a cast?)";
        }
        Err(error(at, message))
    }

    /// An expression that must have a value.
    fn value(&mut self, expression: &super::syntax::Expr) -> Result<Typed, ParseError> {
        let value = self.expression(expression)?;
        if value.class.is(Class::Void) {
            return Err(error(expression.at, "the call returns nothing (`void`), and a value is needed"));
        }
        if value.class.is_too_big() {
            return Err(error(expression.at, "the type of the expression is too complex"));
        }
        Ok(value)
    }

    /// An expression of the given type.
    fn expect(&mut self, expression: &super::syntax::Expr, class: &Type) -> Result<Code, ParseError> {
        let value = self.value(expression)?;
        self.convert(value, class, expression.at)
    }
}

fn convert_code(code: Code, conversion: convert::Conversion) -> Code {
    if conversion == convert::Conversion::Same { code } else { Code::Convert(Box::new(code), conversion) }
}
