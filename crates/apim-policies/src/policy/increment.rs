//! `increment-condition` and `increment-count` of the policies that count by key: they decide whether a request counts,
//! and for how much. Their expressions are evaluated when the response is known, so a refusal comes one call late.

use super::prelude::*;

#[derive(Debug)]
pub(super) struct Increment {
    condition: Option<Setting<bool>>,
    by: Option<Setting<u32>>,
}

impl Increment {
    pub(super) const ATTRIBUTES: [&str; 2] = ["increment-condition", "increment-count"];

    pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Self {
        let [condition, by] = Self::ATTRIBUTES;
        Self { condition: element.setting(condition, problems), by: element.setting(by, problems) }
    }

    /// Reports whether the request is counted only when its response is known.
    pub(super) fn is_late(&self) -> bool {
        matches!(self.condition, Some(Setting::Expression(_))) || matches!(self.by, Some(Setting::Expression(_)))
    }

    /// Reports whether the request is counted at once.
    pub(super) fn is_at_once(&self) -> bool {
        !self.is_late() && !matches!(self.condition, Some(Setting::Literal(false)))
    }

    /// Reports whether the request counts, now that its response is known.
    pub(super) async fn holds<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<bool, Failure> {
        Ok(run.get_any(self.condition.as_ref()).await?.unwrap_or(true))
    }

    pub(super) async fn amount<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<u64, Failure> {
        Ok(run.get_any(self.by.as_ref()).await?.unwrap_or(1).into())
    }
}
