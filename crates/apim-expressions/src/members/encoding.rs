//! `Encoding` and `WebUtility`.

use std::sync::Arc;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    limits::Budget,
    problem::Failure,
    value::{Object, Value, object::Encoding},
};

pub(super) const ENCODING: &[Member] = &[
    row("UTF8", "static Encoding", |_| Ok(encoding(Encoding::Utf8))),
    row("ASCII", "static Encoding", |_| Ok(encoding(Encoding::Ascii))),
    row("Unicode", "static Encoding", |_| Ok(encoding(Encoding::Utf16))),
    row("GetEncoding", "static (string name) -> Encoding", |call| {
        let name = call.text(0)?;
        match name.to_lowercase().as_str() {
            "utf-8" => Ok(encoding(Encoding::Utf8)),
            "us-ascii" => Ok(encoding(Encoding::Ascii)),
            "iso-8859-1" | "latin1" => Ok(encoding(Encoding::Latin1)),
            "utf-16" | "unicode" => Ok(encoding(Encoding::Utf16)),
            "utf-16be" | "unicodefffe" => Ok(encoding(Encoding::Utf16BigEndian)),
            _ => Err(Failure::unsupported(format!("the encoding '{name}'"))),
        }
    }),
    row("GetBytes", "(string s) -> byte[]", |call| {
        let text = call.text(0)?;
        let bytes = encoded(this(call), &text);
        call.new_bytes(bytes)
    }),
    row("Latin1", "static Encoding", |_| Ok(encoding(Encoding::Latin1))),
    row("Default", "static Encoding", |_| Ok(encoding(Encoding::Utf8))),
    row("WebName", "string", |call| {
        Ok(match this(call) {
            Encoding::Utf8 => "utf-8",
            Encoding::Ascii => "us-ascii",
            Encoding::Latin1 => "iso-8859-1",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf16BigEndian => "utf-16BE",
        }
        .into())
    }),
    row("GetByteCount", "(string s) -> int", |call| {
        let text = call.text(0)?;
        call.work(text.len())?;
        Ok(super::access::length(match this(call) {
            Encoding::Utf8 => text.len(),
            Encoding::Ascii | Encoding::Latin1 => super::string::units(&text),
            Encoding::Utf16 | Encoding::Utf16BigEndian => super::string::units(&text) * 2,
        }))
    }),
    row("GetString", "(byte[] bytes) -> string", |call| {
        let bytes = call.bytes(0)?;
        call.work(bytes.len())?;
        let text = decoded(this(call), &bytes);
        call.new_string(text)
    }),
];

