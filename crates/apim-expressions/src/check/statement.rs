//! Statements.

use super::{
    Checker, Local, Returns, Typed, error,
    known::{Fixed, Returned},
    variable_type,
};
use crate::{
    members,
    problem::ParseError,
    program::{Argument, Bound, BoundCall, Catch, Code, Step},
    syntax::{self, Block, Expr, ExprKind, LinkKind, Statement, StatementKind, TypeName},
    types::{
        Class, Type,
        convert::{self, Conversion},
        names,
    },
    value::Value,
};

impl Checker {
    /// Checks statements in a new scope. Functions are known in the whole block.
    pub(super) fn block(&mut self, statements: &[Statement]) -> Result<Vec<Step>, ParseError> {
        self.scoped(|checker| checker.statements(statements))
    }

    /// Checks statements in the scope around them.
    pub(super) fn statements(&mut self, statements: &[Statement]) -> Result<Vec<Step>, ParseError> {
        let outer = self.labels.len();
        for statement in statements {
            if let StatementKind::Label(name) = &statement.kind {
                if self.labels.iter().any(|(known, _)| known == name) {
                    return Err(error(statement.at, format!("The label '{name}' is a duplicate")));
                }
                self.labels.push((std::sync::Arc::clone(name), self.label_count));
                self.label_count += 1;
            }
        }
        for statement in statements {
            if let StatementKind::Function(function) = &statement.kind {
                self.declare_function(statement.at, function)?;
            }
        }
        let mut steps = Vec::new();
        for statement in statements {
            self.statement(statement, &mut steps)?;
        }
        self.labels.truncate(outer);
        Ok(steps)
    }

    /// Each kind of statement has its own function, so that nested statements need little stack.
    fn statement(&mut self, statement: &Statement, steps: &mut Vec<Step>) -> Result<(), ParseError> {
        let step = match &statement.kind {
            StatementKind::Declare { class, names } => return self.declaration(class, names, steps),
            StatementKind::Constant { class, names } => return self.constants(class, names, steps),
            StatementKind::Function(function) => return self.function(function),
            StatementKind::Block(body) => self.block(body).map(Step::Block),
            StatementKind::Checked(checked, body) => {
                let outer = self.checked.replace(*checked);
                let steps = self.block(body);
                self.checked = outer;
                steps.map(Step::Block)
            }
            StatementKind::If { branches, otherwise } => self.choice(branches, otherwise.as_ref()),
            StatementKind::For { .. } => self.for_loop(&statement.kind),
            StatementKind::ForEach { class, name, source, body } => {
                self.for_each(statement.at, class, name, source, body)
            }
            StatementKind::While { condition, body } => self.while_loop(condition, body),
            StatementKind::DoWhile { body, condition } => self.do_while(body, condition),
            StatementKind::Switch { subject, sections } => self.switch(subject, sections),
            StatementKind::Try { body, catches, finally } => self.try_catch(body, catches, finally.as_ref()),
            StatementKind::Using { resource, body } => self.using(resource, body),
            StatementKind::Lock { object, body } => self.locked(object, body),
            _ => self.simple_statement(statement),
        };
        steps.push(step?);
        Ok(())
    }

    /// Checks statements that contain no other statements.
    fn simple_statement(&mut self, statement: &Statement) -> Result<Step, ParseError> {
        let at = statement.at;
        match &statement.kind {
            StatementKind::Evaluate(expression) => self.statement_expression(expression).map(Step::Evaluate),
            StatementKind::Return(value) => self.return_value(at, value.as_ref()),
            StatementKind::Throw(value) => self.throw(at, value.as_ref()),
            StatementKind::Break if self.breakable > 0 => Ok(Step::Break),
            StatementKind::Continue if self.loops > 0 => Ok(Step::Continue),
            StatementKind::Label(name) | StatementKind::Goto(name) => {
                let found = self.labels.iter().find(|(known, _)| known == name).map(|(_, label)| *label);
                let Some(label) = found else {
                    let message = format!("No such label '{name}' within the scope of the goto statement");
                    return Err(error(at, message));
                };
                Ok(if matches!(statement.kind, StatementKind::Label(_)) {
                    Step::Label(label)
                } else {
                    Step::Goto(label)
                })
            }
            StatementKind::GotoCase(value) => self.goto_case(at, value),
            StatementKind::GotoDefault => self.goto_default(at),
            _ => Err(error(at, "No enclosing loop out of which to break or continue")),
        }
    }

