//! Expressions other than operators, members and `new`.

use std::sync::Arc;

use super::{Checker, Typed, convert_code, error, variable_type};
use crate::{
    evaluate,
    problem::ParseError,
    program::{Arithmetic, Code, Operation, Piece},
    syntax::{Expr, ExprKind, LinkKind, Segment, TypeName, Unary},
    types::{
        Class, Type,
        convert::{self, Conversion},
        names,
    },
    value::{Integer, Value},
};

impl Checker {
    pub(super) fn expression(&mut self, expression: &Expr) -> Result<Typed, ParseError> {
        let at = expression.at;
        match &expression.kind {
            ExprKind::Name(_) | ExprKind::Type(_) => self.chain(expression, &[]),
            ExprKind::Chain(base, links) => self.chain(base, links),
            ExprKind::Unary(operator, value) => self.unary(at, *operator, value),
            ExprKind::Binary(first, rest) => self.binary(first, rest),
            ExprKind::Conditional(parts) => self.conditional(at, parts),
            ExprKind::Cast(class, value) => self.cast(at, class, value),
            ExprKind::New { class, arguments, initializer } => self.creation(at, class, arguments, initializer),
            ExprKind::NewArray { element, size, items } => self.array(at, element.as_ref(), size.as_deref(), items),
            ExprKind::Anonymous(members) => self.anonymous(at, members),
            _ => self.other_expression(expression),
        }
    }

    /// Checks the expressions that nest less deeply. They are apart because each kind in a `match` needs stack.
    fn other_expression(&mut self, expression: &Expr) -> Result<Typed, ParseError> {
        let at = expression.at;
        match &expression.kind {
            ExprKind::Interpolated(segments) => self.interpolated(segments),
            ExprKind::Step { place, increment, prefix } => self.step(at, place, *increment, *prefix),
            ExprKind::Coalesce(values) => self.coalesce(at, values),
            ExprKind::Assign(target, operator, value) => self.assign(at, target, *operator, value),
            ExprKind::Is(value, pattern) => self.is_pattern(value, pattern),
            ExprKind::As(value, class) => self.as_type(at, value, class),
            ExprKind::Throw(thrown) => self.throw_value(thrown),
            ExprKind::Tuple(elements) => self.tuple(at, elements),
            ExprKind::NewGrid { element, sizes, rows } => self.grid(at, element.as_ref(), sizes.as_deref(), rows),
            ExprKind::TypeOf(written) => self.type_of(at, written),
            ExprKind::SizeOf(written) => size_of(written),
            ExprKind::Checked(checked, value) => self.checked_value(*checked, value),
            ExprKind::NameOf(value) => self.name_of(value),
            _ => constant(expression),
        }
    }

    fn throw_value(&mut self, thrown: &Expr) -> Result<Typed, ParseError> {
        let thrown = self.expect(thrown, &Class::Exception.into())?;
        Ok(Typed::new(Code::Throw(Box::new(thrown)), Class::Thrown))
    }

    fn checked_value(&mut self, checked: bool, value: &Expr) -> Result<Typed, ParseError> {
        let outer = self.checked.replace(checked);
        let value = self.value(value);
        self.checked = outer;
        value
    }

    /// `nameof(a.b)` is `"b"`.
    fn name_of(&mut self, value: &Expr) -> Result<Typed, ParseError> {
        let name = match &value.kind {
            ExprKind::Name(name) => {
                if self.lookup(name).is_none() && names::class(name).is_none() && &**name != "context" {
                    return Err(error(value.at, format!("The name '{name}' does not exist in the current context")));
                }
                Some(Arc::clone(name))
            }
            ExprKind::Chain(_, links) => match links.last().map(|link| &link.kind) {
                Some(LinkKind::Member(name, _)) => Some(Arc::clone(name)),
                _ => None,
            },
            _ => None,
        };
        let name = name.ok_or_else(|| error(value.at, "Expression does not have a name"))?;
        Ok(Typed::constant(Value::String(name.trim_start_matches('@').into()), Class::String))
    }

    fn interpolated(&mut self, segments: &[Segment]) -> Result<Typed, ParseError> {
        let mut pieces = Vec::new();
        for segment in segments {
            pieces.push(match segment {
                Segment::Text(text) => Piece::Text(Arc::clone(text)),
                Segment::Hole { value, alignment, format } => {
                    let value = self.value(value)?.code;
                    let format = format.clone().unwrap_or_default();
                    Piece::Value { value, width: alignment.unwrap_or(0), format }
                }
            });
        }
        Ok(Typed::new(Code::Interpolate(pieces), Class::String))
    }