pub(super) const MORE: &[Member] = &[
    row("BigEndianUnicode", "static Encoding", |_| Ok(encoding(Encoding::Utf16BigEndian))),
    row("GetEncoding", "static (int codepage) -> Encoding", |call| match call.int(0) {
        65001 | 0 => Ok(encoding(Encoding::Utf8)),
        20127 => Ok(encoding(Encoding::Ascii)),
        28591 => Ok(encoding(Encoding::Latin1)),
        1200 => Ok(encoding(Encoding::Utf16)),
        1201 => Ok(encoding(Encoding::Utf16BigEndian)),
        other => Err(Failure::unsupported(format!("the code page {other}"))),
    }),
    row("GetBytes", "(char[] chars) -> byte[]", |call| {
        let items = call.items(0)?;
        let text = call.machine.text_of_all(&items)?;
        let bytes = encoded(this(call), text.as_str().unwrap_or_default());
        call.new_bytes(bytes)
    }),
    row("GetString", "(byte[] bytes, int index, int count) -> string", |call| {
        let bytes = part(call)?;
        let text = decoded(this(call), &bytes);
        call.new_string(text)
    }),
    row("GetChars", "(byte[] bytes) -> char[]", |call| {
        let bytes = call.bytes(0)?;
        call.work(bytes.len())?;
        let units = decoded(this(call), &bytes).encode_utf16().map(Value::Char).collect();
        call.machine.collection(crate::value::CollectionKind::Array, crate::types::Class::Char.into(), units)
    }),
    row("GetCharCount", "(byte[] bytes) -> int", |call| {
        let bytes = call.bytes(0)?;
        call.work(bytes.len())?;
        let text = decoded(this(call), &bytes);
        Ok(super::access::length(super::string::units(&text)))
    }),
    row("GetPreamble", "() -> byte[]", |call| {
        let mark: &[u8] = match this(call) {
            Encoding::Utf8 => &[0xEF, 0xBB, 0xBF],
            Encoding::Utf16 => &[0xFF, 0xFE],
            Encoding::Utf16BigEndian => &[0xFE, 0xFF],
            Encoding::Ascii | Encoding::Latin1 => &[],
        };
        call.new_bytes(mark.to_vec())
    }),
    row("GetMaxByteCount", "(int charCount) -> int", |call| {
        let count = call.int(0) + 1;
        let width = match this(call) {
            Encoding::Utf8 => 3,
            Encoding::Utf16 | Encoding::Utf16BigEndian => 2,
            Encoding::Ascii | Encoding::Latin1 => 1,
        };
        Ok(i32::try_from(count * width).unwrap_or(i32::MAX).into())
    }),
    row("CodePage", "int", |call| {
        Ok(match this(call) {
            Encoding::Utf8 => 65001,
            Encoding::Ascii => 20127,
            Encoding::Latin1 => 28591,
            Encoding::Utf16 => 1200,
            Encoding::Utf16BigEndian => 1201,
        }
        .into())
    }),
    row("EncodingName", "string", |call| {
        Ok(match this(call) {
            Encoding::Utf8 => "Unicode (UTF-8)",
            Encoding::Ascii => "US-ASCII",
            Encoding::Latin1 => "Western European (ISO)",
            Encoding::Utf16 => "Unicode",
            Encoding::Utf16BigEndian => "Unicode (Big-Endian)",
        }
        .into())
    }),
    row("Convert", "static (Encoding srcEncoding, Encoding dstEncoding, byte[] bytes) -> byte[]", |call| {
        let bytes = call.bytes(2)?;
        call.work(bytes.len() * 2)?;
        let of = |index: usize| match call.argument(index).as_object() {
            Some(Object::Encoding(encoding)) => Ok(*encoding),
            _ => Err(Failure::argument_null("encoding")),
        };
        let made = encoded(of(1)?, &decoded(of(0)?, &bytes));
        call.new_bytes(made)
    }),
];

fn part(call: &mut Call<'_, '_>) -> Result<Vec<u8>, Failure> {
    let bytes = call.bytes(0)?;
    call.work(bytes.len())?;
    let place = |number: i64| usize::try_from(number).ok();
    let part = place(call.int(1)).zip(place(call.int(2))).and_then(|(at, count)| bytes.get(at..at + count));
    part.map(<[u8]>::to_vec)
        .ok_or_else(|| Failure::out_of_range("Index and count must refer to a location within the buffer.", "bytes"))
}

fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
    // Each UTF-16 unit that the encoding cannot represent becomes one question mark.
    let narrow =
        |limit: u16| text.encode_utf16().map(|c| u8::try_from(c).ok().filter(|_| c < limit).unwrap_or(b'?')).collect();
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Ascii => narrow(0x80),
        Encoding::Latin1 => narrow(0x100),
        Encoding::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16BigEndian => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}

fn decoded(encoding: Encoding, bytes: &[u8]) -> String {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Ascii => bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
        Encoding::Latin1 => bytes.iter().copied().map(char::from).collect(),
        Encoding::Utf16 => wide(u16::from_le_bytes),
        Encoding::Utf16BigEndian => wide(u16::from_be_bytes),
    }
}

