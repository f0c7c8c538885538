//! Expressions other than operators, members and `new`.

use std::sync::Arc;

use super::{Checker, Typed, convert_code, error, statement::variable_type};
use crate::{
    problem::ParseError,
    program::{Code, Operation, Piece},
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
            ExprKind::Interpolated(segments) => self.interpolated(segments),
            ExprKind::Name(_) | ExprKind::Type(_) => self.chain(expression, &[]),
            ExprKind::Chain(base, links) => self.chain(base, links),
            ExprKind::Unary(operator, value) => self.unary(at, *operator, value),
            ExprKind::Step { place, increment, prefix } => self.step(at, place, *increment, *prefix),
            ExprKind::Binary(first, rest) => self.binary(first, rest),
            ExprKind::Coalesce(values) => self.coalesce(at, values),
            ExprKind::Conditional(parts) => self.conditional(at, parts),
            ExprKind::Assign(target, operator, value) => self.assign(at, target, *operator, value),
            ExprKind::Cast(class, value) => self.cast(at, class, value),
            ExprKind::Is(value, class, name) => self.is_type(value, class, name.as_ref()),
            ExprKind::IsNull(value) => self.is_null(value),
            ExprKind::As(value, class) => self.as_type(at, value, class),
            ExprKind::New { class, arguments, initializer } => self.creation(at, class, arguments, initializer),
            ExprKind::NewArray { element, size, items } => self.array(at, element.as_ref(), size.as_deref(), items),
            ExprKind::Anonymous(members) => self.anonymous(at, members),
            ExprKind::Checked(checked, value) => {
                let outer = self.checked.replace(*checked);
                let value = self.value(value);
                self.checked = outer;
                value
            }
            ExprKind::NameOf(value) => self.name_of(value),
            _ => constant(expression),
        }
    }

    fn is_type(&mut self, value: &Expr, written: &TypeName, name: Option<&Arc<str>>) -> Result<Typed, ParseError> {
        let value = self.value(value)?;
        let class = variable_type(written)?;
        let possible = value.class.underlying().unwrap_or(&value.class);
        if name.is_some() && !convert::related(possible, class.underlying().unwrap_or(&class)) {
            let message =
                format!("An expression of type '{}' cannot be handled by a pattern of type '{class}'", value.class);
            return Err(error(written.at, message));
        }
        if name.is_some() && class.is(Class::Nullable) {
            let message = format!("It is not legal to use nullable type '{class}' in a pattern");
            return Err(error(written.at, message));
        }
        let slot = name.map(|name| self.declare(written.at, name, class.clone())).transpose()?;
        Ok(Typed::new(Code::Is(Box::new(value.code), class, slot), Class::Bool))
    }

    fn is_null(&mut self, value: &Expr) -> Result<Typed, ParseError> {
        let at = value.at;
        let value = self.value(value)?;
        if value.class.is_value() && !value.class.is(Class::Nullable) {
            let message = format!("Cannot convert null to '{}' because it is a non-nullable value type", value.class);
            return Err(error(at, message));
        }
        let null = Code::Constant(Value::Null);
        let code = Code::Operate(Box::new(value.code), vec![(Operation::Equal { negated: false }, null)]);
        Ok(Typed::new(code, Class::Bool))
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
        Ok(Typed::new(Code::Constant(Value::String(name)), Class::String))
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
                return Ok(Typed::new(Code::Not(Box::new(value.code)), value.class));
            }
            Unary::Minus | Unary::Plus if promoted.is_number() || plain == Class::TimeSpan => promoted,
            Unary::Complement if promoted.is_integer() => promoted,
            _ => return Err(refused()),
        };
        let lifted = value.class.is(Class::Nullable);
        let class = if lifted { Type::from(kind).nullable() } else { kind.into() };
        let code = Box::new(value.code);
        Ok(Typed::new(
            match operator {
                Unary::Minus => Code::Negate(code, kind),
                Unary::Complement => Code::Complement(code, kind),
                _ if kind == plain => *code,
                _ => convert_code(*code, Conversion::Number(kind)),
            },
            class,
        ))
    }

    fn coalesce(&mut self, at: usize, values: &[Expr]) -> Result<Typed, ParseError> {
        let mut checked = values.iter().map(|value| self.value(value)).collect::<Result<Vec<_>, _>>()?;
        let Some(mut result) = checked.pop() else { return Err(error(at, "a value is expected")) };
        while let Some(left) = checked.pop() {
            let nothing = left.class.is(Class::Null) && result.class.is(Class::Null);
            if nothing || left.class.is_value() && !left.class.is(Class::Nullable) {
                return Err(refused_coalesce(at, &left.class, &result.class));
            }
            let inner = left.class.underlying().unwrap_or(&left.class).clone();
            let class = if convert::implicit(&result.class, &inner).is_some() && !result.class.is(Class::Null) {
                inner
            } else if convert::implicit(&result.class, &left.class).is_some() {
                left.class.clone()
            } else if convert::implicit(&left.class, &result.class).is_some() {
                result.class.clone()
            } else {
                return Err(refused_coalesce(at, &left.class, &result.class));
            };
            let right = self.convert(result, &class, at)?;
            // The left value is converted only where it is not null, which for every conversion but these two is
            // what the conversion itself does.
            let left = match convert::implicit(&left.class, &class) {
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
        let condition = self.condition(condition)?;
        let (yes, no) = (self.value(yes)?, self.value(no)?);
        let undecided = yes.class.is(Class::Null) && no.class.is(Class::Null);
        let class = if !undecided && (yes.class == no.class || convert::implicit(&no.class, &yes.class).is_some()) {
            yes.class.clone()
        } else if !undecided && convert::implicit(&yes.class, &no.class).is_some() {
            no.class.clone()
        } else {
            let message = format!(
                "Type of conditional expression cannot be determined because there is no implicit conversion between \
                 '{}' and '{}'",
                yes.class, no.class
            );
            return Err(error(at, message));
        };
        let (yes, no) = (self.convert(yes, &class, at)?, self.convert(no, &class, at)?);
        Ok(Typed::new(Code::Conditional(Box::new([condition, yes, no])), class))
    }

    fn cast(&mut self, at: usize, written: &TypeName, value: &Expr) -> Result<Typed, ParseError> {
        let class = variable_type(written)?;
        let value = self.value(value)?;
        let Some(conversion) = convert::explicit(&value.class, &class) else {
            return Err(error(at, format!("Cannot convert type '{}' to '{class}'", value.class)));
        };
        let constant = value.constant.filter(|_| value.class.class.is_integer() && class.class.is_integer());
        if self.checked == Some(false) {
            let constant = constant.map(|number| Integer::wrap(class.class, number).wide());
            return Ok(Typed { code: convert_code(value.code, conversion), class, constant });
        }
        if let Some(number) = constant
            && Integer::fit(class.class, number).is_none()
        {
            let message = format!(
                "Constant value '{number}' cannot be converted to a '{class}' (use 'unchecked' syntax to override)"
            );
            return Err(error(at, message));
        }
        let conversion = if self.checked == Some(true) { checked(conversion) } else { conversion };
        Ok(Typed { code: convert_code(value.code, conversion), class, constant })
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
        if !convert::related(&value.class, target) && value.class != class && !value.class.is(Class::Null) {
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

/// The conversion inside `checked`.
fn checked(conversion: Conversion) -> Conversion {
    match conversion {
        Conversion::Number(class) => Conversion::Checked(class),
        Conversion::Unwrap(inner) => Conversion::Unwrap(Box::new(checked(*inner))),
        Conversion::Lift(inner) => Conversion::Lift(Box::new(checked(*inner))),
        other => other,
    }
}

/// Literals and `default(T)`.
fn constant(expression: &Expr) -> Result<Typed, ParseError> {
    let at = expression.at;
    let (value, class) = match &expression.kind {
        ExprKind::Null => (Value::Null, Class::Null.into()),
        ExprKind::Bool(value) => (Value::Bool(*value), Class::Bool.into()),
        ExprKind::Integer(value, suffix) => return integer(at, *value, *suffix),
        ExprKind::Real(value) => (Value::Double(*value), Class::Double.into()),
        ExprKind::Text(text) => (Value::String(Arc::clone(text)), Class::String.into()),
        ExprKind::Single(value) => (Value::Single(*value), Class::Single.into()),
        ExprKind::Decimal(value) => (Value::Decimal(*value), Class::Decimal.into()),
        ExprKind::DefaultLiteral => {
            return Err(error(at, "`default` without a type is not supported: write `default(T)`"));
        }
        ExprKind::Char(unit) => {
            let (code, constant) = (Code::Constant(Value::Char(*unit)), Some(i128::from(*unit)));
            return Ok(Typed { code, class: Class::Char.into(), constant });
        }
        ExprKind::Default(class) => {
            let class = variable_type(class)?;
            (Value::default_of(&class), class)
        }
        _ => return Err(error(at, "a lambda can only be an argument of a method that takes one")),
    };
    Ok(Typed::new(Code::Constant(value), class))
}

fn refused_coalesce(at: usize, left: &Type, right: &Type) -> ParseError {
    error(at, format!("Operator '??' cannot be applied to operands of type '{left}' and '{right}'"))
}

fn lifted(conversion: Conversion) -> Conversion {
    if conversion == Conversion::Same { conversion } else { Conversion::Lift(Box::new(conversion)) }
}

/// The first of `int`, `uint`, `long` that holds the literal.
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
    let class = number.class();
    Ok(Typed { code: Code::Constant(Value::Integer(number)), class: class.into(), constant: Some(value) })
}
