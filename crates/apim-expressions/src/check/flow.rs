//! Which ways a program can take: whether a `return` ends each of them, and whether every variable has a value before it
//! is read, both of which C# wants to see from the program alone ("End points and reachability" and "Definite assignment",
//! learn.microsoft.com/dotnet/csharp/language-reference/language-specification/variables).
//!
//! Names stand for variables here: none hides another, and those of scopes that have ended are not read any more.

mod statement;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{error, unsupported};
use crate::{
    problem::ParseError,
    syntax::{
        Argument, ArgumentValue, Binary, Expr, ExprKind, Item, Lambda, LambdaBody, Link, LinkKind, Pattern, Segment,
        Source, Unary,
    },
};

/// Most visits of expressions: functions in functions are looked at several times.
const VISITS: usize = 1_000_000;

/// Where the sections of a `switch` lead from its value.
#[derive(Debug)]
pub(super) struct Ways {
    /// By section.
    pub(super) reached: Vec<bool>,
    /// Whether a value may pass all labels.
    pub(super) passes: bool,
}

/// What the checker found out about the program.
pub(super) struct Known<'k> {
    /// Constant conditions, by the address of their expression.
    pub(super) conditions: &'k HashMap<usize, bool>,
    /// By the address of the expression after `switch`.
    pub(super) ways: &'k HashMap<usize, Ways>,
    /// The section that a `goto case` leads to, by its place in the source.
    pub(super) jumps: &'k HashMap<usize, usize>,
}

/// Refuses a program that may read a variable that has no value, or end without one.
pub(super) fn check(source: &Source, known: Known<'_>) -> Result<(), ParseError> {
    let mut flow = Flow {
        known,
        variables: HashMap::new(),
        count: 0,
        reserved: HashMap::new(),
        now: State { reached: true, ..State::default() },
        breaks: Vec::new(),
        continues: Vec::new(),
        sections: Vec::new(),
        labels: HashMap::new(),
        functions: HashMap::new(),
        outside: 0,
        reads: BTreeSet::new(),
        ends: State::default(),
        returns_value: false,
        visits: 0,
    };
    match source {
        Source::Single(expression) => flow.expression(expression),
        Source::Block(statements) => {
            flow.block(statements)?;
            if flow.now.reached { Err(error(0, "not all code paths return a value")) } else { Ok(()) }
        }
    }
}

/// What is known at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// Whether any way leads here. Where none does, everything counts as assigned.
    reached: bool,
    /// The variables that may have no value, a bit for each.
    unassigned: Vec<u64>,
    /// Variables from this number on had not begun on any way here.
    begun: usize,
}

impl State {
    fn has(&self, variable: usize) -> bool {
        self.unassigned.get(variable / 64).is_some_and(|bits| bits & 1 << (variable % 64) != 0)
    }

    fn set(&mut self, variable: usize, unassigned: bool) {
        for skipped in self.begun..variable {
            self.mark(skipped, true);
        }
        self.begun = self.begun.max(variable + 1);
        self.mark(variable, unassigned);
    }

    fn mark(&mut self, variable: usize, unassigned: bool) {
        let word = variable / 64;
        if self.unassigned.len() <= word {
            self.unassigned.resize(word + 1, 0);
        }
        let bit = 1 << (variable % 64);
        let bits = self.unassigned[word];
        self.unassigned[word] = if unassigned && self.reached { bits | bit } else { bits & !bit };
    }

    /// Where two ways meet.
    fn join(&mut self, other: &Self) {
        // A variable that began on one way alone has no value on the other.
        let new = self.begun.min(other.begun)..self.begun.max(other.begun);
        let lacks = if self.begun < other.begun { self.reached } else { other.reached };
        self.reached |= other.reached;
        if lacks {
            new.for_each(|variable| self.set(variable, true));
        }
        self.begun = self.begun.max(other.begun);
        self.unassigned.resize(self.unassigned.len().max(other.unassigned.len()), 0);
        for (bits, others) in self.unassigned.iter_mut().zip(&other.unassigned) {
            *bits |= others;
        }
    }
}

/// What a call of a function reads and assigns of the variables around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Effects {
    reads: BTreeSet<usize>,
    assigns: BTreeSet<usize>,
}