    fn choice(&mut self, branches: &[(Expr, Block)], otherwise: Option<&Block>) -> Result<Step, ParseError> {
        let mut checked = Vec::new();
        for (condition, body) in branches {
            checked.push((self.condition(condition)?, self.block(body)?));
        }
        let otherwise = otherwise.map_or(Ok(Vec::new()), |body| self.block(body))?;
        Ok(Step::If { branches: checked, otherwise })
    }

    fn while_loop(&mut self, condition: &Expr, body: &Block) -> Result<Step, ParseError> {
        let condition = Some(self.condition(condition)?);
        let body = self.loop_body(body)?;
        Ok(Step::Loop { first: Vec::new(), condition, after: Vec::new(), body, body_first: false })
    }

    fn do_while(&mut self, body: &Block, condition: &Expr) -> Result<Step, ParseError> {
        let body = self.loop_body(body)?;
        let condition = Some(self.condition(condition)?);
        Ok(Step::Loop { first: Vec::new(), condition, after: Vec::new(), body, body_first: true })
    }

    fn using(&mut self, resource: &Statement, body: &Block) -> Result<Step, ParseError> {
        self.scoped(|checker| {
            let mut inner = Vec::new();
            let first = checker.slots;
            checker.statement_or_value(resource, &mut inner)?;
            for class in checker.declared_since(first) {
                disposable(resource.at, &class)?;
            }
            if matches!(resource.kind, StatementKind::Declare { .. }) {
                checker.fixed.extend((first..checker.slots).map(|slot| (slot, Fixed::Using)));
            }
            inner.push(Step::Block(checker.block(body)?));
            Ok(Step::Block(inner))
        })
    }

    /// Checks a `lock`. One request runs at a time here, so only the errors of C# and .NET matter.
    fn locked(&mut self, object: &Expr, body: &Block) -> Result<Step, ParseError> {
        let value = self.value(object)?;
        if value.class.is_value() || value.class.is(Class::Thrown) {
            let message = format!("'{}' is not a reference type as required by the lock statement", value.class);
            return Err(error(object.at, message));
        }
        let bound =
            Bound { member: &members::object::ENTER, owner: Class::Object, extension: false, types: Vec::new() };
        let enter = Code::Static(Box::new(BoundCall { bound, arguments: vec![Argument::Value(value.code)] }));
        Ok(Step::Block(vec![Step::Evaluate(enter), Step::Block(self.block(body)?)]))
    }

    /// Checks the content of `using (…)`.
    fn statement_or_value(&mut self, statement: &Statement, steps: &mut Vec<Step>) -> Result<(), ParseError> {
        if let StatementKind::Evaluate(expression) = &statement.kind {
            let value = self.value(expression)?;
            disposable(expression.at, &value.class)?;
            steps.push(Step::Evaluate(value.code));
            return Ok(());
        }
        self.statement(statement, steps)
    }

    /// Returns the types of the variables of the innermost scope whose slots are not below `first`.
    fn declared_since(&self, first: usize) -> Vec<Type> {
        let variables = self.scopes.last().into_iter().flatten().filter_map(|(_, local)| match local {
            Local::Variable(slot, class) if *slot >= first => Some(class.clone()),
            _ => None,
        });
        variables.collect()
    }

    /// Checks an expression that C# allows as a statement.
    pub(super) fn statement_expression(&mut self, expression: &Expr) -> Result<Code, ParseError> {
        let allowed = match &expression.kind {
            ExprKind::Assign(..) | ExprKind::Step { .. } | ExprKind::New { .. } => true,
            ExprKind::Chain(_, links) => matches!(links.last().map(|link| &link.kind), Some(LinkKind::Invoke(_))),
            _ => false,
        };
        if !allowed {
            let message =
                "Only assignment, call, increment, decrement, and new object expressions can be used as a statement";
            return Err(error(expression.at, message));
        }
        Ok(self.expression(expression)?.code)
    }

