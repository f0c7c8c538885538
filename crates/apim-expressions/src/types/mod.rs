//! Static types: the facts that C# knows about a value before the value exists.

mod ancestors;
pub(crate) mod class;
pub(crate) mod convert;
mod enumerators;
pub(crate) mod names;

use std::{fmt, sync::Arc};

pub(crate) use self::class::Class;

use super::limits;

/// A type with its arguments: `int`, `List<string>`, `string[]` (class [`Class::Array`]), `int?` ([`Class::Nullable`]).
#[derive(Clone, Debug, Eq)]
pub(crate) struct Type {
    pub(crate) class: Class,
    pub(crate) arguments: Vec<Type>,
    /// Member names of an anonymous type or tuple; its member types are the arguments.
    pub(crate) names: Arc<[Arc<str>]>,
}

/// The names of a tuple's elements are not part of its identity.
impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.class == other.class
            && self.arguments == other.arguments
            && (self.class == Class::ValueTuple || self.names == other.names)
    }
}

impl From<Class> for Type {
    fn from(class: Class) -> Self {
        Self::new(class, Vec::new())
    }
}

impl Type {
    pub(crate) fn new(class: Class, arguments: Vec<Self>) -> Self {
        Self { class, arguments, names: Arc::default() }
    }

    pub(crate) fn anonymous(members: Vec<(Arc<str>, Self)>) -> Self {
        let (names, arguments): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        Self { class: Class::Anonymous, arguments, names: names.into() }
    }

    /// Makes a tuple type. The name of an element without a name is empty.
    pub(crate) fn tuple(elements: Vec<Self>, names: Vec<Arc<str>>) -> Self {
        Self { class: Class::ValueTuple, arguments: elements, names: names.into() }
    }

    /// Reports whether values of the type are functions.
    pub(crate) fn is_delegate(&self) -> bool {
        matches!(self.class, Class::Function | Class::Action)
    }

    /// Returns the types of a delegate's parameters.
    pub(crate) fn delegate_parameters(&self) -> Vec<Self> {
        let count = self.arguments.len() - usize::from(self.class == Class::Function).min(self.arguments.len());
        self.arguments.get(..count).unwrap_or_default().to_vec()
    }

    /// Returns the type of a delegate's result.
    pub(crate) fn delegate_returns(&self) -> Self {
        match (self.class, self.arguments.last()) {
            (Class::Function, Some(last)) => last.clone(),
            _ => Class::Void.into(),
        }
    }

    /// Reports whether the type has letters that still have no binding.
    pub(crate) fn has_letters(&self, bindings: &[(char, Self)]) -> bool {
        match self.class {
            Class::Letter(letter) => !bindings.iter().any(|(bound, _)| *bound == letter),
            _ => self.arguments.iter().any(|argument| argument.has_letters(bindings)),
        }
    }

    pub(crate) fn array(element: Self) -> Self {
        Self::new(Class::Array, vec![element])
    }

    /// Returns `T?` of a value type; reference types can be null anyway.
    pub(crate) fn nullable(self) -> Self {
        if self.is_value() && self.class != Class::Nullable { Self::new(Class::Nullable, vec![self]) } else { self }
    }

    /// Returns the `T` of `T?`.
    pub(crate) fn underlying(&self) -> Option<&Self> {
        if self.class == Class::Nullable { self.arguments.first() } else { None }
    }

    pub(crate) fn argument(&self, index: usize) -> Self {
        self.arguments.get(index).cloned().unwrap_or_else(|| Class::Object.into())
    }

    /// Reports whether the type is a struct or enum. No variable of such a type is null, except of `T?`.
    pub(crate) fn is_value(&self) -> bool {
        self.class.is_value()
    }

    pub(crate) fn is(&self, class: Class) -> bool {
        self.class == class
    }

    /// Reports whether the type has more parts than any real type.
    pub(crate) fn is_too_big(&self) -> bool {
        fn count(item: &Type, left: &mut usize) -> bool {
            if *left == 0 {
                return false;
            }
            *left -= 1;
            item.arguments.iter().all(|argument| count(argument, left))
        }
        !count(self, &mut limits::TYPE_PARTS.clone())
    }

    /// Returns the letters that stand for this type's arguments in the tables of members, with those arguments.
    pub(crate) fn parameters(&self) -> Vec<(char, Self)> {
        let letters = self.class.description().parameters.chars();
        letters.zip(self.arguments.iter().cloned()).collect()
    }

    /// Returns this type with its letters replaced.
    pub(crate) fn with(&self, bindings: &[(char, Self)]) -> Self {
        if let Class::Letter(letter) = self.class {
            let bound = bindings.iter().find(|(name, _)| *name == letter);
            return bound.map_or_else(|| self.clone(), |(_, bound)| bound.clone());
        }
        let arguments = self.arguments.iter().map(|argument| argument.with(bindings)).collect();
        Self { class: self.class, arguments, names: Arc::clone(&self.names) }
    }

    /// Returns the name that .NET gives the type in messages: ``System.Collections.Generic.List`1[System.String]``.
    pub(crate) fn runtime_name(&self) -> String {
        let inner = |index: usize| self.argument(index).runtime_name();
        match self.class {
            Class::Array => format!("{}[]", inner(0)),
            Class::Grid => format!("{}[,]", inner(0)),
            Class::Nullable => format!("System.Nullable`1[{}]", inner(0)),
            Class::Anonymous => "<>f__AnonymousType0".to_owned(),
            _ => {
                let description = self.class.description();
                let mut name = description.full_name();
                if !self.arguments.is_empty() {
                    let arguments: Vec<_> = self.arguments.iter().map(Self::runtime_name).collect();
                    name = format!("{name}`{}[{}]", arguments.len(), arguments.join(","));
                }
                name
            }
        }
    }
}

/// The type as a C# programmer writes it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Class::Array => write!(f, "{}[]", self.argument(0)),
            Class::Grid => write!(f, "{}[,]", self.argument(0)),
            Class::RuntimeType => f.write_str("Type"),
            Class::ValueTuple => {
                let names = self.names.iter().map(|name| &**name).chain(std::iter::repeat(""));
                let elements: Vec<_> = (self.arguments.iter().zip(names))
                    .map(|(class, name)| if name.is_empty() { class.to_string() } else { format!("{class} {name}") })
                    .collect();
                write!(f, "({})", elements.join(", "))
            }
            Class::Nullable => write!(f, "{}?", self.argument(0)),
            Class::Anonymous => f.write_str("<anonymous type>"),
            Class::Letter(letter) => write!(f, "{letter}"),
            // The documentation uses these names. The two classes also have members that the named types do not have.
            Class::Variables | Class::TextLists => f.write_str(&self.class.description().parents.concat()),
            _ => {
                f.write_str(self.class.description().written())?;
                if self.arguments.is_empty() {
                    return Ok(());
                }
                let arguments: Vec<_> = self.arguments.iter().map(ToString::to_string).collect();
                write!(f, "<{}>", arguments.join(", "))
            }
        }
    }
}
