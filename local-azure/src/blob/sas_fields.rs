//! Parses the parameters of a shared access signature from a query.

use std::collections::BTreeMap;

/// The field names of every kind of signature.
const NAMES: &[&str] = &[
    "sv", "ss", "srt", "sr", "sp", "st", "se", "si", "sip", "spr", "sig", "skoid", "sktid", "skt", "ske", "sks", "skv",
    "saoid", "suoid", "scid", "skdutid", "sduoid", "ses", "srh", "srq", "sdd", "rscc", "rscd", "rsce", "rscl", "rsct",
];

/// A signature's fields by name, decoded; empty without a signature. The fields grant access, so the type has no
/// `Debug`.
#[derive(Default)]
pub(super) struct Fields(BTreeMap<&'static str, String>);

impl Fields {
    /// Takes the fields out of a query's pairs, if a signature is among them.
    pub(super) fn take(pairs: &mut Vec<(String, String)>) -> Self {
        if !pairs.iter().any(|(name, _)| name == "sig") {
            return Self::default();
        }
        let mut fields = BTreeMap::new();
        pairs.retain(|(name, value)| match NAMES.iter().find(|known| *known == name) {
            // A second value stays in the query, which then refuses it as a repeated parameter.
            Some(known) if !fields.contains_key(known) => {
                fields.insert(*known, value.clone());
                false
            }
            _ => true,
        });
        Self(fields)
    }

    /// Reports whether there is a signature.
    pub(super) fn are_there(&self) -> bool {
        !self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a field's value, or an empty text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}