    fn unary(&mut self, at: usize, operator: Unary, operand: &Expr) -> Result<Typed, ParseError> {
        if operator == Unary::Minus
            && let ExprKind::Integer(value, suffix) = operand.kind
            && suffix != Some(b'b')
        {
            return negative(at, value, suffix);
        }
        let value = self.value(operand)?;
        let plain = value.class.underlying().unwrap_or(&value.class).class;
        let refused = || {
            let symbol = match operator {
                Unary::Not => "!",
                Unary::Minus => "-",
                Unary::Plus => "+",
                Unary::Complement => "~",
            };
            error(at, format!("Operator '{symbol}' cannot be applied to operand of type '{}'", value.class))
        };
        let promoted = match plain {
            Class::SByte | Class::Byte | Class::Short | Class::UShort | Class::Char => Class::Int,
            Class::UInt if operator == Unary::Minus => Class::Long,
            Class::ULong if operator == Unary::Minus => return Err(refused()),
            other => other,
        };
        let kind = match operator {
            Unary::Not if plain == Class::Bool => {
                if let Some(Value::Bool(known)) = value.constant {
                    return Ok(Typed::constant((!known).into(), Class::Bool));
                }
                return Ok(Typed::new(Code::Not(Box::new(value.code)), value.class));
            }
            Unary::Minus | Unary::Plus if promoted.is_number() || plain == Class::TimeSpan => promoted,
            Unary::Complement if promoted.is_integer() || !plain.enumerators().is_empty() => promoted,
            _ => return Err(refused()),
        };
        let lifted = value.class.is(Class::Nullable);
        let class = if lifted { Type::from(kind).nullable() } else { kind.into() };
        if let (Unary::Minus, Some(number)) = (operator, value.whole())
            && Integer::fit(kind, -number).is_none()
            && self.checked != Some(false)
        {
            return Err(error(at, "The operation overflows at compile time in checked mode"));
        }
        let known = value.constant.is_some();
        let code = Box::new(value.code);
        let code = match operator {
            // `0 - x` detects an overflow.
            Unary::Minus if self.checked == Some(true) && kind.is_integer() => {
                let zero = Code::Constant(Value::Integer(Integer::wrap(kind, 0)));
                let subtract = Operation::Arithmetic(Arithmetic::Subtract, kind, true);
                Code::Operate(Box::new(zero), vec![(subtract, *code)])
            }
            Unary::Minus => Code::Negate(code, kind),
            Unary::Complement => Code::Complement(code, kind),
            _ if kind == plain => *code,
            _ => convert_code(*code, Conversion::Number(kind)),
        };
        if known && let Some(constant) = evaluate::constant(&code) {
            return Ok(Typed::constant(constant, class));
        }
        Ok(Typed::new(code, class))
    }

    fn coalesce(&mut self, at: usize, values: &[Expr]) -> Result<Typed, ParseError> {
        let mut checked = values.iter().map(|value| self.value(value)).collect::<Result<Vec<_>, _>>()?;
        if let [.., last] = values
            && matches!(last.kind, ExprKind::DefaultLiteral)
        {
            return Err(error(last.at, "Operator '??' cannot be applied to operand 'default'"));
        }
        let Some(mut result) = checked.pop() else { return Err(error(at, "a value is expected")) };
        while let Some(left) = checked.pop() {
            let nothing = left.class.is(Class::Null) && result.class.is(Class::Null);
            if nothing || left.class.is_value() && !left.class.is(Class::Nullable) {
                return Err(refused_coalesce(at, &left.class, &result.class));
            }
            let inner = left.class.underlying().unwrap_or(&left.class).clone();
            let fits = convert::implicit(&result.class, &inner).is_some() || result.fitting(&inner).is_some();
            let class = if fits && !result.class.is(Class::Null) {
                inner.clone()
            } else if convert::implicit(&result.class, &left.class).is_some() {
                left.class.clone()
            } else if convert::implicit(&inner, &result.class).is_some() {
                result.class.clone()
            } else {
                return Err(refused_coalesce(at, &left.class, &result.class));
            };
            let right = self.convert(result, &class, at)?;
            // The left value is converted only where it is not null. Every conversion except these two keeps null by
            // itself.
            let from = if convert::implicit(&left.class, &class).is_some() { &left.class } else { &inner };
            let left = match convert::implicit(from, &class) {
                Some((_, conversion)) => convert_code(left.code, lifted(conversion)),
                None => left.code,
            };
            let code = match right {
                Code::Coalesce(mut rest) => {
                    rest.insert(0, left);
                    Code::Coalesce(rest)
                }
                right => Code::Coalesce(vec![left, right]),
            };
            result = Typed::new(code, class);
        }
        Ok(result)
    }

