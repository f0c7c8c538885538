//! A text after replacements, with the original position of each of its places.

use std::ops::Range;

/// A text with parts replaced.
pub(crate) struct Edited {
    pub(crate) text: String,
    /// The edits in the order of the text.
    edits: Vec<Edit>,
}

struct Edit {
    new: Range<usize>,
    old: Range<usize>,
}

impl Edited {
    /// Replaces the given parts, which must be in order and must not overlap.
    pub(crate) fn new<'r>(old: &str, replacements: impl IntoIterator<Item = (Range<usize>, &'r str)>) -> Self {
        let mut text = String::with_capacity(old.len());
        let mut edits = Vec::new();
        let mut copied = 0;
        for (part, replacement) in replacements {
            text.push_str(&old[copied..part.start]);
            let start = text.len();
            text.push_str(replacement);
            edits.push(Edit { new: start..text.len(), old: part.clone() });
            copied = part.end;
        }
        text.push_str(&old[copied..]);
        Self { text, edits }
    }

    /// Returns the old offset of a place in the new text. Inside a replacement, it is the start of the replaced part.
    pub(crate) fn origin(&self, offset: usize) -> usize {
        match self.edits[..self.edits.partition_point(|edit| edit.new.start <= offset)].last() {
            None => offset,
            Some(edit) if offset < edit.new.end => edit.old.start,
            Some(edit) => edit.old.end + (offset - edit.new.end),
        }
    }

    /// Returns the number, from 0, of the first replacement that overlaps a part of the new text.
    pub(crate) fn replacement_in(&self, part: &Range<usize>) -> Option<usize> {
        let index = self.edits.partition_point(|edit| edit.new.end <= part.start);
        (self.edits.get(index)?.new.start < part.end).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again_before_inside_and_after_replacements() {
        let edited = Edited::new("ab{{x}}cd{{y}}", [(2..7, "12345678"), (9..14, "")]);
        assert_eq!(edited.text, "ab12345678cd");
        assert_eq!(edited.origin(1), 1);
        assert_eq!(edited.origin(2), 2);
        assert_eq!(edited.origin(9), 2);
        assert_eq!(edited.origin(10), 7);
        assert_eq!(edited.origin(12), 14);
        assert_eq!(edited.replacement_in(&(0..2)), None);
        assert_eq!(edited.replacement_in(&(0..3)), Some(0));
        assert_eq!(edited.replacement_in(&(10..12)), None);
    }
}