    pub(super) fn condition(&mut self, expression: &Expr) -> Result<Code, ParseError> {
        self.condition_value(expression).map(|value| value.code)
    }

    /// Checks a condition, and keeps its constant value.
    pub(super) fn condition_value(&mut self, expression: &Expr) -> Result<Typed, ParseError> {
        let value = self.value(expression)?;
        let constant = value.constant.clone();
        let code = self.convert(value, &Class::Bool.into(), expression.at)?;
        Ok(Typed { code, class: Class::Bool.into(), constant })
    }

    fn declaration(
        &mut self,
        written: &TypeName,
        variables: &[(usize, std::sync::Arc<str>, Option<Expr>)],
        steps: &mut Vec<Step>,
    ) -> Result<(), ParseError> {
        let class = if written.is_var() { None } else { Some(variable_type(written)?) };
        if let (None, [_, (at, ..), ..]) = (&class, variables) {
            return Err(error(*at, "Implicitly-typed variables cannot have multiple declarators"));
        }
        for (at, name, value) in variables {
            let (class, code) = match (&class, value) {
                (Some(class), Some(value)) => (class.clone(), self.expect(value, class)?),
                (Some(class), None) => (class.clone(), Code::Constant(Value::default_of(class))),
                (None, Some(value)) => {
                    let value = self.value(value)?;
                    if value.class.is(Class::Null) || value.class.is(Class::Thrown) {
                        return Err(error(*at, "Cannot assign <null> to an implicitly-typed variable"));
                    }
                    (value.class, value.code)
                }
                (None, None) => return Err(error(*at, "Implicitly-typed variables must be initialized")),
            };
            let slot = self.declare(*at, name, class)?;
            steps.push(Step::Set(slot, code));
        }
        Ok(())
    }

    fn loop_body(&mut self, body: &Block) -> Result<Vec<Step>, ParseError> {
        self.loops += 1;
        self.breakable += 1;
        self.loop_slots.push(self.slots);
        let steps = self.block(body);
        self.loop_slots.pop();
        self.loops -= 1;
        self.breakable -= 1;
        steps
    }

    fn for_loop(&mut self, statement: &StatementKind) -> Result<Step, ParseError> {
        let StatementKind::For { first, condition, after, body } = statement else { return Ok(Step::Break) };
        self.scoped(|checker| {
            let mut steps = Vec::new();
            for statement in first {
                checker.statement(statement, &mut steps)?;
            }
            let condition = condition.as_ref().map(|condition| checker.condition(condition)).transpose()?;
            let body = checker.loop_body(body)?;
            let after = after.iter().map(|step| checker.statement_expression(step)).collect::<Result<_, _>>()?;
            Ok(Step::Loop { first: steps, condition, after, body, body_first: false })
        })
    }

    fn for_each(
        &mut self,
        at: usize,
        class: &TypeName,
        name: &std::sync::Arc<str>,
        source: &Expr,
        body: &Block,
    ) -> Result<Step, ParseError> {
        let source_value = self.value(source)?;
        let pairs = source_value.class.is(Class::JObject);
        let Some(element) = element_of(&source_value.class) else {
            let message = format!(
                "foreach statement cannot operate on variables of type '{}' because it does not contain a public \
                 instance definition for 'GetEnumerator'",
                source_value.class
            );
            return Err(error(source.at, message));
        };
        let (class, convert) = if class.is_var() {
            (element, Conversion::Same)
        } else {
            let class = variable_type(class)?;
            let Some(convert) = convert::explicit(&element, &class) else {
                return Err(error(at, format!("Cannot convert type '{element}' to '{class}'")));
            };
            (class, convert)
        };
        self.scoped(|checker| {
            let slot = checker.declare(at, name, class)?;
            checker.fixed.insert(slot, Fixed::ForEach);
            Ok(Step::ForEach { slot, source: source_value.code, pairs, convert, body: checker.loop_body(body)? })
        })
    }

