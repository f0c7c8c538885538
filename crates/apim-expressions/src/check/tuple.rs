//! Tuples, arrays of two dimensions, and `typeof`.

use std::sync::Arc;

use super::{Checker, Typed, creation::best_common, error, unsupported, variable_type};
use crate::{
    problem::ParseError,
    program::{Code, WritablePlace},
    syntax::{Expr, ExprKind, TypeName},
    types::{Class, Type, convert},
    value::{Object, Value},
};

const NOT_LISTED: &str = "is not on API Management's list of types";

impl Checker {
    pub(super) fn tuple(&mut self, at: usize, elements: &[(Option<Arc<str>>, Expr)]) -> Result<Typed, ParseError> {
        let mut types = Vec::new();
        let mut codes = Vec::new();
        let mut names = Vec::new();
        for (name, element) in elements {
            let value = self.value(element)?;
            if value.class.is(Class::Null) {
                return Err(unsupported(element.at, "a tuple of `null` without a type is not supported"));
            }
            // An element that is a variable or a member has its name.
            let implied = name.clone().or_else(|| implied_name(element));
            names.push(implied.unwrap_or_default());
            types.push(value.class);
            codes.push(value.code);
        }
        self.tuple_of(at, types, names, codes)
    }

    fn tuple_of(
        &mut self,
        at: usize,
        types: Vec<Type>,
        names: Vec<Arc<str>>,
        codes: Vec<Code>,
    ) -> Result<Typed, ParseError> {
        if types.len() > 7 {
            return Err(unsupported(at, "a tuple of more than seven elements is not supported"));
        }
        self.warn(at, format!("`System.ValueTuple` {NOT_LISTED}"));
        let class = Type::tuple(types, names);
        Ok(Typed::new(Code::Anonymous(class.clone(), codes), class))
    }

    /// Checks a tuple of this type; its elements convert one by one. Returns `None` for any other expression.
    pub(super) fn tuple_literal(&mut self, expression: &Expr, class: &Type) -> Result<Option<Code>, ParseError> {
        let ExprKind::Tuple(elements) = &expression.kind else { return Ok(None) };
        if !class.is(Class::ValueTuple) || class.arguments.len() != elements.len() {
            return Ok(None);
        }
        let mut codes = Vec::new();
        for ((_, element), wanted) in elements.iter().zip(&class.arguments) {
            codes.push(self.expect(element, wanted)?);
        }
        let typed = self.tuple_of(expression.at, class.arguments.clone(), class.names.to_vec(), codes)?;
        Ok(Some(typed.code))
    }

    /// `(a, b) = value` and `var (a, b) = value`.
    pub(super) fn deconstruct(&mut self, at: usize, target: &Expr, value: &Expr) -> Result<Typed, ParseError> {
        let value = self.value(value)?;
        let parts: Vec<Type> = match value.class.class {
            Class::ValueTuple | Class::KeyValuePair => value.class.arguments.clone(),
            _ => {
                let message = format!(
                    "No suitable 'Deconstruct' instance or extension method was found for type '{}'",
                    value.class
                );
                return Err(error(at, message));
            }
        };
        let count = match &target.kind {
            ExprKind::Tuple(elements) => elements.len(),
            ExprKind::Deconstruct(variables) => variables.len(),
            _ => 0,
        };
        if count != parts.len() {
            let message = format!("Cannot deconstruct a tuple of '{}' elements into '{count}' variables.", parts.len());
            return Err(error(at, message));
        }
        self.warn(at, format!("`System.ValueTuple` {NOT_LISTED}"));
        let mut places = Vec::new();
        match &target.kind {
            ExprKind::Deconstruct(variables) => {
                for ((written, name), part) in variables.iter().zip(&parts) {
                    if &**name == "_" {
                        places.push(None);
                        continue;
                    }
                    let class = if written.is_var() { part.clone() } else { variable_type(written)? };
                    let conversion = self.element_conversion(at, part, &class)?;
                    let slot = self.declare(written.at, name, class)?;
                    places.push(Some((WritablePlace::Local(slot), conversion)));
                }
            }
            ExprKind::Tuple(elements) => {
                for ((_, element), part) in elements.iter().zip(&parts) {
                    let discarded =
                        matches!(&element.kind, ExprKind::Name(name) if &**name == "_" && self.lookup(name).is_none());
                    if discarded {
                        places.push(None);
                        continue;
                    }
                    let (place, class) = self.target_of(element, part)?;
                    let conversion = self.element_conversion(at, part, &class)?;
                    places.push(Some((place, conversion)));
                }
            }
            _ => {}
        }
        let class = value.class.clone();
        Ok(Typed::new(Code::Deconstruct(Box::new(value.code), places), class))
    }

    fn element_conversion(&self, at: usize, from: &Type, to: &Type) -> Result<convert::Conversion, ParseError> {
        convert::implicit(from, to)
            .map(|(_, conversion)| conversion)
            .ok_or_else(|| error(at, format!("Cannot implicitly convert type '{from}' to '{to}'")))
    }

    pub(super) fn grid(
        &mut self,
        at: usize,
        element: Option<&TypeName>,
        sizes: Option<&[Expr; 2]>,
        rows: &[Vec<Expr>],
    ) -> Result<Typed, ParseError> {
        let mut values = Vec::new();
        for row in rows {
            for item in row {
                values.push((item.at, self.value(item)?));
            }
        }
        let element = match element {
            Some(written) => variable_type(written)?,
            None => best_common(at, values.iter().map(|(_, value)| value))?,
        };
        let class = Type::new(Class::Grid, vec![element.clone()]);
        let columns = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != columns) {
            return Err(error(at, format!("An array initializer of length '{columns}' is expected")));
        }
        if let Some(sizes) = sizes {
            let mut lengths = Vec::new();
            for (size, given) in sizes.iter().zip([rows.len(), columns]) {
                let length = self.value(size)?;
                if length.whole().is_some_and(|length| length < 0) {
                    return Err(error(size.at, "Cannot create an array with a negative size"));
                }
                if !rows.is_empty() && length.whole() != i128::try_from(given).ok() {
                    return Err(error(
                        size.at,
                        "An array initializer of the length of the array, which is constant, is expected",
                    ));
                }
                lengths.push(self.convert(length, &Class::Int.into(), size.at)?);
            }
            if let (true, Ok(lengths)) = (rows.is_empty(), <[Code; 2]>::try_from(lengths)) {
                return Ok(Typed::new(Code::SizedGrid(element, Box::new(lengths)), class));
            }
        }
        let mut codes = Vec::new();
        for (at, value) in values {
            codes.push(self.convert(value, &element, at)?);
        }
        Ok(Typed::new(Code::Grid(element, codes, columns), class))
    }

    pub(super) fn type_of(&mut self, at: usize, written: &TypeName) -> Result<Typed, ParseError> {
        let class = crate::types::names::resolve(written)?;
        self.warn(at, format!("`System.Type` {NOT_LISTED}"));
        Ok(Typed::new(Code::Constant(Value::object(Object::RuntimeType(Arc::new(class)))), Class::RuntimeType))
    }
}

fn implied_name(element: &Expr) -> Option<Arc<str>> {
    use crate::syntax::LinkKind;
    match &element.kind {
        ExprKind::Name(name) => Some(Arc::clone(name)),
        ExprKind::Chain(_, links) => match &links.last()?.kind {
            LinkKind::Member(name, _) => Some(Arc::clone(name)),
            LinkKind::Invoke(_) | LinkKind::Index(_) => None,
        },
        _ => None,
    }
}
