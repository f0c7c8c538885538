//! `Convert` and `BitConverter`.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

use super::super::{Member, access::within, row};
use crate::{
    evaluate::{Call, Outcome},
    json::convert as json,
    problem::Failure,
    types::{Class, Type},
    value::{Integer, Object, Opaque, Value, change::change},
};

pub(crate) const CONVERT: &[Member] = &[
    row("ToString", "static (string value) -> string", |call| Ok(call.argument(0).clone())),
    row("ToString", "static (object value) -> string", plain_text),
    row("ToString", "static (bool value) -> string", plain_text),
    row("ToString", "static (char value) -> string", plain_text),
    row("ToString", "static (sbyte value) -> string", plain_text),
    row("ToString", "static (byte value) -> string", plain_text),
    row("ToString", "static (short value) -> string", plain_text),
    row("ToString", "static (ushort value) -> string", plain_text),
    row("ToString", "static (int value) -> string", plain_text),
    row("ToString", "static (uint value) -> string", plain_text),
    row("ToString", "static (long value) -> string", plain_text),
    row("ToString", "static (ulong value) -> string", plain_text),
    row("ToString", "static (float value) -> string", plain_text),
    row("ToString", "static (double value) -> string", plain_text),
    row("ToString", "static (decimal value) -> string", plain_text),
    row("ToString", "static (DateTime value) -> string", plain_text),
    row("ToString", "static (byte value, int toBase) -> string", in_radix),
    row("ToString", "static (short value, int toBase) -> string", in_radix),
    row("ToString", "static (int value, int toBase) -> string", in_radix),
    row("ToString", "static (long value, int toBase) -> string", in_radix),
    row("ToInt16", "static (string value, int fromBase) -> short", |call| radix(call, Class::Short)),
    row("ToUInt16", "static (string value, int fromBase) -> ushort", |call| radix(call, Class::UShort)),
    row("ToUInt32", "static (string value, int fromBase) -> uint", |call| radix(call, Class::UInt)),
    row("ToUInt64", "static (string value, int fromBase) -> ulong", |call| radix(call, Class::ULong)),
    row("ToSByte", "static (string value, int fromBase) -> sbyte", |call| radix(call, Class::SByte)),
    row("ToUInt64", "static (object value) -> ulong", |call| to(call, Class::ULong)),
    row("ToSingle", "static (object value) -> float", |call| to(call, Class::Single)),
    row("ToDecimal", "static (object value) -> decimal", |call| to(call, Class::Decimal)),
    row("ToBase64String", "static (byte[] inArray, int offset, int length) -> string", |call| {
        let bytes = call.bytes(0)?;
        let (start, count) = (usize::try_from(call.int(1)).ok(), usize::try_from(call.int(2)).ok());
        let part = start.zip(count).and_then(|(start, count)| bytes.get(start..start.checked_add(count)?));
        let part = part.ok_or_else(|| {
            Failure::out_of_range("Offset and length must refer to a position in the string.", "offset")
        })?;
        call.machine.budget.string(part.len() / 3 * 4 + 4)?;
        Ok(STANDARD.encode(part).into())
    }),
    row("ToInt16", "static (object value) -> short", |call| to(call, Class::Short)),
    row("ToInt32", "static (object value) -> int", |call| to(call, Class::Int)),
    row("ToInt32", "static (string value, int fromBase) -> int", |call| radix(call, Class::Int)),
    row("ToInt64", "static (object value) -> long", |call| to(call, Class::Long)),
    row("ToInt64", "static (string value, int fromBase) -> long", |call| radix(call, Class::Long)),
    row("ToUInt16", "static (object value) -> ushort", |call| to(call, Class::UShort)),
    row("ToUInt32", "static (object value) -> uint", |call| to(call, Class::UInt)),
    row("ToByte", "static (object value) -> byte", |call| to(call, Class::Byte)),
    row("ToByte", "static (string value, int fromBase) -> byte", |call| radix(call, Class::Byte)),
    row("ToSByte", "static (object value) -> sbyte", |call| to(call, Class::SByte)),
    row("ToDouble", "static (object value) -> double", |call| to(call, Class::Double)),
    row("ToBoolean", "static (object value) -> bool", |call| to(call, Class::Bool)),
    row("ToChar", "static (object value) -> char", |call| to(call, Class::Char)),
    row("ToDateTime", "static (object value) -> DateTime", |call| to(call, Class::DateTime)),
    row("ToBase64String", "static (byte[] inArray) -> string", |call| {
        let bytes = call.bytes(0)?;
        call.machine.budget.string(bytes.len() / 3 * 4 + 4)?;
        Ok(STANDARD.encode(bytes).into())
    }),
    row("FromBase64String", "static (string s) -> byte[]", from_base64),
];

