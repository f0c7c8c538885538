//! Runs a checked program.

mod convert;
mod expression;
mod operator;
mod place;
mod statement;
mod values;

use super::{
    context::{Context, Entropy},
    limits::Budget,
    problem::{Exception, Failure},
    program::{Bound, Code, CodeBody, Lambda, Program},
    regex::Patterns,
    types::Type,
    value::{Object, Value, object::ContextPart},
};

/// The result of an evaluation.
pub(crate) type Outcome = Result<Value, Failure>;

/// The state of one evaluation.
pub(crate) struct Machine<'m> {
    pub(crate) context: &'m mut Context,
    pub(crate) budget: Budget,
    pub(crate) patterns: Patterns,
    program: &'m Program,
    slots: Vec<Value>,
    /// The exceptions that the surrounding `catch` blocks hold.
    caught: Vec<Exception>,
    /// Documents that no variable holds, while a part of them is in use.
    documents: Vec<Value>,
}

/// A call of a member.
pub(crate) struct Call<'c, 'm> {
    pub(crate) machine: &'c mut Machine<'m>,
    bound: &'c Bound,
    pub(crate) receiver: Value,
    pub(crate) arguments: Vec<Value>,
    /// Values for `out` parameters, by their position.
    outs: Vec<(usize, Value)>,
}

/// Runs a program. Some values cannot leave it: see [`Machine::leave`].
pub(crate) fn run(program: &Program, context: &mut Context) -> Outcome {
    let allowance = context.allowance;
    let mut machine = Machine {
        context,
        budget: Budget::within(allowance),
        patterns: Patterns::default(),
        program,
        slots: vec![Value::Null; program.slots],
        caught: Vec::new(),
        documents: Vec::new(),
    };
    let value = match &program.body {
        CodeBody::Single(code) => machine.evaluate(code),
        CodeBody::Block(steps) => machine.block_value(steps),
    };
    machine.context.allowance = machine.budget.rest_of(allowance);
    machine.leave(value?)
}

/// Evaluates an expression of constants; `None` if it has no value.
pub(crate) fn constant(code: &Code) -> Option<Value> {
    let program = Program { body: CodeBody::Block(Vec::new()), slots: 0, functions: Vec::new() };
    let mut context = Context::new(jiff::Timestamp::UNIX_EPOCH, uuid::Uuid::nil(), Entropy::seeded(0));
    let mut machine = Machine {
        context: &mut context,
        budget: Budget::new(),
        patterns: Patterns::default(),
        program: &program,
        slots: Vec::new(),
        caught: Vec::new(),
        documents: Vec::new(),
    };
    machine.evaluate(code).ok()
}

impl<'m> Machine<'m> {
    /// Prepares a value for the caller: `context.Response` leaves as a copy, and other parts of the context do not
    /// leave.
    fn leave(&self, value: Value) -> Outcome {
        match value.as_object() {
            Some(Object::Part(ContextPart::Response)) => {
                Ok(self.context.response.clone().map_or(Value::Null, Value::from))
            }
            Some(
                Object::Part(_) | Object::Facts(..) | Object::Body(_) | Object::Lambda(_) | Object::RuntimeType(_),
            ) => Err(Failure::unsupported(format!("a policy expression that returns a `{}`", value.type_of()))),
            _ => Ok(value),
        }
    }

    fn evaluate(&mut self, code: &Code) -> Outcome {
        match code {
            Code::Constant(value) => {
                self.budget.steps(1)?;
                Ok(value.clone())
            }
            Code::Local(slot) => {
                self.budget.steps(1)?;
                Ok(self.local(*slot))
            }
            _ => {
                self.budget.enter()?;
                let outcome = self.operation(code);
                self.budget.leave();
                outcome
            }
        }
    }

    fn local(&self, slot: usize) -> Value {
        self.slots.get(slot).cloned().unwrap_or(Value::Null)
    }

    fn set_local(&mut self, slot: usize, value: Value) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = value;
        }
    }

    /// Calls a lambda that a member received.
    pub(crate) fn invoke(&mut self, lambda: &Lambda, arguments: &[Value]) -> Outcome {
        for (slot, value) in lambda.parameters.iter().zip(arguments) {
            self.set_local(*slot, value.clone());
        }
        for (parameter, index, slot) in &lambda.opened {
            let member = match self.local(*parameter).as_object() {
                Some(Object::Record(record)) => record.1.get(*index).cloned(),
                _ => None,
            };
            self.set_local(*slot, member.unwrap_or(Value::Null));
        }
        match &lambda.body {
            CodeBody::Single(code) => self.evaluate(code),
            CodeBody::Block(steps) => {
                self.budget.enter()?;
                let value = self.block_value(steps);
                self.budget.leave();
                value
            }
        }
    }

    /// Calls a delegate in a variable. The delegate may already be running.
    fn invoke_delegate(&mut self, delegate: &Value, arguments: &[Value]) -> Outcome {
        let Some(Object::Lambda(lambda)) = delegate.as_object() else { return Err(Failure::null_reference()) };
        let lambda = std::sync::Arc::clone(lambda);
        self.budget.steps(lambda.own.len() as u64)?;
        let saved: Vec<_> = lambda.own.clone().map(|slot| self.local(slot)).collect();
        let outcome = self.invoke(&lambda, arguments);
        for (slot, value) in lambda.own.clone().zip(saved) {
            self.set_local(slot, value);
        }
        outcome
    }

    /// Calls a member.
    fn member(
        &mut self,
        bound: &Bound,
        receiver: Value,
        arguments: Vec<Value>,
    ) -> Result<(Value, Vec<(usize, Value)>), Failure> {
        let mut call = Call { machine: self, bound, receiver, arguments, outs: Vec::new() };
        let value = (bound.member.run)(&mut call)?;
        Ok((value, call.outs))
    }
}

impl Call<'_, '_> {
    /// Returns the name under which the member was called.
    pub(crate) fn name(&self) -> &'static str {
        self.bound.member.name
    }

    /// Returns the class that has the member.
    pub(crate) fn owner(&self) -> super::types::Class {
        self.bound.owner
    }

    /// Returns a type argument of the member, or of the class that is constructed.
    pub(crate) fn type_argument(&self, index: usize) -> Type {
        self.bound.types.get(index).cloned().unwrap_or_else(|| super::types::Class::Object.into())
    }

    pub(crate) fn type_arguments(&self) -> Vec<Type> {
        self.bound.types.clone()
    }

    /// Sets the `out` parameter at this position.
    pub(crate) fn set_out(&mut self, index: usize, value: Value) {
        self.outs.push((index, value));
    }
}
