//! Binary operators.

use super::{Checker, Typed, error};
use crate::{
    problem::ParseError,
    program::{Arithmetic, Bits, Code, Comparison, Operation},
    syntax::{Binary, Expr, ExprKind},
    types::{Class, Type, convert},
    value::Value,
};

impl Checker {
    pub(super) fn binary(&mut self, first: &Expr, rest: &[(usize, Binary, Expr)]) -> Result<Typed, ParseError> {
        if let Some((_, operator @ (Binary::And | Binary::Or), _)) = rest.first() {
            let mut codes = Vec::new();
            let mut known = Vec::new();
            for operand in std::iter::once(first).chain(rest.iter().map(|(_, _, operand)| operand)) {
                let value = self.condition_value(operand)?;
                known.push(value.constant.as_ref().and_then(Value::as_bool));
                codes.push(value.code);
            }
            if let Some(known) = known.into_iter().collect::<Option<Vec<bool>>>() {
                let all = *operator == Binary::And;
                let value = if all { known.iter().all(|one| *one) } else { known.iter().any(|one| *one) };
                return Ok(Typed::constant(value.into(), Class::Bool));
            }
            let code = if *operator == Binary::And { Code::All(codes) } else { Code::Any(codes) };
            return Ok(Typed::new(code, Class::Bool));
        }
        let is_default = |operand: &Expr| matches!(operand.kind, ExprKind::DefaultLiteral);
        let mut left = match rest {
            // `default == x` and `x == default`: the literal has the type of the other side.
            [(_, Binary::Equal | Binary::NotEqual, operand)] if is_default(first) && !is_default(operand) => {
                Typed::default_of(self.value(operand)?.class)
            }
            _ => self.value(first)?,
        };
        let mut operations = Vec::new();
        for (at, operator, operand) in rest {
            let right = match operator {
                Binary::Equal | Binary::NotEqual if is_default(operand) => Typed::default_of(left.class.clone()),
                _ => self.value(operand)?,
            };
            let (operation, class) = operation(*at, *operator, &left, &right)?;
            let constant = self.folded(*at, operation, &left, &right)?;
            operations.push((self.checked_operation(operation), right.code));
            left = Typed { code: left.code, class, constant };
        }
        if let Some(constant) = left.constant {
            return Ok(Typed::constant(constant, left.class));
        }
        Ok(Typed::new(Code::Operate(Box::new(left.code), operations), left.class))
    }
}

impl Checker {
    /// Returns the operation. Inside `checked`, its overflow is an error.
    pub(super) fn checked_operation(&self, operation: Operation) -> Operation {
        match operation {
            Operation::Arithmetic(operator, class, _) => {
                Operation::Arithmetic(operator, class, self.checked == Some(true))
            }
            other => other,
        }
    }
}

/// Returns the operation of an operator on values of these types, and the type of the result.
pub(super) fn operation(
    at: usize,
    operator: Binary,
    left: &Typed,
    right: &Typed,
) -> Result<(Operation, Type), ParseError> {
    let found = match operator {
        Binary::Equal | Binary::NotEqual => equality(left, right, operator == Binary::NotEqual),
        Binary::Add if left.class.is(Class::XNamespace) && is_text(&right.class) => {
            Some((Operation::XmlName, Class::XName.into()))
        }
        Binary::Add if is_text(&left.class) || is_text(&right.class) => Some((Operation::Concat, Class::String.into())),
        _ => match with_null(operator, left, right) {
            Some((left, right)) => arithmetic(operator, &left, &right),
            None => arithmetic(operator, left, right),
        },
    };
    let text = || {
        // With `null` on one side, only the concatenation with a text remains.
        let null = left.class.is(Class::Null) != right.class.is(Class::Null);
        let joined = operator == Binary::Add && null && !left.class.is_delegate() && !right.class.is_delegate();
        joined.then(|| (Operation::Concat, Class::String.into()))
    };
    let found = found.or_else(text);
    found.ok_or_else(|| {
        let (left, right) = (&left.class, &right.class);
        error(
            at,
            format!("Operator '{}' cannot be applied to operands of type '{left}' and '{right}'", symbol(operator)),
        )
    })
}

