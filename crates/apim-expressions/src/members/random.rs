//! `Guid` and `Random`. Both draw on the context, so that tests can foresee them.

use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::{Member, row};
use crate::{
    context::split_mix,
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Object, Value, change::parse_guid, lock},
};

pub(super) const GUID: &[Member] = &[
    row("NewGuid", "static () -> Guid", |call| {
        let entropy = &mut call.machine.context.entropy;
        let bits = u128::from(entropy.next()) << 64 | u128::from(entropy.next());
        Ok(Value::Guid(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()))
    }),
    row("Empty", "static Guid", |_| Ok(Value::Guid(Uuid::nil()))),
    row("Parse", "static (string) -> Guid", |call| parse_guid(&call.text(0)?)),
    row("TryParse", "static (string, out Guid) -> bool", |call| {
        super::number::try_parse(call, parse_guid, Value::Guid(Uuid::nil()))
    }),
    row("new", "static (string) -> Guid", |call| parse_guid(&call.text(0)?)),
    row("ToByteArray", "() -> byte[]", |call| match &call.receiver {
        Value::Guid(guid) => Ok(Value::bytes(guid.to_bytes_le().to_vec())),
        _ => Err(Failure::null_reference()),
    }),
];

pub(super) const RANDOM: &[Member] = &[
    row("new", "static () -> Random", |_| Ok(Value::object(Object::Random(None)))),
    // The numbers that follow a seed are not those of .NET.
    row("new", "static (int) -> Random", |call| {
        let seed = call.int(0).cast_unsigned();
        Ok(Value::object(Object::Random(Some(Arc::new(Mutex::new(seed))))))
    }),
    row("Next", "() -> int", |call| between(call, 0, i32::MAX.into())),
    row("Next", "(int) -> int", |call| {
        if call.int(0) < 0 {
            return Err(Failure::out_of_range("'maxValue' must be greater than zero.", "maxValue"));
        }
        between(call, 0, call.int(0))
    }),
    row("Next", "(int, int) -> int", |call| {
        if call.int(0) > call.int(1) {
            return Err(Failure::out_of_range("'minValue' cannot be greater than maxValue.", "minValue"));
        }
        between(call, call.int(0), call.int(1))
    }),
    row("NextDouble", "() -> double", |call| {
        // The 53 bits that a double holds.
        let bits = next(call)? >> 11;
        Ok(Value::Double(bits as f64 / (1_u64 << 53) as f64))
    }),
];

fn next(call: &mut Call<'_, '_>) -> Result<u64, Failure> {
    match call.receiver.as_object() {
        Some(Object::Random(Some(state))) => Ok(split_mix(&mut lock(state))),
        Some(Object::Random(None)) => Ok(call.machine.context.entropy.next()),
        _ => Err(Failure::null_reference()),
    }
}

/// From `least` up to, but without, `most`.
fn between(call: &mut Call<'_, '_>, least: i64, most: i64) -> Outcome {
    let width = u64::try_from((most - least).max(1)).unwrap_or(1);
    let offset = i64::try_from(next(call)? % width).unwrap_or_default();
    Ok(Value::from(i32::try_from(least + offset).unwrap_or_default()))
}
