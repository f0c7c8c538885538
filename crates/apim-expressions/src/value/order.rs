//! The order of text: by the invariant culture (ICU's root), or by UTF-16 units.

use std::{cmp::Ordering, sync::LazyLock};

use icu_collator::{
    Collator, CollatorBorrowed,
    options::{CollatorOptions, Strength},
};

/// A `StringComparer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comparer {
    pub(crate) ignore_case: bool,
    /// Whether the order is by the invariant culture, not by UTF-16 units.
    pub(crate) culture: bool,
}

static EXACT: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| collator(Strength::Tertiary));
static FOLDED: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| collator(Strength::Secondary));

fn collator(strength: Strength) -> Option<CollatorBorrowed<'static>> {
    let mut options = CollatorOptions::default();
    options.strength = Some(strength);
    Collator::try_new(icu_collator::CollatorPreferences::default(), options).ok()
}

/// Compares by the invariant culture.
pub(crate) fn culture(one: &str, two: &str, ignore_case: bool) -> Ordering {
    match if ignore_case { &*FOLDED } else { &*EXACT } {
        Some(collator) => collator.compare(one, two),
        // This does not happen: the data of the root is part of the program.
        None => one.cmp(two),
    }
}

/// Compares by UTF-16 units, with both texts in upper case if case does not count.
pub(crate) fn ordinal(one: &str, two: &str, ignore_case: bool) -> Ordering {
    if ignore_case {
        return upper(one).encode_utf16().cmp(upper(two).encode_utf16());
    }
    one.encode_utf16().cmp(two.encode_utf16())
}

/// Returns .NET's number for this order: the difference of the first units that differ, or else of the lengths.
pub(crate) fn distance(one: &str, two: &str, ignore_case: bool) -> i32 {
    let (one, two) = if ignore_case { (upper(one), upper(two)) } else { (one.to_owned(), two.to_owned()) };
    let (one, two): (Vec<u16>, Vec<u16>) = (one.encode_utf16().collect(), two.encode_utf16().collect());
    // The unit after the last one of an empty text is 0.
    let first = |units: &[u16]| units.first().copied().unwrap_or_default();
    if !ignore_case && first(&one) != first(&two) {
        return i32::from(first(&one)) - i32::from(first(&two));
    }
    let differing = one.iter().zip(&two).find(|(a, b)| a != b);
    let lengths = || i32::try_from(one.len()).unwrap_or(i32::MAX) - i32::try_from(two.len()).unwrap_or(i32::MAX);
    differing.map_or_else(lengths, |(a, b)| i32::from(*a) - i32::from(*b))
}

impl Comparer {
    pub(crate) fn compare(self, one: &str, two: &str) -> Ordering {
        if self.culture { culture(one, two, self.ignore_case) } else { ordinal(one, two, self.ignore_case) }
    }
}

/// `ToUpperInvariant()`: one character becomes one character; dotless i stays.
pub(crate) fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

/// `ToLowerInvariant()`
pub(crate) fn lower(text: &str) -> String {
    text.chars().map(lower_char).collect()
}

pub(crate) fn upper_char(c: char) -> char {
    if c == 'ı' { c } else { single(c, c.to_uppercase()) }
}

pub(crate) fn lower_char(c: char) -> char {
    if c == 'İ' { c } else { single(c, c.to_lowercase()) }
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_comes_before_digits_and_letters_lie_with_their_like() {
        for (one, two) in [("a_b", "a-b"), ("a-b", "ab"), ("_", "2"), ("-", "2"), ("2", "a"), ("a", "A"), ("é", "f")] {
            assert_eq!(culture(one, two, false), Ordering::Less, "{one} {two}");
        }
        for (one, two) in [("æ", "b"), ("ß", "t"), ("e", "é"), ("co-op", "coop"), ("B", "c"), ("a", "B")] {
            assert_eq!(culture(one, two, false), Ordering::Less, "{one} {two}");
        }
        assert_eq!(culture("A", "a", true), Ordering::Equal);
        assert_eq!(ordinal("B", "a", false), Ordering::Less);
        assert_eq!(ordinal("B", "a", true), Ordering::Greater);
    }

    #[test]
    fn case_never_changes_a_length() {
        assert_eq!(upper("straße ı ﬁ"), "STRAßE ı ﬁ");
        assert_eq!(lower("İSTANBUL"), "İstanbul");
    }
}
