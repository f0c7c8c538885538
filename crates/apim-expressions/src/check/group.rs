//! Names of methods and functions that stand where a delegate is wanted.

use std::sync::Arc;

use super::{
    Checker, Local,
    candidate::{bindings, candidates},
    error,
    infer::infer,
};
use crate::{
    problem::ParseError,
    program::Code,
    syntax::{self, Argument, ArgumentValue, Expr, ExprKind, LambdaBody, Link, LinkKind},
    types::{
        Class, Type,
        convert::{self, Conversion},
    },
};

impl Checker {
    /// Reports whether an expression names a method or function without calling it.
    pub(super) fn is_group(&self, expression: &Expr) -> bool {
        match &expression.kind {
            ExprKind::Name(name) => matches!(self.lookup(name), Some(Local::Function(_))),
            ExprKind::Chain(base, links) => match links.split_last() {
                Some((Link { kind: LinkKind::Member(..), conditional: false, .. }, before)) => {
                    let calls = before.iter().any(|link| !matches!(link.kind, LinkKind::Member(..)));
                    // Only a method of a type is a group. A method of a value would be called on the value of this
                    // moment.
                    !calls
                        && match &base.kind {
                            ExprKind::Type(written) => match written.parts.as_slice() {
                                [name] => self.names_method(name, links),
                                _ => false,
                            },
                            ExprKind::Name(name) => {
                                self.lookup(name).is_none() && &**name != "context" && self.names_method(name, links)
                            }
                            _ => false,
                        }
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Reports whether `Type.Name` names a method, not a property, constant or enumerator.
    fn names_method(&self, first: &Arc<str>, links: &[Link]) -> bool {
        let mut parts = vec![Arc::clone(first)];
        parts.extend(links.iter().filter_map(|link| match &link.kind {
            LinkKind::Member(name, _) => Some(Arc::clone(name)),
            _ => None,
        }));
        let Some((member, class)) = parts.split_last() else { return false };
        let Some(description) = crate::types::names::class(&class.join(".")) else { return false };
        let found = candidates(&description.class.into(), member, true);
        !found.is_empty() && found.iter().all(|candidate| candidate.signature.parameters.is_some())
    }

    /// Turns a method's name into a lambda that calls the method.
    pub(super) fn group(
        &mut self,
        expression: &Expr,
        class: &Type,
        bindings: &mut Vec<(char, Type)>,
    ) -> Result<Code, ParseError> {
        let at = expression.at;
        let count = class.delegate_parameters().len();
        let names: Vec<Arc<str>> = (0..count).map(|index| Arc::from(format!("*{}*{index}", self.slots))).collect();
        let argument = |name: &Arc<str>| Argument {
            name: None,
            value: ArgumentValue::Plain(Expr { at, kind: ExprKind::Name(Arc::clone(name)) }),
        };
        let invoke = Link { at, conditional: false, kind: LinkKind::Invoke(names.iter().map(argument).collect()) };
        let (base, mut links) = match &expression.kind {
            ExprKind::Name(name) => (Expr { at, kind: ExprKind::Name(Arc::clone(name)) }, Vec::new()),
            ExprKind::Chain(base, links) => {
                let base = match &base.kind {
                    ExprKind::Name(name) => ExprKind::Name(Arc::clone(name)),
                    ExprKind::Type(written) => ExprKind::Type(written.clone()),
                    _ => return Err(error(at, "Method name expected")),
                };
                let member = |link: &Link| match &link.kind {
                    LinkKind::Member(name, types) => Link {
                        at: link.at,
                        conditional: false,
                        kind: LinkKind::Member(Arc::clone(name), types.clone()),
                    },
                    _ => Link { at: link.at, conditional: false, kind: LinkKind::Invoke(Vec::new()) },
                };
                (Expr { at, kind: base }, links.iter().map(member).collect())
            }
            _ => return Err(error(at, "Method name expected")),
        };
        links.push(invoke);
        let body = LambdaBody::Value(Box::new(Expr { at, kind: ExprKind::Chain(Box::new(base), links) }));
        let parameters = names.into_iter().map(|name| (None, name)).collect();
        let lambda = syntax::Lambda { parameters, body, is_clause: false, is_method: true };
        self.lambda(at, &lambda, class, bindings)
    }
}

/// Reports whether a method with the name takes values of these types, as C# looks for it. With `exactly`, the values
/// come as a delegate passes them: a value type becomes neither an object nor another number.
pub(super) fn group_fits(expression: &Expr, takes: &[Type], exactly: bool) -> bool {
    let ExprKind::Chain(base, links) = &expression.kind else { return true };
    let mut parts: Vec<Arc<str>> = match &base.kind {
        ExprKind::Name(name) => vec![Arc::clone(name)],
        ExprKind::Type(written) => written.parts.clone(),
        _ => return true,
    };
    parts.extend(links.iter().filter_map(|link| match &link.kind {
        LinkKind::Member(name, _) => Some(Arc::clone(name)),
        LinkKind::Invoke(_) | LinkKind::Index(_) => None,
    }));
    let Some((member, class)) = parts.split_last() else { return true };
    let Some(description) = crate::types::names::class(&class.join(".")) else { return true };
    candidates(&description.class.into(), member, true).iter().any(|candidate| {
        let parameters = candidate.signature.parameters.as_deref().unwrap_or_default();
        let mut bindings = bindings(&candidate.owner);
        for (parameter, given) in parameters.iter().zip(takes) {
            infer(&parameter.class, given, &mut bindings);
        }
        parameters.len() == takes.len()
            && parameters.iter().zip(takes).all(|(parameter, given)| {
                let wanted = parameter.class.with(&bindings);
                let converts = convert::implicit(given, &wanted)
                    .is_some_and(|(_, conversion)| !exactly || !given.is_value() && conversion == Conversion::Same);
                // `Convert` has an overload for each plain type. Its table has `object` in place of these types.
                let plain = description.class == Class::Convert && wanted.is(Class::Object) && is_plain(given);
                wanted == *given || given.has_letters(&[]) || converts || plain
            })
    })
}

fn is_plain(class: &Type) -> bool {
    class.class.is_number() || matches!(class.class, Class::Bool | Class::Char | Class::String | Class::DateTime)
}
