//! Infers the types that letters stand for.

use crate::types::{Class, Type};

/// Infers from an argument's type the types that the letters in a parameter's type stand for.
pub(super) fn infer(parameter: &Type, argument: &Type, bindings: &mut Vec<(char, Type)>) {
    if let Class::Letter(letter) = parameter.class {
        let known = bindings.iter().any(|(bound, _)| *bound == letter);
        if !known && !matches!(argument.class, Class::Null | Class::Void | Class::Thrown) {
            bindings.push((letter, argument.clone()));
        }
        return;
    }
    // A JObject is an `IEnumerable<T>` of two types, so nothing can be inferred from it.
    if parameter.arguments.is_empty() || argument.is(Class::JObject) && parameter.is(Class::Enumerable) {
        return;
    }
    if let Some(same) = argument.ancestors().into_iter().find(|ancestor| ancestor.class == parameter.class) {
        for (parameter, argument) in parameter.arguments.iter().zip(&same.arguments) {
            infer(parameter, argument, bindings);
        }
    }
}
