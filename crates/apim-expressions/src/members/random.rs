//! `Guid` and `Random`. Both take their numbers from the context, so that tests can predict them.

use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::{Member, row};
use crate::{
    context::split_mix,
    evaluate::{Call, Outcome},
    lock::lock,
    problem::Failure,
    value::{Object, Value, change::parse_guid},
};

pub(super) const GUID: &[Member] =
    &[
        row("NewGuid", "static () -> Guid", |call| {
            let entropy = &mut call.machine.context.entropy;
            let bits = u128::from(entropy.next()) << 64 | u128::from(entropy.next());
            Ok(Value::Guid(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()))
        }),
        row("Empty", "static Guid", |_| Ok(Value::Guid(Uuid::nil()))),
        row("Parse", "static (string input) -> Guid", |call| parse_guid(&call.text(0)?)),
        row("TryParse", "static (string input, out Guid result) -> bool", |call| {
            super::number::try_parse(call, parse_guid, Value::Guid(Uuid::nil()))
        }),
        row("new", "static (string g) -> Guid", |call| parse_guid(&call.text(0)?)),
        row("new", "static (byte[] b) -> Guid", |call| {
            let bytes: [u8; 16] = call
                .bytes(0)?
                .try_into()
                .map_err(|_| Failure::argument("Byte array for Guid must be exactly 16 bytes long. (Parameter 'b')"))?;
            Ok(Value::Guid(Uuid::from_bytes_le(bytes)))
        }),
        row("new", "static (int a, short b, short c, byte[] d) -> Guid", |call| {
            let last: [u8; 8] = call
                .bytes(3)?
                .try_into()
                .map_err(|_| Failure::argument("Byte array for Guid must be exactly 8 bytes long. (Parameter 'd')"))?;
            Ok(Value::Guid(Uuid::from_fields(call.int(0) as u32, call.int(1) as u16, call.int(2) as u16, &last)))
        }),
        row(
            "new",
            "static (int a, short b, short c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k) -> Guid",
            |call| {
                let last: [u8; 8] = std::array::from_fn(|at| call.int(3 + at) as u8);
                Ok(Value::Guid(Uuid::from_fields(call.int(0) as u32, call.int(1) as u16, call.int(2) as u16, &last)))
            },
        ),
        row("ParseExact", "static (string input, string format) -> Guid", parse_exact),
        row("TryParseExact", "static (string input, string format, out Guid result) -> bool", |call| {
            let found = parse_exact(call);
            let is = found.is_ok();
            call.set_out(2, found.unwrap_or(Value::Guid(Uuid::nil())));
            Ok(is.into())
        }),
        row("CompareTo", "(Guid value) -> int", |call| {
            let order = crate::value::equality::compare(&call.receiver, call.argument(0));
            Ok(order.map_or(0, |order| order as i32).into())
        }),
        row("Equals", "(Guid g) -> bool", |call| {
            Ok(crate::value::equality::equal(&call.receiver, call.argument(0)).into())
        }),
        row("ToByteArray", "() -> byte[]", |call| match &call.receiver {
            Value::Guid(guid) => Ok(Value::bytes(guid.to_bytes_le().to_vec())),
            _ => Err(Failure::null_reference()),
        }),
    ];

/// `Guid.ParseExact`: the text must have the form that the format names.
fn parse_exact(call: &mut Call<'_, '_>) -> Outcome {
    let (text, format) = (call.text(0)?, call.text(1)?);
    let invalid = || Failure::format("Unrecognized Guid format.");
    let trimmed = text.trim();
    let fits = match format.to_ascii_uppercase().as_str() {
        "N" => trimmed.len() == 32,
        "" | "D" => trimmed.len() == 36,
        "B" => trimmed.len() == 38 && trimmed.starts_with('{'),
        "P" => trimmed.len() == 38 && trimmed.starts_with('('),
        "X" => trimmed.starts_with("{0x"),
        _ => {
            return Err(Failure::format(
                "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
            ));
        }
    };
    if fits { parse_guid(trimmed) } else { Err(invalid()) }
}