/// `Convert` with a provider, which is always null: no policy can name another.
pub(crate) const CONVERT_WITH_PROVIDER: &[Member] = &[
    row("ToBoolean", "static (object value, IFormatProvider provider) -> bool", |call| to(call, Class::Bool)),
    row("ToByte", "static (object value, IFormatProvider provider) -> byte", |call| to(call, Class::Byte)),
    row("ToChar", "static (object value, IFormatProvider provider) -> char", |call| to(call, Class::Char)),
    row("ToDateTime", "static (object value, IFormatProvider provider) -> DateTime", |call| to(call, Class::DateTime)),
    row("ToDecimal", "static (object value, IFormatProvider provider) -> decimal", |call| to(call, Class::Decimal)),
    row("ToDouble", "static (object value, IFormatProvider provider) -> double", |call| to(call, Class::Double)),
    row("ToInt16", "static (object value, IFormatProvider provider) -> short", |call| to(call, Class::Short)),
    row("ToInt32", "static (object value, IFormatProvider provider) -> int", |call| to(call, Class::Int)),
    row("ToInt64", "static (object value, IFormatProvider provider) -> long", |call| to(call, Class::Long)),
    row("ToSByte", "static (object value, IFormatProvider provider) -> sbyte", |call| to(call, Class::SByte)),
    row("ToSingle", "static (object value, IFormatProvider provider) -> float", |call| to(call, Class::Single)),
    row("ToUInt16", "static (object value, IFormatProvider provider) -> ushort", |call| to(call, Class::UShort)),
    row("ToUInt32", "static (object value, IFormatProvider provider) -> uint", |call| to(call, Class::UInt)),
    row("ToUInt64", "static (object value, IFormatProvider provider) -> ulong", |call| to(call, Class::ULong)),
    row("ToString", "static (object value, IFormatProvider provider) -> string", plain_text),
    row("ToString", "static (string value, IFormatProvider provider) -> string", |call| Ok(call.argument(0).clone())),
];

pub(crate) const BIT_CONVERTER: &[Member] = &[
    row("ToString", "static (byte[] value) -> string", |call| {
        let bytes = call.bytes(0)?;
        call.machine.budget.string(bytes.len() * 3)?;
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(pairs.join("-").into())
    }),
    row("ToInt16", "static (byte[] value, int startIndex) -> short", |call| from_bytes(call, Class::Short, 2)),
    row("ToUInt16", "static (byte[] value, int startIndex) -> ushort", |call| from_bytes(call, Class::UShort, 2)),
    row("ToInt32", "static (byte[] value, int startIndex) -> int", |call| from_bytes(call, Class::Int, 4)),
    row("ToUInt32", "static (byte[] value, int startIndex) -> uint", |call| from_bytes(call, Class::UInt, 4)),
    row("ToInt64", "static (byte[] value, int startIndex) -> long", |call| from_bytes(call, Class::Long, 8)),
    row("GetBytes", "static (short value) -> byte[]", |call| to_bytes(call, 2)),
    row("GetBytes", "static (int value) -> byte[]", |call| to_bytes(call, 4)),
    row("GetBytes", "static (uint value) -> byte[]", |call| to_bytes(call, 4)),
    row("GetBytes", "static (long value) -> byte[]", |call| to_bytes(call, 8)),
    row("IsLittleEndian", "static bool", |_| Ok(Value::Bool(true))),
];

