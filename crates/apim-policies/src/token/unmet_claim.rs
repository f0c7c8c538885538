//! The claim that a refused token lacks.

/// A required claim that a token lacks, or that lacks the required values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetClaim {
    /// The claim's name.
    pub name: String,
    /// The required values that were not found. Empty if the claim only has to exist.
    pub values: Vec<String>,
    /// Whether one of the values is enough.
    pub any: bool,
}
