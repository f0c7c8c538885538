//! The input of a rendering, except the template.

use apim_expressions::DateTime;

use crate::value::{Object, Value};

/// The names that a template can use, and the time of `now`.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) values: Object,
    pub(crate) now: Option<DateTime>,
}

impl Environment {
    /// Creates an environment with the names that a template knows at its start.
    pub fn new<'n>(values: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self { values: values.into_iter().collect(), now: None }
    }

    /// Sets the time that the filter `Date` uses for `now`.
    #[must_use]
    pub fn with_now(self, now: DateTime) -> Self {
        Self { now: Some(now), ..self }
    }
}
