//! Decides how well arguments fit parameters, and which of two members they fit better.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Typed,
    candidate::{Candidate, bindings},
    error,
    group::group_fits,
    infer::infer,
};
use crate::{
    members::{self, signature::Parameter},
    problem::ParseError,
    program::Code,
    syntax::{Expr, Lambda},
    types::{
        Class, Type,
        convert::{self, Cost},
    },
    value::Value,
};

/// An argument with its own type, if it has one.
pub(super) struct CheckedArgument<'e> {
    pub(super) name: Option<Arc<str>>,
    pub(super) at: usize,
    pub(super) kind: CheckedKind<'e>,
}

pub(super) enum CheckedKind<'e> {
    Value(Typed),
    /// A lambda, which is checked once the types of its parameters are known.
    Lambda(&'e Lambda),
    /// The name of a method or function.
    Group(&'e Expr),
    /// The slot of the variable, and its type. A variable that is declared here as `var` has no type yet.
    Out(usize, Option<Type>, &'e Arc<str>),
}

/// A mapping of the arguments to the parameters of a member.
pub(super) struct Fit {
    pub(super) cost: Cost,
    pub(super) bindings: Vec<(char, Type)>,
    /// For each argument, the index of its parameter.
    pub(super) places: Vec<usize>,
    /// Whether the last parameter takes several arguments.
    pub(super) expanded: bool,
    /// For each argument, the type of its parameter.
    wanted: Vec<Type>,
    generic: bool,
    /// Whether an optional parameter is left out.
    shortened: bool,
}

impl CheckedArgument<'_> {
    pub(super) fn value(at: usize, value: Typed) -> Self {
        Self { name: None, at, kind: CheckedKind::Value(value) }
    }

    /// Returns an argument of the same type without the code.
    pub(super) fn stand_in(&self) -> Self {
        let class = match &self.kind {
            CheckedKind::Value(value) => value.class.clone(),
            CheckedKind::Lambda(_) | CheckedKind::Group(_) | CheckedKind::Out(..) => Class::Void.into(),
        };
        let value = Typed::new(Code::Constant(Value::Null), class);
        Self { name: self.name.clone(), at: self.at, kind: CheckedKind::Value(value) }
    }

    /// Reports whether the argument is a value of the class.
    pub(super) fn is_of(&self, class: Class) -> bool {
        matches!(&self.kind, CheckedKind::Value(value) if value.class.is(class))
    }

    pub(super) fn is_of_type(&self, class: &Type) -> bool {
        matches!(&self.kind, CheckedKind::Value(value) if value.class == *class)
    }

    /// Reports whether the argument names a method or function.
    pub(super) fn is_group(&self) -> bool {
        matches!(self.kind, CheckedKind::Group(_))
    }

    /// Reports whether the argument is the literal `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, CheckedKind::Value(value) if value.class.is(Class::Null))
    }
}

