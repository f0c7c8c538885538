//! Arrays of two dimensions.

use std::sync::Arc;

use super::{Member, access::within, row};
use crate::{
    evaluate::Call,
    problem::Failure,
    value::{Object, Value, object::Grid},
};

pub(super) const GRID: &[Member] = &[
    row("Length", "int", |call| Ok(super::access::length(this(call)?.elements.len()))),
    row("Rank", "int", |_| Ok(2.into())),
    row("GetLength", "(int) -> int", |call| {
        let length = length(call)?;
        Ok(super::access::length(length))
    }),
    row("GetLowerBound", "(int) -> int", |call| length(call).map(|_| 0.into())),
    row("GetUpperBound", "(int) -> int", |call| {
        let length = i32::try_from(length(call)?).unwrap_or(i32::MAX);
        Ok((length - 1).into())
    }),
    row("[]", "(int, int) -> E", |call| {
        let (grid, place) = place(call)?;
        Ok(grid.elements.get(place).unwrap_or(Value::Null))
    }),
    row("[]=", "(int, int, E) -> void", |call| {
        let (grid, place) = place(call)?;
        let value = call.argument(2).clone();
        call.machine.hold_in(|| grid.elements.is_held(), &value)?;
        grid.elements.set(place, value);
        Ok(Value::Null)
    }),
];

fn this(call: &Call<'_, '_>) -> Result<Arc<Grid>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Grid(grid)) => Ok(Arc::clone(grid)),
        _ => Err(Failure::null_reference()),
    }
}

fn rows(grid: &Grid) -> usize {
    grid.elements.len().checked_div(grid.columns).unwrap_or_default()
}

fn length(call: &Call<'_, '_>) -> Result<usize, Failure> {
    let grid = this(call)?;
    match call.int(0) {
        0 => Ok(rows(&grid)),
        1 => Ok(grid.columns),
        _ => Err(Failure::array_index()),
    }
}

/// Returns the element that the first two arguments name.
fn place(call: &Call<'_, '_>) -> Result<(Arc<Grid>, usize), Failure> {
    let grid = this(call)?;
    let row = within(call.int(0), rows(&grid)).ok_or_else(Failure::array_index)?;
    let column = within(call.int(1), grid.columns).ok_or_else(Failure::array_index)?;
    let place = row * grid.columns + column;
    Ok((grid, place))
}
