//! Binary operators.

use super::{Checker, Typed, error};
use crate::{
    problem::ParseError,
    program::{Arithmetic, Bits, Code, Comparison, Operation},
    syntax::{Binary, Expr},
    types::{
        Class, Type,
        convert::{self, inherits},
    },
    value::Integer,
};

impl Checker {
    pub(super) fn binary(&mut self, first: &Expr, rest: &[(usize, Binary, Expr)]) -> Result<Typed, ParseError> {
        if let Some((_, operator @ (Binary::And | Binary::Or), _)) = rest.first() {
            let mut codes = vec![self.condition(first)?];
            for (_, _, operand) in rest {
                codes.push(self.condition(operand)?);
            }
            let code = if *operator == Binary::And { Code::All(codes) } else { Code::Any(codes) };
            return Ok(Typed::new(code, Class::Bool));
        }
        let mut left = self.value(first)?;
        let mut operations = Vec::new();
        for (at, operator, operand) in rest {
            let right = self.value(operand)?;
            let (operation, class) = operation(*at, *operator, &left, &right)?;
            let constant = constant(*at, operation, &left, &right)?;
            operations.push((operation, right.code));
            left = Typed { code: left.code, class, constant };
        }
        Ok(Typed { code: Code::Operate(Box::new(left.code), operations), ..left })
    }
}

/// What arithmetic makes of two constants: C# computes it on upload.
fn constant(at: usize, operation: Operation, left: &Typed, right: &Typed) -> Result<Option<i128>, ParseError> {
    let Operation::Arithmetic(arithmetic, class) = operation else { return Ok(None) };
    if !class.is_integer() {
        return Ok(None);
    }
    if matches!(arithmetic, Arithmetic::Divide | Arithmetic::Remainder) && right.constant == Some(0) {
        return Err(error(at, "Division by constant zero"));
    }
    let (Some(one), Some(two)) = (left.constant, right.constant) else { return Ok(None) };
    let value = match arithmetic {
        Arithmetic::Add => one + two,
        Arithmetic::Subtract => one - two,
        Arithmetic::Multiply => one.saturating_mul(two),
        Arithmetic::Divide => one / two,
        Arithmetic::Remainder => one % two,
    };
    match Integer::fit(class, value) {
        Some(_) => Ok(Some(value)),
        None => Err(error(at, "The operation overflows at compile time in checked mode")),
    }
}

/// What an operator does to values of these types, and the type of what comes out.
pub(super) fn operation(
    at: usize,
    operator: Binary,
    left: &Typed,
    right: &Typed,
) -> Result<(Operation, Type), ParseError> {
    let found = match operator {
        Binary::Equal | Binary::NotEqual => equality(&left.class, &right.class, operator == Binary::NotEqual),
        Binary::Add if left.class.is(Class::XNamespace) && is_text(&right.class) => {
            Some((Operation::XmlName, Class::XName.into()))
        }
        Binary::Add if is_text(&left.class) || is_text(&right.class) => Some((Operation::Concat, Class::String.into())),
        _ => arithmetic(operator, left, right),
    };
    found.ok_or_else(|| {
        let (left, right) = (&left.class, &right.class);
        error(
            at,
            format!("Operator '{}' cannot be applied to operands of type '{left}' and '{right}'", symbol(operator)),
        )
    })
}

fn is_text(class: &Type) -> bool {
    class.is(Class::String)
}

/// Arithmetic, comparison, bits and shifts. With a `T?` on either side the result is one, or null where it is.
fn arithmetic(operator: Binary, left: &Typed, right: &Typed) -> Option<(Operation, Type)> {
    let plain = |typed: &Typed| typed.class.underlying().unwrap_or(&typed.class).class;
    let lifted = left.class.is(Class::Nullable) || right.class.is(Class::Nullable);
    let (one, two) = (plain(left), plain(right));
    let give = |operation: Operation, class: Class| {
        let class = Type::from(class);
        Some((operation, if lifted { class.nullable() } else { class }))
    };
    if let Some(comparison) = comparison(operator) {
        let ordered = promote(left, right).is_some()
            || one == two && matches!(one, Class::DateTime | Class::DateTimeOffset | Class::TimeSpan)
            || matches!(
                (one, two),
                (Class::DateTime, Class::DateTimeOffset) | (Class::DateTimeOffset, Class::DateTime)
            );
        return ordered.then(|| (Operation::Compare(comparison), Class::Bool.into()));
    }
    match operator {
        Binary::BitAnd | Binary::BitOr | Binary::BitXor => {
            let bits = match operator {
                Binary::BitAnd => Bits::And,
                Binary::BitOr => Bits::Or,
                _ => Bits::Xor,
            };
            let class = if one == two && (one == Class::Bool || !one.enumerators().is_empty()) {
                Some(one)
            } else {
                promote(left, right).filter(|class| class.is_integer())
            };
            give(Operation::Bits(bits, class?), class?)
        }
        Binary::ShiftLeft | Binary::ShiftRight => {
            let class = promote_one(one).filter(|class| class.is_integer())?;
            let count = promote_one(two)? == Class::Int;
            let operation = Operation::Shift { left: operator == Binary::ShiftLeft, class };
            if count { give(operation, class) } else { None }
        }
        _ => {
            if let Some(class) = times(operator, one, two) {
                return give(Operation::Time { subtract: operator == Binary::Subtract }, class);
            }
            let class = promote(left, right)?;
            give(Operation::Arithmetic(arithmetic_of(operator)?, class), class)
        }
    }
}

