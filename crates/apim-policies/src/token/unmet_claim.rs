//! The claim that a refused token lacks.

/// A required claim that a token does not have, or not with the required values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetClaim {
    /// The claim's name.
    pub name: String,
    /// The required values that were not found. Empty if the claim only has to exist.
    pub values: Vec<String>,
    /// Whether one of the values is enough.
    pub any: bool,
}