pub(super) const RANDOM: &[Member] = &[
    row("new", "static () -> Random", |_| Ok(Value::object(Object::Random(None)))),
    // The numbers after a seed differ from those of .NET.
    row("new", "static (int Seed) -> Random", |call| {
        let seed = call.int(0).cast_unsigned();
        Ok(Value::object(Object::Random(Some(Arc::new(Mutex::new(seed))))))
    }),
    row("Next", "() -> int", |call| between(call, 0, i32::MAX.into())),
    row("Next", "(int maxValue) -> int", |call| {
        if call.int(0) < 0 {
            return Err(Failure::out_of_range("'maxValue' must be greater than zero.", "maxValue"));
        }
        between(call, 0, call.int(0))
    }),
    row("Next", "(int minValue, int maxValue) -> int", |call| {
        if call.int(0) > call.int(1) {
            return Err(Failure::out_of_range("'minValue' cannot be greater than maxValue.", "minValue"));
        }
        between(call, call.int(0), call.int(1))
    }),
    row("NextInt64", "() -> long", |call| Ok((next(call)? >> 1).cast_signed().into())),
    row("NextSingle", "() -> float", |call| {
        let bits = next(call)? >> 40;
        Ok(Value::Single(bits as f32 / (1_u32 << 24) as f32))
    }),
    row("NextBytes", "(byte[] buffer) -> void", |call| {
        let Value::Collection(crate::value::Opaque(bytes)) = call.argument(0).clone() else {
            return Err(Failure::argument_null("buffer"));
        };
        call.work(bytes.len() * 8)?;
        for index in 0..bytes.len() {
            let byte = (next(call)? >> 32) as u8;
            bytes.set(index, Value::Integer(byte.into()));
        }
        Ok(Value::Null)
    }),
    row("NextDouble", "() -> double", |call| {
        // The 53 bits that a double holds.
        let bits = next(call)? >> 11;
        Ok(Value::Double(bits as f64 / (1_u64 << 53) as f64))
    }),
];

/// Members of `RNGCryptoServiceProvider`.
pub(super) const NUMBERS: &[Member] = &[
    row("new", "static () -> RNGCryptoServiceProvider", |_| Ok(Value::object(Object::RandomNumbers))),
    row("GetBytes", "(byte[] data) -> void", |call| fill(call, true)),
    row("GetNonZeroBytes", "(byte[] data) -> void", |call| fill(call, false)),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

fn fill(call: &mut Call<'_, '_>, zero: bool) -> Outcome {
    let Value::Collection(crate::value::Opaque(bytes)) = call.argument(0).clone() else {
        return Err(Failure::argument_null("data"));
    };
    call.work(bytes.len() * 8)?;
    for index in 0..bytes.len() {
        let byte = (call.machine.context.entropy.next() >> 32) as u8;
        let byte = if zero { byte } else { byte.max(1) };
        bytes.set(index, Value::Integer(byte.into()));
    }
    Ok(Value::Null)
}

fn next(call: &mut Call<'_, '_>) -> Result<u64, Failure> {
    match call.receiver.as_object() {
        Some(Object::Random(Some(state))) => Ok(split_mix(&mut lock(state))),
        Some(Object::Random(None)) => Ok(call.machine.context.entropy.next()),
        _ => Err(Failure::null_reference()),
    }
}

/// Returns a number from `least` up to, but without, `most`.
fn between(call: &mut Call<'_, '_>, least: i64, most: i64) -> Outcome {
    let width = u64::try_from((most - least).max(1)).unwrap_or(1);
    let offset = i64::try_from(next(call)? % width).unwrap_or_default();
    Ok(Value::from(i32::try_from(least + offset).unwrap_or_default()))
}