/// Returns how the arguments fit a member's parameters; `None` if they do not.
pub(super) fn fit(candidate: &Candidate, types: &[Type], arguments: &[CheckedArgument<'_>]) -> Option<Fit> {
    fit_form(candidate, types, arguments, false).or_else(|| fit_form(candidate, types, arguments, true))
}

fn fit_form(candidate: &Candidate, types: &[Type], arguments: &[CheckedArgument<'_>], expanded: bool) -> Option<Fit> {
    let parameters = candidate.signature.parameters.as_deref()?;
    let letters = &candidate.signature.letters;
    let mut bindings = bindings(&candidate.owner);
    if !types.is_empty() {
        // LINQ's methods also declare the type of the elements: `.ToArray<string>()`.
        let linq = candidate.owner.is(Class::Enumerable) && types.len() == letters.len() + 1;
        let types = match types.split_first() {
            Some((first, rest)) if linq && *first == candidate.owner.argument(0) => rest,
            // In LINQ, a sequence of references is also a sequence of the types that they derive from.
            Some((first, rest))
                if linq
                    && members::of(Class::Enumerable).any(|row| std::ptr::eq(row, candidate.member))
                    && convert::inherits(&candidate.owner, &of_elements(first)).is_some() =>
            {
                bindings.retain(|(letter, _)| *letter != 'E');
                bindings.push(('E', first.clone()));
                rest
            }
            _ => types,
        };
        if types.len() != letters.len() {
            return None;
        }
        bindings.extend(letters.iter().copied().zip(types.iter().cloned()));
    }
    let places = places(parameters, arguments, expanded)?;
    let mut cost = u32::from(!letters.is_empty()) + if expanded { 2 } else { 0 };
    let mut all_wanted = Vec::with_capacity(arguments.len());
    for (argument, place) in arguments.iter().zip(&places) {
        let parameter = parameters.get(*place)?;
        let wanted = if expanded && parameter.rest { parameter.class.argument(0) } else { parameter.class.clone() };
        match &argument.kind {
            CheckedKind::Value(value) => infer(&wanted, &value.class, &mut bindings),
            CheckedKind::Out(_, Some(class), _) => infer(&wanted, class, &mut bindings),
            CheckedKind::Out(..) | CheckedKind::Lambda(_) | CheckedKind::Group(_) => {}
        }
        let wanted = wanted.with(&bindings);
        // LINQ infers the type of its elements from such an argument, too. The value of a constant does not matter.
        if candidate.owner.is(Class::Enumerable)
            && matches!(parameter.class.class, Class::Letter('E'))
            && matches!(&argument.kind, CheckedKind::Value(value) if convert::implicit(&value.class, &wanted).is_none())
        {
            return None;
        }
        cost += cost_of(argument, parameter, &wanted)?;
        all_wanted.push(wanted);
    }
    let shortened = !expanded && arguments.len() < parameters.len();
    Some(Fit { cost, bindings, places, expanded, wanted: all_wanted, generic: !letters.is_empty(), shortened })
}

fn of_elements(element: &Type) -> Type {
    Type::new(Class::Enumerable, vec![element.clone()])
}

/// Returns which of two members is better for the arguments (C# specification, "Better function member"); `None` if
/// neither is.
pub(super) fn better(one: &Fit, two: &Fit, arguments: &[CheckedArgument<'_>]) -> Option<Ordering> {
    let (mut first, mut second) = (false, false);
    for ((argument, a), b) in arguments.iter().zip(&one.wanted).zip(&two.wanted) {
        if let CheckedKind::Value(value) = &argument.kind {
            match better_target(&value.class, a, b) {
                Ordering::Less => first = true,
                Ordering::Greater => second = true,
                Ordering::Equal => {}
            }
        }
    }
    match (first, second) {
        (true, false) => return Some(Ordering::Less),
        (false, true) => return Some(Ordering::Greater),
        (true, true) => return None,
        (false, false) => {}
    }
    // A method's name fits several delegates where the method has overloads. A lambda fits the delegates that take as
    // many values.
    let same = |(argument, (a, b)): (&CheckedArgument<'_>, (&Type, &Type))| {
        a == b || !matches!(argument.kind, CheckedKind::Value(_) | CheckedKind::Group(_))
    };
    if !arguments.iter().zip(one.wanted.iter().zip(&two.wanted)).all(same) {
        // A member with an argument for every parameter is better than a member that leaves one out.
        let order = one.shortened.cmp(&two.shortened);
        return (order.is_ne() && !one.expanded && !two.expanded).then_some(order);
    }
    let rank = |fit: &Fit| (fit.generic, fit.expanded, fit.shortened, fit.cost);
    Some(rank(one).cmp(&rank(two)))
}

/// Compares two types: to which of them an argument converts better.
fn better_target(from: &Type, one: &Type, two: &Type) -> Ordering {
    if one == two {
        return Ordering::Equal;
    }
    if from == one {
        return Ordering::Less;
    }
    if from == two {
        return Ordering::Greater;
    }
    let converts = |from: &Type, to: &Type| convert::implicit(from, to).is_some();
    match (converts(one, two), converts(two, one)) {
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    let plain = |class: &Type| class.underlying().unwrap_or(class).class;
    let signed = |class| matches!(class, Class::SByte | Class::Short | Class::Int | Class::Long);
    let unsigned = |class| matches!(class, Class::Byte | Class::UShort | Class::UInt | Class::ULong);
    match (plain(one), plain(two)) {
        (a, b) if signed(a) && unsigned(b) => Ordering::Less,
        (a, b) if unsigned(a) && signed(b) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// Returns the index of each argument's parameter.
fn places(parameters: &[Parameter], arguments: &[CheckedArgument<'_>], expanded: bool) -> Option<Vec<usize>> {
    let last = parameters.len().checked_sub(1).filter(|last| parameters[*last].rest);
    let least = parameters.iter().take_while(|parameter| !parameter.optional).count();
    let fits = if expanded { arguments.len() >= last? } else { (least..=parameters.len()).contains(&arguments.len()) };
    if !fits {
        return None;
    }
    let rest = last.filter(|_| expanded);
    let mut places = Vec::new();
    let mut moved = false;
    for (index, argument) in arguments.iter().enumerate() {
        let own = rest.map_or(index, |last| index.min(last));
        let place = match &argument.name {
            // After a named argument out of its position, every argument has a name.
            None if moved => return None,
            None => own,
            Some(name) => parameters.iter().position(|parameter| *parameter.name == **name)?,
        };
        moved |= place != own;
        let several = rest == Some(place) && argument.name.is_none();
        if places.contains(&place) && !several {
            return None;
        }
        places.push(place);
    }
    // Elements of `params` may be missing, and so may optional parameters at the end.
    let missing = |place: usize| rest == Some(place) || parameters[place].optional;
    let all = (0..parameters.len()).all(|place| places.contains(&place) || missing(place));
    all.then_some(places)
}

fn cost_of(argument: &CheckedArgument<'_>, parameter: &Parameter, wanted: &Type) -> Option<Cost> {
    match &argument.kind {
        CheckedKind::Out(_, class, _) => {
            let fits = class.as_ref().is_none_or(|class| class == wanted);
            (parameter.out && fits).then_some(0)
        }
        _ if parameter.out => None,
        CheckedKind::Lambda(lambda) => {
            (wanted.is_delegate() && wanted.delegate_parameters().len() == lambda.parameters.len()).then_some(0)
        }
        CheckedKind::Group(expression) => {
            (wanted.is_delegate() && group_fits(expression, &wanted.delegate_parameters(), false)).then_some(0)
        }
        CheckedKind::Value(value) => {
            if let Some((cost, _)) = convert::implicit(&value.class, wanted) {
                return Some(cost);
            }
            value.fitting(wanted).map(|_| 4)
        }
    }
}

/// Returns the error for arguments that no member with the name takes.
pub(super) fn misfit(
    at: usize,
    name: &str,
    class: &Type,
    found: &[Candidate],
    types: &[Type],
    arguments: &[CheckedArgument<'_>],
) -> ParseError {
    let written = match name {
        "new" => format!("{class}"),
        "[]" => "this[]".to_owned(),
        _ => name.to_owned(),
    };
    let same_count = |candidate: &&Candidate| {
        candidate.signature.parameters.as_ref().is_some_and(|parameters| parameters.len() == arguments.len())
    };
    let Some(candidate) = found.iter().find(same_count) else {
        return error(at, format!("No overload for method '{written}' takes {} arguments", arguments.len()));
    };
    let mut bindings = bindings(&candidate.owner);
    bindings.extend(candidate.signature.letters.iter().copied().zip(types.iter().cloned()));
    let parameters = candidate.signature.parameters.as_deref().unwrap_or_default();
    for (index, (argument, parameter)) in arguments.iter().zip(parameters).enumerate() {
        let wanted = parameter.class.with(&bindings);
        if let (None, CheckedKind::Value(value)) = (cost_of(argument, parameter, &wanted), &argument.kind) {
            let message = format!("Argument {}: cannot convert from '{}' to '{wanted}'", index + 1, value.class);
            return error(argument.at, message);
        }
    }
    error(at, format!("No overload of '{written}' takes these arguments"))
}
