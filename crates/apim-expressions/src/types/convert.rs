//! Implicit and explicit conversions between types.

use super::{Class, Type};

/// The action of a conversion when the expression runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Conversion {
    /// No action: the same value under another type.
    Same,
    /// Between numbers, `char` and enums. Values that are too large wrap.
    Number(Class),
    /// The same conversion inside `checked`. A value that does not fit is an error.
    Checked(Class),
    /// A check that the value's own type is this one or derives from it.
    Check(Type),
    /// A `JToken` to a plain value.
    FromJson(Type),
    /// A plain value to a `JValue`.
    ToJson,
    /// `DateTime` to `DateTimeOffset`.
    ToOffset,
    /// A string to an `XName` or `XNamespace`.
    ToXmlName(Class),
    /// The text of an `XElement` or `XAttribute` to a plain value.
    FromXml(Type),
    /// The first conversion, and then the second.
    Then(Box<(Conversion, Conversion)>),
    /// `T?` to `T`, which must not be null; then the other conversion.
    Unwrap(Box<Conversion>),
    /// Null stays null; anything else is converted.
    Lift(Box<Conversion>),
}

/// How well an argument fits a parameter: the smaller, the better.
pub(crate) type Cost = u32;

/// Returns the conversion that C# makes by itself, if there is one.
pub(crate) fn implicit(from: &Type, to: &Type) -> Option<(Cost, Conversion)> {
    if from == to {
        return Some((0, Conversion::Same));
    }
    if from.is(Class::Void) || to.is(Class::Void) {
        return None;
    }
    if from.is(Class::Thrown) {
        return Some((0, Conversion::Same));
    }
    if from.is(Class::Null) {
        let fits = !to.is_value() || to.is(Class::Nullable);
        return fits.then_some((if to.is(Class::Object) { 2 } else { 1 }, Conversion::Same));
    }
    if let Some(cost) = widening(from.class, to.class) {
        return Some((cost, Conversion::Number(to.class)));
    }
    if let Some(inner) = to.underlying() {
        return match from.underlying() {
            Some(source) => implicit(source, inner).map(|(cost, how)| (cost + 1, lift(how))),
            None => implicit(from, inner).map(|(cost, how)| (cost + 1, how)),
        };
    }
    if from.is_delegate() {
        return None;
    }
    if to.is(Class::Object) {
        return Some((20, Conversion::Same));
    }
    if to.is(Class::DateTimeOffset) && from.is(Class::DateTime) {
        return Some((3, Conversion::ToOffset));
    }
    if from.is(Class::String) && matches!(to.class, Class::XName | Class::XNamespace) {
        return Some((5, Conversion::ToXmlName(to.class)));
    }
    if matches!(to.class, Class::JToken) && !from.class.is_json() && becomes_json(from) {
        return Some((5, Conversion::ToJson));
    }
    if to.is(Class::JToken) && from.underlying().unwrap_or(from).is(Class::Char) {
        return Some((
            5,
            lift_of(from, Conversion::Then(Box::new((Conversion::Number(Class::UShort), Conversion::ToJson)))),
        ));
    }
    inherits(from, to).map(|distance| (distance, Conversion::Same))
}

/// Returns the conversion of `T`, or of `T?` if this is the type.
fn lift_of(from: &Type, conversion: Conversion) -> Conversion {
    if from.is(Class::Nullable) { lift(conversion) } else { conversion }
}

/// Reports whether both types are numbers, characters or enums, plain or as `T?`.
pub(crate) fn both_numeric(one: &Type, two: &Type) -> bool {
    [one, two].iter().all(|class| is_numeric(class.underlying().unwrap_or(class).class))
}

/// Returns the conversion that `(to)value` makes, if it is allowed at all.
pub(crate) fn explicit(from: &Type, to: &Type) -> Option<Conversion> {
    if let Some((_, conversion)) = implicit(from, to) {
        return Some(conversion);
    }
    if from.is(Class::Void) || from.is(Class::Null) {
        return None;
    }
    let from_class = from.class;
    if matches!(from_class, Class::XElement | Class::XAttribute) && reads_from_xml(to) {
        return Some(Conversion::FromXml(to.clone()));
    }
    if is_numeric(from_class) && is_numeric(to.class) {
        return Some(Conversion::Number(to.class));
    }
    if let Some(inner) = to.underlying() {
        if from_class.is_json() {
            return becomes_plain(inner).then(|| Conversion::FromJson(to.clone()));
        }
        return match from.underlying() {
            Some(source) => explicit(source, inner).map(lift),
            None if from.is(Class::Object) => Some(Conversion::Check(to.clone())),
            None => explicit(from, inner),
        };
    }
    if let Some(inner) = from.underlying().filter(|_| !to.class.is_json()) {
        return explicit(inner, to).map(|how| Conversion::Unwrap(Box::new(how)));
    }
    if from_class.is_json() && !to.class.is_json() && becomes_plain(to) {
        return Some(Conversion::FromJson(to.clone()));
    }
    let token = Type::from(Class::JToken);
    if to.class.is_json() && !from_class.is_json() && inherits(to, &token).is_some() && !from.is(Class::Object) {
        let (_, conversion) = implicit(from, &token)?;
        return Some(Conversion::Then(Box::new((conversion, Conversion::Check(to.clone())))));
    }
    // Downcasts, unboxing, and casts to or from an interface are checked when they run.
    related(from, to).then(|| Conversion::Check(to.clone()))
}