    fn conditional(&mut self, at: usize, parts: &[Expr; 3]) -> Result<Typed, ParseError> {
        let [condition, yes, no] = parts;
        let condition = self.condition_value(condition)?;
        let yes_is_default = matches!(yes.kind, ExprKind::DefaultLiteral);
        let first = self.value(if yes_is_default { no } else { yes })?;
        let second = match (yes_is_default, &no.kind) {
            (true, ExprKind::DefaultLiteral) => {
                return Err(error(at, "There is no target type for the default literal"));
            }
            (true, _) | (false, ExprKind::DefaultLiteral) => {
                Typed::constant(Value::default_of(&first.class), first.class.clone())
            }
            (false, _) => self.value(no)?,
        };
        self.chosen(at, condition, if yes_is_default { [second, first] } else { [first, second] })
    }

    /// `condition ? yes : no`
    fn chosen(&mut self, at: usize, condition: Typed, [yes, no]: [Typed; 2]) -> Result<Typed, ParseError> {
        let undecided = yes.class.is(Class::Thrown) && no.class.is(Class::Thrown);
        let undecided = undecided || yes.class.is(Class::Null) && no.class.is(Class::Null);
        let own = |typed: &Typed| !typed.class.is(Class::Null) && !typed.class.is(Class::Thrown);
        let becomes = |typed: &Typed, class: &Type| {
            convert::implicit(&typed.class, class).is_some() || typed.fitting(class).is_some()
        };
        let class = if !undecided && own(&yes) && becomes(&no, &yes.class) {
            // Where a constant allows both conversions, the wider type is the better one.
            let wider = own(&no) && convert::implicit(&yes.class, &no.class).is_some();
            if wider { no.class.clone() } else { yes.class.clone() }
        } else if !undecided && own(&no) && becomes(&yes, &no.class) {
            no.class.clone()
        } else {
            let message = format!(
                "Type of conditional expression cannot be determined because there is no implicit conversion between \
                 '{}' and '{}'",
                yes.class, no.class
            );
            return Err(error(at, message));
        };
        let constants = condition.constant.is_some() && yes.constant.is_some() && no.constant.is_some();
        let chosen = condition.constant.clone();
        let (yes, no) = (self.convert(yes, &class, at)?, self.convert(no, &class, at)?);
        if constants && let (Some(Value::Bool(chosen)), Code::Constant(yes), Code::Constant(no)) = (chosen, &yes, &no) {
            let constant = if chosen { yes.clone() } else { no.clone() };
            return Ok(Typed::constant(constant, class));
        }
        Ok(Typed::new(Code::Conditional(Box::new([condition.code, yes, no])), class))
    }

    fn cast(&mut self, at: usize, written: &TypeName, value: &Expr) -> Result<Typed, ParseError> {
        let class = variable_type(written)?;
        if class.is_delegate()
            && let Some(code) = self.delegate(value, &class)?
        {
            return Ok(Typed::new(code, class));
        }
        let value = if matches!(value.kind, ExprKind::DefaultLiteral) {
            Typed::constant(Value::default_of(&class), class.clone())
        } else {
            self.value(value)?
        };
        let Some(conversion) = convert::explicit(&value.class, &class) else {
            return Err(error(at, format!("Cannot convert type '{}' to '{class}'", value.class)));
        };
        let conversion = if self.checked == Some(true) { checked(conversion) } else { conversion };
        if let Some(constant) = self.cast_constant(at, &value, &class, &conversion)? {
            return Ok(Typed::constant(constant, class));
        }
        Ok(Typed::new(convert_code(value.code, conversion), class))
    }

    fn as_type(&mut self, at: usize, value: &Expr, written: &TypeName) -> Result<Typed, ParseError> {
        let class = variable_type(written)?;
        if class.is_value() && !class.is(Class::Nullable) {
            let message = format!(
                "The as operator must be used with a reference type or nullable type ('{class}' is a non-nullable \
                 value type)"
            );
            return Err(error(at, message));
        }
        let value = self.value(value)?;
        let target = class.underlying().unwrap_or(&class);
        let of_numbers = class.is(Class::Nullable) && convert::both_numeric(&value.class, target);
        if !convert::related(&value.class, target)
            && value.class != class
            && !value.class.is(Class::Null)
            && !of_numbers
        {
            let message = format!(
                "Cannot convert type '{}' to '{class}' via a reference conversion, boxing conversion, unboxing \
                 conversion, wrapping conversion, or null type conversion",
                value.class
            );
            return Err(error(at, message));
        }
        Ok(Typed::new(Code::As(Box::new(value.code), class.clone()), class))
    }
}

