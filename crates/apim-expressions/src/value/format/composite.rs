//! `string.Format`: `{index[,width][:format]}` holes in a text.

use super::write;
use crate::{limits::Writer, problem::Failure, value::Value};

/// Writes the text with its holes filled.
pub(crate) fn composite(format: &str, values: &[Value], out: &mut Writer<'_>) -> Result<(), Failure> {
    let malformed = || Failure::format("Input string was not in a correct format.");
    let mut rest = format;
    while let Some(brace) = rest.find(['{', '}']) {
        out.push(&rest[..brace])?;
        let found = &rest[brace..brace + 1];
        rest = &rest[brace + 1..];
        if let Some(after) = rest.strip_prefix(found) {
            out.push(found)?;
            rest = after;
            continue;
        }
        if found == "}" {
            return Err(malformed());
        }
        let end = rest.find('}').ok_or_else(malformed)?;
        let (hole, pattern) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let (index, width) = hole.split_once(',').unwrap_or((hole, "0"));
        let index: usize = index.trim().parse().map_err(|_| malformed())?;
        let width: i32 = width.trim().parse().map_err(|_| malformed())?;
        let value = values.get(index).ok_or_else(|| {
            Failure::format(
                "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
            )
        })?;
        aligned(value, width, pattern, out)?;
        rest = &rest[end + 1..];
    }
    out.push(rest)
}

/// Writes a value in a format, padded on the left (or on the right, for a negative width).
pub(crate) fn aligned(value: &Value, width: i32, format: &str, out: &mut Writer<'_>) -> Result<(), Failure> {
    if width == 0 {
        return write(value, format, out);
    }
    let mut inner = Writer::new(out.budget);
    write(value, format, &mut inner)?;
    let text = inner.finish();
    let length = text.encode_utf16().count();
    let padding = usize::try_from(width.unsigned_abs()).unwrap_or_default().saturating_sub(length);
    out.budget.string(padding)?;
    let padding = " ".repeat(padding);
    if width > 0 {
        out.push(&padding)?;
    }
    out.push(&text)?;
    if width < 0 { out.push(&padding) } else { Ok(()) }
}
