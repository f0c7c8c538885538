//! Numbers as .NET parses them in the invariant culture.

/// White space that .NET skips around a number.
const BLANKS: [char; 6] = ['\t', '\n', '\u{b}', '\u{c}', '\r', ' '];

/// The largest `decimal`.
const LARGEST_DECIMAL: u128 = 79_228_162_514_264_337_593_543_950_335;

/// Reads a sign and digits, with blanks around them.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim_matches(BLANKS);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Reports whether a text is a double. Thousands, an exponent, `NaN` and `Infinity` are allowed; a number that is too
/// large is infinite.
pub(super) fn is_double(text: &str) -> bool {
    let text = text.trim_matches(BLANKS);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("NaN") || unsigned.eq_ignore_ascii_case("Infinity") {
        return true;
    }
    let (number, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(a, b)| (a, Some(b)));
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    exponent.is_none_or(is_exponent) && parts(number).is_some()
}

/// Reports whether a text is a decimal. Thousands and a sign before or after are allowed; an exponent is not.
pub(super) fn is_decimal(text: &str) -> bool {
    let text = text.trim_matches(BLANKS);
    let signed = text.strip_prefix(['+', '-']);
    let unsigned = signed.unwrap_or_else(|| text.strip_suffix(['+', '-']).unwrap_or(text)).trim_matches(BLANKS);
    let Some((whole, _)) = parts(unsigned) else { return false };
    let whole = whole.trim_start_matches('0');
    whole.is_empty() || whole.parse::<u128>().is_ok_and(|number| number <= LARGEST_DECIMAL)
}

/// Returns the digits before and after the point, without the commas between thousands.
fn parts(number: &str) -> Option<(String, &str)> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.starts_with(',') || !all_digits(fraction) {
        return None;
    }
    let whole: String = whole.chars().filter(|c| *c != ',').collect();
    (all_digits(&whole) && !(whole.is_empty() && fraction.is_empty())).then_some((whole, fraction))
}