fn arithmetic_of(operator: Binary) -> Option<Arithmetic> {
    Some(match operator {
        Binary::Add => Arithmetic::Add,
        Binary::Subtract => Arithmetic::Subtract,
        Binary::Multiply => Arithmetic::Multiply,
        Binary::Divide => Arithmetic::Divide,
        Binary::Remainder => Arithmetic::Remainder,
        _ => return None,
    })
}

fn comparison(operator: Binary) -> Option<Comparison> {
    Some(match operator {
        Binary::Less => Comparison::Less,
        Binary::LessOrEqual => Comparison::LessOrEqual,
        Binary::Greater => Comparison::Greater,
        Binary::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The class of `time + span` and its like.
fn times(operator: Binary, left: Class, right: Class) -> Option<Class> {
    use Class::{DateTime, DateTimeOffset, TimeSpan};
    match (operator, left, right) {
        (Binary::Add | Binary::Subtract, DateTime | DateTimeOffset | TimeSpan, TimeSpan) => Some(left),
        (Binary::Subtract, DateTime, DateTime) => Some(TimeSpan),
        (Binary::Subtract, DateTimeOffset | DateTime, DateTimeOffset | DateTime) => Some(TimeSpan),
        _ => None,
    }
}

/// The class in which C# computes with one number.
fn promote_one(class: Class) -> Option<Class> {
    match class {
        Class::SByte | Class::Byte | Class::Short | Class::UShort | Class::Char => Some(Class::Int),
        class if class.is_number() => Some(class),
        _ => None,
    }
}

/// The class in which C# computes with two numbers.
fn promote(left: &Typed, right: &Typed) -> Option<Class> {
    let plain = |typed: &Typed| promote_one(typed.class.underlying().unwrap_or(&typed.class).class);
    let (one, two) = (plain(left)?, plain(right)?);
    let fits_uint = |typed: &Typed| typed.constant.is_some_and(|value| value >= 0);
    Some(match (one, two) {
        (Class::Double, _) | (_, Class::Double) => Class::Double,
        (Class::Long, _) | (_, Class::Long) => Class::Long,
        (Class::UInt, Class::UInt) => Class::UInt,
        (Class::UInt, _) if fits_uint(right) => Class::UInt,
        (_, Class::UInt) if fits_uint(left) => Class::UInt,
        (Class::UInt, _) | (_, Class::UInt) => Class::Long,
        _ => Class::Int,
    })
}

fn equality(left: &Type, right: &Type, negated: bool) -> Option<(Operation, Type)> {
    let give = |operation| Some((operation, Class::Bool.into()));
    let values = Operation::Equal { negated };
    let plain = |class: &Type| class.underlying().unwrap_or(class).class;
    let (one, two) = (plain(left), plain(right));
    if left.is(Class::Null) || right.is(Class::Null) {
        let other = if left.is(Class::Null) { right } else { left };
        return if !other.is_value() || other.is(Class::Nullable) { give(values) } else { None };
    }
    let numeric = promote_one(one).is_some() && promote_one(two).is_some();
    let same_value =
        one == two && (left.is_value() && one != Class::KeyValuePair || matches!(one, Class::String | Class::Uri));
    let times =
        matches!((one, two), (Class::DateTime, Class::DateTimeOffset) | (Class::DateTimeOffset, Class::DateTime));
    if numeric || same_value || times {
        return give(values);
    }
    if left.is_value() || right.is_value() {
        return None;
    }
    // Between `object` and `string`, too, C# asks whether both are the same object.
    let related = inherits(left, right).is_some()
        || inherits(right, left).is_some()
        || left == right
        || left.is(Class::Object)
        || right.is(Class::Object)
        || convert::explicit(left, right).is_some() && !left.class.is_json() && !right.class.is_json();
    if related { give(Operation::Same { negated }) } else { None }
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Or => "||",
        Binary::And => "&&",
        Binary::BitOr => "|",
        Binary::BitXor => "^",
        Binary::BitAnd => "&",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessOrEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterOrEqual => ">=",
        Binary::ShiftLeft => "<<",
        Binary::ShiftRight => ">>",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Remainder => "%",
    }
}