/// Returns the operands where one is `null`. The `null` stands for the `T?` of the other side, so the operator is a
/// lifted one.
fn with_null(operator: Binary, left: &Typed, right: &Typed) -> Option<(Typed, Typed)> {
    use Class::{DateTime, DateTimeOffset, TimeSpan};
    let (null_left, null_right) = (left.class.is(Class::Null), right.class.is(Class::Null));
    if null_left == null_right {
        return None;
    }
    let other = if null_left { right } else { left };
    let plain = other.class.underlying().unwrap_or(&other.class);
    if !plain.is_value() {
        return None;
    }
    let standing = match (operator, plain.class) {
        (Binary::ShiftLeft | Binary::ShiftRight, _) => Class::Int,
        // A time minus null may be a time or a span.
        (Binary::Subtract, DateTime | DateTimeOffset) if null_right => return None,
        (Binary::Divide, TimeSpan) => return None,
        (Binary::Add, DateTime | DateTimeOffset) if null_right => TimeSpan,
        (Binary::Multiply, TimeSpan) => Class::Double,
        (Binary::Add, class) if !class.enumerators().is_empty() => Class::Int,
        (_, class) => class,
    };
    let null = Typed::new(Code::Constant(Value::Null), Type::from(standing).nullable());
    let other = Typed::new(Code::Constant(Value::Null), other.class.clone());
    Some(if null_left { (null, other) } else { (other, null) })
}

fn is_text(class: &Type) -> bool {
    class.is(Class::String)
}