    fn try_catch(
        &mut self,
        body: &Block,
        catches: &[syntax::Catch],
        finally: Option<&Block>,
    ) -> Result<Step, ParseError> {
        let body = self.block(body)?;
        // `Exception` is the only exception class on API Management's list, so one catch takes everything.
        let mut checked_catches: Vec<Catch> = Vec::new();
        for written in catches {
            let class = written.class.as_ref().map(names::resolve).transpose()?;
            let at = written.class.as_ref().map_or(0, |class| class.at);
            if class.is_some_and(|class| !class.is(Class::Exception)) {
                return Err(error(at, "The type caught or thrown must be derived from System.Exception"));
            }
            if checked_catches.last().is_some_and(|last| last.when.is_none()) {
                return Err(error(at, "A previous catch clause already catches all exceptions"));
            }
            self.catches += 1;
            let checked = self.scoped(|checker| {
                let slot = match &written.name {
                    Some(name) => Some(checker.declare(0, name, Class::Exception.into())?),
                    None => None,
                };
                let when = written.when.as_ref().map(|when| checker.condition(when)).transpose()?;
                Ok(Catch { slot, when, body: checker.block(&written.body)? })
            });
            self.catches -= 1;
            checked_catches.push(checked?);
        }
        let outer = (self.finally, self.loops, self.breakable);
        (self.finally, self.loops, self.breakable) = (true, 0, 0);
        let finally = finally.map_or(Ok(Vec::new()), |finally| self.block(finally));
        (self.finally, self.loops, self.breakable) = outer;
        let finally = finally?;
        Ok(Step::Try { body, catches: checked_catches, finally })
    }

    fn return_value(&mut self, at: usize, value: Option<&Expr>) -> Result<Step, ParseError> {
        if self.finally {
            return Err(error(at, "Control cannot leave the body of a finally clause"));
        }
        let returns = self.returns.clone();
        Ok(Step::Return(match (returns, value) {
            (Returns::Type(class), None) if class.is(Class::Void) => None,
            (_, None) => return Err(error(at, "An object of a type convertible to 'object' is required")),
            (Returns::Type(class), Some(_)) if class.is(Class::Void) => {
                return Err(error(
                    at,
                    "Since the function returns void, a return keyword must not be followed by an object expression",
                ));
            }
            (Returns::Type(class), Some(value)) => Some(self.expect(value, &class)?),
            (Returns::Infer, Some(value)) => {
                let Typed { code, class, constant } = self.value(value)?;
                self.returned.push(Returned::new(value.at, class, constant));
                Some(code)
            }
            (Returns::Main, Some(value)) => {
                let Typed { code, class, .. } = self.value(value)?;
                self.gives.push(class);
                Some(code)
            }
        }))
    }

    fn throw(&mut self, at: usize, value: Option<&Expr>) -> Result<Step, ParseError> {
        match value {
            Some(value) => Ok(Step::Throw(Some(self.expect(value, &Class::Exception.into())?))),
            None if self.catches > 0 => Ok(Step::Throw(None)),
            None => Err(error(at, "A throw statement with no arguments is not allowed outside of a catch clause")),
        }
    }
}

/// Refuses a value that `using` cannot dispose of.
fn disposable(at: usize, class: &Type) -> Result<(), ParseError> {
    if class.is(Class::Null) || class.class.is_disposable() {
        return Ok(());
    }
    let message =
        format!("'{class}': type used in a using statement must be implicitly convertible to 'System.IDisposable'");
    Err(error(at, message))
}

/// Returns the type of `x` in `foreach (var x in …)`.
fn element_of(class: &Type) -> Option<Type> {
    match class.class {
        Class::JObject => Some(Type::new(Class::KeyValuePair, vec![Class::String.into(), Class::JToken.into()])),
        Class::Grid => Some(class.argument(0)),
        // These enumerate as `object`; a program names the type of its variable.
        Class::MatchCollection | Class::GroupCollection => Some(Class::Object.into()),
        _ => class.ancestors().into_iter().find(|a| a.is(Class::Enumerable)).map(|a| a.argument(0)),
    }
}
