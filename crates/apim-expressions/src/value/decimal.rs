//! Division of `decimal` as in .NET: the number of digits after the point of a quotient and a remainder.

use rust_decimal::Decimal;

/// Returns `one / two`; `None` if it is too large. An exact quotient keeps the digits by which the operands differ, and
/// no other zeros at its end.
pub(crate) fn divide(one: Decimal, two: Decimal) -> Option<Decimal> {
    let mut quotient = one.checked_div(two)?.normalize();
    let digits = one.scale().saturating_sub(two.scale());
    if quotient.scale() < digits {
        quotient.rescale(digits);
    }
    Some(quotient)
}

/// Returns `one % two`, with the digits of the operand that has more digits.
pub(crate) fn remainder(one: Decimal, two: Decimal) -> Option<Decimal> {
    let mut rest = one.checked_rem(two)?;
    if one.abs() >= two.abs() {
        rest.rescale(one.scale().max(two.scale()));
    }
    Some(rest)
}
