//! The members of lists and sets from `ICollection<E>` and `IList<E>`.

use super::{
    Member,
    collection::{add_new, contains, insert, push, remove, remove_at},
    row,
    sequence::copy_to,
};
use crate::{
    evaluate::Call,
    problem::Failure,
    value::{CollectionKind, Value},
};

pub(super) const COLLECTION: &[Member] = &[
    row("Add", "(E item) -> void", |call| {
        changeable(call)?;
        let (collection, item) = (call.this_collection()?, call.argument(0).clone());
        if collection.kind() == CollectionKind::Set {
            add_new(call, &collection, item)?;
        } else {
            push(call, &collection, item)?;
        }
        Ok(Value::Null)
    }),
    row("Remove", "(E item) -> bool", |call| {
        changeable(call)?;
        remove(call).map(Value::from)
    }),
    row("Clear", "() -> void", |call| {
        changeable(call)?;
        call.this_collection()?.change(Vec::clear);
        Ok(Value::Null)
    }),
    row("Contains", "(E item) -> bool", |call| {
        let collection = call.this_collection()?;
        call.work(collection.len() * 32)?;
        Ok(contains(&collection, call.argument(0)).into())
    }),
    row("CopyTo", "(E[] array, int arrayIndex) -> void", |call| {
        let at = call.int(1);
        copy_to(call, at)
    }),
    row("IsReadOnly", "bool", |call| Ok((call.this_collection()?.kind() == CollectionKind::Array).into())),
];

pub(super) const LIST: &[Member] = &[
    row("Insert", "(int index, E item) -> void", |call| {
        changeable(call)?;
        insert(call)
    }),
    row("RemoveAt", "(int index) -> void", |call| {
        changeable(call)?;
        remove_at(call)
    }),
];

/// Refuses to change the length of an array.
fn changeable(call: &Call<'_, '_>) -> Result<(), Failure> {
    match call.this_collection()?.kind() {
        CollectionKind::Array => {
            Err(Failure::thrown("System.NotSupportedException", "Collection was of a fixed size."))
        }
        _ => Ok(()),
    }
}