pub(super) const WEB_UTILITY: &[Member] = &[
    row("UrlEncode", "static (string value) -> string", |call| {
        changed(call, |text| {
            percent_encode(text, |byte| byte.is_ascii_alphanumeric() || b"-_.!*()".contains(&byte), true)
        })
    }),
    row("UrlDecode", "static (string encodedValue) -> string", |call| changed(call, |text| percent_decode(text, true))),
    row("HtmlEncode", "static (string value) -> string", |call| changed(call, html_encode)),
    row("HtmlDecode", "static (string value) -> string", |call| changed(call, html_decode)),
];

fn encoding(encoding: Encoding) -> Value {
    Value::object(Object::Encoding(encoding))
}

fn this(call: &Call<'_, '_>) -> Encoding {
    if let Some(Object::Encoding(encoding)) = call.receiver.as_object() { *encoding } else { Encoding::Utf8 }
}

/// Changes the first argument; null stays null.
pub(super) fn changed(call: &mut Call<'_, '_>, change: impl FnOnce(&str) -> String) -> Outcome {
    let Some(text) = call.optional_text(0) else { return Ok(Value::Null) };
    call.work(text.len() * 3)?;
    call.new_string(change(&text))
}

pub(super) fn percent_encode(text: &str, plain: impl Fn(u8) -> bool, plus: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' if plus => encoded.push('+'),
            byte if plain(byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn percent_decode(text: &str, plus: bool) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        let hexadecimal = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = hexadecimal.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (first, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                bytes = &rest[2..];
            }
            (b'+', _) if plus => {
                decoded.push(b' ');
                bytes = rest;
            }
            _ => {
                decoded.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Undoes escapes, except those whose bytes are not UTF-8.
pub(super) fn unescape(text: &str) -> String {
    crate::system_uri::unescape(text)
}

fn html_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            '"' => encoded.push_str("&quot;"),
            '\'' => encoded.push_str("&#39;"),
            '&' => encoded.push_str("&amp;"),
            '\u{a0}'..='\u{ff}' | '\u{10000}'.. => encoded.push_str(&format!("&#{};", u32::from(c))),
            c => encoded.push(c),
        }
    }
    encoded
}

