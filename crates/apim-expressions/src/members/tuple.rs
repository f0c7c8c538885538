//! `Tuple`. Its members `Item1` and so on are found like those of a tuple in brackets.

use std::sync::Arc;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    types::{Class, Type},
    value::{Object, Value},
};

pub(super) const TUPLE: &[Member] = &[
    row("Create", "static <A>(A item1) -> Tuple<A>", create),
    row("Create", "static <A, B>(A item1, B item2) -> Tuple<A, B>", create),
    row("Create", "static <A, B, C>(A item1, B item2, C item3) -> Tuple<A, B, C>", create),
    row("Create", "static <A, B, C, D>(A item1, B item2, C item3, D item4) -> Tuple<A, B, C, D>", create),
    row(
        "Create",
        "static <A, B, C, D, F>(A item1, B item2, C item3, D item4, F item5) -> Tuple<A, B, C, D, F>",
        create,
    ),
    row(
        "Create",
        "static <A, B, C, D, F, G>(A item1, B item2, C item3, D item4, F item5, G item6) -> Tuple<A, B, C, D, F, G>",
        create,
    ),
    row(
        "Create",
        "static <A, B, C, D, F, G, H>(A item1, B item2, C item3, D item4, F item5, G item6, H item7) -> Tuple<A, B, C, D, F, G, H>",
        create,
    ),
];

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let values = call.arguments.clone();
    call.machine.hold(&values)?;
    call.machine.budget.memory(32 * values.len())?;
    let class = Type::new(Class::Tuple, call.type_arguments());
    Ok(Value::object(Object::Record(Arc::new((class, values)))))
}
