//! The order of texts by culture, approximately: marks before digits before letters. Letters are compared first without
//! case and accents; small letters come before capital letters if nothing else differs.

use std::cmp::Ordering;

/// The number of read bytes that one compared byte counts as. Letters are folded, and a comparison may go through the
/// texts three times.
pub(crate) const READS: usize = 4;

pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    fn by<K: Ord>(left: &str, right: &str, key: impl Fn(char) -> K) -> Ordering {
        left.chars().map(&key).cmp(right.chars().map(&key))
    }
    if left == right {
        return Ordering::Equal;
    }
    by(left, right, |c| (class(c), fold(c)))
        .then_with(|| by(left, right, |c| c.to_lowercase().next().unwrap_or(c)))
        .then_with(|| by(left, right, char::is_uppercase))
        .then_with(|| left.cmp(right))
}

fn class(c: char) -> u8 {
    match c {
        c if c.is_whitespace() => 0,
        '_' => 1,
        '-' => 2,
        ',' => 3,
        ';' => 4,
        ':' => 5,
        '!' => 6,
        '?' => 7,
        '.' => 8,
        c if c.is_alphabetic() => 12,
        c if c.is_numeric() => 11,
        _ => 10,
    }
}

/// Returns the letter without case, and without the accents of Latin letters.
fn fold(c: char) -> char {
    let c = c.to_lowercase().next().unwrap_or(c);
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ő' => 'o',
        'ś' | 'š' => 's',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ordered_as_a_dictionary_orders_them() {
        for ascending in
            [["a", "B"], ["a", "A"], ["A", "b"], ["1", "a"], ["-", "1"], ["e", "é"], ["é", "f"], ["a", "ab"]]
        {
            assert_eq!(compare(ascending[0], ascending[1]), Ordering::Less, "{ascending:?}");
        }
        assert_eq!(compare("a", "a"), Ordering::Equal);
    }
}
