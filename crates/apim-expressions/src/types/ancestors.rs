//! The base types and interfaces of a type.

use super::{Class, Type, names};

impl Type {
    /// Returns the types that this one can stand for without a cast, nearest first, including itself.
    pub(crate) fn ancestors(&self) -> Vec<Self> {
        let mut found = vec![self.clone()];
        let mut next = 0;
        while let Some(current) = found.get(next).cloned() {
            next += 1;
            for parent in current.parents() {
                if !found.contains(&parent) {
                    found.push(parent);
                }
            }
        }
        found
    }

    fn parents(&self) -> Vec<Self> {
        if self.class == Class::Anonymous {
            return vec![Class::Object.into()];
        }
        let description = self.class.description();
        let parents = description.parents.iter().filter_map(|parent| names::signature_type(parent).ok());
        parents.map(|parent| parent.with(&self.parameters())).collect()
    }
}
