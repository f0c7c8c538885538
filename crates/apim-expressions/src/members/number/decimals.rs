//! The members of `decimal`, `char`, `BitConverter` and the other numbers besides parsing and rounding.

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::super::{Member, access::within, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Integer, Value, change, decimal},
};

pub(crate) const ARITHMETIC: &[Member] = &[
    row("Add", "static (decimal d1, decimal d2) -> decimal", |call| {
        checked(call.decimal(0).checked_add(call.decimal(1)))
    }),
    row("Subtract", "static (decimal d1, decimal d2) -> decimal", |call| {
        checked(call.decimal(0).checked_sub(call.decimal(1)))
    }),
    row("Multiply", "static (decimal d1, decimal d2) -> decimal", |call| {
        checked(call.decimal(0).checked_mul(call.decimal(1)))
    }),
    row("Divide", "static (decimal d1, decimal d2) -> decimal", |call| {
        divisor(call)?;
        checked(decimal::divide(call.decimal(0), call.decimal(1)))
    }),
    row("Remainder", "static (decimal d1, decimal d2) -> decimal", |call| {
        divisor(call)?;
        checked(decimal::remainder(call.decimal(0), call.decimal(1)))
    }),
    row("Equals", "static (decimal d1, decimal d2) -> bool", |call| Ok((call.decimal(0) == call.decimal(1)).into())),
    row("Abs", "static (decimal value) -> decimal", |call| Ok(Value::Decimal(call.decimal(0).abs()))),
    row("Max", "static (decimal x, decimal y) -> decimal", |call| {
        Ok(Value::Decimal(call.decimal(0).max(call.decimal(1))))
    }),
    row("Min", "static (decimal x, decimal y) -> decimal", |call| {
        Ok(Value::Decimal(call.decimal(0).min(call.decimal(1))))
    }),
    row("Sign", "static (decimal d) -> int", |call| {
        let number = call.decimal(0);
        Ok(if number.is_zero() {
            0
        } else if number.is_sign_negative() {
            -1
        } else {
            1
        }
        .into())
    }),
    row("ToByte", "static (decimal value) -> byte", |call| whole(call, Class::Byte)),
    row("ToSByte", "static (decimal value) -> sbyte", |call| whole(call, Class::SByte)),
    row("ToInt16", "static (decimal value) -> short", |call| whole(call, Class::Short)),
    row("ToUInt16", "static (decimal value) -> ushort", |call| whole(call, Class::UShort)),
    row("ToInt32", "static (decimal d) -> int", |call| whole(call, Class::Int)),
    row("ToUInt32", "static (decimal d) -> uint", |call| whole(call, Class::UInt)),
    row("ToInt64", "static (decimal d) -> long", |call| whole(call, Class::Long)),
    row("ToUInt64", "static (decimal d) -> ulong", |call| whole(call, Class::ULong)),
    row("ToDouble", "static (decimal d) -> double", |call| {
        Ok(Value::Double(call.decimal(0).to_f64().unwrap_or_default()))
    }),
    row("ToSingle", "static (decimal d) -> float", |call| {
        Ok(Value::Single(call.decimal(0).to_f32().unwrap_or_default()))
    }),
    row("GetBits", "static (decimal d) -> int[]", |call| {
        let number = call.decimal(0);
        let mantissa = number.mantissa().unsigned_abs();
        let flags = number.scale() << 16 | u32::from(number.is_sign_negative()) << 31;
        let part = |shift: u32| ((mantissa >> shift) as u32).cast_signed();
        let parts = [part(0), part(32), part(64), flags.cast_signed()];
        call.machine.collection(CollectionKind::Array, Class::Int.into(), parts.map(Value::from).to_vec())
    }),
    row("new", "static (int value) -> decimal", |call| Ok(Value::Decimal(call.int(0).into()))),
    row("new", "static (uint value) -> decimal", |call| Ok(Value::Decimal(call.int(0).into()))),
    row("new", "static (long value) -> decimal", |call| Ok(Value::Decimal(call.int(0).into()))),
    row("new", "static (ulong value) -> decimal", |call| match call.argument(0) {
        Value::Integer(number) => Ok(Value::Decimal(Decimal::from_i128_with_scale(number.wide(), 0))),
        _ => Ok(Value::Decimal(Decimal::ZERO)),
    }),
    row("new", "static (float value) -> decimal", |call| change::decimal_of(call.single(0).into(), 7)),
    row("new", "static (double value) -> decimal", |call| change::decimal_of(call.double(0), 15)),
];

fn checked(result: Option<Decimal>) -> Outcome {
    let overflow = || Failure::overflow("Value was either too large or too small for a Decimal.");
    result.map(Value::Decimal).ok_or_else(overflow)
}

