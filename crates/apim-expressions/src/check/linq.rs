//! Members of LINQ whose overloads are not generic: sums and averages are of numbers alone.

use super::{candidate::Candidate, error};
use crate::{
    problem::ParseError,
    types::{Class, Type},
};

/// Returns the type in which `Sum` or `Average` computes, and the type of its result. A `byte` from a selector becomes
/// an `int`; the elements of a sequence keep their type.
pub(super) fn number(at: usize, name: &str, of: &Type, elements: bool) -> Result<(Type, Type), ParseError> {
    let plain = of.underlying().unwrap_or(of).class;
    let computed = match plain {
        Class::Int | Class::Long | Class::Single | Class::Double | Class::Decimal => Some(plain),
        Class::SByte | Class::Byte | Class::Short | Class::UShort | Class::Char if !elements => Some(Class::Int),
        Class::UInt if !elements => Some(Class::Long),
        _ => None,
    };
    let Some(computed) = computed else {
        return Err(error(at, format!("'{name}' is not defined for values of type '{of}'")));
    };
    let lifted = |class: Class| if of.is(Class::Nullable) { Type::from(class).nullable() } else { class.into() };
    let result = match computed {
        Class::Int | Class::Long if name == "Average" => Class::Double,
        other => other,
    };
    Ok((lifted(computed), lifted(result)))
}

/// Refuses an extension method of a `JObject`: it is a sequence of two types, so C# cannot tell which one the method is
/// for.
pub(super) fn refuse_object(at: usize, name: &str) -> Result<(), ParseError> {
    if matches!(name, "Cast" | "OfType") {
        return Ok(());
    }
    let message = format!(
        "The type arguments for method '{name}' cannot be inferred from the usage. Try specifying the type arguments \
         explicitly. (A JObject is an IEnumerable of JToken and of KeyValuePair; use .Properties() or .Children().)"
    );
    Err(error(at, message))
}

/// Checks that a `StringComparer` compares strings: the keys from a selector, or else the elements.
pub(super) fn check_comparer(
    at: usize,
    name: &str,
    candidate: &Candidate,
    bindings: &[(char, Type)],
) -> Result<(), ParseError> {
    let parameters = candidate.signature.parameters.as_deref().unwrap_or_default();
    let takes_comparer = parameters.iter().any(|parameter| parameter.class.is(Class::StringComparer));
    let of_sequence = matches!(candidate.owner.class, Class::Enumerable | Class::OrderedEnumerable);
    if !takes_comparer || !of_sequence {
        return Ok(());
    }
    let selector = parameters.iter().find(|parameter| parameter.class.is_delegate());
    let compared = match selector {
        Some(selector) => selector.class.delegate_returns().with(bindings),
        None => candidate.owner.argument(0),
    };
    if compared.is(Class::String) {
        return Ok(());
    }
    let message = format!(
        "The type arguments for method '{name}' cannot be inferred from the usage. Try specifying the type arguments \
         explicitly. (A StringComparer does not compare '{compared}'.)"
    );
    Err(error(at, message))
}
