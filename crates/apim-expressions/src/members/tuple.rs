//! `Tuple`. Its `Item1` and so on are found as those of a tuple in brackets.

use std::sync::Arc;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    types::{Class, Type},
    value::{Object, Value},
};

pub(super) const TUPLE: &[Member] = &[
    row("Create", "static <A>(A) -> Tuple<A>", create),
    row("Create", "static <A, B>(A, B) -> Tuple<A, B>", create),
    row("Create", "static <A, B, C>(A, B, C) -> Tuple<A, B, C>", create),
    row("Create", "static <A, B, C, D>(A, B, C, D) -> Tuple<A, B, C, D>", create),
    row("Create", "static <A, B, C, D, F>(A, B, C, D, F) -> Tuple<A, B, C, D, F>", create),
    row("Create", "static <A, B, C, D, F, G>(A, B, C, D, F, G) -> Tuple<A, B, C, D, F, G>", create),
    row("Create", "static <A, B, C, D, F, G, H>(A, B, C, D, F, G, H) -> Tuple<A, B, C, D, F, G, H>", create),
];

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let values = call.arguments.clone();
    call.machine.hold(&values)?;
    call.machine.budget.memory(32 * values.len())?;
    let class = Type::new(Class::Tuple, call.type_arguments());
    Ok(Value::object(Object::Record(Arc::new((class, values)))))
}
