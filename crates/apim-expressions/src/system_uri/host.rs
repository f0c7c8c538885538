//! Host names and addresses.

use std::net::Ipv6Addr;

use super::UriError;

/// Returns a host in the form for comparison: in lower case, or as an address.
pub(super) fn host(name: &str) -> Result<String, UriError> {
    if let Some(inner) = name.strip_prefix('[') {
        let address = inner.strip_suffix(']').ok_or(UriError::Host)?;
        let (address, zone) = address.split_once('%').map_or((address, ""), |(address, zone)| (address, zone));
        let address: Ipv6Addr = address.parse().map_err(|_| UriError::Host)?;
        let zone = if zone.is_empty() { String::new() } else { format!("%{zone}") };
        return Ok(format!("[{address}{zone}]"));
    }
    if let Some(address) = ipv4(name) {
        return Ok(address);
    }
    let label = |label: &str| {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().count() <= 63 && label.chars().all(plain) && !label.starts_with('-')
    };
    let labels = name.strip_suffix('.').unwrap_or(name);
    if labels.split('.').all(label) { Ok(name.to_lowercase()) } else { Err(UriError::Host) }
}

/// Reads `127.1`, `0x7f.1`, `2130706433`: one to four numbers, the last of which fills the remaining bytes.
fn ipv4(name: &str) -> Option<String> {
    let mut numbers = Vec::new();
    for part in name.split('.') {
        let number = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok()?,
            None if !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()) => part.parse().ok()?,
            None => return None,
        };
        numbers.push(number);
    }
    let (last, first) = numbers.split_last()?;
    if first.len() > 3 || first.iter().any(|number| *number > 255) {
        return None;
    }
    let shift = u32::try_from(first.len()).ok()? * 8;
    if u64::from(*last) >= 1_u64 << (32 - shift) {
        return None;
    }
    let high = first.iter().enumerate().fold(0, |sum, (index, number)| sum | number << (24 - 8 * index));
    let [a, b, c, d] = (high | last).to_be_bytes();
    Some(format!("{a}.{b}.{c}.{d}"))
}
