//! The input of a rendering besides the template.

use apim_expressions::DateTime;

use crate::value::{Object, Value};

/// What a template can name, and the time that `now` is.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) values: Object,
    pub(crate) now: Option<DateTime>,
}

impl Environment {
    /// The names that a template knows from its start.
    pub fn new<'n>(values: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self { values: values.into_iter().collect(), now: None }
    }

    /// Sets the time that the filter `Date` takes for `now`.
    #[must_use]
    pub fn with_now(self, now: DateTime) -> Self {
        Self { now: Some(now), ..self }
    }
}
