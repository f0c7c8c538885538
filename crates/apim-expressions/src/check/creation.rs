//! `new`: constructors, arrays, anonymous objects, initialisers.

use std::sync::Arc;

use super::{Checker, Typed, error, fit::CheckedArgument, unsupported, variable_type};
use crate::{
    problem::ParseError,
    program::{BoundCall, Code},
    syntax::{Argument, ArgumentValue, Expr, Item, TypeName},
    types::{Class, Type, convert, names},
    value::Dictionary,
};

impl Checker {
    pub(super) fn creation(
        &mut self,
        at: usize,
        written: &TypeName,
        arguments: &[Argument],
        initializer: &[Item],
    ) -> Result<Typed, ParseError> {
        let class = names::resolve(written)?;
        if class.is(Class::Dictionary) && !Dictionary::is_key(&class.argument(0)) {
            let message = format!("a dictionary with keys of type '{}' is not supported", class.argument(0));
            return Err(unsupported(at, message));
        }
        if class.is(Class::Tuple) && !class.arguments.is_empty() && initializer.is_empty() {
            return self.tuple_object(at, class, arguments);
        }
        if let ([Argument { name: None, value: ArgumentValue::Plain(value) }], true) = (arguments, class.is_delegate())
            && let Some(code) = self.delegate(value, &class)?
        {
            return Ok(Typed::new(code, class));
        }
        // Every value type has a constructor without arguments, which returns the type's default.
        if class.is_value() && arguments.is_empty() && initializer.is_empty() {
            return Ok(Typed::default_of(class));
        }
        if super::candidate::candidates(&class, "new", true).is_empty() {
            return Err(error(at, format!("an object of the class '{class}' cannot be made with `new` here")));
        }
        let (call, _) = self.call(at, &class, "new", true, &[], arguments)?;
        let types = class.arguments.clone();
        let call = BoundCall { bound: crate::program::Bound { types, ..call.bound }, ..call };
        let object = Code::Static(Box::new(call));
        if initializer.is_empty() {
            return Ok(Typed::new(object, class));
        }
        let calls = initializer.iter().map(|item| self.item(&class, item)).collect::<Result<_, _>>()?;
        Ok(Typed::new(Code::Initialize(Box::new(object), calls), class))
    }

    /// `new Tuple<A, B>(a, b)`
    fn tuple_object(&mut self, at: usize, class: Type, arguments: &[Argument]) -> Result<Typed, ParseError> {
        if arguments.len() != class.arguments.len() {
            let message = format!("'{class}' does not contain a constructor that takes {} arguments", arguments.len());
            return Err(error(at, message));
        }
        let mut codes = Vec::new();
        for (argument, wanted) in arguments.iter().zip(&class.arguments) {
            let crate::syntax::ArgumentValue::Plain(value) = &argument.value else {
                return Err(error(at, "The argument may not be passed with the 'out' or 'ref' keyword"));
            };
            codes.push(self.expect(value, wanted)?);
        }
        Ok(Typed::new(Code::Anonymous(class.clone(), codes), class))
    }

    fn item(&mut self, class: &Type, item: &Item) -> Result<BoundCall, ParseError> {
        match item {
            Item::Add(at, values) => {
                let mut checked = Vec::new();
                for value in values {
                    checked.push(self.checked(value)?);
                }
                Ok(self.resolve(*at, class, "Add", false, &[], checked)?.0)
            }
            Item::Index(at, key, value) => {
                let checked = vec![self.checked(key)?, self.checked(value)?];
                Ok(self.resolve(*at, class, "[]=", false, &[], checked)?.0)
            }
            Item::Property(at, name, value) => {
                let checked = vec![self.checked(value)?];
                Ok(self.resolve(*at, class, &format!("{name}="), false, &[], checked)?.0)
            }
        }
    }

    fn checked(&mut self, value: &Expr) -> Result<CheckedArgument<'static>, ParseError> {
        Ok(CheckedArgument::value(value.at, self.value(value)?))
    }

    pub(super) fn array(
        &mut self,
        at: usize,
        element: Option<&TypeName>,
        size: Option<&Expr>,
        items: &[Expr],
    ) -> Result<Typed, ParseError> {
        let values = items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>, _>>()?;
        let element = match element {
            Some(written) => variable_type(written)?,
            None => best_common(at, values.iter())?,
        };
        let class = Type::array(element.clone());
        if let Some(size) = size {
            let length = self.value(size)?;
            let constant = length.whole();
            if constant.is_some_and(|length| length < 0) {
                return Err(error(size.at, "Cannot create an array with a negative size"));
            }
            let length = self.convert(length, &Class::Int.into(), size.at)?;
            if items.is_empty() {
                return Ok(Typed::new(Code::SizedArray(element, Box::new(length)), class));
            }
            if constant != i128::try_from(items.len()).ok() {
                return Err(error(
                    size.at,
                    "An array initializer of the length of the array, which is constant, is expected",
                ));
            }
        }
        let mut codes = Vec::new();
        for (value, item) in values.into_iter().zip(items) {
            codes.push(self.convert(value, &element, item.at)?);
        }
        Ok(Typed::new(Code::Array(element, codes), class))
    }

    pub(super) fn anonymous(&mut self, at: usize, members: &[(Arc<str>, Expr)]) -> Result<Typed, ParseError> {
        let mut types: Vec<(Arc<str>, Type)> = Vec::new();
        let mut codes = Vec::new();
        for (name, value) in members {
            let value = self.value(value)?;
            if value.class.is(Class::Null) {
                return Err(error(at, format!("Cannot assign <null> to anonymous type property '{name}'")));
            }
            if types.iter().any(|(known, _)| known == name) {
                return Err(error(at, format!("an anonymous object has two members '{name}'")));
            }
            types.push((name.trim_start_matches('@').into(), value.class));
            codes.push(value.code);
        }
        let class = Type::anonymous(types);
        Ok(Typed::new(Code::Anonymous(class.clone(), codes), class))
    }
}

/// Returns the type, among those of the values, to which all the others convert.
pub(super) fn best_common<'v>(at: usize, values: impl Iterator<Item = &'v Typed> + Clone) -> Result<Type, ParseError> {
    let fits = |class: &Type| values.clone().all(|value| convert::implicit(&value.class, class).is_some());
    let best = values.clone().map(|value| &value.class).find(|class| !class.is(Class::Null) && fits(class));
    best.cloned().ok_or_else(|| error(at, "No best type found for implicitly-typed array"))
}