/// Decodes numbers and the names of HTML 4. Other names stay unchanged.
fn html_decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        // No entity is longer than this, so an ampersand causes no search to the end of the text.
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        match end.and_then(|end| Some((end, entity(&rest[1..end])?))) {
            Some((end, c)) => {
                decoded.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded + rest
}

/// The names of the characters from U+00A0 to U+00FF, in their order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 \
    acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig \
    Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash \
    Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc \
    euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml \
    yacute thorn yuml";

#[rustfmt::skip]
const OTHERS: &[(&str, char)] = &[
    ("OElig", 'Œ'), ("oelig", 'œ'), ("Scaron", 'Š'), ("scaron", 'š'), ("Yuml", 'Ÿ'), ("fnof", 'ƒ'), ("circ", 'ˆ'), ("tilde", '˜'),
    ("Alpha", 'Α'), ("Beta", 'Β'), ("Gamma", 'Γ'), ("Delta", 'Δ'), ("Epsilon", 'Ε'), ("Zeta", 'Ζ'), ("Eta", 'Η'), ("Theta", 'Θ'),
    ("Iota", 'Ι'), ("Kappa", 'Κ'), ("Lambda", 'Λ'), ("Mu", 'Μ'), ("Nu", 'Ν'), ("Xi", 'Ξ'), ("Omicron", 'Ο'), ("Pi", 'Π'),
    ("Rho", 'Ρ'), ("Sigma", 'Σ'), ("Tau", 'Τ'), ("Upsilon", 'Υ'), ("Phi", 'Φ'), ("Chi", 'Χ'), ("Psi", 'Ψ'), ("Omega", 'Ω'),
    ("alpha", 'α'), ("beta", 'β'), ("gamma", 'γ'), ("delta", 'δ'), ("epsilon", 'ε'), ("zeta", 'ζ'), ("eta", 'η'), ("theta", 'θ'),
    ("iota", 'ι'), ("kappa", 'κ'), ("lambda", 'λ'), ("mu", 'μ'), ("nu", 'ν'), ("xi", 'ξ'), ("omicron", 'ο'), ("pi", 'π'),
    ("rho", 'ρ'), ("sigmaf", 'ς'), ("sigma", 'σ'), ("tau", 'τ'), ("upsilon", 'υ'), ("phi", 'φ'), ("chi", 'χ'), ("psi", 'ψ'),
    ("omega", 'ω'), ("thetasym", 'ϑ'), ("upsih", 'ϒ'), ("piv", 'ϖ'), ("ensp", '\u{2002}'), ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'), ("zwnj", '\u{200c}'), ("zwj", '\u{200d}'), ("lrm", '\u{200e}'), ("rlm", '\u{200f}'), ("ndash", '–'),
    ("mdash", '—'), ("lsquo", '‘'), ("rsquo", '’'), ("sbquo", '‚'), ("ldquo", '“'), ("rdquo", '”'), ("bdquo", '„'),
    ("dagger", '†'), ("Dagger", '‡'), ("bull", '•'), ("hellip", '…'), ("permil", '‰'), ("prime", '′'), ("Prime", '″'),
    ("lsaquo", '‹'), ("rsaquo", '›'), ("oline", '‾'), ("frasl", '⁄'), ("euro", '€'), ("image", 'ℑ'), ("weierp", '℘'),
    ("real", 'ℜ'), ("trade", '™'), ("alefsym", 'ℵ'), ("larr", '←'), ("uarr", '↑'), ("rarr", '→'), ("darr", '↓'), ("harr", '↔'),
    ("crarr", '↵'), ("lArr", '⇐'), ("uArr", '⇑'), ("rArr", '⇒'), ("dArr", '⇓'), ("hArr", '⇔'), ("forall", '∀'), ("part", '∂'),
    ("exist", '∃'), ("empty", '∅'), ("nabla", '∇'), ("isin", '∈'), ("notin", '∉'), ("ni", '∋'), ("prod", '∏'), ("sum", '∑'),
    ("minus", '−'), ("lowast", '∗'), ("radic", '√'), ("prop", '∝'), ("infin", '∞'), ("ang", '∠'), ("and", '∧'), ("or", '∨'),
    ("cap", '∩'), ("cup", '∪'), ("int", '∫'), ("there4", '∴'), ("sim", '∼'), ("cong", '≅'), ("asymp", '≈'), ("ne", '≠'),
    ("equiv", '≡'), ("le", '≤'), ("ge", '≥'), ("sub", '⊂'), ("sup", '⊃'), ("nsub", '⊄'), ("sube", '⊆'), ("supe", '⊇'),
    ("oplus", '⊕'), ("otimes", '⊗'), ("perp", '⊥'), ("sdot", '⋅'), ("lceil", '⌈'), ("rceil", '⌉'), ("lfloor", '⌊'),
    ("rfloor", '⌋'), ("lang", '〈'), ("rang", '〉'), ("loz", '◊'), ("spades", '♠'), ("clubs", '♣'), ("hearts", '♥'), ("diams", '♦'),
];

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        _ if !name.starts_with('#') => {
            let latin = LATIN.split(' ').position(|known| known == name).and_then(|at| u32::try_from(at).ok());
            match latin {
                Some(at) => char::from_u32(0xA0 + at),
                None => OTHERS.iter().find(|(known, _)| *known == name).map(|(_, c)| *c),
            }
        }
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// Names and values, in the order in which the names first appear.
type Fields = Vec<(Arc<str>, Vec<Value>)>;

/// Reads a query string or form.
pub(super) fn form(text: &str, budget: &mut Budget) -> Result<Fields, Failure> {
    let mut lists: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        budget.memory(128 + pair.len())?;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        lists.entry(percent_decode(name, true)).or_default().push(percent_decode(value, true).into());
    }
    Ok(lists.into_iter().map(|(name, values)| (name.into(), values)).collect())
}
