//! Places that can be assigned: variables, indexers, properties.

use super::{Checker, Local, Typed, error, fit::CheckedArgument, operator};
use crate::{
    problem::ParseError,
    program::{Argument as ArgumentCode, Bound, BoundCall, Code, How, WritablePlace, Write},
    syntax::{Binary, Expr, ExprKind, LinkKind},
    types::{Class, Type, convert},
    value::Value,
};

/// A place, and the type of its value.
struct Target {
    place: WritablePlace,
    class: Type,
}

/// The code that reads a member, the type of the result, and the name of the setter.
struct Accessor<'n> {
    setter: &'n str,
    read: BoundCall,
    class: Type,
}

impl Checker {
    pub(super) fn assign(
        &mut self,
        at: usize,
        target: &Expr,
        operator: Option<Binary>,
        value: &Expr,
    ) -> Result<Typed, ParseError> {
        if operator.is_none() && matches!(target.kind, ExprKind::Tuple(_) | ExprKind::Deconstruct(_)) {
            return self.deconstruct(at, target, value);
        }
        if let (None, ExprKind::Name(name)) = (operator, &target.kind) {
            if &**name == "_" && self.lookup(name).is_none() {
                return self.value(value);
            }
            // The conversion of the value may depend on the variable: a lambda, a tuple, `default`.
            if let Some(Local::Variable(slot, class)) = self.lookup(name).cloned() {
                self.assignable(target.at, name, slot)?;
                if class.is_delegate() && self.loop_slots.last().is_some_and(|start| slot < *start) {
                    // In C# each round of the loop has its own variables, which the lambda keeps.
                    let message = "a delegate that a loop assigns to a variable around it is not supported";
                    return Err(super::unsupported(at, message));
                }
                let how = How::Set(self.expect(value, &class)?);
                return Ok(Typed::new(Code::Write(Box::new(Write { place: WritablePlace::Local(slot), how })), class));
            }
        }
        let value = self.value(value)?;
        let Target { place, class } = self.target(target, &value.class, operator.is_some())?;
        let how = match operator {
            None => How::Set(self.convert(value, &class, at)?),
            Some(operator) => self.update(at, &class, operator, value, false)?,
        };
        Ok(Typed::new(Code::Write(Box::new(Write { place, how })), class))
    }

    /// Checks `x++` and similar operators.
    pub(super) fn step(
        &mut self,
        at: usize,
        target: &Expr,
        increment: bool,
        prefix: bool,
    ) -> Result<Typed, ParseError> {
        let Target { place, class } = self.target(target, &Class::Int.into(), true)?;
        // C# does not convert an `int` to a `char` by itself, and yet it steps through characters.
        let one = match class.underlying().unwrap_or(&class).is(Class::Char) {
            true => Typed::constant(Value::Char(1), Class::Char),
            false => Typed::constant(1.into(), Class::Int),
        };
        let operator = if increment { Binary::Add } else { Binary::Subtract };
        if class.is(Class::String) {
            return Err(error(at, "Operator '++' cannot be applied to operand of type 'string'"));
        }
        let how = self.update(at, &class, operator, one, !prefix)?;
        Ok(Typed::new(Code::Write(Box::new(Write { place, how })), class))
    }

    /// Returns a place that takes a value of this type, and the type of the place.
    pub(super) fn target_of(&mut self, target: &Expr, assigned: &Type) -> Result<(WritablePlace, Type), ParseError> {
        let Target { place, class } = self.target(target, assigned, false)?;
        Ok((place, class))
    }

