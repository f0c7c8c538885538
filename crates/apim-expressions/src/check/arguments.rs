//! Arguments: how well they fit parameters, what they say about type parameters, and their final form.

use std::{cmp::Ordering, sync::Arc};

use super::{
    Checker, Local, Typed,
    call::{Candidate, bindings},
    error,
    statement::variable_type,
};
use crate::{
    members::signature::Parameter,
    problem::ParseError,
    program::{Argument as ArgumentCode, Code},
    syntax::{Argument, ArgumentValue, Expr, ExprKind, Lambda},
    types::{
        Class, Type,
        convert::{self, Cost},
    },
    value::Value,
};

/// An argument whose own type is known, as far as it has one.
pub(super) struct Checked<'e> {
    name: Option<Arc<str>>,
    at: usize,
    kind: CheckedKind<'e>,
}

enum CheckedKind<'e> {
    Value(Typed),
    /// Checked once the types of its parameters are known.
    Lambda(&'e Lambda),
    /// The name of a method or function.
    Group(&'e Expr),
    /// The slot of the variable, and its type; a variable that is declared here as `var` has none yet.
    Out(usize, Option<Type>, &'e Arc<str>),
}

/// How arguments go to the parameters of a member.
pub(super) struct Fit {
    pub(super) cost: Cost,
    bindings: Vec<(char, Type)>,
    /// Per argument, its parameter.
    places: Vec<usize>,
    /// Whether the last parameter takes several arguments.
    expanded: bool,
    /// Per argument, the type of its parameter.
    wanted: Vec<Type>,
    generic: bool,
    /// Whether an optional parameter is left out.
    shortened: bool,
}

/// The arguments in the order of the parameters, and what the letters of the signature stand for.
pub(super) struct Finished {
    pub(super) arguments: Vec<ArgumentCode>,
    pub(super) bindings: Vec<(char, Type)>,
}

impl Checked<'_> {
    pub(super) fn value(at: usize, value: Typed) -> Self {
        Self { name: None, at, kind: CheckedKind::Value(value) }
    }

    /// An argument of the same type without the code.
    pub(super) fn stand_in(&self) -> Self {
        let class = match &self.kind {
            CheckedKind::Value(value) => value.class.clone(),
            CheckedKind::Lambda(_) | CheckedKind::Group(_) | CheckedKind::Out(..) => Class::Void.into(),
        };
        let value = Typed::new(Code::Constant(Value::Null), class);
        Self { name: self.name.clone(), at: self.at, kind: CheckedKind::Value(value) }
    }
}

impl Checker {
    pub(super) fn arguments<'e>(&mut self, written: &'e [Argument]) -> Result<Vec<Checked<'e>>, ParseError> {
        written
            .iter()
            .map(|argument| {
                let (at, kind) = match &argument.value {
                    ArgumentValue::Plain(Expr { at, kind: ExprKind::Lambda(lambda) }) => {
                        (*at, CheckedKind::Lambda(lambda))
                    }
                    ArgumentValue::Plain(value) if self.is_group(value) => (value.at, CheckedKind::Group(value)),
                    ArgumentValue::Ref(at, _) => {
                        return Err(error(*at, "The argument may not be passed with the 'ref' keyword"));
                    }
                    ArgumentValue::Out { at, declares: None, name }
                        if &**name == "_" && self.lookup(name).is_none() =>
                    {
                        (*at, CheckedKind::Out(self.discard(), None, name))
                    }
                    ArgumentValue::Plain(value) => (value.at, CheckedKind::Value(self.value(value)?)),
                    ArgumentValue::Out { at, declares: None, name } => match self.lookup(name) {
                        Some(Local::Variable(slot, class)) => {
                            self.assignable(*at, name, *slot)?;
                            (*at, CheckedKind::Out(*slot, Some(class.clone()), name))
                        }
                        _ => {
                            return Err(error(*at, format!("The name '{name}' does not exist in the current context")));
                        }
                    },
                    ArgumentValue::Out { at, declares: Some(class), name } => {
                        let class = if class.is_var() { None } else { Some(variable_type(class)?) };
                        if &**name == "_" {
                            let kind = CheckedKind::Out(self.discard(), class, name);
                            return Ok(Checked { name: argument.name.clone(), at: *at, kind });
                        }
                        let slot = self.declare(*at, name, class.clone().unwrap_or_else(|| Class::Object.into()))?;
                        (*at, CheckedKind::Out(slot, class, name))
                    }
                };
                Ok(Checked { name: argument.name.clone(), at, kind })
            })
            .collect()
    }

    /// The arguments in the order of the parameters, converted to them.
    pub(super) fn finish(
        &mut self,
        at: usize,
        name: &str,
        candidate: &Candidate,
        fit: Fit,
        arguments: Vec<Checked<'_>>,
    ) -> Result<Finished, ParseError> {
        let Fit { mut bindings, places, expanded, .. } = fit;
        let parameters = candidate.signature.parameters.as_deref().unwrap_or_default();
        let mut codes: Vec<Option<ArgumentCode>> = parameters.iter().map(|_| None).collect();
        let mut rest = Vec::new();
        for (argument, place) in arguments.into_iter().zip(places) {
            let Some(parameter) = parameters.get(place) else { continue };
            let wanted = parameter.class.with(&bindings);
            let code = match argument.kind {
                CheckedKind::Value(value) if expanded && parameter.rest => {
                    rest.push(self.convert(value, &wanted.argument(0), argument.at)?);
                    continue;
                }
                CheckedKind::Value(value) => ArgumentCode::Value(self.convert(value, &wanted, argument.at)?),
                CheckedKind::Lambda(lambda) => {
                    ArgumentCode::Value(self.lambda(argument.at, lambda, &wanted, &mut bindings)?)
                }
                CheckedKind::Group(expression) => {
                    ArgumentCode::Value(self.group(expression, &wanted, &mut bindings)?)
                }
                CheckedKind::Out(slot, _, name) => {
                    self.retype(name, &wanted);
                    ArgumentCode::Out(slot)
                }
            };
            codes[place] = Some(code);
        }
        if let (true, Some(last)) = (expanded, parameters.last()) {
            let element = last.class.with(&bindings).argument(0);
            *codes.last_mut().unwrap_or(&mut None) = Some(ArgumentCode::Value(Code::Array(element, rest)));
        }
        if candidate.signature.letters.iter().any(|letter| !bindings.iter().any(|(bound, _)| bound == letter)) {
            let message = format!(
                "The type arguments for method '{name}' cannot be inferred from the usage. Try specifying the type \
                 arguments explicitly."
            );
            return Err(error(at, message));
        }
        Ok(Finished { arguments: codes.into_iter().flatten().collect(), bindings })
    }

    /// Gives a variable that `out var` declared its type.
    fn retype(&mut self, name: &Arc<str>, class: &Type) {
        let all = self.scopes.iter_mut().rev().flat_map(|scope| scope.iter_mut().rev());
        for (known, local) in all {
            if known == name {
                if let Local::Variable(_, own) = local {
                    *own = class.clone();
                }
                return;
            }
        }
    }
}

