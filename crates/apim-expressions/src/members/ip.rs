//! `IPAddress`: the members on API Management's list.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{Object, Value, address::Address},
};

pub(super) const ADDRESS: &[Member] = &[
    row("Parse", "static (string ipString) -> IPAddress", |call| parse(&text(call)?)),
    row("TryParse", "static (string ipString, out IPAddress address) -> bool", |call| {
        super::number::try_parse(call, parse, Value::Null)
    }),
    row("IsLoopback", "static (IPAddress address) -> bool", |call| match call.argument(0).as_object() {
        Some(Object::Address(address)) => Ok(address.ip.to_canonical().is_loopback().into()),
        _ => Err(Failure::argument_null("address")),
    }),
    row("AddressFamily", "AddressFamily", |call| {
        let number = if this(call)?.ip.is_ipv4() { 2 } else { 23 };
        Ok(Value::enumerator(Class::AddressFamily, number))
    }),
    row("GetAddressBytes", "() -> byte[]", |call| {
        let bytes = match this(call)?.ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        call.new_bytes(bytes)
    }),
    row("ToString", "() -> string", |call| {
        let text = this(call)?.to_string();
        call.new_string(text)
    }),
];

fn this(call: &Call<'_, '_>) -> Result<Address, Failure> {
    match call.receiver.as_object() {
        Some(Object::Address(address)) => Ok(*address),
        _ => Err(Failure::null_reference()),
    }
}

fn text(call: &Call<'_, '_>) -> Result<Arc<str>, Failure> {
    call.optional_text(0).ok_or_else(|| Failure::argument_null("ipString"))
}

fn parse(text: &str) -> Outcome {
    let found = if text.contains(':') { version_6(text) } else { version_4(text) };
    let invalid = || Failure::format("An invalid IP address was specified.");
    found.map(|address| Value::object(Object::Address(address))).ok_or_else(invalid)
}

fn version_6(text: &str) -> Option<Address> {
    // The address may be in brackets, with a port that is ignored.
    let bare = match text.strip_prefix('[') {
        Some(rest) => {
            let (inside, port) = rest.split_once(']')?;
            let digits = port.strip_prefix(':').unwrap_or(port);
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            inside
        }
        None => text,
    };
    let (address, scope) = bare.split_once('%').map_or((bare, "0"), |(address, scope)| (address, scope));
    let ip: Ipv6Addr = address.parse().ok()?;
    Some(Address { ip: ip.into(), scope: scope.parse().ok()? })
}

/// Reads one to four numbers: decimal, octal or hexadecimal. The last one fills the remaining bytes.
fn version_4(text: &str) -> Option<Address> {
    let parts: Vec<&str> = text.split('.').collect();
    let numbers = parts.iter().map(|part| number(part)).collect::<Option<Vec<u64>>>()?;
    let (last, before) = numbers.split_last()?;
    if before.len() > 3 || before.iter().any(|number| *number > 255) {
        return None;
    }
    let room = 8 * (4 - u32::try_from(before.len()).ok()?);
    if *last >= 1_u64.checked_shl(room)? {
        return None;
    }
    let head = before.iter().enumerate().fold(0, |sum, (at, number)| sum | number << (24 - 8 * at));
    Some(Address { ip: Ipv4Addr::from(u32::try_from(head | last).ok()?).into(), scope: 0 })
}

fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
        None => (part, 10),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain && digits.len() < 16 { u64::from_str_radix(digits, radix).ok() } else { None }
}
