//! Embeddings: texts with the same words are near each other. The meaning of words is not taken into account.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    body::{Object, wrong_type},
    refusal::ModelRefusal,
};
use crate::{seed::ModelDeployment, tokenizer::Tokenizer};

/// The most texts of one request.
const MOST_TEXTS: usize = 2048;
/// The most tokens of one text.
const MOST_TOKENS: u64 = 8192;

const KNOWN: [&str; 5] = ["model", "input", "encoding_format", "dimensions", "user"];

/// A request for embeddings.
pub(super) struct EmbeddingsRequest {
    texts: Vec<String>,
    dimensions: usize,
    is_base64: bool,
}

impl EmbeddingsRequest {
    pub(super) fn read(body: &Object, deployment: &ModelDeployment) -> Result<Self, ModelRefusal> {
        body.only(&KNOWN, &["input_type"])?;
        let texts = match body.get("input") {
            None => return Err(Object::missing("input")),
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(list)) if list.is_empty() => {
                return Err(ModelRefusal::invalid("Invalid 'input': empty array.", "input", "empty_array"));
            }
            Some(Value::Array(list)) if list.len() > MOST_TEXTS => {
                let message = format!(
                    "Invalid 'input': array too long. Expected an array with maximum length {MOST_TEXTS}, but got an array with \
                     length {} instead.",
                    list.len()
                );
                return Err(ModelRefusal::invalid(message, "input", "array_above_max_length"));
            }
            Some(Value::Array(list)) => list.iter().map(text).collect::<Result<_, _>>()?,
            Some(other) => return Err(wrong_type("input", "one of a string or array", other)),
        };
        if texts.iter().any(String::is_empty) {
            let message =
                "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.";
            return Err(ModelRefusal::Invalid { message: message.to_owned(), param: None, code: None });
        }
        body.text("user")?;
        let is_base64 = match body.text("encoding_format")? {
            None | Some("float") => false,
            Some("base64") => true,
            Some(_) => {
                return Err(ModelRefusal::invalid(
                    "Invalid value for 'encoding_format'. Supported values are: 'float' and 'base64'.",
                    "encoding_format",
                    "invalid_value",
                ));
            }
        };
        let own = if deployment.model.ends_with("-large") { 3072 } else { 1536 };
        let dimensions = match body.count("dimensions", 1)?.map(usize::try_from) {
            None => own,
            Some(Ok(count)) if count <= own && deployment.model.contains("-3-") => count,
            Some(_) => {
                return Err(ModelRefusal::invalid(
                    "This model does not support this number of dimensions.",
                    "dimensions",
                    "invalid_value",
                ));
            }
        };
        Ok(Self { texts, dimensions, is_base64 })
    }

    /// Returns the tokens of all texts, and refuses a text that is too long.
    pub(super) fn tokens(&self, tokenizer: &Tokenizer) -> Result<u64, ModelRefusal> {
        let counts = self.texts.iter().map(|text| tokenizer.count(text)).collect::<Vec<_>>();
        match counts.iter().find(|count| **count > MOST_TOKENS) {
            None => Ok(counts.iter().sum()),
            Some(count) => Err(ModelRefusal::Invalid {
                message: format!(
                    "This model's maximum context length is {MOST_TOKENS} tokens, however you requested {count} tokens ({count} \
                     in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
                ),
                param: None,
                code: None,
            }),
        }
    }

    pub(super) fn joined(&self) -> String {
        self.texts.join("\n")
    }

    pub(super) fn answer(&self, deployment: &ModelDeployment, tokens: u64) -> String {
        let one = |(index, text): (usize, &String)| {
            let vector = embed(text, self.dimensions);
            let embedding = match self.is_base64 {
                true => json!(STANDARD.encode(vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())),
                false => json!(vector),
            };
            format!(r#"{{"object":"embedding","index":{index},"embedding":{embedding}}}"#)
        };
        let data: Vec<_> = self.texts.iter().enumerate().map(one).collect();
        let model = Value::from(deployment.full_model());
        format!(
            "{{\"object\":\"list\",\"data\":[{}],\"model\":{model},\"usage\":{{\"prompt_tokens\":{tokens},\"total_tokens\":\
             {tokens}}}}}\n",
            data.join(",")
        )
    }
}

fn text(value: &Value) -> Result<String, ModelRefusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Array(_) => Err(ModelRefusal::not_played("input of token numbers", "input")),
        other => Err(wrong_type("input", "a string", other)),
    }
}

/// Returns a vector of length 1. Each word, and each group of three letters in a word, changes a few of its numbers.
fn embed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let lower = text.to_lowercase();
    for word in lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        let parts = letters.windows(3).map(|part| (part.iter().collect::<String>(), 0.3_f32));
        for (part, weight) in parts.chain([(format!("={word}"), 1.0)]) {
            let digest = Sha256::digest(part.as_bytes());
            for bytes in digest.chunks_exact(8) {
                let place = usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
                vector[place % dimensions] += if bytes[3] & 1 == 0 { weight } else { -weight };
            }
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_the_same_words_are_near() {
        let near = |a: &str, b: &str| -> f32 {
            embed(a, 1536).iter().zip(embed(b, 1536)).map(|(left, right)| left * right).sum()
        };
        assert!((near("a b c", "a b c") - 1.0).abs() < 1e-4);
        assert!(near("what is the capital of France", "the capital of France, what is it") > 0.8);
        assert!(near("what is the capital of France", "bake a cake with two eggs") < 0.3);
    }
}
