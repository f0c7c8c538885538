//! The candidates of overload resolution: the members with a name.

use crate::{
    members::{
        self, Member,
        signature::{Role, Signature},
    },
    program::Bound,
    types::{Class, Type},
};

/// A member with the wanted name, on a type or on one of its ancestors.
pub(super) struct Candidate {
    pub(super) member: &'static Member,
    pub(super) signature: Signature,
    pub(super) owner: Type,
}

/// Returns all members with the name; the members of the type itself come first.
pub(super) fn candidates(class: &Type, name: &str, statics: bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let ancestors = if statics { vec![class.clone()] } else { class.ancestors() };
    // An array has the members of its interfaces only after a cast to the interface. The indexer is the exception.
    let hidden = |owner: &Type| {
        class.is(Class::Array)
            && !name.starts_with("[]")
            && matches!(owner.class, Class::IList | Class::Collection | Class::ReadOnlyCollection)
    };
    for owner in ancestors.into_iter().filter(|owner| !hidden(owner)) {
        for member in members::of_type(&owner).filter(|member| member.name == name) {
            let Ok(signature) = member.signature() else { continue };
            if (signature.role == Role::Static) == statics {
                found.push(Candidate { member, signature, owner: owner.clone() });
            }
        }
    }
    found
}

/// Returns the types that the letters in the members of a type stand for.
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