/// `Convert.ToX(value)`. Null becomes the default, and a `JValue` counts as its value.
fn to(call: &mut Call<'_, '_>, class: Class) -> Outcome {
    let value = call.argument(0).clone();
    call.work(value.as_str().map_or(0, str::len))?;
    match &value {
        Value::Null => Ok(Value::default_of(&Type::from(class))),
        Value::Object(Opaque(Object::Enum(_, number))) if class.is_number() || class == Class::Bool => {
            change(&(*number).into(), class, &mut call.machine.budget)
        }
        Value::Json(_) => json::cast(&value, &Type::from(class), &mut call.machine.budget),
        _ => change(&value, class, &mut call.machine.budget),
    }
}

/// Returns the text of any value; the text of null is empty.
fn plain_text(call: &mut Call<'_, '_>) -> Outcome {
    let value = call.argument(0).clone();
    call.machine.text_of(&value).map(Value::String)
}

/// `Convert.ToString(number, 2)`: the digits of the number's bits or, in base 10, of the number itself.
fn in_radix(call: &mut Call<'_, '_>) -> Outcome {
    let Value::Integer(number) = call.argument(0) else { return Err(Failure::null_reference()) };
    let number = *number;
    let bits = match number.class() {
        Class::Byte => number.wide() as u64 & 0xFF,
        Class::Short => number.wide() as u64 & 0xFFFF,
        Class::Int => number.wide() as u64 & 0xFFFF_FFFF,
        _ => number.wide() as u64,
    };
    Ok(match call.int(1) {
        2 => format!("{bits:b}"),
        8 => format!("{bits:o}"),
        10 => number.wide().to_string(),
        16 => format!("{bits:x}"),
        _ => return Err(Failure::argument("Invalid Base. (Parameter 'toBase')")),
    }
    .into())
}

fn radix(call: &mut Call<'_, '_>, class: Class) -> Outcome {
    let radix = match call.int(1) {
        2 => 2,
        8 => 8,
        10 => 10,
        16 => 16,
        _ => return Err(Failure::argument("Invalid Base.")),
    };
    let text = call.optional_text(0).unwrap_or_else(|| "0".into());
    let digits = if radix == 16 { text.trim_start_matches("0x").trim_start_matches("0X") } else { &text };
    if digits.is_empty() || !digits.trim_start_matches('-').chars().all(|c| c.is_digit(radix)) {
        return Err(Failure::format("Could not find any recognizable digits."));
    }
    let too_large = || Failure::overflow("Value was either too large or too small.");
    let value = i128::from_str_radix(digits, radix).map_err(|_| too_large())?;
    let number = Integer::wrap(class, value);
    // Outside base 10, the digits are the bits of the number, also of a negative one.
    let bits = match class {
        Class::Byte | Class::SByte => 8,
        Class::Short | Class::UShort => 16,
        Class::Int | Class::UInt => 32,
        _ => 64,
    };
    let fits = if radix == 10 { number.wide() == value } else { (0..1 << bits).contains(&value) };
    if fits { Ok(Value::Integer(number)) } else { Err(too_large()) }
}

/// Decodes Base64. White space is allowed; missing padding is not.
fn from_base64(call: &mut Call<'_, '_>) -> Outcome {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let text = call.text(0)?;
    call.work(text.len())?;
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = LENIENT.decode(digits).map_err(|_| {
        Failure::format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding \
             characters, or an illegal character among the padding characters.",
        )
    })?;
    call.new_bytes(bytes)
}

fn from_bytes(call: &mut Call<'_, '_>, class: Class, width: usize) -> Outcome {
    let bytes = call.bytes(0)?;
    let start = within(call.int(1), bytes.len()).ok_or_else(Failure::index_out_of_range)?;
    let part = bytes.get(start..start + width).ok_or_else(|| {
        Failure::argument(
            "Destination array is not long enough to copy all the items in the collection. Check array index and \
             length.",
        )
    })?;
    let value = part.iter().rev().fold(0_i128, |value, byte| value << 8 | i128::from(*byte));
    Ok(Value::Integer(Integer::wrap(class, value)))
}

fn to_bytes(call: &mut Call<'_, '_>, width: usize) -> Outcome {
    let bytes = call.int(0).to_le_bytes()[..width].to_vec();
    call.new_bytes(bytes)
}
