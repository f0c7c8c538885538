//! Overloads with an `IFormatProvider`. No type on API Management's list is a provider, so the provider is always null.
//! Here null means the invariant culture.

use super::{Member, number::try_parse, row};
use crate::{
    evaluate::{Call, Outcome},
    types::Class,
    value::{
        Value,
        change::{
            parse_date, parse_decimal, parse_double, parse_guid, parse_integer, parse_offset, parse_single, parse_span,
        },
    },
};

/// Members of numbers and `Guid`; `S` is the class.
pub(super) const PARSED: &[Member] = &[
    row("Parse", "static (string s, IFormatProvider provider) -> S", parse),
    row("TryParse", "static (string s, IFormatProvider provider, out S result) -> bool", try_to_parse),
];

pub(super) const DATE: &[Member] = &[row("Parse", "static (string s, IFormatProvider provider) -> DateTime", parse)];

/// Members of `DateTimeOffset` and `TimeSpan`.
pub(super) const TIME: &[Member] = &[
    row("Parse", "static (string input, IFormatProvider formatProvider) -> S", parse),
    row("TryParse", "static (string input, IFormatProvider formatProvider, out S result) -> bool", try_to_parse),
];

/// Members of `bool`, `char` and `string`.
pub(super) const TEXT: &[Member] = &[row("ToString", "(IFormatProvider provider) -> string", |call| {
    let receiver = call.receiver.clone();
    call.machine.text_of(&receiver).map(Value::String)
})];

fn parse(call: &mut Call<'_, '_>) -> Outcome {
    read(&call.text(0)?, call.owner())
}

fn try_to_parse(call: &mut Call<'_, '_>) -> Outcome {
    let class = call.owner();
    try_parse(call, |text| read(text, class), Value::default_of(&class.into()))
}

fn read(text: &str, class: Class) -> Outcome {
    match class {
        Class::Double => parse_double(text),
        Class::Single => parse_single(text),
        Class::Decimal => parse_decimal(text),
        Class::Guid => parse_guid(text),
        Class::DateTime => parse_date(text),
        Class::DateTimeOffset => parse_offset(text),
        Class::TimeSpan => parse_span(text),
        whole => parse_integer(text, whole),
    }
}
