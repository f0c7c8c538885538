//! `JProperty`.

use std::sync::{Arc, Mutex};

use super::Token;
use crate::{limits::Budget, lock::lock, problem::Failure};

/// A `JProperty`: alone, or a view of an object's member.
pub(crate) struct Property {
    pub(crate) name: Arc<str>,
    pub(crate) owner: Mutex<Option<Token>>,
    value: Mutex<Token>,
}

impl Property {
    pub(crate) fn new(name: Arc<str>, value: Token, owner: Option<Token>) -> Self {
        Self { name, owner: Mutex::new(owner), value: Mutex::new(value) }
    }

    pub(crate) fn value(&self) -> Token {
        let owner = lock(&self.owner).clone();
        owner.and_then(|owner| owner.get(&self.name)).unwrap_or_else(|| lock(&self.value).clone())
    }

    pub(crate) fn set(&self, value: &Token, budget: &mut Budget) -> Result<(), Failure> {
        if let Some(owner) = lock(&self.owner).clone() {
            owner.insert(&self.name, value, budget)?;
        }
        *lock(&self.value) = value.clone();
        Ok(())
    }
}
