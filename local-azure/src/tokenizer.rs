//! Counts the tokens of a text, by the public encodings of OpenAI's models.
//!
//! An encoding's table is loaded when the first text is counted: a run without models loads none.

use std::sync::LazyLock;

use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

/// The encoding with which a model cuts texts into tokens.
pub(crate) struct Tokenizer(&'static LazyLock<&'static CoreBPE>);

/// The encoding of GPT-4o and all later models.
static O200K: LazyLock<&CoreBPE> = LazyLock::new(o200k_base_singleton);
/// The encoding of GPT-3.5, GPT-4 and embeddings.
static CL100K: LazyLock<&CoreBPE> = LazyLock::new(cl100k_base_singleton);

/// The longest row of white space, in characters. A longer one is cut before the text is encoded: beyond a million, the
/// library's expression gives up with a panic.
const LONGEST_GAP: usize = 100_000;

impl Tokenizer {
    /// Returns the tokenizer of a model, by its name.
    pub(crate) fn for_model(model: &str) -> Self {
        let is_old = model.starts_with("text-embedding")
            || model.starts_with("gpt-3")
            || (model.starts_with("gpt-4") && !model.starts_with("gpt-4o") && !model.starts_with("gpt-4."));
        Self(if is_old { &CL100K } else { &O200K })
    }

    /// Returns the tokenizer of most present models, for an unknown model.
    pub(crate) fn for_present_models() -> Self {
        Self(&O200K)
    }

    /// Counts the tokens of a text.
    pub(crate) fn count(&self, text: &str) -> u64 {
        parts(text).map(|part| self.0.encode_ordinary(part).len() as u64).sum()
    }

    /// Cuts the text where its tokens end. A token that ends inside a character stays together with the next one.
    pub(crate) fn pieces(&self, text: &str) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut open = Vec::new();
        for token in parts(text).flat_map(|part| self.0.encode_ordinary(part)) {
            open.extend(self.0.decode_bytes(&[token]).unwrap_or_default());
            if let Ok(piece) = std::str::from_utf8(&open) {
                pieces.push(piece.to_owned());
                open.clear();
            }
        }
        pieces
    }
}

/// Cuts a text inside of white space that is too long. An empty text has no parts.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut gap = 0_usize;
        let is_cut = |(_, character): &(usize, char)| {
            gap = if character.is_whitespace() { gap + 1 } else { 0 };
            gap > LONGEST_GAP
        };
        let end = rest.char_indices().find(is_cut).map_or(rest.len(), |(at, _)| at);
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_published_encodings() {
        // openai/tiktoken's own tests and cookbook.
        for (model, text, count) in [
            ("gpt-4o", "", 0),
            ("gpt-4o", "hello world", 2),
            ("gpt-4", "tiktoken is great!", 6),
            ("gpt-4o", "tiktoken is great!", 6),
            ("gpt-4", "お誕生日おめでとう", 9),
            ("gpt-4o", "お誕生日おめでとう", 8),
            ("text-embedding-3-small", "antidisestablishmentarianism", 6),
        ] {
            assert_eq!(Tokenizer::for_model(model).count(text), count, "{model}: {text}");
        }
    }

    #[test]
    fn pieces_make_the_text_again() {
        let tokenizer = Tokenizer::for_model("gpt-5.4-mini");
        for text in ["one two  three", "\u{1F9D1}\u{200D}\u{1F680} naïve 你好", ""] {
            assert_eq!(tokenizer.pieces(text).concat(), text);
        }
        assert_eq!(tokenizer.pieces("hello world"), ["hello", " world"]);
    }
    #[test]
    fn white_space_without_end_is_counted_too() {
        for model in ["gpt-4", "gpt-4o"] {
            let text = format!("a{}b", " ".repeat(1_000_001));
            let tokenizer = Tokenizer::for_model(model);
            assert!((5_000..20_000).contains(&tokenizer.count(&text)), "{model}");
            assert!(tokenizer.pieces(&text).concat() == text, "{model}");
        }
        let cut: Vec<_> = parts(&" ".repeat(LONGEST_GAP + 1)).map(str::len).collect();
        assert_eq!(cut, [LONGEST_GAP, 1]);
        let even = format!("{0}a{0}", "\u{3000}".repeat(LONGEST_GAP));
        assert_eq!(parts(&even).collect::<Vec<_>>(), [even.as_str()]);
    }
}
