//! Which member a call means: of those with the name, the one whose parameters its arguments fit best.

use super::{
    Checker, Typed,
    arguments::{Checked, Finished},
    error,
};
use crate::{
    members::{
        self, Member,
        signature::{Role, Signature},
    },
    problem::ParseError,
    program::{Bound, Call, Code},
    syntax::Argument,
    types::{Class, Type},
};

/// A member of the wanted name on a type or one of its ancestors.
pub(super) struct Candidate {
    pub(super) member: &'static Member,
    pub(super) signature: Signature,
    pub(super) owner: Type,
}

impl Checker {
    pub(super) fn property(&mut self, at: usize, class: &Type, name: &str) -> Result<(Call, Type), ParseError> {
        if class.class == Class::Anonymous
            && let Some(index) = class.names.iter().position(|known| **known == *name)
        {
            let bound = Bound {
                member: &members::anonymous::MEMBER,
                owner: Class::Anonymous,
                extension: false,
                types: Vec::new(),
            };
            let index = i32::try_from(index).unwrap_or_default();
            let place = crate::program::Argument::Value(Code::Constant(index.into()));
            return Ok((Call { bound, arguments: vec![place] }, class.argument(index.unsigned_abs() as usize)));
        }
        let found = candidates(class, name, false).into_iter().find(|c| c.signature.parameters.is_none());
        let Some(candidate) = found else { return Err(unknown(at, class, name)) };
        self.touch(candidate.owner.class, name);
        let returns = candidate.signature.returns.with(&bindings(&candidate.owner));
        Ok((Call { bound: bind(&candidate, Vec::new()), arguments: Vec::new() }, returns))
    }

    pub(super) fn static_property(&mut self, at: usize, class: &Type, name: &str) -> Result<Typed, ParseError> {
        let found = candidates(class, name, true).into_iter().find(|c| c.signature.parameters.is_none());
        let Some(candidate) = found else { return Err(unknown(at, class, name)) };
        let returns = candidate.signature.returns.with(&bindings(&candidate.owner));
        let call = Call { bound: bind(&candidate, Vec::new()), arguments: Vec::new() };
        Ok(Typed::new(Code::Static(Box::new(call)), returns))
    }

    pub(super) fn method(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        types: &[Type],
        arguments: &[Argument],
    ) -> Result<(Call, Type), ParseError> {
        self.call(at, class, name, false, types, arguments)
    }

    pub(super) fn static_method(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        types: &[Type],
        arguments: &[Argument],
    ) -> Result<Typed, ParseError> {
        let (call, returns) = self.call(at, class, name, true, types, arguments)?;
        Ok(Typed::new(Code::Static(Box::new(call)), returns))
    }

    pub(super) fn indexer(
        &mut self,
        at: usize,
        class: &Type,
        arguments: &[Argument],
    ) -> Result<(Call, Type), ParseError> {
        let checked = self.arguments(arguments)?;
        self.indexer_of(at, class, checked)
    }

    pub(super) fn indexer_of(
        &mut self,
        at: usize,
        class: &Type,
        arguments: Vec<Checked<'_>>,
    ) -> Result<(Call, Type), ParseError> {
        if candidates(class, "[]", false).is_empty() {
            return Err(error(at, format!("Cannot apply indexing with [] to an expression of type '{class}'")));
        }
        self.resolve(at, class, "[]", false, &[], arguments)
    }

    /// A call whose arguments are in the source.
    pub(super) fn call(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        statics: bool,
        types: &[Type],
        arguments: &[Argument],
    ) -> Result<(Call, Type), ParseError> {
        let checked = self.arguments(arguments)?;
        self.resolve(at, class, name, statics, types, checked)
    }

    /// A call whose arguments are checked already.
    pub(super) fn resolve(
        &mut self,
        at: usize,
        class: &Type,
        name: &str,
        statics: bool,
        types: &[Type],
        arguments: Vec<Checked<'_>>,
    ) -> Result<(Call, Type), ParseError> {
        let found = candidates(class, name, statics);
        if found.is_empty() {
            return Err(unknown(at, class, name));
        }
        let mut best: Option<(u32, usize, super::arguments::Fit)> = None;
        let mut level = None;
        for (index, candidate) in found.iter().enumerate() {
            // Members of the type itself come before those it inherits.
            if best.is_some() && level != Some(&candidate.owner) {
                break;
            }
            if let Some(fit) = super::arguments::fit(candidate, types, &arguments)
                && best.as_ref().is_none_or(|(cost, ..)| fit.cost < *cost)
            {
                level = Some(&candidate.owner);
                best = Some((fit.cost, index, fit));
            }
        }
        let Some((_, index, fit)) = best else {
            return Err(super::arguments::misfit(at, name, class, &found, types, &arguments));
        };
        let candidate = &found[index];
        let Finished { arguments, bindings } = self.finish(at, name, candidate, fit, arguments)?;
        let letters = &candidate.signature.letters;
        let types: Vec<Type> =
            letters.iter().map(|letter| Type::from(Class::Letter(*letter)).with(&bindings)).collect();
        if candidate.owner.is(Class::Body) && name == "As" {
            check_body_type(at, &types)?;
        }
        let returns = candidate.signature.returns.with(&bindings);
        Ok((Call { bound: bind(candidate, types), arguments }, returns))
    }
}

/// `Body.As<T>()` reads a few types only.
fn check_body_type(at: usize, types: &[Type]) -> Result<(), ParseError> {
    let bytes = Type::array(Class::Byte.into());
    let readable = types.first().is_some_and(|class| {
        use Class::{JArray, JObject, JToken, String, XDocument, XElement};
        *class == bytes || matches!(class.class, String | JToken | JObject | JArray | XElement | XDocument)
    });
    let message = "a body can be read as string, byte[], JObject, JArray, JToken, XElement or XDocument";
    if readable { Ok(()) } else { Err(error(at, message)) }
}

/// All members of the name, those of the type itself first.
pub(super) fn candidates(class: &Type, name: &str, statics: bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let ancestors = if statics { vec![class.clone()] } else { class.ancestors() };
    for owner in ancestors {
        for member in members::of_type(&owner).filter(|member| member.name == name) {
            let Ok(signature) = member.signature() else { continue };
            if (signature.role == Role::Static) == statics {
                found.push(Candidate { member, signature, owner: owner.clone() });
            }
        }
    }
    found
}

/// What the letters of a type's members stand for.
pub(super) fn bindings(owner: &Type) -> Vec<(char, Type)> {
    let mut bindings = owner.parameters();
    bindings.push(('S', owner.clone()));
    bindings
}

pub(super) fn bind(candidate: &Candidate, types: Vec<Type>) -> Bound {
    Bound {
        member: candidate.member,
        owner: candidate.owner.class,
        extension: candidate.signature.role == Role::Extension,
        types,
    }
}

fn unknown(at: usize, class: &Type, name: &str) -> ParseError {
    error(at, format!("'{class}' does not contain a definition for '{name}', or it is not supported"))
}