fn divisor(call: &Call<'_, '_>) -> Result<(), Failure> {
    if call.decimal(1).is_zero() { Err(Failure::divide_by_zero()) } else { Ok(()) }
}

fn whole(call: &Call<'_, '_>, class: Class) -> Outcome {
    let number = call.decimal(0).trunc().to_i128().unwrap_or_default();
    let name = class.description().name;
    let article = if name.starts_with(['I', 'A']) { "an" } else { "a" };
    let too_large = || Failure::overflow(format!("Value was either too large or too small for {article} {name}."));
    Integer::fit(class, number).map(Value::Integer).ok_or_else(too_large)
}

pub(crate) const REAL_TESTS: &[Member] = &[
    row("IsFinite", "static (double d) -> bool", |call| Ok(call.double(0).is_finite().into())),
    row("IsNegative", "static (double d) -> bool", |call| Ok(call.double(0).is_sign_negative().into())),
    row("IsNormal", "static (double d) -> bool", |call| Ok(call.double(0).is_normal().into())),
    row("IsSubnormal", "static (double d) -> bool", |call| Ok(call.double(0).is_subnormal().into())),
];

pub(crate) const SINGLE_TESTS: &[Member] = &[
    row("IsFinite", "static (float f) -> bool", |call| Ok(call.single(0).is_finite().into())),
    row("IsNegative", "static (float f) -> bool", |call| Ok(call.single(0).is_sign_negative().into())),
    row("IsPositiveInfinity", "static (float f) -> bool", |call| Ok((call.single(0) == f32::INFINITY).into())),
    row("IsNegativeInfinity", "static (float f) -> bool", |call| Ok((call.single(0) == f32::NEG_INFINITY).into())),
];

pub(crate) const MORE_BIT_CONVERTER: &[Member] = &[
    row("GetBytes", "static (bool value) -> byte[]", |call| {
        let byte = u8::from(call.bool(0));
        call.new_bytes(vec![byte])
    }),
    row("GetBytes", "static (char value) -> byte[]", |call| {
        let bytes = call.unit(0).to_le_bytes().to_vec();
        call.new_bytes(bytes)
    }),
    row("GetBytes", "static (ushort value) -> byte[]", |call| bytes(call, 2)),
    row("GetBytes", "static (ulong value) -> byte[]", |call| bytes(call, 8)),
    row("GetBytes", "static (float value) -> byte[]", |call| {
        let bytes = call.single(0).to_le_bytes().to_vec();
        call.new_bytes(bytes)
    }),
    row("GetBytes", "static (double value) -> byte[]", |call| {
        let bytes = call.double(0).to_le_bytes().to_vec();
        call.new_bytes(bytes)
    }),
    row("ToUInt64", "static (byte[] value, int startIndex) -> ulong", |call| {
        Ok(Value::Integer(Integer::wrap(Class::ULong, u64::from_le_bytes(part(call)?).into())))
    }),
    row("ToDouble", "static (byte[] value, int startIndex) -> double", |call| {
        Ok(Value::Double(f64::from_le_bytes(part(call)?)))
    }),
    row("ToSingle", "static (byte[] value, int startIndex) -> float", |call| {
        Ok(Value::Single(f32::from_le_bytes(part(call)?)))
    }),
    row("ToChar", "static (byte[] value, int startIndex) -> char", |call| {
        Ok(Value::Char(u16::from_le_bytes(part(call)?)))
    }),
    row("ToBoolean", "static (byte[] value, int startIndex) -> bool", |call| {
        let [byte] = part(call)?;
        Ok((byte != 0).into())
    }),
    row("ToString", "static (byte[] value, int startIndex) -> string", |call| shown(call, None)),
    row("ToString", "static (byte[] value, int startIndex, int length) -> string", |call| {
        let count = call.int(2);
        shown(call, Some(count))
    }),
    row("DoubleToInt64Bits", "static (double value) -> long", |call| Ok(call.double(0).to_bits().cast_signed().into())),
    row("Int64BitsToDouble", "static (long value) -> double", |call| {
        Ok(Value::Double(f64::from_bits(call.int(0).cast_unsigned())))
    }),
    row("SingleToInt32Bits", "static (float value) -> int", |call| Ok(call.single(0).to_bits().cast_signed().into())),
    row("Int32BitsToSingle", "static (int value) -> float", |call| {
        let bits = i32::try_from(call.int(0)).unwrap_or_default();
        Ok(Value::Single(f32::from_bits(bits.cast_unsigned())))
    }),
];

