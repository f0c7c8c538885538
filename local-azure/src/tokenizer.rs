//! Counts the tokens of a text, by the public encodings of OpenAI's models.
//!
//! An encoding's table is loaded when the first text is counted: a run without models loads none.

use std::sync::LazyLock;

use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

/// How a model cuts texts into tokens.
pub(crate) struct Tokenizer(&'static LazyLock<&'static CoreBPE>);

/// GPT-4o and everything later.
static O200K: LazyLock<&CoreBPE> = LazyLock::new(o200k_base_singleton);
/// GPT-3.5, GPT-4 and embeddings.
static CL100K: LazyLock<&CoreBPE> = LazyLock::new(cl100k_base_singleton);

impl Tokenizer {
    /// The one of a model, by its name.
    pub(crate) fn of_model(model: &str) -> Self {
        let is_old = model.starts_with("text-embedding")
            || model.starts_with("gpt-3")
            || (model.starts_with("gpt-4") && !model.starts_with("gpt-4o") && !model.starts_with("gpt-4."));
        Self(if is_old { &CL100K } else { &O200K })
    }

    /// The one that most models of today have, where the model is not known.
    pub(crate) fn of_present_models() -> Self {
        Self(&O200K)
    }

    /// How many tokens a text has.
    pub(crate) fn count(&self, text: &str) -> u64 {
        if text.is_empty() { 0 } else { self.0.encode_ordinary(text).len() as u64 }
    }

    /// The text, cut where its tokens are cut. A token that ends inside a character comes with the next one.
    pub(crate) fn pieces(&self, text: &str) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut open = Vec::new();
        for token in self.0.encode_ordinary(text) {
            open.extend(self.0.decode_bytes(&[token]).unwrap_or_default());
            if let Ok(piece) = std::str::from_utf8(&open) {
                pieces.push(piece.to_owned());
                open.clear();
            }
        }
        pieces
    }
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
            assert_eq!(Tokenizer::of_model(model).count(text), count, "{model}: {text}");
        }
    }

    #[test]
    fn pieces_make_the_text_again() {
        let tokenizer = Tokenizer::of_model("gpt-5.4-mini");
        for text in ["one two  three", "\u{1F9D1}\u{200D}\u{1F680} naïve 你好", ""] {
            assert_eq!(tokenizer.pieces(text).concat(), text);
        }
        assert_eq!(tokenizer.pieces("hello world"), ["hello", " world"]);
    }
}
