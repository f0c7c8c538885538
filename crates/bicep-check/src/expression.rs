//! Evaluates expressions.

use std::rc::Rc;

use crate::{
    ast::{Expression, Form, Piece, Property},
    evaluate::{Evaluator, Instance, Locals, RULE},
    types::TypeKind,
    value::{Member, SourcePlace, Text, Value},
};

impl Evaluator<'_> {
    pub(crate) fn expression(&self, instance: &Rc<Instance>, locals: &Locals, expression: &Expression) -> Value {
        let place = SourcePlace { file: instance.file, line: expression.line };
        let evaluate = |inner: &Expression| self.expression(instance, locals, inner);
        match &expression.form {
            Form::Null => Value::Null,
            Form::Bool(value) => Value::Bool(*value),
            Form::Integer(number) => Value::Integer(*number),
            Form::Text(pieces) => self.text(instance, locals, pieces),
            Form::Object(properties) => {
                let member = |property: &Property| Member {
                    name: property.name.clone(),
                    place: SourcePlace { file: instance.file, line: property.line },
                    value: evaluate(&property.value),
                };
                Value::Object(properties.iter().map(member).collect())
            }
            Form::Array(items) => Value::Array(items.iter().map(evaluate).collect()),
            Form::Name(name) => match locals.iter().rev().find(|(local, _)| local == name) {
                Some((_, value)) => value.clone(),
                None => self.symbol(instance, name, place),
            },
            Form::Member { of, name, asserted } => {
                let of = evaluate(of);
                self.member(instance, &of, name, *asserted, place)
            }
            Form::Index { of, index } => {
                let (of, index) = (evaluate(of), evaluate(index));
                if let (Value::Array(items), Value::Integer(number), Some(options)) = (&of, &index, self.options)
                    && usize::try_from(*number).map_or(true, |number| number >= items.len())
                {
                    let message = format!("there is no item {number} of {} with the options {options}", items.len());
                    self.report.add(RULE, place, message);
                }
                indexed(&of, &index)
            }
            Form::Call { on, name, arguments } => {
                let on = on.as_ref().map(|on| evaluate(on));
                self.call(instance, locals, on.as_ref(), name, arguments, place)
            }
            Form::Choice { condition, this, that } => match evaluate(condition).truth() {
                Some(true) => evaluate(this),
                Some(false) => evaluate(that),
                None => Value::one_of(vec![evaluate(this), evaluate(that)]),
            },
            Form::Binary { operator, left, right } => binary(operator, &evaluate(left), || evaluate(right)),
            Form::Unary { operator, of } => match (operator.as_str(), evaluate(of)) {
                ("!", Value::Bool(value)) => Value::Bool(!value),
                ("-", Value::Integer(number)) => Value::Integer(-number),
                ("-", _) => Value::unknown(TypeKind::Int),
                _ => Value::unknown(TypeKind::Bool),
            },
            Form::Loop { item, index, over, body } => {
                let rounds = rounds(&evaluate(over), item, index.as_deref());
                let one = |round: Locals| self.expression(instance, &[locals.clone(), round].concat(), body);
                Value::Array(rounds.into_iter().map(one).collect())
            }
            Form::If { body, .. } => evaluate(body),
            Form::Lambda { .. } | Form::Union(_) | Form::ArrayOf(_) | Form::Nullable(_) | Form::Other => Value::any(),
        }
    }

    fn text(&self, instance: &Rc<Instance>, locals: &Locals, pieces: &[Piece]) -> Value {
        let mut text = Text::default();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push(Text::literal(literal)),
                Piece::Interpolated(inner) => {
                    let inner = self.expression(instance, locals, inner);
                    text.push(inner.as_text().unwrap_or_else(|| Text::hole("?", 0, usize::MAX)));
                }
            }
        }
        Value::Text(text)
    }
}

/// Returns the variables of each round of a loop.
pub(crate) fn rounds(over: &Value, item: &str, index: Option<&str>) -> Vec<Locals> {
    let unknown = [Value::any()];
    let items = match over {
        Value::Array(items) => items.as_slice(),
        Value::OneOf(values) => values.iter().map(Value::items).max_by_key(|items| items.len()).unwrap_or_default(),
        _ => unknown.as_slice(),
    };
    let round = |(number, value): (usize, &Value)| {
        let mut locals = vec![(item.to_owned(), value.clone())];
        let number = i64::try_from(number).unwrap_or_default();
        locals.extend(index.map(|index| (index.to_owned(), Value::Integer(number))));
        locals
    };
    items.iter().enumerate().map(round).collect()
}

fn indexed(of: &Value, index: &Value) -> Value {
    let Value::Integer(number) = index else { return Value::any() };
    let number = usize::try_from(*number).unwrap_or(usize::MAX);
    match of {
        Value::Array(items) => items.get(number).cloned().unwrap_or_else(Value::any),
        Value::Resources(resources) => {
            resources.get(number).map_or_else(Value::any, |resource| Value::Resource(Rc::clone(resource)))
        }
        Value::Module { symbol, instances, outputs } => {
            let instances = instances.get(number).cloned().into_iter().collect();
            Value::Module { symbol: symbol.clone(), instances, outputs: *outputs }
        }
        Value::OneOf(values) => Value::one_of(values.iter().map(|value| indexed(value, index)).collect()),
        _ => Value::any(),
    }
}

fn binary(operator: &str, left: &Value, right: impl Fn() -> Value) -> Value {
    let unknown = || Value::unknown(TypeKind::Bool);
    match (operator, left.truth()) {
        ("&&", Some(false)) => return Value::Bool(false),
        ("||", Some(true)) => return Value::Bool(true),
        _ => {}
    }
    let right = right();
    match operator {
        "&&" | "||" => match (left.truth(), right.truth()) {
            (Some(_), Some(value)) => Value::Bool(value),
            (_, Some(value)) if value == (operator == "||") => Value::Bool(value),
            _ => unknown(),
        },
        "==" | "!=" => match equal(left, &right) {
            Some(same) => Value::Bool(same == (operator == "==")),
            None => unknown(),
        },
        "+" | "-" | "*" | "/" | "%" => Value::unknown(TypeKind::Int),
        "??" => Value::one_of(vec![left.clone(), right]),
        _ => unknown(),
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if left == right => Some(true),
        (Value::Text(left), Value::Text(right)) => Some(left.known()? == right.known()?),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::Integer(left), Value::Integer(right)) => Some(left == right),
        (Value::Null, Value::Null) => Some(true),
        _ => None,
    }
}