/// Reports whether a value of one type can be a value of the other. `==` of references, `as` and patterns need this.
pub(crate) fn related(one: &Type, two: &Type) -> bool {
    if one == two || one.is(Class::Object) || two.is(Class::Object) {
        return true;
    }
    if inherits(one, two).is_some() || inherits(two, one).is_some() {
        return true;
    }
    if one.is_value() || two.is_value() {
        return false;
    }
    let unsealed = |class: &Type| !class.class.is_sealed();
    match (one.class.is_interface(), two.class.is_interface()) {
        (true, true) => true,
        (true, false) => unsealed(two),
        (false, true) => unsealed(one),
        (false, false) => {
            one.is(Class::Array)
                && two.is(Class::Array)
                && !one.argument(0).is_value()
                && !two.argument(0).is_value()
                && related(&one.argument(0), &two.argument(0))
        }
    }
}

fn lift(conversion: Conversion) -> Conversion {
    if conversion == Conversion::Same { conversion } else { Conversion::Lift(Box::new(conversion)) }
}

fn is_numeric(class: Class) -> bool {
    class.is_number() || class == Class::Char || !class.enumerators().is_empty()
}

/// C#'s implicit numeric conversions.
fn widening(from: Class, to: Class) -> Option<Cost> {
    use Class::{Byte, Char, Decimal, Double, Int, Long, SByte, Short, Single, UInt, ULong, UShort};
    let targets: &[Class] = match from {
        SByte => &[Short, Int, Long, Single, Double, Decimal],
        Byte => &[Short, UShort, Int, UInt, Long, ULong, Single, Double, Decimal],
        Short => &[Int, Long, Single, Double, Decimal],
        UShort | Char => &[UShort, Int, UInt, Long, ULong, Single, Double, Decimal],
        Int => &[Long, Single, Double, Decimal],
        UInt => &[Long, ULong, Single, Double, Decimal],
        Long | ULong => &[Single, Double, Decimal],
        Single => &[Double],
        _ => return None,
    };
    let position = targets.iter().position(|target| *target == to)?;
    u32::try_from(position).ok().map(|position| position + 1)
}

/// Returns how far up `to` is among the base classes and interfaces of `from`.
pub(crate) fn inherits(from: &Type, to: &Type) -> Option<Cost> {
    let ancestors = from.ancestors();
    let fits = |ancestor: &Type| {
        ancestor == to
            // `IEnumerable<out T>` and arrays accept types that derive from their element.
            || ancestor.class == to.class
                && matches!(
                    to.class,
                    Class::Enumerable | Class::IJEnumerable | Class::Array | Class::ReadOnlyCollection
                )
                && ancestor.arguments.iter().zip(&to.arguments).all(|(from, to)| {
                    !from.is_value() && (to.is(Class::Object) || inherits(from, to).is_some())
                })
    };
    let position = ancestors.iter().position(fits)?;
    u32::try_from(position).ok().map(|position| 1 + position)
}

/// Reports whether the type has an implicit operator to `JToken`.
fn becomes_json(from: &Type) -> bool {
    let plain = from.underlying().unwrap_or(from);
    plain.class.is_number()
        || matches!(
            plain.class,
            Class::Bool
                | Class::String
                | Class::DateTime
                | Class::DateTimeOffset
                | Class::TimeSpan
                | Class::Guid
                | Class::Uri
        )
}

/// Reports whether the type has an explicit operator from `XElement` and `XAttribute` that is supported here.
fn reads_from_xml(to: &Type) -> bool {
    matches!(
        to.underlying().unwrap_or(to).class,
        Class::String
            | Class::Bool
            | Class::Int
            | Class::UInt
            | Class::Long
            | Class::ULong
            | Class::Single
            | Class::Double
            | Class::Decimal
            | Class::DateTime
            | Class::DateTimeOffset
            | Class::TimeSpan
            | Class::Guid
    )
}

/// Reports whether the type has an explicit operator from `JToken`.
pub(crate) fn becomes_plain(to: &Type) -> bool {
    to.class.is_number()
        || matches!(
            to.class,
            Class::Bool
                | Class::Char
                | Class::String
                | Class::DateTime
                | Class::DateTimeOffset
                | Class::TimeSpan
                | Class::Guid
                | Class::Uri
        )
}