fn bytes(call: &mut Call<'_, '_>, width: usize) -> Outcome {
    let wide = if let Value::Integer(number) = call.argument(0) { number.wide() } else { 0 };
    let bytes = wide.to_le_bytes()[..width].to_vec();
    call.new_bytes(bytes)
}

fn part<const WIDTH: usize>(call: &Call<'_, '_>) -> Result<[u8; WIDTH], Failure> {
    let bytes = call.bytes(0)?;
    let start = within(call.int(1), bytes.len()).ok_or_else(Failure::index_out_of_range)?;
    let part = bytes.get(start..start + WIDTH).and_then(|part| part.try_into().ok());
    part.ok_or_else(|| {
        Failure::argument(
            "Destination array is not long enough to copy all the items in the collection. Check array index and \
             length.",
        )
    })
}

fn shown(call: &mut Call<'_, '_>, count: Option<i64>) -> Outcome {
    let bytes = call.bytes(0)?;
    let start = usize::try_from(call.int(1)).ok().filter(|start| *start <= bytes.len());
    let start = start.ok_or_else(Failure::index_out_of_range)?;
    let end = count.map_or(Some(bytes.len()), |count| Some(start + usize::try_from(count).ok()?));
    let part = end.and_then(|end| bytes.get(start..end)).ok_or_else(Failure::index_out_of_range)?;
    let shown: Vec<String> = part.iter().map(|byte| format!("{byte:02X}")).collect();
    call.new_string(shown.join("-"))
}

pub(crate) const MORE_CONVERT: &[Member] = &[
    row("ToHexString", "static (byte[] inArray) -> string", |call| {
        let bytes = call.bytes(0)?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        call.new_string(text)
    }),
    row("FromHexString", "static (string s) -> byte[]", |call| {
        let text = call.text(0)?;
        call.work(text.len())?;
        let invalid = || Failure::format("The input is not a valid hex string as it contains a non-hex character.");
        if text.len() % 2 != 0 {
            return Err(Failure::format("The input is not a valid hex string as its length is not a multiple of 2."));
        }
        let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<u32>>>().ok_or_else(invalid)?;
        let bytes = digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap_or_default()).collect();
        call.new_bytes(bytes)
    }),
    row("IsDBNull", "static (object value) -> bool", |_| Ok(false.into())),
    row("ChangeType", "static (object value, RuntimeType conversionType) -> object", |call| {
        let class = match call.argument(1).as_object() {
            Some(crate::value::Object::RuntimeType(class)) => class.class,
            _ => return Err(Failure::argument_null("conversionType")),
        };
        let value = call.argument(0).clone();
        if value.is_null() {
            return if class.is_value() {
                Err(Failure::bad_cast("Null object cannot be converted to a value type."))
            } else {
                Ok(Value::Null)
            };
        }
        change::change(&value, class, &mut call.machine.budget)
    }),
];

pub(crate) const MORE_MATH: &[Member] = &[
    row("Asinh", "static (double d) -> double", |call| Ok(Value::Double(call.double(0).asinh()))),
    row("Acosh", "static (double d) -> double", |call| Ok(Value::Double(call.double(0).acosh()))),
    row("Atanh", "static (double d) -> double", |call| Ok(Value::Double(call.double(0).atanh()))),
    row("CopySign", "static (double x, double y) -> double", |call| {
        Ok(Value::Double(call.double(0).copysign(call.double(1))))
    }),
    row("FusedMultiplyAdd", "static (double x, double y, double z) -> double", |call| {
        Ok(Value::Double(call.double(0).mul_add(call.double(1), call.double(2))))
    }),
];

macro_rules! clamps {
    ($($class:literal)*) => {
        &[$(row("Clamp", concat!("static (", $class, ", ", $class, ", ", $class, ") -> ", $class), clamp),)*]
    };
}

pub(crate) const CLAMPS: &[Member] =
    clamps!("sbyte" "byte" "short" "ushort" "int" "uint" "long" "ulong" "float" "double" "decimal");

fn clamp(call: &mut Call<'_, '_>) -> Outcome {
    use crate::value::equality::compare;
    let (value, least, most) = (call.argument(0).clone(), call.argument(1).clone(), call.argument(2).clone());
    if compare(&least, &most).is_some_and(std::cmp::Ordering::is_gt) {
        let (least, most) = (call.machine.text_of(&least)?, call.machine.text_of(&most)?);
        return Err(Failure::argument(format!("'{least}' cannot be greater than {most}.")));
    }
    if compare(&value, &least).is_some_and(std::cmp::Ordering::is_lt) {
        return Ok(least);
    }
    Ok(if compare(&value, &most).is_some_and(std::cmp::Ordering::is_gt) { most } else { value })
}
