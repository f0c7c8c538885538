//! Expressions.

use super::{Machine, Outcome};
use crate::{
    limits::Writer,
    problem::Failure,
    program::{Argument, BoundCall, Code, Link, Operation, Pattern, Piece, WritablePlace},
    types::{Class, Type, convert::Conversion},
    value::{CollectionKind, Integer, Object, Opaque, TimeSpan, Value, equality, format::composite, object::Grid},
};

impl Machine<'_> {
    pub(super) fn operation(&mut self, code: &Code) -> Outcome {
        match code {
            Code::Constant(value) => Ok(value.clone()),
            Code::Local(slot) => Ok(self.local(*slot)),
            Code::Chain(base, links) => self.chain(base, links),
            Code::Static(call) => self.call(call, Value::Null),
            Code::Function(index, arguments) => self.function(*index, arguments),
            Code::Convert(value, conversion) => {
                let value = self.evaluate(value)?;
                self.convert(value, conversion)
            }
            Code::Not(value) => match self.evaluate(value)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                other => Ok(other),
            },
            Code::Negate(value, class) => self.negate(value, *class),
            Code::Complement(value, class) => Ok(match self.evaluate(value)? {
                Value::Integer(number) => Value::Integer(Integer::wrap(*class, !number.wide())),
                Value::Char(unit) => Value::Integer(Integer::wrap(*class, !i128::from(unit))),
                other => match other.as_object() {
                    Some(Object::Enum(class, number)) => Value::enumerator(*class, !number),
                    _ => Value::Null,
                },
            }),
            Code::Operate(first, rest) => self.operate(first, rest),
            Code::All(conditions) => self.logical(conditions, false),
            Code::Any(conditions) => self.logical(conditions, true),
            Code::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                let chosen = if self.condition(condition)? { yes } else { no };
                self.evaluate(chosen)
            }
            Code::Coalesce(values) => self.coalesce(values),
            Code::Interpolate(pieces) => self.interpolate(pieces),
            Code::Array(element, items) => {
                let items = self.values(items)?;
                self.collection(CollectionKind::Array, element.clone(), items)
            }
            Code::SizedArray(element, size) => self.sized_array(element, size),
            Code::Anonymous(class, members) => {
                let values = self.values(members)?;
                self.hold(&values)?;
                self.budget.memory(32 * values.len())?;
                Ok(Value::object(Object::Record(std::sync::Arc::new((class.clone(), values)))))
            }
            Code::Initialize(object, calls) => self.initialize(object, calls),
            Code::As(value, class) => {
                let value = self.evaluate(value)?;
                Ok(if is_instance(&value, class) { value } else { Value::Null })
            }
            Code::Lambda(lambda) => Ok(Value::object(Object::Lambda(std::sync::Arc::clone(lambda)))),
            Code::Write(write) => self.write(write),
            Code::Is(..)
            | Code::Throw(_)
            | Code::Invoke(..)
            | Code::SizedGrid(..)
            | Code::Grid(..)
            | Code::Deconstruct(..) => self.other_operation(code),
        }
    }

    /// Evaluates the operations that nest less deeply. They are apart because each kind in a `match` needs stack.
    fn other_operation(&mut self, code: &Code) -> Outcome {
        match code {
            Code::Is(value, pattern) => {
                let value = self.evaluate(value)?;
                Ok(Value::Bool(self.matches(pattern, &value)))
            }
            Code::Throw(thrown) => Err(self.thrown(Some(thrown))?),
            Code::Invoke(delegate, arguments) => {
                let delegate = self.evaluate(delegate)?;
                let arguments = self.values(arguments)?;
                self.invoke_delegate(&delegate, &arguments)
            }
            Code::SizedGrid(element, sizes) => self.sized_grid(element, sizes),
            Code::Grid(element, items, columns) => {
                let items = self.values(items)?;
                self.grid(element, items, *columns)
            }
            Code::Deconstruct(value, places) => self.deconstruct(value, places),
            _ => Ok(Value::Null),
        }
    }

    pub(super) fn condition(&mut self, code: &Code) -> Result<bool, Failure> {
        Ok(self.evaluate(code)?.as_bool().unwrap_or_default())
    }

    pub(super) fn values(&mut self, codes: &[Code]) -> Result<Vec<Value>, Failure> {
        self.budget.memory(codes.len() * 16)?;
        codes.iter().map(|code| self.evaluate(code)).collect()
    }

    fn logical(&mut self, conditions: &[Code], stop_at: bool) -> Outcome {
        for condition in conditions {
            if self.condition(condition)? == stop_at {
                return Ok(Value::Bool(stop_at));
            }
        }
        Ok(Value::Bool(!stop_at))
    }

    fn chain(&mut self, base: &Code, links: &[Link]) -> Outcome {
        let mut value = self.evaluate(base)?;
        // A document that only this chain holds. A token found in it may ask for its parents later.
        let mut document = None;
        for link in links {
            if value.is_null() {
                if link.conditional {
                    return Ok(Value::Null);
                }
                if !link.call.bound.extension {
                    return Err(Failure::null_reference());
                }
            }
            if document.is_none() && matches!(value, Value::Json(_)) && !matches!(base, Code::Local(_)) {
                document = Some(value.clone());
            }
            value = self.call(&link.call, value)?;
        }
        if let (Some(document), Value::Json(_) | Value::Collection(_) | Value::Object(_)) = (document, &value) {
            self.budget.memory(16)?;
            self.documents.push(document);
        }
        Ok(value)
    }

    pub(super) fn call(&mut self, call: &BoundCall, receiver: Value) -> Outcome {
        self.budget.steps(1)?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(match argument {
                Argument::Value(code) => self.evaluate(code)?,
                Argument::Out(slot) => self.local(*slot),
            });
        }
        let (value, outs) = self.member(&call.bound, receiver, arguments)?;
        for (index, value) in outs {
            if let Some(Argument::Out(slot)) = call.arguments.get(index) {
                self.set_local(*slot, value);
            }
        }
        Ok(value)
    }

    fn function(&mut self, index: usize, arguments: &[Argument]) -> Outcome {
        let program = self.program;
        let Some(function) = program.functions.get(index) else { return Ok(Value::Null) };
        self.budget.memory(arguments.len() * 16)?;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(match argument {
                Argument::Value(code) => self.evaluate(code)?,
                Argument::Out(slot) => self.local(*slot),
            });
        }
        self.budget.steps(function.slots.len() as u64)?;
        let saved: Vec<_> = function.slots.clone().map(|slot| self.local(slot)).collect();
        for (slot, value) in function.parameters.iter().zip(values) {
            self.set_local(*slot, value);
        }
        let outcome = self.block_value(&function.body);
        let outs = arguments.iter().zip(&function.parameters).filter_map(|(argument, parameter)| match argument {
            Argument::Out(slot) => Some((*slot, self.local(*parameter))),
            Argument::Value(_) => None,
        });
        let outs: Vec<(usize, Value)> = outs.collect();
        for (slot, value) in function.slots.clone().zip(saved) {
            self.set_local(slot, value);
        }
        for (slot, value) in outs {
            self.set_local(slot, value);
        }
        outcome
    }

    /// Reports whether a value matches the pattern. If it does, the variable of the pattern gets the value.
    pub(super) fn matches(&mut self, pattern: &Pattern, value: &Value) -> bool {
        let (matches, slot) = match pattern {
            Pattern::Type(class, slot) => (is_instance(value, class), slot.as_ref()),
            Pattern::Constant(constant) => (equality::equal(constant, value), None),
            Pattern::Any(slot) => (true, slot.as_ref()),
        };
        if let (true, Some(slot)) = (matches, slot) {
            self.set_local(*slot, value.clone());
        }
        matches
    }

    fn grid(&mut self, element: &Type, items: Vec<Value>, columns: usize) -> Outcome {
        let class = Type::new(Class::Grid, vec![element.clone()]);
        let values = self.collection(CollectionKind::Array, element.clone(), items)?;
        let Value::Collection(Opaque(values)) = values else { return Ok(Value::Null) };
        Ok(Value::object(Object::Grid(std::sync::Arc::new(Grid { class, elements: values, columns }))))
    }

    fn sized_grid(&mut self, element: &Type, sizes: &[Code; 2]) -> Outcome {
        let mut lengths = [0; 2];
        for (length, size) in lengths.iter_mut().zip(sizes) {
            let size = self.evaluate(size)?.as_integer().unwrap_or_default();
            *length = usize::try_from(size)
                .map_err(|_| Failure::overflow("Arithmetic operation resulted in an overflow."))?;
        }
        let count = lengths[0].saturating_mul(lengths[1]);
        self.budget.memory(count.saturating_mul(32))?;
        // Rows without columns still count in .NET.
        if count == 0 && lengths[0] > 0 {
            return Err(Failure::unsupported("an array of two dimensions without columns"));
        }
        self.grid(element, vec![Value::default_of(element); count], lengths[1])
    }

    /// `(a, b) = tuple`
    fn deconstruct(&mut self, value: &Code, places: &[Option<(WritablePlace, Conversion)>]) -> Outcome {
        let value = self.evaluate(value)?;
        let parts = match value.as_object() {
            Some(Object::Record(record)) => record.1.clone(),
            Some(Object::Pair(pair)) => vec![pair.1.clone(), pair.2.clone()],
            _ => return Err(Failure::null_reference()),
        };
        for (part, place) in parts.into_iter().zip(places) {
            if let Some((place, conversion)) = place {
                let part = self.convert(part, conversion)?;
                self.put(place, part)?;
            }
        }
        Ok(value)
    }

    fn negate(&mut self, value: &Code, class: Class) -> Outcome {
        Ok(match self.evaluate(value)? {
            Value::Integer(number) => Value::Integer(Integer::wrap(class, -number.wide())),
            Value::Char(unit) => Value::Integer(Integer::wrap(class, -i128::from(unit))),
            Value::Single(number) => Value::Single(-number),
            Value::Double(number) => Value::Double(-number),
            Value::Decimal(number) => Value::Decimal(-number),
            Value::TimeSpan(span) => Value::TimeSpan(TimeSpan(span.0.wrapping_neg())),
            other => other,
        })
    }

    fn operate(&mut self, first: &Code, rest: &[(Operation, Code)]) -> Outcome {
        let mut value = self.evaluate(first)?;
        let mut rest = rest;
        while let Some((operation, operand)) = rest.first() {
            if *operation == Operation::Concat {
                // A run of `+` builds only one string, at its end.
                let length = rest.iter().take_while(|(next, _)| *next == Operation::Concat).count();
                let (run, after) = rest.split_at(length);
                value = self.concatenate(&value, run)?;
                rest = after;
                continue;
            }
            let operand = self.evaluate(operand)?;
            value = self.apply(*operation, &value, &operand)?;
            rest = &rest[1..];
        }
        Ok(value)
    }

    fn concatenate(&mut self, first: &Value, rest: &[(Operation, Code)]) -> Outcome {
        let mut values = vec![first.clone()];
        for (_, operand) in rest {
            values.push(self.evaluate(operand)?);
        }
        self.text_of_all(&values)
    }

    fn coalesce(&mut self, values: &[Code]) -> Outcome {
        for value in values {
            let value = self.evaluate(value)?;
            if !value.is_null() {
                return Ok(value);
            }
        }
        Ok(Value::Null)
    }

    fn interpolate(&mut self, pieces: &[Piece]) -> Outcome {
        let mut values = Vec::new();
        for piece in pieces {
            if let Piece::Value { value, .. } = piece {
                values.push(self.evaluate(value)?);
            }
        }
        let mut values = values.iter();
        let mut out = Writer::new(&mut self.budget);
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push(text)?,
                Piece::Value { width, format, .. } => {
                    let value = values.next().unwrap_or(&Value::Null);
                    composite::aligned(value, *width, format, &mut out)?;
                }
            }
        }
        Ok(Value::String(out.finish()))
    }

    fn sized_array(&mut self, element: &Type, size: &Code) -> Outcome {
        let size = self.evaluate(size)?.as_integer().unwrap_or_default();
        let Ok(size) = usize::try_from(size) else {
            return Err(Failure::overflow("Arithmetic operation resulted in an overflow."));
        };
        self.budget.memory(size.saturating_mul(32))?;
        self.collection(CollectionKind::Array, element.clone(), vec![Value::default_of(element); size])
    }

    fn initialize(&mut self, object: &Code, calls: &[BoundCall]) -> Outcome {
        let object = self.evaluate(object)?;
        for call in calls {
            self.call(call, object.clone())?;
        }
        Ok(object)
    }
}

/// Reports whether a value has a type, or a type that derives from it. Null has none.
pub(super) fn is_instance(value: &Value, class: &Type) -> bool {
    let class = class.underlying().unwrap_or(class);
    if value.is_null() {
        return false;
    }
    let own = value.type_of();
    class.is(Class::Object) || own == *class || crate::types::convert::inherits(&own, class).is_some()
}
