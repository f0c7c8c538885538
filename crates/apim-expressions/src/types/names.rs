//! Resolves a name to a type, or to the reason why it may not be used.

use super::{
    Class, Type,
    class::{CLASSES, Description, KEYWORDS},
};
use crate::{parse, problem::ParseError, syntax::TypeName};

/// Types on API Management's list that are not supported here.
const ALLOWED_ELSEWHERE: &[&str] =
    &["System.Text.RegularExpressions.CaptureCollection", "System.Xml.Linq.XDocumentType"];

/// Returns the class that a dotted name means, if it is supported.
pub(crate) fn class(name: &str) -> Option<&'static Description> {
    let keyword = KEYWORDS.iter().find(|(word, _)| *word == name);
    if let Some((_, class)) = keyword {
        return Some(class.description());
    }
    let internal = |class| {
        use Class::{
            Anonymous, FormatProvider, Grid, IJEnumerable, JEnumerable, Null, RuntimeType, TextLists, Thrown,
            ValueTuple, Variables,
        };
        let unlisted = matches!(class, FormatProvider | IJEnumerable | JEnumerable | TextLists | Variables);
        unlisted || matches!(class, Null | Anonymous | Grid | RuntimeType | Thrown | ValueTuple)
    };
    // Two classes have this name, so the name alone means neither of them.
    let ambiguous = name == "Extensions";
    CLASSES.iter().find(|d| {
        !internal(d.class) && (d.name == name && !ambiguous || !d.namespace.is_empty() && d.full_name() == name)
    })
}

/// Returns the refusal of a dotted name that is not a usable type.
pub(crate) fn refusal(at: usize, name: &str) -> ParseError {
    let listed = ALLOWED_ELSEWHERE.iter().find(|full| **full == name || full.rsplit('.').next() == Some(name));
    match listed {
        Some(full) => {
            ParseError::unsupported(at, format!("type `{full}` is allowed by API Management but not supported here"))
        }
        None => ParseError::invalid(at, format!("type `{name}` is not on API Management's list")),
    }
}

/// Reports whether a dotted name is a type on API Management's list, supported here or not.
pub(crate) fn is_listed(name: &str) -> bool {
    class(name).is_some() || ALLOWED_ELSEWHERE.iter().any(|full| *full == name || full.rsplit('.').next() == Some(name))
}

/// Returns the type that a program names.
pub(crate) fn resolve(written: &TypeName) -> Result<Type, ParseError> {
    let error = |message: String| ParseError::invalid(written.at, message);
    if !written.tuple.is_empty() {
        let elements = written.tuple.iter().map(|(class, _)| resolve(class)).collect::<Result<Vec<_>, _>>()?;
        if elements.len() > 7 {
            return Err(ParseError::unsupported(written.at, "a tuple of more than seven elements is not supported"));
        }
        let names = written.tuple.iter().map(|(_, name)| name.clone().unwrap_or_default()).collect();
        return finish(written, Type::tuple(elements, names));
    }
    let name = written.parts.join(".");
    let description = class(&name).ok_or_else(|| refusal(written.at, &name))?;
    let arity = match description.class {
        Class::Array => 0,
        Class::Function if !written.arguments.is_empty() => written.arguments.len(),
        Class::Function => 1,
        Class::Action => written.arguments.len(),
        // `Tuple` without type arguments has the static members.
        Class::Tuple => written.arguments.len(),
        _ => description.parameters.len(),
    };
    if written.arguments.len() != arity {
        return Err(error(format!("type `{name}` takes {arity} type arguments, not {}", written.arguments.len())));
    }
    let arguments = written.arguments.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
    let class = Type::new(description.class, arguments);
    if written.nullable && !class.is_value() {
        return Err(error(format!(
            "`{class}?`: the feature 'nullable reference types' is not available in C# 7.3 (a reference may be null anyway)"
        )));
    }
    if class.arguments.iter().any(|argument| argument.class.is_static()) {
        return Err(error(format!("'{class}': static types cannot be used as type arguments")));
    }
    if class.is(Class::Nullable) && (!class.argument(0).is_value() || class.argument(0).is(Class::Nullable)) {
        return Err(error(format!("The type '{}' must be a non-nullable value type", class.argument(0))));
    }
    finish(written, class)
}

/// Parses a type in the tables of members, where single letters stand for types and `Func<A, R>` for lambdas.
pub(crate) fn signature_type(text: &str) -> Result<Type, ParseError> {
    signature(&parse::type_name(text)?)
}

fn signature(written: &TypeName) -> Result<Type, ParseError> {
    let name = written.parts.join(".");
    let arguments = written.arguments.iter().map(signature).collect::<Result<Vec<_>, _>>()?;
    let mut letters = name.chars();
    let class = match (letters.next(), letters.next()) {
        (Some(letter), None) => Class::Letter(letter),
        _ if name == "RuntimeType" => Class::RuntimeType,
        _ if name == "ValueTuple" => {
            let names = ["First", "Second"].map(std::sync::Arc::from).to_vec();
            return finish(written, Type::tuple(arguments, names));
        }
        _ if name == "IVariables" => Class::Variables,
        _ if name == "ITextLists" => Class::TextLists,
        _ if name == "IFormatProvider" => Class::FormatProvider,
        _ if name == "JEnumerable" => Class::JEnumerable,
        _ if name == "IJEnumerable" => Class::IJEnumerable,
        _ => match class(&name) {
            Some(description) => description.class,
            None => return Err(refusal(written.at, &name)),
        },
    };
    finish(written, Type::new(class, arguments))
}

fn finish(written: &TypeName, mut class: Type) -> Result<Type, ParseError> {
    if written.nullable {
        class = Type::new(Class::Nullable, vec![class]);
    }
    for _ in 0..written.rank {
        class = Type::array(class);
    }
    if written.grid {
        class = Type::new(Class::Grid, vec![class]);
    }
    if class.is_too_big() {
        return Err(ParseError::unsupported(written.at, "the type is too complex"));
    }
    Ok(class)
}
