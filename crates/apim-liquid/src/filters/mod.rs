//! The 43 filters of DotLiquid 2.0.3xx, under their C# names. A filter with any other name returns its input.

mod arithmetic;
mod call;
mod currency;
mod date;
mod lists;
mod replace;
mod texts;

use self::call::AppliedFilter;
use crate::{fault::Fault, scope::Scope, value::Value};

/// Applies a filter.
pub(crate) fn apply(name: &str, input: Value, arguments: &[Value], scope: &mut Scope<'_>) -> Result<Value, Fault> {
    scope.reads(arguments.iter().map(Value::text_length).fold(input.text_length(), usize::saturating_add))?;
    let call = AppliedFilter { name, input, arguments, scope };
    match name {
        "Append" => texts::append(&call.takes(1)?),
        "Prepend" => texts::prepend(&call.takes(1)?),
        "Upcase" => call.takes(0)?.map_text(texts::upcase),
        "Downcase" => call.takes(0)?.map_text(texts::downcase),
        "Capitalize" => call.takes(0)?.map_text(texts::capitalize),
        "Strip" => call.takes(0)?.map_text(|text| text.trim().to_owned()),
        "Lstrip" => call.takes(0)?.map_text(|text| text.trim_start().to_owned()),
        "Rstrip" => call.takes(0)?.map_text(|text| text.trim_end().to_owned()),
        "StripHtml" => call.takes(0)?.map_text(texts::strip_html),
        "StripNewlines" => call.takes(0)?.map_text(|text| text.replace("\r\n", "").replace('\n', "")),
        "NewlineToBr" => call.takes(0)?.map_text(texts::newline_to_br),
        "Escape" | "H" => call.takes(0)?.map_text(texts::escape),
        "UrlEncode" => call.takes(0)?.map_text(texts::url_encode),
        "UrlDecode" => call.takes(0)?.map_text(texts::url_decode),
        "Replace" => replace::replace(&mut call.takes(2)?),
        "ReplaceFirst" => replace::replace_first(&mut call.takes(2)?),
        "Remove" => replace::remove(&call.takes(1)?),
        "RemoveFirst" => replace::remove_first(&mut call.takes(1)?),
        "Truncate" => texts::truncate(&call.takes(2)?),
        "TruncateWords" => texts::truncate_words(&call.takes(2)?),
        "Slice" => texts::slice(&call.takes(2)?),
        "Default" => texts::default(&call.takes(1)?),
        "Split" => lists::split(&mut call.takes(1)?),
        "Join" => lists::join(&mut call.takes(1)?),
        "Size" => lists::size(&call.takes(0)?),
        "First" => lists::first(&call.takes(0)?),
        "Last" => lists::last(&call.takes(0)?),
        "Sort" => lists::sort(&mut call.takes(1)?),
        "Map" => lists::map(&mut call.takes(1)?),
        "Uniq" => lists::uniq(&mut call.takes(0)?),
        "Compact" => lists::compact(&mut call.takes(0)?),
        "Plus" => arithmetic::plus(&call.takes(1)?),
        "Minus" => arithmetic::minus(&call.takes(1)?),
        "Times" => arithmetic::times(&mut call.takes(1)?),
        "DividedBy" => arithmetic::divided_by(&call.takes(1)?),
        "Modulo" => arithmetic::modulo(&call.takes(1)?),
        "Round" => arithmetic::round(&call.takes(1)?),
        "Abs" => arithmetic::abs(&call.takes(0)?),
        "AtLeast" => arithmetic::at_least(&call.takes(1)?),
        "AtMost" => arithmetic::at_most(&call.takes(1)?),
        "Currency" => currency::currency(&call.takes(1)?),
        "Date" => date::date(&call.takes(1)?),
        _ => Ok(call.input),
    }
}