struct Flow<'k> {
    known: Known<'k>,
    variables: HashMap<Arc<str>, usize>,
    count: usize,
    /// Those that a block will declare, which its functions know before.
    reserved: HashMap<Arc<str>, usize>,
    now: State,
    /// Where `break` leads, and with what; the innermost last.
    breaks: Vec<State>,
    continues: Vec<State>,
    /// What `goto case` brings to the sections of the switches around this place.
    sections: Vec<Vec<State>>,
    /// What `goto` brings to labels.
    labels: HashMap<Arc<str>, State>,
    functions: HashMap<Arc<str>, Effects>,
    /// Variables below this number are those around the function that is looked at.
    outside: usize,
    /// Those of them that it reads before it assigns them.
    reads: BTreeSet<usize>,
    /// Where its `return` statements meet.
    ends: State,
    returns_value: bool,
    visits: usize,
}

impl Flow<'_> {
    fn variable(&mut self, name: &Arc<str>) -> usize {
        if let Some(variable) = self.variables.get(name) {
            return *variable;
        }
        self.begin(name)
    }

    /// A variable that begins here, whatever ended before under its name.
    fn begin(&mut self, name: &Arc<str>) -> usize {
        let variable = self.reserved.remove(name).unwrap_or_else(|| self.next());
        self.variables.insert(Arc::clone(name), variable);
        variable
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    fn assign(&mut self, name: &Arc<str>) {
        let variable = self.variable(name);
        self.now.set(variable, false);
    }

    fn forget(&mut self, name: &Arc<str>) {
        let variable = self.variable(name);
        self.now.set(variable, true);
    }

    fn read(&mut self, at: usize, name: &Arc<str>) -> Result<(), ParseError> {
        if let Some(effects) = self.functions.get(name).cloned() {
            return self.called(at, &effects);
        }
        match self.variables.get(name) {
            Some(variable) if self.now.has(*variable) => self.missing(at, *variable),
            _ => Ok(()),
        }
    }

    /// A read of a variable without a value. What a function reads of its surroundings counts where it is called.
    fn missing(&mut self, at: usize, variable: usize) -> Result<(), ParseError> {
        if variable < self.outside {
            self.reads.insert(variable);
            return Ok(());
        }
        let name = self.variables.iter().find(|(_, known)| **known == variable).map(|(name, _)| Arc::clone(name));
        Err(error(at, format!("Use of unassigned local variable '{}'", name.unwrap_or_default())))
    }

    fn called(&mut self, at: usize, effects: &Effects) -> Result<(), ParseError> {
        for variable in &effects.reads {
            if self.now.has(*variable) {
                self.missing(at, *variable)?;
            }
        }
        for variable in &effects.assigns {
            self.now.set(*variable, false);
        }
        Ok(())
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result<(), ParseError> {
        expressions.into_iter().try_for_each(|expression| self.expression(expression))
    }

    /// What is known after a condition, where it is true and where it is false.
    fn condition(&mut self, condition: &Expr) -> Result<(State, State), ParseError> {
        self.visits += 1;
        if self.visits > VISITS {
            return Err(unsupported(condition.at, "the expression is too complex"));
        }
        match self.known.conditions.get(&std::ptr::from_ref(condition).addr()) {
            Some(true) => return Ok((self.now.clone(), State::default())),
            Some(false) => return Ok((State::default(), self.now.clone())),
            None => {}
        }
        match &condition.kind {
            ExprKind::Unary(Unary::Not, inner) => self.condition(inner).map(|(yes, no)| (no, yes)),
            ExprKind::Binary(first, rest) => match rest.first() {
                Some((_, operator @ (Binary::And | Binary::Or), _)) => self.logical(first, *operator, rest),
                _ => self.plain(condition),
            },
            ExprKind::Is(value, pattern) => {
                self.expression(value)?;
                let Some(name) = declared(pattern) else { return Ok((self.now.clone(), self.now.clone())) };
                self.begin(name);
                self.assign(name);
                let yes = self.now.clone();
                if matches!(**pattern, Pattern::Type(..)) {
                    self.forget(name);
                }
                Ok((yes, self.now.clone()))
            }
            _ => self.plain(condition),
        }
    }

    fn plain(&mut self, condition: &Expr) -> Result<(State, State), ParseError> {
        self.operands(condition)?;
        Ok((self.now.clone(), self.now.clone()))
    }

    /// `&&` and `||`: the next operand is looked at only where those before are true (or false).
    fn logical(
        &mut self,
        first: &Expr,
        operator: Binary,
        rest: &[(usize, Binary, Expr)],
    ) -> Result<(State, State), ParseError> {
        let mut left = State::default();
        let mut going = self.now.clone();
        for operand in std::iter::once(first).chain(rest.iter().map(|(_, _, operand)| operand)) {
            self.now = going;
            let (yes, no) = self.condition(operand)?;
            let (on, off) = if operator == Binary::And { (yes, no) } else { (no, yes) };
            left.join(&off);
            going = on;
        }
        Ok(if operator == Binary::And { (going, left) } else { (left, going) })
    }

    fn expression(&mut self, expression: &Expr) -> Result<(), ParseError> {
        let (mut yes, no) = self.condition(expression)?;
        yes.join(&no);
        self.now = yes;
        Ok(())
    }

    /// An expression other than a condition with parts that may be skipped.
    fn operands(&mut self, expression: &Expr) -> Result<(), ParseError> {
        match &expression.kind {
            ExprKind::Name(name) => self.read(expression.at, name),
            ExprKind::Chain(base, links) => self.chain(base, links),
            ExprKind::Binary(first, rest) => {
                self.expression(first)?;
                self.all(rest.iter().map(|(_, _, operand)| operand))
            }
            ExprKind::Checked(_, inner)
            | ExprKind::Unary(_, inner)
            | ExprKind::Cast(_, inner)
            | ExprKind::As(inner, _) => self.expression(inner),
            ExprKind::Step { place, .. } => self.expression(place),
            ExprKind::Assign(target, operator, value) => self.assignment(target, *operator, value),
            ExprKind::Conditional(parts) => self.choice(parts),
            ExprKind::Coalesce(values) => self.coalesce(values),
            ExprKind::Is(inner, _) => self.expression(inner),
            ExprKind::Lambda(lambda) => self.lambda(expression.at, lambda),
            ExprKind::Throw(thrown) => {
                self.expression(thrown)?;
                self.now = State::default();
                Ok(())
            }
            ExprKind::Tuple(elements) => self.all(elements.iter().map(|(_, value)| value)),
            ExprKind::Deconstruct(variables) => {
                for (_, name) in variables {
                    self.begin(name);
                    self.assign(name);
                }
                Ok(())
            }
            ExprKind::NewGrid { sizes, rows, .. } => {
                self.all(sizes.iter().flat_map(|sizes| sizes.iter()).chain(rows.iter().flatten()))
            }
            ExprKind::New { arguments, initializer, .. } => {
                self.arguments(arguments)?;
                initializer.iter().try_for_each(|item| self.item(item))
            }
            ExprKind::NewArray { size, items, .. } => self.all(size.as_deref().into_iter().chain(items)),
            ExprKind::Anonymous(members) => self.all(members.iter().map(|(_, value)| value)),
            ExprKind::Interpolated(segments) => self.all(segments.iter().filter_map(|segment| match segment {
                Segment::Hole { value, .. } => Some(value),
                Segment::Text(_) => None,
            })),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Integer(..)
            | ExprKind::Real(_)
            | ExprKind::Text(_)
            | ExprKind::Char(_)
            | ExprKind::Type(_)
            | ExprKind::Single(_)
            | ExprKind::Decimal(_)
            | ExprKind::NameOf(_)
            | ExprKind::TypeOf(_)
            | ExprKind::SizeOf(_)
            | ExprKind::DefaultLiteral
            | ExprKind::Default(_) => Ok(()),
        }
    }

    /// Something that may run or not, so that what it assigns does not count.
    fn aside(&mut self, run: impl FnOnce(&mut Self) -> Result<(), ParseError>) -> Result<(), ParseError> {
        let before = self.now.clone();
        run(self)?;
        self.now.join(&before);
        Ok(())
    }

    fn chain(&mut self, base: &Expr, links: &[Link]) -> Result<(), ParseError> {
        self.expression(base)?;
        let certain = links.iter().position(|link| link.conditional).unwrap_or(links.len());
        let (always, perhaps) = links.split_at(certain);
        self.links(always)?;
        if perhaps.is_empty() { Ok(()) } else { self.aside(|flow| flow.links(perhaps)) }
    }

    fn links(&mut self, links: &[Link]) -> Result<(), ParseError> {
        links.iter().try_for_each(|link| match &link.kind {
            LinkKind::Member(..) => Ok(()),
            LinkKind::Invoke(arguments) | LinkKind::Index(arguments) => self.arguments(arguments),
        })
    }

    fn arguments(&mut self, arguments: &[Argument]) -> Result<(), ParseError> {
        for argument in arguments {
            match &argument.value {
                ArgumentValue::Plain(value) => self.expression(value)?,
                ArgumentValue::Ref(at, name) => self.read(*at, name)?,
                ArgumentValue::Out { .. } => {}
            }
        }
        for argument in arguments {
            if let ArgumentValue::Out { name, declares, .. } = &argument.value {
                if declares.is_some() {
                    self.begin(name);
                }
                self.assign(name);
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Result<(), ParseError> {
        match item {
            Item::Add(_, values) => self.all(values),
            Item::Index(_, key, value) => self.all([key, value]),
            Item::Property(_, _, value) => self.expression(value),
        }
    }

    fn assignment(&mut self, target: &Expr, operator: Option<Binary>, value: &Expr) -> Result<(), ParseError> {
        let name = match &target.kind {
            ExprKind::Name(name) => name,
            // Of a tuple on the left, the variables alone are not read.
            ExprKind::Tuple(elements) => {
                for (_, element) in elements {
                    if !matches!(element.kind, ExprKind::Name(_)) {
                        self.expression(element)?;
                    }
                }
                self.expression(value)?;
                for (_, element) in elements {
                    if let ExprKind::Name(name) = &element.kind {
                        self.assign(name);
                    }
                }
                return Ok(());
            }
            ExprKind::Deconstruct(_) => return self.all([value, target]),
            _ => return self.all([target, value]),
        };
        if operator.is_some() {
            self.read(target.at, name)?;
        }
        self.expression(value)?;
        self.assign(name);
        Ok(())
    }

    fn choice(&mut self, parts: &[Expr; 3]) -> Result<(), ParseError> {
        let [condition, yes, no] = parts;
        let (when_true, when_false) = self.condition(condition)?;
        self.now = when_true;
        self.expression(yes)?;
        let after = std::mem::replace(&mut self.now, when_false);
        self.expression(no)?;
        self.now.join(&after);
        Ok(())
    }

    fn coalesce(&mut self, values: &[Expr]) -> Result<(), ParseError> {
        let Some((first, rest)) = values.split_first() else { return Ok(()) };
        self.expression(first)?;
        self.aside(|flow| flow.all(rest))
    }

    /// A lambda may run later or never, so that what it assigns does not count.
    fn lambda(&mut self, at: usize, lambda: &Lambda) -> Result<(), ParseError> {
        let before = self.now.clone();
        // A variable of the same name may have ended without a value before.
        for (_, name) in &lambda.parameters {
            let names = name
                .strip_prefix('*')
                .map_or_else(|| vec![Arc::clone(name)], |names| names.split(',').map(Arc::from).collect());
            for name in names {
                self.begin(&name);
                self.assign(&name);
            }
        }
        match &lambda.body {
            LambdaBody::Value(value) => self.expression(value)?,
            LambdaBody::Block(body) => {
                // Its ways are looked at wherever the lambda itself stands.
                self.now.reached = true;
                let (returns, _) = self.apart(body)?;
                if returns && self.now.reached {
                    return Err(error(at, "Not all code paths return a value in lambda expression"));
                }
            }
        }
        self.now = before;
        Ok(())
    }
}

/// The variable that a pattern declares.
fn declared(pattern: &Pattern) -> Option<&Arc<str>> {
    match pattern {
        Pattern::Type(_, Some(name)) | Pattern::Var(_, name) if &**name != "_" => Some(name),
        _ => None,
    }
}
