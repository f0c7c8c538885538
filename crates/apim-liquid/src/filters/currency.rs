//! `Currency`: formats a number as money of a culture.

use rust_decimal::{Decimal, RoundingStrategy};

use super::call::AppliedFilter;
use crate::{convert, fault::Fault, print, value::Value};

/// The format of money in a culture.
struct Culture {
    symbol: &'static str,
    /// The symbol stands before the number.
    is_prefix: bool,
    thousands: &'static str,
    point: &'static str,
    decimals: u32,
}

/// Returns the format of a culture; `None` if the culture is unknown here.
fn culture(name: &str) -> Option<Culture> {
    const NARROW: &str = "\u{202f}";
    const BLANK: &str = "\u{a0}";
    let (symbol, is_prefix, thousands, point, decimals) = match name.to_ascii_lowercase().as_str() {
        "" => ("¤", true, ",", ".", 2),
        "en-us" => ("$", true, ",", ".", 2),
        "en-gb" => ("£", true, ",", ".", 2),
        "en-ie" => ("€", true, ",", ".", 2),
        "en-ca" | "en-au" | "en-nz" => ("$", true, ",", ".", 2),
        "ja-jp" => ("￥", true, ",", ".", 0),
        "zh-cn" => ("¥", true, ",", ".", 2),
        "de-de" | "es-es" | "it-it" => (" €", false, ".", ",", 2),
        "fr-fr" => (" €", false, NARROW, ",", 2),
        "pl-pl" => (" zł", false, BLANK, ",", 2),
        "sv-se" => (" kr", false, BLANK, ",", 2),
        _ => return None,
    };
    Some(Culture { symbol, is_prefix, thousands, point, decimals })
}

pub(super) fn currency(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    if call.input.is_nil() {
        return Err(Fault::null_reference());
    }
    let name = call.text_or(0, "")?;
    let text = print::dotnet(&call.input);
    let Some(number) = convert::of_text(&text) else { return Ok(text.into()) };
    let culture = culture(&name)
        .ok_or_else(|| Fault::error(format!("the culture '{name}' is not known to the local gateway")))?;
    Ok(culture.format(number).into())
}

impl Culture {
    fn format(&self, number: Decimal) -> String {
        let rounded = number.round_dp_with_strategy(self.decimals, RoundingStrategy::MidpointAwayFromZero);
        let digits = format!("{:.*}", self.decimals as usize, rounded.abs());
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut text = if rounded.is_sign_negative() && !rounded.is_zero() { "-" } else { "" }.to_owned();
        if self.is_prefix {
            text.push_str(self.symbol);
        }
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                text.push_str(self.thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(self.point);
            text.push_str(fraction);
        }
        if !self.is_prefix {
            text.push_str(self.symbol);
        }
        text
    }
}