    fn target(&mut self, target: &Expr, assigned: &Type, reads: bool) -> Result<Target, ParseError> {
        let refused = || {
            let message = "The left-hand side of an assignment must be a variable, property or indexer";
            error(target.at, message)
        };
        let (base, links) = match &target.kind {
            ExprKind::Name(name) => {
                return match self.lookup(name) {
                    Some(Local::Variable(slot, class)) => {
                        self.assignable(target.at, name, *slot)?;
                        Ok(Target { place: WritablePlace::Local(*slot), class: class.clone() })
                    }
                    Some(Local::Function(_)) => Err(refused()),
                    None => Err(error(target.at, format!("The name '{name}' does not exist in the current context"))),
                };
            }
            ExprKind::Chain(base, links) => (base, links),
            _ => return Err(refused()),
        };
        let Some((last, before)) = links.split_last() else { return Err(refused()) };
        if last.conditional || before.iter().any(|link| link.conditional) {
            return Err(refused());
        }
        let object = self.chain(base, before)?;
        match &last.kind {
            LinkKind::Index(arguments) => {
                let checked = self.arguments(arguments)?;
                let stand_ins = checked.iter().map(CheckedArgument::stand_in).collect();
                let (read, class) = self.indexer_of(last.at, &object.class, stand_ins)?;
                let accessor = Accessor { setter: "[]=", read, class };
                self.member_target(last.at, accessor, object, assigned, reads, checked)
            }
            LinkKind::Member(name, _) => {
                let (read, class) = self.property(last.at, &object.class, name)?;
                let setter = format!("{name}=");
                if super::candidate::candidates(&object.class, &setter, false).is_empty() {
                    let message = format!(
                        "Property or indexer '{}.{name}' cannot be assigned to -- it is read only",
                        object.class
                    );
                    return Err(error(last.at, message));
                }
                let accessor = Accessor { setter: &setter, read, class };
                self.member_target(last.at, accessor, object, assigned, reads, Vec::new())
            }
            LinkKind::Invoke(_) => Err(refused()),
        }
    }

    fn member_target(
        &mut self,
        at: usize,
        accessor: Accessor<'_>,
        object: Typed,
        assigned: &Type,
        reads: bool,
        mut arguments: Vec<CheckedArgument<'_>>,
    ) -> Result<Target, ParseError> {
        let Accessor { setter, read, class } = accessor;
        if super::candidate::candidates(&object.class, setter, false).is_empty() {
            let message = format!("Property or indexer of '{}' cannot be assigned to -- it is read only", object.class);
            return Err(error(at, message));
        }
        // The value's code goes elsewhere; only its type decides which setter this is. A value that was read and
        // changed has the type of the place again.
        let of_place = reads || convert::implicit(assigned, &class).is_some();
        let stand_in = if of_place { class.clone() } else { assigned.clone() };
        let unit = Code::Constant(Value::Null);
        arguments.push(CheckedArgument::value(at, Typed::new(unit, stand_in)));
        let (write, _) = self.resolve(at, &object.class, setter, false, &[], arguments)?;
        let mut codes: Vec<Code> = write.arguments.into_iter().filter_map(value_code).collect();
        codes.pop();
        let read: Option<Bound> = reads.then_some(read.bound);
        let place = WritablePlace::Member { object: object.code, arguments: codes, read, write: write.bound };
        Ok(Target { place, class })
    }
}

fn value_code(argument: ArgumentCode) -> Option<Code> {
    if let ArgumentCode::Value(code) = argument { Some(code) } else { None }
}

impl Checker {
    /// Checks `place = (type)(place operator value)`. C# adds the cast itself, only where the value would fit the
    /// place.
    fn update(
        &self,
        at: usize,
        class: &Type,
        operator: Binary,
        value: Typed,
        gives_old: bool,
    ) -> Result<How, ParseError> {
        let current = Typed::new(Code::Constant(Value::Null), class.clone());
        let (operation, result) = operator::operation(at, operator, &current, &value)?;
        let shift = matches!(operator, Binary::ShiftLeft | Binary::ShiftRight);
        let fits = convert::implicit(&result, class).is_some()
            || shift
            || convert::implicit(&value.class, class).is_some()
            || constant_fits(&value, class);
        let Some(back) = convert::explicit(&result, class).filter(|_| fits) else {
            let message = format!(
                "Cannot implicitly convert type '{result}' to '{class}'. An explicit conversion exists (are you missing a \
                 cast?)"
            );
            return Err(error(at, message));
        };
        let back = if self.checked == Some(true) { super::expression::checked(back) } else { back };
        Ok(How::Update { operation: self.checked_operation(operation), operand: value.code, back, gives_old })
    }
}

fn constant_fits(value: &Typed, class: &Type) -> bool {
    value.fitting(class).is_some()
}