/// Finds arithmetic, comparison, bits and shifts. With a `T?` on either side, the result is a `T?`, and null where that
/// side is null.
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
            || one == two
                && (matches!(one, Class::DateTime | Class::DateTimeOffset | Class::TimeSpan)
                    || !one.enumerators().is_empty())
            || enum_and_zero(left, right).is_some()
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
            } else if let Some(class) = enum_and_zero(left, right) {
                Some(class)
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
            if let Some((operation, class)) = scaled(operator, one, two) {
                return give(operation, class);
            }
            if let Some(class) = times(operator, one, two) {
                return give(Operation::Time { subtract: operator == Binary::Subtract }, class);
            }
            if let Some((operation, class)) = enums(operator, one, two, left.whole() == Some(0)) {
                return give(operation, class);
            }
            let class = promote(left, right)?;
            give(Operation::Arithmetic(arithmetic_of(operator)?, class, false), class)
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

/// Returns the class of `time + span` and similar sums and differences.
fn times(operator: Binary, left: Class, right: Class) -> Option<Class> {
    use Class::{DateTime, DateTimeOffset, TimeSpan};
    match (operator, left, right) {
        (Binary::Add | Binary::Subtract, DateTime | DateTimeOffset | TimeSpan, TimeSpan) => Some(left),
        (Binary::Subtract, DateTime, DateTime) => Some(TimeSpan),
        (Binary::Subtract, DateTimeOffset | DateTime, DateTimeOffset | DateTime) => Some(TimeSpan),
        _ => None,
    }
}

/// `span * 2`, `2 * span`, `span / 2` and `span / span`.
fn scaled(operator: Binary, left: Class, right: Class) -> Option<(Operation, Class)> {
    // The types that convert to `double`.
    let number = |class: Class| class != Class::Decimal && (class.is_number() || class == Class::Char);
    match (operator, left, right) {
        (Binary::Multiply, Class::TimeSpan, other) | (Binary::Multiply, other, Class::TimeSpan) if number(other) => {
            Some((Operation::Scale { divide: false }, Class::TimeSpan))
        }
        (Binary::Divide, Class::TimeSpan, other) if number(other) => {
            Some((Operation::Scale { divide: true }, Class::TimeSpan))
        }
        (Binary::Divide, Class::TimeSpan, Class::TimeSpan) => Some((Operation::Ratio, Class::Double)),
        _ => None,
    }
}

/// Returns the class in which C# computes with one number.
fn promote_one(class: Class) -> Option<Class> {
    match class {
        Class::SByte | Class::Byte | Class::Short | Class::UShort | Class::Char => Some(Class::Int),
        class if class.is_number() => Some(class),
        _ => None,
    }
}

/// Returns the class in which C# computes with two numbers.
fn promote(left: &Typed, right: &Typed) -> Option<Class> {
    use Class::{Decimal, Double, Int, Long, Single, UInt, ULong};
    let own = |typed: &Typed| typed.class.underlying().unwrap_or(&typed.class).class;
    let (one, two) = (promote_one(own(left))?, promote_one(own(right))?);
    // A type without a sign, or a constant that is not negative, meets `uint` and `ulong` in their own type.
    let unsigned = |typed: &Typed| {
        matches!(own(typed), Class::Byte | Class::UShort | Class::Char | UInt | ULong)
            || typed.whole().is_some_and(|value| value >= 0) && matches!(own(typed), Int | Long)
    };
    Some(match (one, two) {
        (Decimal, Single | Double) | (Single | Double, Decimal) => return None,
        (Decimal, _) | (_, Decimal) => Decimal,
        (Double, _) | (_, Double) => Double,
        (Single, _) | (_, Single) => Single,
        (ULong, _) if unsigned(right) => ULong,
        (_, ULong) if unsigned(left) => ULong,
        (ULong, _) | (_, ULong) => return None,
        (Long, _) | (_, Long) => Long,
        (UInt, _) if unsigned(right) => UInt,
        (_, UInt) if unsigned(left) => UInt,
        (UInt, _) | (_, UInt) => Long,
        _ => Int,
    })
}

/// `Monday + 1` is a day, `Friday - Monday` a number.
fn enums(operator: Binary, left: Class, right: Class, zero_left: bool) -> Option<(Operation, Class)> {
    let is_enum = |class: Class| !class.enumerators().is_empty();
    let number = |class: Class| promote_one(class) == Some(Class::Int);
    let class = match operator {
        Binary::Add if is_enum(left) && number(right) => left,
        Binary::Add if number(left) && is_enum(right) => right,
        Binary::Subtract if is_enum(left) && number(right) => left,
        Binary::Subtract if is_enum(left) && left == right => Class::Int,
        Binary::Subtract if left == Class::Int && zero_left && is_enum(right) => Class::Int,
        Binary::Subtract if number(left) && is_enum(right) => right,
        _ => return None,
    };
    Some((Operation::Arithmetic(arithmetic_of(operator)?, class, false), class))
}

/// Returns the enum of one side where the other side is the constant 0, which converts to the enum.
fn enum_and_zero(left: &Typed, right: &Typed) -> Option<Class> {
    let plain = |typed: &Typed| typed.class.underlying().unwrap_or(&typed.class).class;
    let is_enum = |class: &Class| !class.enumerators().is_empty();
    let zero = |typed: &Typed| typed.whole() == Some(0) && typed.class.is(Class::Int);
    if zero(left) {
        Some(plain(right)).filter(is_enum)
    } else {
        Some(plain(left)).filter(is_enum).filter(|_| zero(right))
    }
}

/// Reports whether the class is a struct without its own `==`.
fn is_pair(class: Class) -> bool {
    matches!(class, Class::KeyValuePair | Class::JEnumerable)
}

fn equality(left: &Typed, right: &Typed, negated: bool) -> Option<(Operation, Type)> {
    let give = |operation| Some((operation, Class::Bool.into()));
    let values = Operation::Equal { negated };
    let plain = |typed: &Typed| typed.class.underlying().unwrap_or(&typed.class).class;
    let (one, two) = (plain(left), plain(right));
    let (left_class, right_class) = (&left.class, &right.class);
    if left_class.is(Class::Null) || right_class.is(Class::Null) {
        // For a value that is never null, C# only warns.
        let other = if left_class.is(Class::Null) { right_class } else { left_class };
        return if is_pair(other.class) { None } else { give(values) };
    }
    let zero = |typed: &Typed| typed.whole() == Some(0) && typed.class.is(Class::Int);
    let is_enum = |class: Class| !class.enumerators().is_empty();
    if is_enum(one) && zero(right) || is_enum(two) && zero(left) {
        return give(values);
    }
    let numeric = promote_one(one).is_some() && promote_one(two).is_some();
    if numeric {
        return promote(left, right).and_then(|_| give(values));
    }
    let same_value =
        one == two && (left_class.is_value() && !is_pair(one) || matches!(one, Class::String | Class::Uri));
    let times =
        matches!((one, two), (Class::DateTime, Class::DateTimeOffset) | (Class::DateTimeOffset, Class::DateTime));
    let name = |class| matches!(class, Class::XName | Class::XNamespace);
    let names = name(one) && two == Class::String || one == Class::String && name(two);
    if same_value || times || names {
        return give(values);
    }
    if left_class.is_value() || right_class.is_value() {
        return None;
    }
    // Between `object` and `string`, C# also asks whether both are the same object.
    if convert::related(left_class, right_class) { give(Operation::Same { negated }) } else { None }
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