/// Returns the conversion as it is inside `checked`.
pub(super) fn checked(conversion: Conversion) -> Conversion {
    match conversion {
        Conversion::Number(class) => Conversion::Checked(class),
        Conversion::Then(steps) => Conversion::Then(Box::new((checked(steps.0), checked(steps.1)))),
        Conversion::Unwrap(inner) => Conversion::Unwrap(Box::new(checked(*inner))),
        Conversion::Lift(inner) => Conversion::Lift(Box::new(checked(*inner))),
        other => other,
    }
}

/// Checks literals and `default(T)`.
fn constant(expression: &Expr) -> Result<Typed, ParseError> {
    let at = expression.at;
    let (value, class) = match &expression.kind {
        ExprKind::Null => (Value::Null, Type::from(Class::Null)),
        ExprKind::Bool(value) => (Value::Bool(*value), Class::Bool.into()),
        ExprKind::Integer(value, suffix) => return integer(at, *value, *suffix),
        ExprKind::Real(value) => (Value::Double(*value), Class::Double.into()),
        ExprKind::Text(text) => (Value::String(Arc::clone(text)), Class::String.into()),
        ExprKind::Single(value) => (Value::Single(*value), Class::Single.into()),
        ExprKind::Decimal(value) => (Value::Decimal(*value), Class::Decimal.into()),
        ExprKind::DefaultLiteral => {
            return Err(error(at, "There is no target type for the default literal"));
        }
        ExprKind::Char(unit) => {
            return Ok(Typed::constant(Value::Char(*unit), Class::Char));
        }
        ExprKind::Default(class) => {
            return Ok(Typed::default_of(variable_type(class)?));
        }
        _ => return Err(error(at, "a lambda can only be an argument of a method that takes one")),
    };
    Ok(Typed::constant(value, class))
}

/// Checks `sizeof(int)`, which is a constant.
fn size_of(written: &TypeName) -> Result<Typed, ParseError> {
    let class = variable_type(written)?;
    let size = match class.class {
        Class::Bool | Class::Byte | Class::SByte => 1,
        Class::Char | Class::Short | Class::UShort => 2,
        Class::Int | Class::UInt | Class::Single => 4,
        Class::Long | Class::ULong | Class::Double => 8,
        Class::Decimal => 16,
        class if !class.enumerators().is_empty() => 4,
        _ => {
            let message = format!(
                "'{class}' does not have a predefined size, therefore sizeof can only be used in an unsafe context"
            );
            return Err(error(written.at, message));
        }
    };
    Ok(Typed::constant(size.into(), Class::Int))
}

fn refused_coalesce(at: usize, left: &Type, right: &Type) -> ParseError {
    error(at, format!("Operator '??' cannot be applied to operands of type '{left}' and '{right}'"))
}

fn lifted(conversion: Conversion) -> Conversion {
    if conversion == Conversion::Same { conversion } else { Conversion::Lift(Box::new(conversion)) }
}

/// Returns an integer literal with the first type that holds it: `int`, `uint`, `long`.
fn integer(at: usize, value: u64, suffix: Option<u8>) -> Result<Typed, ParseError> {
    let classes: &[Class] = match suffix {
        Some(b'l') => &[Class::Long, Class::ULong],
        Some(b'u') => &[Class::UInt, Class::ULong],
        Some(_) => &[Class::ULong],
        None => &[Class::Int, Class::UInt, Class::Long, Class::ULong],
    };
    literal(at, value.into(), classes)
}

fn negative(at: usize, value: u64, suffix: Option<u8>) -> Result<Typed, ParseError> {
    let classes: &[Class] = if suffix.is_some() { &[Class::Long] } else { &[Class::Int, Class::Long] };
    literal(at, -i128::from(value), classes)
}

fn literal(at: usize, value: i128, classes: &[Class]) -> Result<Typed, ParseError> {
    let number = classes.iter().find_map(|class| Integer::fit(*class, value));
    let number = number.ok_or_else(|| error(at, "Integral constant is too large"))?;
    Ok(Typed::constant(Value::Integer(number), number.class()))
}
