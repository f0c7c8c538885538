//! The claim that a refused token lacks.

/// A claim that a policy requires and that a token does not have as required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetClaim {
    /// The claim's name.
    pub name: String,
    /// The values that are asked for and were not found. None: the claim must only be there.
    pub values: Vec<String>,
    /// Whether one of the values is enough.
    pub any: bool,
}