/// How the arguments fit a member's parameters; `None` if they do not.
pub(super) fn fit(candidate: &Candidate, types: &[Type], arguments: &[Checked<'_>]) -> Option<Fit> {
    fit_form(candidate, types, arguments, false).or_else(|| fit_form(candidate, types, arguments, true))
}

fn fit_form(candidate: &Candidate, types: &[Type], arguments: &[Checked<'_>], expanded: bool) -> Option<Fit> {
    let parameters = candidate.signature.parameters.as_deref()?;
    let letters = &candidate.signature.letters;
    let mut bindings = bindings(&candidate.owner);
    if !types.is_empty() {
        // LINQ's methods declare the type of the elements, too: `.ToArray<string>()`.
        let linq = candidate.owner.is(Class::Enumerable) && types.len() == letters.len() + 1;
        let types = match types.split_first() {
            Some((first, rest)) if linq && *first == candidate.owner.argument(0) => rest,
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
        // LINQ learns the type of its elements from such an argument, too, whatever the value of a constant is.
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

/// Which of two members is better for the arguments (C# specification, "Better function member"); `None` for neither.
pub(super) fn better(one: &Fit, two: &Fit, arguments: &[Checked<'_>]) -> Option<Ordering> {
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
    // A method's name fits several delegates where it has overloads; a lambda fits those that take as many values.
    let same = |(argument, (a, b)): (&Checked<'_>, (&Type, &Type))| {
        a == b || !matches!(argument.kind, CheckedKind::Value(_) | CheckedKind::Group(_))
    };
    if !arguments.iter().zip(one.wanted.iter().zip(&two.wanted)).all(same) {
        // What has an argument for every parameter is better than what leaves one out.
        let order = one.shortened.cmp(&two.shortened);
        return (order.is_ne() && !one.expanded && !two.expanded).then_some(order);
    }
    let rank = |fit: &Fit| (fit.generic, fit.expanded, fit.shortened, fit.cost);
    Some(rank(one).cmp(&rank(two)))
}

/// Which of two types an argument converts to the better way.
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

/// Which parameter each argument goes to.
fn places(parameters: &[Parameter], arguments: &[Checked<'_>], expanded: bool) -> Option<Vec<usize>> {
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
            // After a name out of its place, every argument has a name.
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
    // Elements of `params` may be missing, and what is optional at the end.
    let missing = |place: usize| rest == Some(place) || parameters[place].optional;
    let all = (0..parameters.len()).all(|place| places.contains(&place) || missing(place));
    all.then_some(places)
}

fn cost_of(argument: &Checked<'_>, parameter: &Parameter, wanted: &Type) -> Option<Cost> {
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
            (wanted.is_delegate() && super::lambda::group_fits(expression, &wanted.delegate_parameters())).then_some(0)
        }
        CheckedKind::Value(value) => {
            if let Some((cost, _)) = convert::implicit(&value.class, wanted) {
                return Some(cost);
            }
            value.fitting(wanted).map(|_| 4)
        }
    }
}

/// Learns from an argument's type what the letters in a parameter's type stand for.
pub(super) fn infer(parameter: &Type, argument: &Type, bindings: &mut Vec<(char, Type)>) {
    if let Class::Letter(letter) = parameter.class {
        let known = bindings.iter().any(|(bound, _)| *bound == letter);
        if !known && !matches!(argument.class, Class::Null | Class::Void | Class::Thrown) {
            bindings.push((letter, argument.clone()));
        }
        return;
    }
    // A JObject is an `IEnumerable<T>` of two types, so nothing can be learnt from it.
    if parameter.arguments.is_empty() || argument.is(Class::JObject) && parameter.is(Class::Enumerable) {
        return;
    }
    if let Some(same) = argument.ancestors().into_iter().find(|ancestor| ancestor.class == parameter.class) {
        for (parameter, argument) in parameter.arguments.iter().zip(&same.arguments) {
            infer(parameter, argument, bindings);
        }
    }
}

impl Checked<'_> {
    /// Whether the argument is a value of the class.
    pub(super) fn is_of(&self, class: Class) -> bool {
        matches!(&self.kind, CheckedKind::Value(value) if value.class.is(class))
    }

    /// Whether the argument is the literal `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, CheckedKind::Value(value) if value.class.is(Class::Null))
    }
}

/// Why no member of the name takes the arguments.
pub(super) fn misfit(
    at: usize,
    name: &str,
    class: &Type,
    found: &[Candidate],
    types: &[Type],
    arguments: &[Checked<'_>],
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
