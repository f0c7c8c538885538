//! The place of a token: its path, its neighbours, and its parent.

use super::{
    super::{Member, row},
    object::property,
    token_of,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Object, Value},
};

/// Members that look at the surroundings of a token.
pub(crate) const AROUND: &[Member] = &[
    row("Path", "string", |call| {
        let path = match call.receiver.as_object() {
            Some(Object::Property(property)) => property.value().path(),
            _ => call.this_token()?.path(),
        };
        call.new_string(path)
    }),
    row("Parent", "JContainer", |call| match token_of(&call.receiver).and_then(|token| token.place()) {
        Some((parent, Ok(name))) if !matches!(call.receiver, Value::Object(_)) => {
            Ok(property(name.clone(), call.this_token()?, Some(parent)))
        }
        Some((parent, _)) => Ok(Value::Json(parent)),
        None => Ok(Value::Null),
    }),
    row("Next", "JToken", |call| beside(call, 1)),
    row("Previous", "JToken", |call| beside(call, -1)),
    row("Root", "JToken", |call| Ok(Value::Json(call.this_token()?.root()))),
    row("Remove", "() -> void", remove),
    row("Replace", "(JToken value) -> void", |call| {
        let value = call.token(0)?;
        let budget = &mut call.machine.budget;
        match token_of(&call.receiver).and_then(|token| token.place()) {
            Some((parent, Ok(name))) => parent.insert(&name, &value, budget)?,
            Some((parent, Err(index))) => drop(parent.replace_at(index, &value, budget)?),
            None => return Err(Failure::invalid_operation("The parent is missing.")),
        }
        Ok(Value::Null)
    }),
    row("AfterSelf", "() -> IEnumerable<JToken>", |call| siblings(call, 1)),
    row("BeforeSelf", "() -> IEnumerable<JToken>", |call| siblings(call, -1)),
    row("Ancestors", "() -> IEnumerable<JContainer>", |call| ancestors(call, false)),
    row("AncestorsAndSelf", "() -> IEnumerable<JContainer>", |call| ancestors(call, true)),
    row("AddAfterSelf", "(object content) -> void", |call| insert_beside(call, 1)),
    row("AddBeforeSelf", "(object content) -> void", |call| insert_beside(call, 0)),
];

/// Returns the token before or after this one.
fn beside(call: &mut Call<'_, '_>, step: isize) -> Outcome {
    let of_property = matches!(call.receiver, Value::Object(_));
    let Some((parent, place)) = token_of(&call.receiver).and_then(|token| token.place()) else {
        return Ok(Value::Null);
    };
    call.work(parent.len() * 8)?;
    match place {
        Err(index) => {
            let next = index.checked_add_signed(step).and_then(|index| parent.item(index));
            Ok(next.map_or(Value::Null, Value::Json))
        }
        // A member's value is alone in its property.
        Ok(_) if !of_property => Ok(Value::Null),
        Ok(name) => {
            let members = parent.members();
            let at = members.iter().position(|(known, _)| *known == name);
            let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| members.get(at).cloned());
            Ok(next.map_or(Value::Null, |(name, value)| property(name, value, Some(parent))))
        }
    }
}

/// Returns all tokens after or before this one, in the order of the document.
fn siblings(call: &mut Call<'_, '_>, step: isize) -> Outcome {
    if step < 0 && token_of(&call.receiver).and_then(|token| token.place()).is_none() {
        return Err(Failure::null_reference());
    }
    let mut found = Vec::new();
    loop {
        call.work(64)?;
        let next = beside(call, step)?;
        if next.is_null() {
            break;
        }
        found.push(next.clone());
        call.receiver = next;
    }
    if step < 0 {
        found.reverse();
    }
    call.machine.collection(CollectionKind::Sequence, Class::JToken.into(), found)
}

fn remove(call: &mut Call<'_, '_>) -> Outcome {
    let receiver = call.receiver.clone();
    let budget = &mut call.machine.budget;
    if let Some(Object::Property(property)) = receiver.as_object() {
        let owner = crate::lock::lock(&property.owner).take();
        return match owner {
            Some(owner) => owner.remove(&property.name, budget).map(|_| Value::Null),
            None => Err(Failure::invalid_operation("The parent is missing.")),
        };
    }
    match token_of(&receiver).and_then(|token| token.place()) {
        Some((parent, Err(index))) => parent.remove_at(index, budget).map(|_| Value::Null),
        // The value of a property can only be removed with the property.
        Some((_, Ok(_))) => Err(Failure::json("Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")),
        None => Err(Failure::invalid_operation("The parent is missing.")),
    }
}

fn ancestors(call: &mut Call<'_, '_>, own: bool) -> Outcome {
    let mut found = Vec::new();
    let mut at = Some(call.receiver.clone());
    if !own {
        at = at.as_ref().and_then(parent_of);
    }
    while let Some(value) = at {
        call.work(64)?;
        at = parent_of(&value);
        found.push(value);
    }
    call.machine.collection(CollectionKind::Sequence, Class::JContainer.into(), found)
}

fn parent_of(value: &Value) -> Option<Value> {
    match token_of(value)?.place() {
        Some((parent, Ok(name))) if !matches!(value, Value::Object(_)) => {
            Some(property(name, token_of(value)?.clone(), Some(parent)))
        }
        Some((parent, _)) => Some(Value::Json(parent)),
        None => None,
    }
}

/// Puts a property or an element beside another.
fn insert_beside(call: &mut Call<'_, '_>, after: usize) -> Outcome {
    let missing = || Failure::invalid_operation("The parent is missing.");
    let (parent, place) = token_of(&call.receiver).and_then(|token| token.place()).ok_or_else(missing)?;
    match place {
        Err(index) => {
            let value = call.token(0)?;
            parent.insert_at(index + after, &value, &mut call.machine.budget)?;
            Ok(Value::Null)
        }
        Ok(_) => Err(Failure::unsupported("adding a property beside another")),
    }
}
